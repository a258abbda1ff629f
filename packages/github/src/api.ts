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
  /** How many commits of the base the head does not have. */
  readonly behind: number;
  readonly url: string | undefined;
}

export interface Deployment {
  readonly id: number;
  /** The commit that was deployed. */
  readonly sha: string;
  /** What its creator gave it along, foreign data: read it by `json.ts`. */
  readonly payload: unknown;
}

export type DeploymentState = 'error' | 'failure' | 'inactive' | 'in_progress' | 'queued' | 'pending' | 'success';

export interface NewDeployment {
  readonly sha: string;
  readonly environment: string;
  readonly description: string;
  readonly payload: unknown;
  /** True for an environment that is taken down again: it never becomes inactive by itself. */
  readonly isTransient: boolean;
  /** True for one that end users work with. */
  readonly isProduction: boolean;
}

export interface DeploymentStatus {
  readonly state: DeploymentState;
  /** Cut to 140 characters (docs.github.com, create a deployment status). */
  readonly description: string;
  readonly environmentUrl?: string | undefined;
  readonly logUrl?: string | undefined;
}

/** The newest word on a deployment but that a later one took its place. */
export interface DeploymentWord {
  readonly state: string;
  readonly description: string;
  /** ISO 8601. */
  readonly at: string | undefined;
}

/** One file of a pull request; names are foreign text. */
export interface PullRequestFile {
  readonly path: string;
  /** `added`, `removed`, `modified`, `renamed`, `copied`, `changed`, `unchanged`. */
  readonly status: string;
  /** Where a renamed file was. */
  readonly previous: string | undefined;
}

export interface PullRequestFiles {
  /** At most 3,000 (docs.github.com, REST, list pull requests files). */
  readonly files: readonly PullRequestFile[];
  /** How many files the pull request really has; undefined when GitHub does not tell. */
  readonly total: number | undefined;
  /** The commit that they belong to. */
  readonly headSha: string | undefined;
}

/**
 * The calls of GitHub's API that the suite makes. Each throws OpsError when GitHub refuses or cannot be reached, naming
 * the permission that the token would need.
 */
export interface GitHubApi {
  /** Every job of one attempt of a run. Needs `actions: read`. */
  listJobs(runId: number, attempt: number): Promise<readonly Job[]>;
  /** Milliseconds since the epoch at which one attempt of a run began. Needs `actions: read`. */
  runStartedAt(runId: number, attempt: number): Promise<number | undefined>;
  /** The commits of `head` that `base` does not have. Needs `contents: read`. */
  compare(base: string, head: string, limit: number): Promise<Comparison>;
  /** Page `page`, from 1, of the deployments to an environment, newest first; empty behind the last. Needs `deployments: read`. */
  listDeployments(environment: string, page: number): Promise<readonly Deployment[]>;
  /**
   * The newest word on a deployment but that a later one took its place; undefined before the first one. Needs
   * `deployments: read`.
   */
  deploymentWord(id: number): Promise<DeploymentWord | undefined>;
  /**
   * Returns the id of the new deployment, which merges nothing and waits for no checks. Tried once: after a lost answer
   * it may be there all the same. Needs `deployments: write`.
   */
  createDeployment(deployment: NewDeployment): Promise<number>;
  /** Tried again like a read: the same word twice says no more than once. Needs `deployments: write`. */
  createDeploymentStatus(id: number, status: DeploymentStatus): Promise<void>;
  /** Every file of a pull request that the API gives. Needs `pull-requests: read`. */
  pullRequestFiles(number: number): Promise<PullRequestFiles>;
}
