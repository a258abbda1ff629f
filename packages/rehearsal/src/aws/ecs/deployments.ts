import { digitsId, shortId } from '../ids.ts';
import { breakerThreshold } from './breaker.ts';
import type { ServiceDeploymentStatus } from './client.ts';
import { tell } from './rollout-events.ts';
import type { Deployment, Service, ServiceDeployment, ServiceRevision, TaskDefinition } from './state.ts';

/** Told of each change of a service deployment's status. */
export type DeploymentListener = (service: Service, deployment: ServiceDeployment) => void;

const resourceArn = (service: Service, kind: string, id: string): string =>
  `${service.arn.split(':service/')[0]}:${kind}/${service.cluster.name}/${service.name}/${id}`;

const ENDED: readonly ServiceDeploymentStatus[] = ['SUCCESSFUL', 'STOPPED', 'ROLLBACK_SUCCESSFUL', 'ROLLBACK_FAILED'];

export const hasEnded = ({ status }: ServiceDeployment): boolean => ENDED.includes(status);

export const primaryOf = (service: Service): Deployment | undefined =>
  service.deployments.find(({ status }) => status === 'PRIMARY');

/** The service deployment in progress, or undefined between them. */
export const currentOf = (service: Service): ServiceDeployment | undefined =>
  service.serviceDeployments.findLast((candidate) => !hasEnded(candidate));

export const enterStatus = (
  deployment: ServiceDeployment,
  status: ServiceDeploymentStatus,
  now: number,
  reason?: string,
): void => {
  deployment.status = status;
  deployment.updatedAt = now;
  if (reason !== undefined) deployment.statusReason = reason;
  if (status === 'IN_PROGRESS') deployment.startedAt = now;
  if (status === 'STOP_REQUESTED' || status === 'ROLLBACK_REQUESTED' || status === 'STOPPED')
    deployment.stoppedAt ??= now;
  if (hasEnded(deployment)) deployment.finishedAt = now;
  deployment.history.push({ status, at: now });
};

export const createRevision = (service: Service, taskDefinition: TaskDefinition, now: number): ServiceRevision => ({
  arn: resourceArn(service, 'service-revision', digitsId()),
  taskDefinition,
  config: service.config,
  createdAt: now,
});

/**
 * Makes `revision` the PRIMARY deployment. One in progress is superseded: its service deployment is STOPPED and its tasks
 * are replaced like any older ones.
 */
export const beginDeployment = (service: Service, revision: ServiceRevision, now: number): ServiceDeployment => {
  const previous = primaryOf(service);
  const running = currentOf(service);
  if (running !== undefined)
    enterStatus(running, 'STOPPED', now, 'The service deployment was superseded by a newer service deployment.');
  for (const deployment of service.deployments) {
    deployment.status = 'ACTIVE';
    deployment.desired = 0;
    deployment.updatedAt = now;
  }
  const id = `ecs-svc/${digitsId()}`;
  const deployment: Deployment = {
    id,
    revision,
    status: 'PRIMARY',
    desired: service.desired,
    createdAt: now,
    updatedAt: now,
    rolloutState: 'IN_PROGRESS',
    rolloutStateReason: `ECS deployment ${id} in progress.`,
    failedTasks: 0,
    failures: 0,
    retryAt: 0,
    steadySince: undefined,
    everCompleted: false,
  };
  service.deployments = [deployment, ...service.deployments];
  service.steadyTold = false;
  const breaker = service.config.deploymentConfiguration?.deploymentCircuitBreaker?.enable;
  const created: ServiceDeployment = {
    arn: resourceArn(service, 'service-deployment', shortId()),
    deployment,
    sources: previous === undefined ? [] : [previous.revision],
    target: revision,
    status: 'PENDING',
    breaker: { status: breaker ? 'MONITORING' : 'DISABLED', failureCount: 0 },
    createdAt: now,
    updatedAt: now,
    history: [{ status: 'PENDING', at: now }],
  };
  service.serviceDeployments.push(created);
  return created;
};

/** The service has reached a steady state: what was in progress is over, and the older deployments are gone. */
export const completeDeployment = (service: Service, primary: Deployment, now: number): void => {
  primary.rolloutState = 'COMPLETED';
  primary.rolloutStateReason = `ECS deployment ${primary.id} completed.`;
  primary.updatedAt = now;
  primary.everCompleted = true;
  service.lastCompleted = primary;
  service.deployments = [primary];
  tell(service, now, `(deployment ${primary.id}) deployment completed.`);
  const current = currentOf(service);
  if (current === undefined) return;
  if (current.breaker.status === 'MONITORING') current.breaker.status = 'MONITORING_COMPLETE';
  enterStatus(current, current.rollback === undefined ? 'SUCCESSFUL' : 'ROLLBACK_SUCCESSFUL', now);
};

const restore = (service: Service, target: Deployment, failed: Deployment, reason: string, now: number): void => {
  failed.status = 'ACTIVE';
  failed.desired = 0;
  target.status = 'PRIMARY';
  target.desired = service.desired;
  target.rolloutState = 'IN_PROGRESS';
  target.rolloutStateReason = reason;
  target.updatedAt = now;
  target.failedTasks = 0;
  target.failures = 0;
  target.retryAt = 0;
  target.steadySince = undefined;
  // A rollback brings back the whole revision, not the task definition alone.
  service.config = target.revision.config;
  service.deployments = [target, ...service.deployments.filter((deployment) => deployment !== target)];
  tell(service, now, `rolling back to deployment ${target.id}.`);
};

/**
 * Ends the PRIMARY deployment as failed, by the circuit breaker or by StopServiceDeployment, and goes back to the last
 * COMPLETED one where that is wanted and there is one. Without one the deployment stalls: nothing new is launched
 * ("The rollback method requires a previous deployment in COMPLETED state", deployment failure detection).
 */
export const failDeployment = (
  service: Service,
  primary: Deployment,
  cause: {
    readonly reason: string;
    readonly rollbackReason: string;
    readonly rollback: boolean;
    readonly prefix: string;
  },
  now: number,
): void => {
  primary.rolloutState = 'FAILED';
  primary.rolloutStateReason = cause.reason;
  primary.updatedAt = now;
  const current = currentOf(service);
  const target = service.lastCompleted;
  if (current?.rollback !== undefined) {
    enterStatus(current, 'ROLLBACK_FAILED', now, 'The rollback failed: tasks failed to start.');
    return;
  }
  if (!cause.rollback || target === undefined || target === primary) {
    if (current !== undefined) enterStatus(current, 'STOPPED', now, cause.rollbackReason);
    return;
  }
  restore(service, target, primary, `${cause.prefix}rolling back to deploymentId ${target.id}.`, now);
  if (current === undefined) return;
  enterStatus(current, 'ROLLBACK_REQUESTED', now, cause.rollbackReason);
  current.rollback = { reason: cause.rollbackReason, startedAt: now, revision: target.revision };
};

/** Counts a failed task and trips the circuit breaker at its threshold; true when it tripped. */
export const countFailure = (service: Service, deployment: Deployment, now: number): boolean => {
  deployment.failedTasks += 1;
  deployment.failures += 1;
  deployment.updatedAt = now;
  const breaker = service.config.deploymentConfiguration?.deploymentCircuitBreaker;
  const current = currentOf(service);
  if (current?.deployment === deployment) current.breaker.failureCount = deployment.failedTasks;
  if (breaker?.enable !== true || deployment.status !== 'PRIMARY' || deployment.rolloutState !== 'IN_PROGRESS')
    return false;
  if (deployment.failedTasks < breakerThreshold(breaker, service.desired)) return false;
  if (current !== undefined) current.breaker.status = 'TRIGGERED';
  tell(service, now, `(deployment ${deployment.id}) deployment failed: tasks failed to start.`);
  const prefix = 'ECS deployment circuit breaker: ';
  const rollbackReason = 'Service deployment rolled back because the circuit breaker threshold was exceeded.';
  const cause = { reason: `${prefix}tasks failed to start.`, prefix, rollback: breaker.rollback === true };
  const stopReason = 'Service deployment stopped because the circuit breaker threshold was exceeded.';
  failDeployment(service, deployment, { ...cause, rollbackReason: cause.rollback ? rollbackReason : stopReason }, now);
  return true;
};
