import { spawnSync } from 'node:child_process';
import { describe, test } from '@jest/globals';
import { enginesRequired } from '../engines.ts';

/** As `describe`, where act (nektos/act) is on the PATH. Skipped without it, but failed where it is required. */
export const describeWithAct = (title: string, body: () => void): void => {
  if (spawnSync('act', ['--version'], { stdio: 'ignore' }).status === 0) {
    describe(title, body);
    return;
  }
  process.stdout.write(`There is no act on the PATH: no conformance test of ${title}.\n`);
  if (enginesRequired) {
    test(title, () => {
      throw new Error('act is not on the PATH. Next: go install github.com/nektos/act@v0.2.87.');
    });
  } else {
    test.skip(`${title} (there is no act)`, () => {});
  }
};
