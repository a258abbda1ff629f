export interface Job {
  readonly id: number;
  /** As on the run's page: `release / deploy (api)`. Foreign text: a matrix value can stand in it. */
  readonly name: string;
  /** `queued`, `in_progress`, `completed`, … */
  readonly status: string;
  /** `success`, `failure`, `cancelled`, `skipped`, `timed_out`, …; undefined before the end. */
  readonly conclusion: string | undefined;
  readonly url: string | undefined;
  /** Name of the first step that failed. */
  readonly failedStep: string | undefined;
}

export interface Commit {
  readonly sha: string;
  /** First line of the commit message, foreign text. */
  readonly subject: string;
  readonly author: string | undefined;
  readonly url: string | undefined;
}

export interface Comparison {
  /** Newest first, at most as many as were asked for. */
  readonly commits: readonly Commit[];
  /** How many there are in all. */
  readonly total: number;
  readonly url: string | undefined;
}

/**
 * The calls of GitHub's API that the suite makes. Each throws OpsError when GitHub refuses or cannot be reached, naming
 * the permission that the token would need.
 */
export interface GitHubApi {
  /** Every job of one attempt of a run. Needs `actions: read`. */
  listJobs(runId: number, attempt: number): Promise<readonly Job[]>;
  /** The commits of `head` that `base` does not have. Needs `contents: read`. */
  compare(base: string, head: string, limit: number): Promise<Comparison>;
}
