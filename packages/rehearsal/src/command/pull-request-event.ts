import type { Consumer } from './consumer.ts';
import type { RehearsedEvent } from './event-common.ts';
import { changedBetween, commitOf, common } from './event-common.ts';
import { git, tryGit } from './git.ts';

const field = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[key] : undefined),
    value,
  );

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** The commit that GitHub would test: what the branch would be after the merge. */
const mergeOf = async (path: string, base: string, head: string): Promise<string> => {
  const merged = await tryGit(path, 'merge-tree', '--write-tree', base, head);
  if (merged === undefined) {
    throw new Error(
      'the pull request conflicts with its base, and GitHub starts no workflow then. Next: merge the base.',
    );
  }
  const [tree = ''] = merged.split('\n');
  return git(path, 'commit-tree', tree, '-p', base, '-p', head, '-m', `Merge ${head} into ${base}`);
};

/**
 * Returns the pull request of a payload, else one with the newest commit of the default branch over its first parent. Its
 * `refs/pull/N/merge` is made in the rehearsal's clone, as GitHub would.
 */
export const pullRequestEvent = async (
  consumer: Consumer,
  payload: Readonly<Record<string, unknown>> = {},
): Promise<RehearsedEvent> => {
  const { path, defaultBranch } = consumer;
  const given = payload.pull_request;
  const number = Number(field(given, 'number') ?? 1);
  const baseRef = text(field(given, 'base', 'ref')) ?? defaultBranch;
  const headRef = text(field(given, 'head', 'ref')) ?? 'change';
  const headSha = text(field(given, 'head', 'sha'));
  const head = await commitOf(
    path,
    headSha ?? (given === undefined ? 'HEAD' : headRef),
    `the head ${headSha ?? headRef} of the pull request`,
  );
  const baseSha = text(field(given, 'base', 'sha')) ?? (given === undefined ? `${head}^1` : baseRef);
  const base = await commitOf(path, baseSha, 'the base of the pull request (a first commit has none)');
  const sha = await mergeOf(path, base, head);
  const ref = `refs/pull/${number}/merge`;
  await git(path, 'update-ref', ref, sha);
  const title = text(field(given, 'title')) ?? (await git(path, 'log', '-1', '--format=%s', head));
  const repo = { full_name: consumer.name };
  return {
    name: 'pull_request',
    payload: {
      action: 'opened',
      ...common(consumer),
      ...payload,
      number,
      pull_request: {
        title,
        draft: false,
        merged: false,
        user: { login: 'rehearser' },
        ...(given as Record<string, unknown> | undefined),
        number,
        base: { ref: baseRef, sha: base, repo },
        head: { ref: headRef, sha: head, repo },
      },
    },
    ref,
    refType: 'branch',
    sha,
    phrase: `pull request #${number} of ${head.slice(0, 7)} to ${baseRef}`,
    baseline: undefined,
    // From the merge base on: the three-dot diff.
    changedFiles: await changedBetween(path, await git(path, 'merge-base', base, head), head),
    pullRequest: { number, title, base, head },
  };
};
