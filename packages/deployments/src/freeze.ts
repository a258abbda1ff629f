import type { DatedMoment, Window } from '@hospital-ops/pipeline/freeze';
import { DateTime, IANAZone } from 'luxon';

/** A window that is open, and when it ends. */
export interface Frozen {
  readonly window: Window;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/**
 * Returns the moments at which a zone's wall clock shows a time: one, two when the clock is set back over it, and when it
 * is set forward over it the two between which it would have shown it. `wall` is the shown time, read as UTC.
 */
const moments = (wall: number, zone: IANAZone): readonly number[] => {
  const candidates = [...new Set([wall - DAY, wall + DAY].map((near) => wall - zone.offset(near) * MINUTE))];
  const shown = candidates.filter((moment) => moment + zone.offset(moment) * MINUTE === wall);
  return shown.length > 0 ? shown : candidates;
};

/** Where the clock is set within a window's edge, the longer window holds. */
const edges = (from: number, to: number, zone: IANAZone): readonly [number, number] => [
  Math.min(...moments(from, zone)),
  Math.max(...moments(to, zone)),
];

const wallOf = ({ year, month, day, minute }: DatedMoment): number => Date.UTC(year, month - 1, day) + minute * MINUTE;

/** Begins and ends of a window that may hold `now`, as milliseconds since the epoch. */
const spans = ({ from, to, timeZone }: Window, now: number): ReadonlyArray<readonly [number, number]> => {
  const zone = IANAZone.create(timeZone);
  if (from.kind === 'dated' && to.kind === 'dated') {
    return [edges(wallOf(from), wallOf(to) + (to.hasTime ? 0 : DAY), zone)];
  }
  if (from.kind !== 'weekly' || to.kind !== 'weekly') return [];
  const { year, month, day, weekday } = DateTime.fromMillis(now, { zone });
  const monday = Date.UTC(year, month - 1, day) - (weekday - 1) * DAY;
  const length = (to.minute - from.minute + 7 * 24 * 60) % (7 * 24 * 60);
  return [-1, 0, 1].map((week) => {
    const begin = monday + week * 7 * DAY + from.minute * MINUTE;
    return edges(begin, begin + length * MINUTE, zone);
  });
};

/** Returns the window that holds `now` and ends last, or undefined when none does. Pure. */
export const frozenAt = (windows: readonly Window[], now: number): Frozen | undefined =>
  windows
    .flatMap((window) =>
      spans(window, now)
        .filter(([begin, end]) => begin <= now && now < end)
        .map(([, until]) => ({ window, until })),
    )
    .sort((a, b) => b.until - a.until)[0];

/** Returns a moment as people of the window's zone read it: `Mon 30 Nov 2026, 08:00 GMT+5:30`. */
export const showMoment = (moment: number, timeZone: string): string =>
  DateTime.fromMillis(moment, { zone: timeZone, locale: 'en-GB' }).toFormat("ccc d LLL yyyy, HH:mm 'UTC'ZZ");
