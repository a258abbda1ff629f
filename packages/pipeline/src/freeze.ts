import type { Freeze } from './model.ts';

/** A point of the week: minutes since Monday 00:00, 0 to 10,079. */
export interface WeeklyMoment {
  readonly kind: 'weekly';
  readonly minute: number;
}

/** A point of the calendar by the wall clock; `hasTime` is false for a whole day. */
export interface DatedMoment {
  readonly kind: 'dated';
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly minute: number;
  readonly hasTime: boolean;
}

export type Moment = WeeklyMoment | DatedMoment;

/** A window by the wall clock of a time zone; both ends are of the same kind. */
export interface Window {
  readonly from: Moment;
  readonly to: Moment;
  readonly timeZone: string;
  /** As people read it: `fri 16:00 to mon 08:00, Asia/Kolkata`. */
  readonly shown: string;
}

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const DAY_MINUTES = 24 * 60;

const minuteOf = (hour: string, minute: string): number | undefined => {
  const [hours, minutes] = [Number(hour), Number(minute)];
  return hours < 24 && minutes < 60 ? hours * 60 + minutes : undefined;
};

/** Returns the moment that `text` names (`fri 16:00`, `2026-12-24`, `2026-12-24 16:00`), or undefined when it is none. */
export const parseMoment = (text: string): Moment | undefined => {
  const [, name = '', weekHour = '', weekMinute = ''] =
    /^(mon|tue|wed|thu|fri|sat|sun) (\d{2}):(\d{2})$/.exec(text.trim().toLowerCase()) ?? [];
  if (name !== '') {
    const minute = minuteOf(weekHour, weekMinute);
    return minute === undefined ? undefined : { kind: 'weekly', minute: DAYS.indexOf(name) * DAY_MINUTES + minute };
  }
  const [, year = '', month = '', day = '', hour, minutes = ''] =
    /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2}))?$/.exec(text.trim()) ?? [];
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  // 30 February would be read as a day of March.
  if (year === '' || date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) return undefined;
  const minute = hour === undefined ? 0 : minuteOf(hour, minutes);
  if (minute === undefined) return undefined;
  const where = { year: Number(year), month: Number(month), day: Number(day) };
  return { kind: 'dated', ...where, minute, hasTime: hour !== undefined };
};

const isTimeZone = (name: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
};

const order = ({ year, month, day, minute, hasTime }: DatedMoment, isEnd: boolean): number =>
  Date.UTC(year, month - 1, day, 0, isEnd && !hasTime ? DAY_MINUTES : minute);

/** Returns the window that an entry of `freeze` means, or what is wrong with it. */
export const parseWindow = ({ from, to, timeZone }: Freeze): Window | { readonly problem: string } => {
  const [begin, end] = [parseMoment(from), parseMoment(to)];
  const wrong = begin === undefined ? from : end === undefined ? to : undefined;
  if (wrong !== undefined || begin === undefined || end === undefined) {
    return { problem: `"${wrong}" is no moment: expected such as "fri 16:00", 2026-12-24 or "2026-12-24 16:00"` };
  }
  if (!isTimeZone(timeZone)) {
    return { problem: `"${timeZone}" is no time zone: expected a name such as Asia/Kolkata or UTC` };
  }
  const window = { from: begin, to: end, timeZone, shown: `${from} to ${to}, ${timeZone}` };
  if (begin.kind !== end.kind) {
    return { problem: `"${from}" and "${to}" do not go together: give two days of the week, or two dates` };
  }
  if (begin.kind === 'weekly' && end.kind === 'weekly') {
    return begin.minute === end.minute ? { problem: `the window from "${from}" to "${to}" is empty` } : window;
  }
  const isForward = begin.kind === 'dated' && end.kind === 'dated' && order(begin, false) < order(end, true);
  return isForward ? window : { problem: `the window ends before it begins: ${from} to ${to}` };
};
