import { at, integerAt, textAt } from './json.ts';

export interface PullRequest {
  readonly number: number;
  readonly baseRef: string | undefined;
  readonly baseSha: string | undefined;
  readonly headRef: string | undefined;
  readonly headSha: string | undefined;
  /** True when the head lies in another repository, so that the run has no secrets. */
  readonly fromFork: boolean;
}

/** Returns the pull request of a `pull_request` or `pull_request_target` event, or undefined for any other event. */
export const pullRequestOf = (payload: unknown): PullRequest | undefined => {
  const request = at(payload, 'pull_request');
  const number = integerAt(request, 'number');
  if (number === undefined) return undefined;
  const base = integerAt(request, 'base', 'repo', 'id');
  return {
    number,
    baseRef: textAt(request, 'base', 'ref'),
    baseSha: textAt(request, 'base', 'sha'),
    headRef: textAt(request, 'head', 'ref'),
    headSha: textAt(request, 'head', 'sha'),
    fromFork: base === undefined || integerAt(request, 'head', 'repo', 'id') !== base,
  };
};

const NO_COMMIT = /^0+$/;

/** Returns the revision before a push, or undefined: for other events, and for a ref that the push created. */
export const beforeOf = (payload: unknown): string | undefined => {
  const before = textAt(payload, 'before');
  return before === undefined || NO_COMMIT.test(before) ? undefined : before;
};

/** Returns the repository's default branch, or undefined when the event does not tell it. */
export const defaultBranchOf = (payload: unknown): string | undefined =>
  textAt(payload, 'repository', 'default_branch');
