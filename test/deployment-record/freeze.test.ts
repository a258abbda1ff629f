import { frozenAt } from '@hospital-ops/deployments/freeze';
import type { Window } from '@hospital-ops/pipeline/freeze';
import { parseWindow } from '@hospital-ops/pipeline/freeze';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

const window = (from: string, to: string, timeZone = 'UTC'): Window => {
  const parsed = parseWindow({ from, to, timeZone });
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed;
};

const until = (now: string, ...windows: readonly Window[]): string | undefined => {
  const frozen = frozenAt(windows, Date.parse(now));
  return frozen && new Date(frozen.until).toISOString().replace(':00.000Z', 'Z');
};

describe('a weekly window', () => {
  const weekend = window('fri 16:00', 'mon 08:00', 'Asia/Kolkata');
  test.each([
    ['before it begins', '2026-11-27T10:29:59Z', undefined],
    ['from its first second on', '2026-11-27T10:30:00Z', '2026-11-30T02:30Z'],
    ['on Sunday', '2026-11-29T12:00:00Z', '2026-11-30T02:30Z'],
    ['up to its last second', '2026-11-30T02:29:59Z', '2026-11-30T02:30Z'],
    ['when it ends', '2026-11-30T02:30:00Z', undefined],
    ['over the end of a year', '2027-01-01T12:00:00Z', '2027-01-04T02:30Z'],
  ])('%s', (_, now, expected) => expect(until(now, weekend)).toBe(expected));

  test('that lies within a week', () => {
    const day = window('tue 09:00', 'tue 17:00', 'America/New_York');
    expect(until('2026-11-24T14:00:00Z', day)).toBe('2026-11-24T22:00Z');
    expect(until('2026-11-24T22:00:00Z', day)).toBeUndefined();
  });
});

describe('a dated window', () => {
  test('of days holds the last one whole', () => {
    const holidays = window('2026-12-24', '2027-01-02', 'Europe/Berlin');
    expect(until('2026-12-23T22:59:59Z', holidays)).toBeUndefined();
    expect(until('2026-12-23T23:00:00Z', holidays)).toBe('2027-01-02T23:00Z');
    expect(until('2027-01-02T22:59:59Z', holidays)).toBe('2027-01-02T23:00Z');
  });
  test('with times ends at its time', () => {
    expect(until('2026-12-24T15:00:00Z', window('2026-12-24 14:00', '2026-12-24 16:00'))).toBe('2026-12-24T16:00Z');
  });
});

describe('where daylight saving time moves the clock across an edge, the longer window holds', () => {
  // Berlin: 2026-03-29 02:00 becomes 03:00, 2026-10-25 03:00 becomes 02:00.
  test.each([
    ['a beginning that is left out', window('sun 02:30', 'sun 12:00', 'Europe/Berlin'), '2026-03-29T00:45:00Z', true],
    ['an end that is left out', window('sat 12:00', 'sun 02:30', 'Europe/Berlin'), '2026-03-29T01:15:00Z', true],
    ['a beginning that comes twice', window('sun 02:30', 'sun 12:00', 'Europe/Berlin'), '2026-10-25T00:30:00Z', true],
    ['an end that comes twice', window('sat 12:00', 'sun 02:30', 'Europe/Berlin'), '2026-10-25T01:15:00Z', true],
    ['after the end that came twice', window('sat 12:00', 'sun 02:30', 'Europe/Berlin'), '2026-10-25T01:30:00Z', false],
  ])('%s', (_, one, now, frozen) => expect(until(now, one) !== undefined).toBe(frozen));

  test('and edges elsewhere keep their time of the day', () => {
    const weekend = window('fri 16:00', 'mon 08:00', 'Europe/Berlin');
    expect(until('2026-03-27T15:00:00Z', weekend)).toBe('2026-03-30T06:00Z');
    expect(until('2026-10-23T14:00:00Z', weekend)).toBe('2026-10-26T07:00Z');
  });
});

test('of windows that are open at once the one that ends last is told', () => {
  expect(until('2026-12-26T12:00:00Z', window('sat 00:00', 'sun 00:00'), window('2026-12-24', '2027-01-02'))).toBe(
    '2027-01-03T00:00Z',
  );
});

test.each([
  ['fri 24:00', 'mon 08:00', 'UTC', '"fri 24:00" is no moment'],
  ['friday 16:00', 'mon 08:00', 'UTC', 'is no moment'],
  ['2026-02-30', '2026-03-01', 'UTC', '"2026-02-30" is no moment'],
  ['fri 16:00', '2026-03-01', 'UTC', 'do not go together'],
  ['fri 16:00', 'fri 16:00', 'UTC', 'is empty'],
  ['2026-03-02', '2026-03-01', 'UTC', 'ends before it begins'],
  ['fri 16:00', 'mon 08:00', 'Asia/Culcutta', 'is no time zone'],
])('%s to %s in %s is refused', (from, to, timeZone, problem) => {
  expect(parseWindow({ from, to, timeZone })).toEqual({ problem: expect.stringContaining(problem) });
});

const ZONES = ['UTC', 'Asia/Kolkata', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Pacific/Apia'];
const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const two = (n: number) => String(n).padStart(2, '0');
const moment = fc
  .tuple(fc.constantFrom(...DAYS), fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
  .map(([day, hour, minute]) => `${day} ${two(hour)}:${two(minute)}`);

const wallClock = (now: number, timeZone: string): string =>
  new Intl.DateTimeFormat('en-GB', { timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
    .format(now)
    .toLowerCase()
    .replace(',', '');

test('away from changes of the clock a weekly window is open exactly where the wall clock lies within it', () => {
  const minuteOf = (text: string) => {
    const [, day = '', hour, minute] = /^(\w{3}) (\d\d):(\d\d)$/.exec(text) ?? [];
    return DAYS.indexOf(day) * 1_440 + Number(hour) * 60 + Number(minute);
  };
  // No zone of the list sets its clock in these months.
  const quietTime = fc
    .tuple(fc.integer({ min: 2020, max: 2035 }), fc.constantFrom(0, 6), fc.integer({ min: 0, max: 30 * 1_440 }))
    .map(([year, month, minute]) => Date.UTC(year, month, 1, 0, minute));
  fc.assert(
    fc.property(moment, moment, fc.constantFrom(...ZONES), quietTime, (from, to, timeZone, now) => {
      fc.pre(from !== to);
      const [begin, end, at] = [minuteOf(from), minuteOf(to), minuteOf(wallClock(now, timeZone))];
      const inside = begin < end ? begin <= at && at < end : at >= begin || at < end;
      expect(frozenAt([window(from, to, timeZone)], now) !== undefined).toBe(inside);
    }),
    { numRuns: 500 },
  );
});
