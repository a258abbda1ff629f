import type { Deployment, Service, ServiceDeployment } from '@hospital-ops/aws/ecs/ports';
import { isSteady, primaryOf } from '@hospital-ops/aws/ecs/service';
import { shortName } from '@hospital-ops/aws/ecs/task-definition';

/** What a rollout is to lead to, and what was there before. Task definitions are ARNs. */
export interface Aim {
  readonly ours: string;
  readonly previous: string;
  /** Id of our deployment in DescribeServices. */
  readonly deploymentId: string | undefined;
  readonly maxFailedTasks: number;
}

/** One look at a service. */
export interface Observation {
  /** Undefined when the answer did not hold the service. */
  readonly service: Service | undefined;
  /** Our service deployment, where it is known and may be read. */
  readonly deployment: ServiceDeployment | undefined;
  /** Failed tasks of our revision that were seen stopped. */
  readonly failedTasks: number;
  /** Looks in a row, this one included, that found the service steady on our revision, and our deployment failed. */
  readonly steadyLooks: number;
  readonly failedLooks: number;
}

export type Verdict =
  | { readonly kind: 'continue' }
  | { readonly kind: 'completed'; readonly warning: string | undefined }
  /** ECS has begun to roll back, or has done so: whether the old revision serves is for the roll-back to see. */
  | { readonly kind: 'rolled-back'; readonly reason: string }
  | { readonly kind: 'rollback-failed'; readonly reason: string }
  | { readonly kind: 'superseded'; readonly by: string; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'paused'; readonly reason: string }
  /** The service cannot be seen any more. */
  | { readonly kind: 'lost'; readonly reason: string };

/** A look without rolloutState (Classic Load Balancer) counts as an end only when the next one agrees. */
const STEADY_LOOKS = 2;
/** A service that rolls back itself shows FAILED a moment before its roll-back appears. */
const FAILED_LOOKS = 5;

const CONTINUE: Verdict = { kind: 'continue' };

const isOurs = (deployment: Deployment, { ours, deploymentId }: Aim): boolean =>
  deployment.id === deploymentId || deployment.taskDefinition === ours;

const supersededBy = (deployment: Deployment): Verdict => ({
  kind: 'superseded',
  by: deployment.taskDefinition,
  reason: `another deployment, ${deployment.id}, took over with ${shortName(deployment.taskDefinition)}`,
});

const completed = (service: Service): Verdict => ({
  kind: 'completed',
  warning: service.desired === 0 ? 'its desired count is 0, so no task of the new revision has ever run' : undefined,
});

const because = (...reasons: ReadonlyArray<string | undefined>): string =>
  reasons.find((reason) => reason !== undefined && reason !== '') ?? 'ECS gave no reason';

/** What the PRIMARY deployment says when it is not ours: ECS went back, or somebody else deployed. */
const takenOver = (primary: Deployment, aim: Aim, service: Service): Verdict => {
  if (primary.taskDefinition !== aim.previous) return supersededBy(primary);
  const ours = service.deployments.find(({ id }) => id === aim.deploymentId);
  return {
    kind: 'rolled-back',
    reason: because(ours?.rolloutReason, primary.rolloutReason, newestFailure(service)),
  };
};

const newestFailure = (service: Service): string | undefined =>
  service.events.find(({ message }) => /fail|unhealthy|unable|error|roll(ed|ing) back/i.test(message))?.message;

/** What ECS's service deployment says; undefined where it leaves the word to DescribeServices. */
const byServiceDeployment = (
  deployment: ServiceDeployment,
  primary: Deployment | undefined,
  service: Service,
  aim: Aim,
): Verdict | undefined => {
  const reason = because(deployment.rollbackReason, deployment.statusReason, newestFailure(service));
  switch (deployment.status) {
    case 'SUCCESSFUL':
      if (primary === undefined) return CONTINUE;
      return isOurs(primary, aim) ? completed(service) : takenOver(primary, aim, service);
    case 'ROLLBACK_SUCCESSFUL':
    case 'ROLLBACK_IN_PROGRESS':
      return { kind: 'rolled-back', reason };
    case 'ROLLBACK_FAILED':
      return { kind: 'rollback-failed', reason };
    case 'STOPPED':
      if (primary !== undefined && !isOurs(primary, aim)) return takenOver(primary, aim, service);
      return { kind: 'failed', reason };
    // Both may still end in any way, SUCCESSFUL among them (developer guide, service deployment states).
    case 'STOP_REQUESTED':
    case 'ROLLBACK_REQUESTED':
      return CONTINUE;
    case 'PENDING':
    case 'IN_PROGRESS':
      if (deployment.pausedHook === undefined) return undefined;
      return { kind: 'paused', reason: `it waits for hook ${deployment.pausedHook}` };
    default:
      return undefined;
  }
};

/**
 * Returns what an observation means for a rollout. Total: an empty answer, a state that nobody knows, a missing PRIMARY
 * are never an end that is a success.
 */
export const decideRollout = (observation: Observation, aim: Aim): Verdict => {
  const { service, deployment } = observation;
  if (service === undefined)
    return { kind: 'lost', reason: 'the service disappeared from the answer of DescribeServices' };
  if (service.status !== 'ACTIVE') {
    return { kind: 'failed', reason: `the service is ${service.status || 'of unknown status'}: somebody deletes it` };
  }
  const primary = primaryOf(service);
  const told = deployment && byServiceDeployment(deployment, primary, service, aim);
  if (told !== undefined) return told;
  if (primary === undefined) return CONTINUE;
  if (!isOurs(primary, aim)) return takenOver(primary, aim, service);
  if (aim.ours === aim.previous && aim.deploymentId !== undefined && primary.id !== aim.deploymentId) {
    const ours = service.deployments.find(({ id }) => id === aim.deploymentId);
    if (ours?.rolloutState === 'FAILED') return { kind: 'rolled-back', reason: because(ours.rolloutReason) };
  }
  if (primary.rolloutState === 'FAILED') {
    if (service.rollsBackItself && observation.failedLooks < FAILED_LOOKS) return CONTINUE;
    return { kind: 'failed', reason: because(primary.rolloutReason, newestFailure(service)) };
  }
  // The service deployment watches alarms longer than the rollout state does, and has the last word while it lives.
  if (primary.rolloutState === 'COMPLETED' && deployment === undefined) return completed(service);
  const failures = Math.max(primary.failedTasks, observation.failedTasks);
  if (aim.maxFailedTasks > 0 && failures >= aim.maxFailedTasks && primary.rolloutState !== 'COMPLETED') {
    return { kind: 'failed', reason: `${failures} tasks of the new revision failed` };
  }
  if (primary.rolloutState === undefined && deployment === undefined && observation.steadyLooks >= STEADY_LOOKS) {
    return completed(service);
  }
  return CONTINUE;
};

export interface BackAim {
  readonly ours: string;
  readonly previous: string;
}

export type BackVerdict =
  | { readonly kind: 'continue' }
  | { readonly kind: 'back' }
  | { readonly kind: 'superseded'; readonly by: string; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'lost'; readonly reason: string };

/** Returns whether the previous revision really serves again: PRIMARY, complete, with all of its tasks. */
export const decideGoBack = (observation: Observation, aim: BackAim): BackVerdict => {
  const { service, deployment } = observation;
  if (service === undefined)
    return { kind: 'lost', reason: 'the service disappeared from the answer of DescribeServices' };
  if (service.status !== 'ACTIVE') return { kind: 'failed', reason: `the service is ${service.status}` };
  const primary = primaryOf(service);
  if (primary === undefined) return CONTINUE;
  if (primary.taskDefinition === aim.previous) {
    if (primary.rolloutState === 'FAILED') return { kind: 'failed', reason: because(primary.rolloutReason) };
    const whole = primary.running === primary.desired;
    if (primary.rolloutState === 'COMPLETED' && whole) return { kind: 'back' };
    const steady = primary.rolloutState === undefined && isSteady(service, primary);
    return steady && observation.steadyLooks >= STEADY_LOOKS ? { kind: 'back' } : CONTINUE;
  }
  if (primary.taskDefinition !== aim.ours) {
    return {
      kind: 'superseded',
      by: primary.taskDefinition,
      reason: `another deployment, ${primary.id}, took over with ${shortName(primary.taskDefinition)}`,
    };
  }
  if (deployment?.status === 'ROLLBACK_FAILED') {
    return { kind: 'failed', reason: because(deployment.rollbackReason, deployment.statusReason) };
  }
  return CONTINUE;
};

/**
 * Returns the ARN of the task definition that takes traffic: the PRIMARY when it is complete, else the one with most
 * running tasks, at a tie the one that served before. Undefined when no task runs.
 */
export const servingOf = (service: Service, previous: string | undefined): string | undefined => {
  const primary = primaryOf(service);
  if (primary?.rolloutState === 'COMPLETED' && primary.running > 0) return primary.taskDefinition;
  const running = service.deployments.filter((deployment) => deployment.running > 0);
  return running.sort(
    (a, b) => b.running - a.running || Number(b.taskDefinition === previous) - Number(a.taskDefinition === previous),
  )[0]?.taskDefinition;
};
