import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { MissingData } from '../../../packages/rehearsal/src/aws/cloudwatch/alarm-state.ts';
import { comparison, judgeAlarm } from '../../../packages/rehearsal/src/aws/cloudwatch/alarm-state.ts';

const TREATMENTS: readonly MissingData[] = ['missing', 'ignore', 'breaching', 'notBreaching'];

const points = (text: string): Array<number | undefined> =>
  text.split(' ').map((letter) => (letter === '-' ? undefined : letter === 'X' ? 1 : 0));

const judge = (text: string, missing: MissingData, m: number, n = 3) =>
  judgeAlarm({ evaluationPeriods: n, datapointsToAlarm: m, missing, breaches: (value) => value > 0 }, points(text));

/** The tables of "Configuring how CloudWatch alarms treat missing data"; undefined is "Retain current state". */
describe('an alarm of N = 3', () => {
  const ALL_OK = ['OK', 'OK', 'OK', 'OK'];
  const ALL_ALARM = ['ALARM', 'ALARM', 'ALARM', 'ALARM'];
  test.each([
    ['0 - X - X', 3, ALL_OK],
    ['0 - - - -', 3, ALL_OK],
    ['- - - - -', 3, ['INSUFFICIENT_DATA', undefined, 'ALARM', 'OK']],
    ['0 X X - X', 3, ALL_ALARM],
    ['- - X - -', 3, ['ALARM', undefined, 'ALARM', 'OK']],
    ['0 - X - X', 2, ALL_ALARM],
    ['0 0 X 0 X', 2, ALL_ALARM],
    ['0 - X - -', 2, ['OK', 'OK', 'ALARM', 'OK']],
    ['- - - - 0', 2, ['OK', 'OK', 'ALARM', 'OK']],
    ['- - - X -', 2, ['ALARM', undefined, 'ALARM', 'OK']],
  ])('judges %s with M = %i as AWS does', (text, m, expected) => {
    expect(TREATMENTS.map((missing) => judge(text, missing, m))).toEqual(expected);
  });

  test.each(['- - - - X', '- - - X -'])('waits for more when M = 3 and there is only %s', (text) => {
    expect(judge(text, 'missing', 3)).toBeUndefined();
  });

  test('sounds only if something breached or missing data is said to breach', () => {
    const anything = fc.array(fc.constantFrom('0', 'X', '-'), { minLength: 5, maxLength: 5 });
    fc.assert(
      fc.property(anything, fc.constantFrom(...TREATMENTS), fc.integer({ min: 1, max: 3 }), (letters, missing, m) => {
        const state = judge(letters.join(' '), missing, m);
        if (state === 'ALARM') expect(letters.includes('X') || missing === 'breaching').toBe(true);
        if (state === 'INSUFFICIENT_DATA') expect(letters.every((letter) => letter === '-')).toBe(true);
      }),
    );
  });
});

test.each([
  ['GreaterThanOrEqualToThreshold', [false, true, true]],
  ['GreaterThanThreshold', [false, false, true]],
  ['LessThanThreshold', [true, false, false]],
  ['LessThanOrEqualToThreshold', [true, true, false]],
])('%s compares 4, 5 and 6 with 5', (operator, expected) => {
  expect([4, 5, 6].map((value) => comparison(operator)?.holds(value, 5))).toEqual(expected);
});
