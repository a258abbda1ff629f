import { describe, test } from '@jest/globals';

/**
 * With `CI=true` everything is tried. Without it `npm test` is to end within five minutes on two processors: what takes
 * seconds a row, and differs from another row in little, waits for CI, and is shown as skipped.
 */
export const THOROUGH = process.env.CI === 'true';

export const testInCi = THOROUGH ? test : test.skip;
export const describeInCi = THOROUGH ? describe : describe.skip;

/** Every `n`th row of a table, counted from `shift` rows before it, and in CI all of them. */
export const everyNth = <T>(n: number, rows: readonly T[], shift = 0): T[] =>
  rows.filter((_, row) => THOROUGH || (row + shift) % n === 0);
