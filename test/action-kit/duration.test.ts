import { formatDuration, parseDuration } from '@hospital-ops/action-kit/duration';
import { describe, expect, test } from '@jest/globals';

describe('parseDuration', () => {
  test.each([
    ['0', 0],
    ['90', 90],
    ['90s', 90],
    ['15m', 900],
    ['1h30m', 5400],
    ['1d', 86_400],
    ['', undefined],
    ['3x', undefined],
    ['-5s', undefined],
    ['1.5h', undefined],
    ['30m1h', undefined],
    ['5m ', undefined],
  ])('%j is %p seconds', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });
});

test.each([
  [0, '0s'],
  [59.6, '1m00s'],
  [192, '3m12s'],
  [5400, '1h30m'],
])('formatDuration writes %p as %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});
