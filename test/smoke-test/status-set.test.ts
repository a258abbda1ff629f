import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatStatusSet, parseStatusSet, statusMatches } from '../../actions/smoke-test/src/status-set.ts';

describe('parseStatusSet', () => {
  test.each([
    ['200-299', [200, 204, 299], [199, 300]],
    ['200,204,301-302', [200, 204, 301, 302], [201, 303]],
    [' 200 , 2xx ', [200, 250], [300]],
    ['100-599', [100, 599], []],
  ])('%j holds %j and not %j', (text, inside, outside) => {
    const set = parseStatusSet(text);
    expect(inside.filter((status) => !set || !statusMatches(set, status))).toEqual([]);
    expect(outside.filter((status) => set && statusMatches(set, status))).toEqual([]);
  });

  test.each([
    '',
    '20',
    '99',
    '600',
    '299-200',
    '200-',
    '-200',
    '200-299-300',
    '200;204',
    '200,,204',
    '2x',
    '6xx',
    '0200',
  ])('%j is no set of statuses', (text) => {
    expect(parseStatusSet(text)).toBeUndefined();
  });

  test('a set that was written by formatStatusSet is read as itself', () => {
    const status = fc.integer({ min: 100, max: 599 });
    const range = fc.tuple(status, status).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
    fc.assert(
      fc.property(fc.array(range, { minLength: 1, maxLength: 8 }), (ranges) => {
        expect(parseStatusSet(formatStatusSet({ ranges }))).toEqual({ ranges });
      }),
    );
  });

  test('whatever text it accepts, only statuses from 100 to 599 match', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9x,\- ]{0,20}$/), fc.integer({ min: -1_000, max: 10_000 }), (text, status) => {
        const set = parseStatusSet(text);
        expect(set !== undefined && statusMatches(set, status) && (status < 100 || status > 599)).toBe(false);
      }),
    );
  });
});
