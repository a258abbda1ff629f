import type { Permissions } from '../runner/permissions.ts';

/** Runs git in the rehearsed repository; undefined when git refuses. */
export type ReadGit = (...args: readonly string[]) => Promise<string | undefined>;

export type RunStatus = 'queued' | 'in_progress' | 'completed' | 'waiting';
export type RunConclusion = 'success' | 'failure' | 'cancelled' | 'skipped' | 'timed_out';

export interface RunStep {
  readonly number: number;
  readonly name: string;
  readonly status: RunStatus;
  readonly conclusion: RunConclusion | null;
}

/** A job of the run that is being rehearsed, as GitHub would tell it at this moment. */
export interface RunJob {
  readonly id: number;
  readonly name: string;
  readonly status: RunStatus;
  readonly conclusion: RunConclusion | null;
  readonly steps: readonly RunStep[];
}

export interface PullRequestFacts {
  readonly number: number;
  readonly title: string;
  /** Branch names or revisions that git knows. */
  readonly base: string;
  readonly head: string;
}

export interface GitHubFacts {
  /** `owner/name`. */
  readonly repository: string;
  readonly defaultBranch: string;
  /** The token of the run; any other is answered by 401. */
  readonly token: string;
  /** What the token of a job may do; undefined for one that is none. */
  permissionsOf?(token: string): Permissions | undefined;
  readonly git: ReadGit;
  readonly runId: number;
  /** Milliseconds since the epoch at which the run began. */
  readonly startedAt: number;
  /** The jobs of the run as they stand now. */
  jobs(): readonly RunJob[];
  readonly pullRequests: readonly PullRequestFacts[];
  /** Milliseconds since the epoch. */
  now(): number;
}

export type DeploymentState = 'error' | 'failure' | 'inactive' | 'in_progress' | 'queued' | 'pending' | 'success';

export interface DeploymentStatus {
  readonly id: number;
  readonly state: DeploymentState;
  readonly description: string;
  readonly environment_url: string;
  readonly log_url: string;
  readonly created_at: string;
}

export interface Deployment {
  readonly id: number;
  readonly sha: string;
  readonly ref: string;
  readonly task: string;
  readonly environment: string;
  readonly description: string | null;
  readonly payload: unknown;
  readonly transient_environment: boolean;
  readonly production_environment: boolean;
  readonly created_at: string;
  /** Newest first, as GitHub lists them. */
  readonly statuses: readonly DeploymentStatus[];
}

export interface IssueComment {
  readonly id: number;
  readonly issue: number;
  readonly body: string;
  readonly created_at: string;
  readonly updated_at: string;
}

/** A pull request that was opened through the API. */
export interface OpenedPullRequest {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  /** Names of branches. */
  readonly head: string;
  readonly base: string;
  readonly created_at: string;
}

/** What was written through the API. */
export interface GitHubState {
  deployments: Deployment[];
  pullRequests: OpenedPullRequest[];
  comments: IssueComment[];
  nextId: number;
}
