import { execFileSync } from 'node:child_process';
import { test } from '@jest/globals';

/** In CI what the tests can use must be there; a contributor's machine without it skips those tests, and says so. */
export const enginesRequired = process.env.CI === 'true' || process.env.REQUIRE_ENGINES === '1';

/** As `test`, with a program that is found by PATH. Skipped where it is not there, but failed where it is required. */
export const testWithProgram = (program: string, title: string, body: () => void | Promise<void>): void => {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    test(title, body);
  } catch {
    process.stdout.write(`${program} is not here: skipped "${title}".\n`);
    if (!enginesRequired) test.skip(`${title} (${program} is not here)`, () => {});
    else
      test(title, () => {
        throw new Error(`${program} is required in CI, and is not on the PATH.`);
      });
  }
};
