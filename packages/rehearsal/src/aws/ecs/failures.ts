import { breakerThreshold } from './breaker.ts';
import { currentOf, enterStatus } from './deployments.ts';
import { planRollback } from './lifecycle-stages.ts';
import { tell } from './rollout-events.ts';
import type { Deployment, Service, ServiceDeployment } from './state.ts';

export interface FailureCause {
  /** For rolloutStateReason. */
  readonly reason: string;
  /** For statusReason and the rollback's reason. */
  readonly rollbackReason: string;
  readonly rollback: boolean;
  readonly prefix: string;
}

const restore = (service: Service, target: Deployment, failed: Deployment, reason: string, now: number): void => {
  const current = currentOf(service);
  failed.status = 'ACTIVE';
  // What takes traffic by listener rules stays until they point elsewhere.
  if (current?.native === undefined) failed.desired = 0;
  target.status = 'PRIMARY';
  target.desired = service.desired;
  target.rolloutState = 'IN_PROGRESS';
  target.rolloutStateReason = reason;
  target.updatedAt = now;
  target.failedTasks = 0;
  target.failures = 0;
  target.retryAt = 0;
  target.steadySince = undefined;
  target.bakeSince = undefined;
  // A rollback brings back the whole revision, not the task definition alone.
  // A service revision does not hold the deployment configuration (API_ServiceRevision): it stays what it is.
  const { deploymentConfiguration } = service.config;
  service.config = {
    ...target.revision.config,
    ...(deploymentConfiguration === undefined ? {} : { deploymentConfiguration }),
  };
  service.deployments = [target, ...service.deployments.filter((deployment) => deployment !== target)];
  tell(service, now, `rolling back to deployment ${target.id}.`);
};

const goBack = (current: ServiceDeployment, target: Deployment, cause: FailureCause, now: number): void => {
  enterStatus(current, 'ROLLBACK_REQUESTED', now, cause.rollbackReason);
  current.rollback = { reason: cause.rollbackReason, startedAt: now, revision: target.revision };
  if (current.native === undefined) return;
  Object.assign(current.native, {
    plan: planRollback(),
    index: 0,
    since: undefined,
    hooksDone: undefined,
    hooks: [],
  });
};

/**
 * Ends the PRIMARY deployment as failed and goes back to the last COMPLETED one where that is wanted and there is one.
 * Without one the deployment stalls: nothing new is launched ("The rollback method requires a previous deployment in
 * COMPLETED state", deployment failure detection), and the service deployment is STOPPED by way of STOP_REQUESTED.
 */
export const failDeployment = (service: Service, primary: Deployment, cause: FailureCause, now: number): void => {
  const current = currentOf(service);
  primary.rolloutState = 'FAILED';
  primary.rolloutStateReason = cause.reason;
  primary.updatedAt = now;
  const target = service.lastCompleted;
  if (current?.rollback !== undefined) {
    enterStatus(current, 'ROLLBACK_FAILED', now, 'The rollback failed: tasks failed to start.');
    return;
  }
  if (!cause.rollback || target === undefined || target === primary) {
    if (current !== undefined) enterStatus(current, 'STOP_REQUESTED', now, cause.rollbackReason);
    return;
  }
  restore(service, target, primary, `${cause.prefix}rolling back to deploymentId ${target.id}.`, now);
  if (current !== undefined) goBack(current, target, cause, now);
};

const statusReasons = (rollback: boolean, because: string) =>
  `Service deployment ${rollback ? 'rolled back' : 'stopped'} because ${because}.`;

/** An alarm has gone into ALARM. */
export const failByAlarm = (service: Service, primary: Deployment, current: ServiceDeployment, now: number): void => {
  const rollback = service.config.deploymentConfiguration?.alarms?.rollback === true;
  tell(service, now, `(deployment ${primary.id}) deployment failed: alarm detected.`);
  // The wording of the reasons has no source beyond "alarm detected".
  const because = `of alarms in ALARM state: ${current.alarms.triggered.join(', ')}`;
  const prefix = 'ECS deployment failed: alarm detected, ';
  const reason = 'ECS deployment failed: alarm detected.';
  failDeployment(service, primary, { reason, prefix, rollback, rollbackReason: statusReasons(rollback, because) }, now);
};

/** Counts a failed task and trips the circuit breaker at its threshold; true when it tripped. */
export const countFailure = (service: Service, deployment: Deployment, now: number): boolean => {
  deployment.failedTasks += 1;
  deployment.failures += 1;
  deployment.updatedAt = now;
  const breaker = service.config.deploymentConfiguration?.deploymentCircuitBreaker;
  const current = currentOf(service);
  // What fails after the circuit has broken was on its way already.
  if (current?.deployment === deployment && current.breaker.status !== 'TRIGGERED')
    current.breaker.failureCount = deployment.failedTasks;
  if (breaker?.enable !== true || deployment.status !== 'PRIMARY' || deployment.rolloutState !== 'IN_PROGRESS')
    return false;
  if (deployment.failedTasks < breakerThreshold(breaker, service.desired)) return false;
  if (current !== undefined) current.breaker.status = 'TRIGGERED';
  tell(service, now, `(deployment ${deployment.id}) deployment failed: tasks failed to start.`);
  const prefix = 'ECS deployment circuit breaker: ';
  const rollback = breaker.rollback === true;
  const rollbackReason = statusReasons(rollback, 'the circuit breaker threshold was exceeded');
  failDeployment(
    service,
    deployment,
    { reason: `${prefix}tasks failed to start.`, prefix, rollback, rollbackReason },
    now,
  );
  return true;
};
