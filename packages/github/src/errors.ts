import { OpsError } from '@hospital-ops/action-kit/errors';
import { neutralizeToLine } from '@hospital-ops/action-kit/untrusted';
import { integerAt, textAt } from './json.ts';

interface KnownFailure {
  matches(status: number | undefined, message: string): boolean;
  readonly why: string;
  next(permission: string): string;
}

/** What GitHub's answers mean to a user of the suite. The first that matches is told. */
const KNOWN: readonly KnownFailure[] = [
  {
    matches: (status, message) => status === 429 || (status === 403 && /rate limit/i.test(message)),
    why: "GitHub's rate limit is used up.",
    next: () => 'run the job again later.',
  },
  {
    matches: (status) => status === 401,
    why: 'GitHub does not accept the token.',
    next: () => 'leave `token` at its default, the token of the job.',
  },
  {
    // For a private repository GitHub answers 404, not 403, to a token that may not see it.
    matches: (status) => status === 403 || status === 404,
    why: 'the token may not read this, or it does not exist.',
    next: (permission) => `give the job \`permissions: { ${permission} }\`.`,
  },
  {
    matches: (status, message) => status === 422 && /No ref found/.test(message),
    why: 'GitHub does not have this commit.',
    next: () => 'push it, then run this again.',
  },
  {
    matches: (status) => status === undefined,
    why: 'no answer came.',
    next: () => 'check that the runner reaches the API, and its proxy variables.',
  },
  {
    matches: (status) => status !== undefined && status >= 500,
    why: 'GitHub had a failure of its own.',
    next: () => 'look at githubstatus.com and run the job again.',
  },
];

/** Returns the HTTP status of an error that the API client threw, or undefined when no answer came. */
export const statusOf = (error: unknown): number | undefined => integerAt(error, 'status') ?? undefined;

/** Returns `error` of the API client in the suite's form; `what` starts the sentence, such as `cannot list the jobs`. */
export const explainGitHubError = (what: string, permission: string, error: unknown): OpsError => {
  // A network failure reads as 500 in the client, with the real one as its cause.
  const status = error instanceof Error && error.cause !== undefined ? undefined : statusOf(error);
  const message = textAt(error, 'message') ?? String(error);
  const known = KNOWN.find((candidate) => candidate.matches(status, message));
  return new OpsError({
    what: `${what}: ${status === undefined ? '' : `HTTP ${status}: `}${neutralizeToLine(message, 300)}`,
    why: known?.why,
    next: known?.next(permission),
    cause: error,
  });
};
