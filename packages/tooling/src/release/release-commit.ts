import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OpsError } from '@hospital-ops/action-kit/errors';
import type { Git } from './git.ts';

const WORKFLOWS = '.github/workflows';

/** The same for everyone, so that the same source gives the same commit. */
const identity = (git: Git, source: string) => {
  const date = git('show', '--no-patch', '--format=%cI', source);
  return Object.fromEntries(
    ['AUTHOR', 'COMMITTER'].flatMap((who) => [
      [`GIT_${who}_NAME`, 'release'],
      [`GIT_${who}_EMAIL`, 'release@users.noreply.github.com'],
      [`GIT_${who}_DATE`, date],
    ]),
  ) as Record<string, string>;
};

/** Returns the commit whose tree is the folder `tree` and whose parent is `source`; no branch and no index is touched. */
export const commitTree = (git: Git, tree: string, source: string, message: string): string => {
  const temp = mkdtempSync(join(tmpdir(), 'release-index-'));
  try {
    const own = git.with({ ...identity(git, source), GIT_INDEX_FILE: join(temp, 'index'), GIT_WORK_TREE: tree });
    own('-c', 'core.autocrlf=false', '-c', 'core.safecrlf=false', 'add', '--all', '--force', '.');
    return own('commit-tree', own('write-tree'), '-p', source, '-m', message);
  } finally {
    rmSync(temp, { recursive: true, force: true });
  }
};

/**
 * Throws OpsError unless `commit` has the workflows that `source` has, byte for byte: the token of a workflow may push no
 * commit that changes them.
 */
export const checkWorkflows = (git: Git, commit: string, source: string): void => {
  const [before, after] = [source, commit].map((one) => git('rev-parse', `${one}:${WORKFLOWS}`));
  if (before === after) return;
  const changed = git('diff', '--name-only', `${source}:${WORKFLOWS}`, `${commit}:${WORKFLOWS}`).split('\n');
  throw new OpsError({
    what: `the release commit has other workflows than its source: ${changed.join(', ')}.`,
    why: 'the token of a workflow may not push a commit that changes files under .github/workflows.',
    next: 'let the build carry that folder as it is.',
  });
};
