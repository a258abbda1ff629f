import type { Status } from './record.ts';

/** How GitHub calls the state of a deployment (docs.github.com, create a deployment status). */
export type GitHubState = 'error' | 'failure' | 'inactive' | 'in_progress' | 'queued' | 'pending' | 'success';

/**
 * What the words of ecs-deploy and of jobs mean for the record. `started` and `paused` end the job before the deployment:
 * nobody has seen its end.
 */
const MEANING: Readonly<Record<string, Status>> = {
  deployed: 'success',
  unchanged: 'success',
  success: 'success',
  started: 'paused',
  paused: 'paused',
  cancelled: 'cancelled',
  'rolled-back': 'failure',
  'rollback-failed': 'failure',
  superseded: 'failure',
  failed: 'failure',
  failure: 'failure',
  timeout: 'failure',
  skipped: 'cancelled',
  unknown: 'unknown',
};

export const OUTCOMES: readonly string[] = Object.keys(MEANING);

/** Returns what an ecs-deploy outcome or a job's status means; what is no such word is `unknown`. */
export const statusOf = (outcome: string): Status =>
  Object.hasOwn(MEANING, outcome) ? (MEANING[outcome] ?? 'unknown') : 'unknown';

const STATES: Readonly<Record<Status, GitHubState>> = {
  'in-progress': 'in_progress',
  success: 'success',
  failure: 'failure',
  cancelled: 'error',
  // Not `in_progress`: that is what a deployment says that holds the environment.
  paused: 'pending',
  unknown: 'error',
};

export const githubStateOf = (status: Status): GitHubState => STATES[status];
