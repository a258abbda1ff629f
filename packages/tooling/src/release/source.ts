import { OpsError } from '@hospital-ops/action-kit/errors';
import type { Git } from './git.ts';
import { gitSays } from './git.ts';

/** What the remote has: commits of branches and tags by name, `v1.2.3` as the commit that it leads to. */
export interface Remote {
  readonly main: string | undefined;
  readonly tags: ReadonlyMap<string, string>;
  /** What each ref itself is at: for an annotated tag the tag object. */
  readonly refs: ReadonlyMap<string, string>;
}

const BRANCH = 'main';

/** Asks the remote "origin" what it has; what this clone knows of it may be old. */
export const readRemote = (git: Git): Remote => {
  const lines = git('ls-remote', 'origin', `refs/heads/${BRANCH}`, 'refs/tags/v*').split('\n');
  const refs = lines.map((line) => line.split('\t')).map(([sha = '', name = '']) => [name, sha] as const);
  // `v1.2.3^{}` comes after `v1.2.3` and is the commit of an annotated tag.
  const tags = refs.flatMap(([name, sha]) => {
    const tag = /^refs\/tags\/(.+?)(\^\{\})?$/.exec(name)?.[1];
    return tag === undefined ? [] : [[tag, sha] as const];
  });
  return { main: new Map(refs).get(`refs/heads/${BRANCH}`), tags: new Map(tags), refs: new Map(refs) };
};

/** Returns the commit that is to be released. Throws OpsError unless all of it is committed and on the remote's main. */
export const releasedSource = (git: Git, remote: Remote): string => {
  const dirty = git('status', '--porcelain').split('\n').filter(Boolean);
  if (dirty.length > 0) {
    throw new OpsError({
      what: 'the working tree is not as it was committed.',
      why: dirty.slice(0, 5).join(', ') + (dirty.length > 5 ? ` and ${dirty.length - 5} more` : ''),
      next: 'commit or stash it: a release is built from a commit alone.',
    });
  }
  const head = git('rev-parse', 'HEAD');
  const { main } = remote;
  if (main === head || (main !== undefined && gitSays(git, 'merge-base', '--is-ancestor', head, main))) return head;
  throw new OpsError({
    what: `the commit ${head.slice(0, 7)} is not on ${BRANCH}.`,
    why:
      main === undefined
        ? `the remote "origin" has no branch ${BRANCH}.`
        : `${BRANCH} of the remote "origin" is at ${main.slice(0, 7)}, and does not hold it.`,
    next: `merge it, git fetch, and check out what ${BRANCH} holds.`,
  });
};

/**
 * Throws OpsError when `tag` exists and leads to something else than `commit`; where the release commit is not made yet, to
 * something else than a commit on top of `source`. A full tag never moves.
 */
export const checkTag = (git: Git, tag: string, remote: Remote, source: string, commit?: string): void => {
  const there = remote.tags.get(tag);
  if (there === undefined || there === commit) return;
  if (commit === undefined && gitSays(git, 'cat-file', '-e', `${there}^`) && git('rev-parse', `${there}^`) === source) {
    return;
  }
  throw new OpsError({
    what: `the tag ${tag} exists already, at ${there.slice(0, 7)}.`,
    why: 'a full version tag never moves: people pin it, and its release is immutable.',
    next: 'release the next version.',
  });
};
