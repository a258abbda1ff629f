import type { Comparison, GitHubApi, Job } from './api.ts';
import type { EventContext } from './context.ts';
import type { GitHubClientOptions } from './requests.ts';

export interface LookUps {
  /** Jobs of this run that have failed so far. */
  failedJobs(): Promise<readonly FailedJobFacts[]>;
  /** Milliseconds since the epoch at which this attempt of the run began. */
  startedAt(): Promise<number | undefined>;
  /** Commits of this run's revision since `from`, newest first. */
  changelog(from: string): Promise<ChangelogFacts>;
}

export interface FailedJobFacts {
  readonly name: string;
  readonly url: string | undefined;
  readonly step: string | undefined;
}

export interface ChangelogFacts {
  readonly from: string;
  readonly entries: Comparison['commits'];
  readonly total: number;
  readonly behind: number;
  readonly url: string | undefined;
}

const FAILED = new Set(['failure', 'timed_out', 'startup_failure']);

/**
 * Returns the jobs that failed, and those that are still running with a step that did: a message is often sent by the very
 * job that fails. Cancelled ones followed from something else, and are left out.
 */
export const failedAmong = (jobs: readonly Job[]): FailedJobFacts[] =>
  jobs
    .filter(({ conclusion, failedStep }) =>
      conclusion === undefined ? failedStep !== undefined : FAILED.has(conclusion),
    )
    .map(({ name, url, failedStep }) => ({ name, url, step: failedStep }));

const CHANGELOG_ENTRIES = 30;

interface Access extends Pick<GitHubClientOptions, 'clock' | 'signal' | 'log' | 'patienceMs'> {
  readonly token: string | undefined;
}

/**
 * Returns the look-ups of a run, or undefined where there is no token or no run. The API client is loaded at the first of
 * them: most messages need none.
 */
export const lookUpsOf = (context: EventContext, { token, ...access }: Access): LookUps | undefined => {
  const { repository, runId, apiUrl, runAttempt, sha } = context;
  if (token === undefined || repository === undefined || runId === undefined) return undefined;
  let api: Promise<GitHubApi> | undefined;
  const connect = () => {
    api ??= import('./client.ts').then(({ createGitHubApi }) =>
      createGitHubApi({ token, repository, apiUrl, ...access }),
    );
    return api;
  };
  return {
    failedJobs: async () => failedAmong(await (await connect()).listJobs(runId, runAttempt)),
    startedAt: async () => (await connect()).runStartedAt(runId, runAttempt),
    changelog: async (from) => {
      const { commits, total, behind, url } = await (await connect()).compare(from, sha, CHANGELOG_ENTRIES);
      return { from, entries: commits, total, behind, url };
    },
  };
};
