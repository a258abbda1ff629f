import { execFile } from 'node:child_process';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { OpsError } from '@hospital-ops/action-kit/errors';
import type { Git } from './git.ts';
import { differences, installElsewhere } from './second-build.ts';

const execute = promisify(execFile);

const build = (root: string) =>
  execute(process.execPath, [join(root, 'packages/tooling/src/build/main.ts')], {
    cwd: root,
    maxBuffer: 64 * 1024 * 1024,
  });

/**
 * Builds `source` into `root/dist`, and again from a checkout in another folder. Throws OpsError when the two differ in one
 * byte: what cannot be built again cannot be checked by anyone.
 */
export const buildTwice = async (git: Git, root: string, source: string): Promise<void> => {
  const temp = await realpath(await mkdtemp(join(tmpdir(), 'release-build-')));
  const elsewhere = join(temp, 'elsewhere');
  try {
    git('worktree', 'add', '--quiet', '--detach', elsewhere, source);
    installElsewhere(root, elsewhere);
    await Promise.all([build(root), build(elsewhere)]);
    const different = differences(join(root, 'dist'), join(elsewhere, 'dist'));
    if (different.length === 0) return;
    throw new OpsError({
      what: 'two builds of the same commit differ.',
      why: different.slice(0, 10).join(', '),
      next: 'find out what of the folder, the time or the order got into these files.',
    });
  } finally {
    await rm(temp, { recursive: true, force: true });
    git('worktree', 'prune');
  }
};
