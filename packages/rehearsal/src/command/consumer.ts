import { cp, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { commitAll, git, tryGit } from './git.ts';

/** The repository that is rehearsed, as a bare-bones GitHub would hold it. */
export interface Consumer {
  /** A clone that nothing but the rehearsal works in. */
  readonly path: string;
  readonly name: string;
  readonly defaultBranch: string;
  /** Files of the developer's folder that are not as committed, so that the rehearsal does not have them. */
  readonly uncommitted: readonly string[];
}

const HISTORY = [
  { folder: 'hospital-ops', message: 'Release 1.0.0', tag: 'v1.0.0', date: '2026-01-05T09:00:00Z' },
  { folder: 'hospital-ops-v1.1.0', message: 'Show free beds per ward', tag: 'v1.1.0', date: '2026-01-12T09:00:00Z' },
] as const;

/** Makes the sample's repository below `temp` from the fixtures: main with the tags v1.0.0 and v1.1.0. */
export const makeSample = async (fixtures: string, temp: string): Promise<Consumer> => {
  const path = join(temp, 'sample');
  await cp(join(fixtures, HISTORY[0].folder), path, {
    recursive: true,
    filter: (source) => !/[\\/]node_modules([\\/]|$)/.test(source),
  });
  await git(path, 'init', '--quiet', '--initial-branch=main');
  for (const [index, { folder, message, tag, date }] of HISTORY.entries()) {
    if (index > 0) await cp(join(fixtures, folder), path, { recursive: true, force: true });
    await commitAll(path, message, date);
    await git(path, 'tag', tag);
  }
  return { path, name: 'hospital/hospital-ops', defaultBranch: 'main', uncommitted: [] };
};

/** `owner/name` of a GitHub remote URL, or undefined. */
const nameOf = (remote: string | undefined): string | undefined =>
  /[/:]([\w.-]+\/[\w.-]+?)(?:\.git)?$/.exec(remote ?? '')?.[1];

const uncommittedIn = async (folder: string): Promise<string[]> => {
  const status = (await tryGit(folder, 'status', '--porcelain', '-z', '--no-renames')) ?? '';
  return status.split('\0').flatMap((line) => (line === '' ? [] : [line.slice(3)]));
};

/**
 * Clones the committed state of the repository at `source` below `temp`; what is not committed is not released on GitHub
 * either. Throws an Error that says what to do when `source` is not the
 * top folder of a repository or has no commit.
 */
export const cloneConsumer = async (source: string, temp: string): Promise<Consumer> => {
  const folder = await realpath(source).catch(() => undefined);
  if (folder === undefined) throw new Error(`there is no folder "${source}". Next: --repo PATH of your repository.`);
  const branch = await tryGit(source, 'rev-parse', '--abbrev-ref', 'HEAD');
  if (branch === undefined) {
    throw new Error(
      `"${source}" is no git repository with a commit. Next: git init, commit, and tag what you release.`,
    );
  }
  const top = await tryGit(folder, 'rev-parse', '--show-toplevel');
  if (top !== undefined && top !== folder) {
    throw new Error(`"${source}" lies inside the repository "${top}". Next: --repo ${top}`);
  }
  const path = join(temp, 'consumer');
  await git(temp, 'clone', '--quiet', '--no-hardlinks', `file://${folder}`, path);
  // GitHub has every branch, not only the one that is checked out here: those last seen there, and over them the developer's own.
  await git(
    path,
    'fetch',
    '--quiet',
    '--update-head-ok',
    'origin',
    '+refs/remotes/origin/*:refs/heads/*',
    '^refs/remotes/origin/HEAD',
    `^refs/remotes/origin/${branch}`,
  );
  await git(path, 'fetch', '--quiet', '--update-head-ok', 'origin', '+refs/heads/*:refs/heads/*');
  const remote = await tryGit(source, 'remote', 'get-url', 'origin');
  return {
    path,
    name: nameOf(remote) ?? `local/${basename(folder).replace(/[^\w.-]/g, '-')}`,
    defaultBranch: branch === 'HEAD' ? 'main' : branch,
    uncommitted: await uncommittedIn(folder),
  };
};

/** Returns the newest tag by version order, or undefined when there is none. */
export const newestTag = async (path: string): Promise<string | undefined> => {
  const tags = await git(path, 'tag', '--sort=-version:refname', '--merged', 'HEAD');
  return tags.split('\n').find((tag) => tag !== '');
};
