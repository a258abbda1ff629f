import { digitsId, shortId } from '../ids.ts';
import type { AlarmReader } from './alarms.ts';
import { beginAlarms } from './alarms.ts';
import type { ServiceDeploymentStatus } from './client.ts';
import { isNative, planStages } from './lifecycle-stages.ts';
import { tell } from './rollout-events.ts';
import type {
  Deployment,
  NativeProgress,
  Service,
  ServiceDeployment,
  ServiceRevision,
  TaskDefinition,
} from './state.ts';
import { managesTraffic } from './traffic.ts';

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

/** The deployment that production traffic goes to, or would: the last COMPLETED one while it has tasks. */
export const holderOf = (service: Service): Deployment | undefined => {
  const { lastCompleted, deployments } = service;
  return lastCompleted !== undefined && deployments.includes(lastCompleted) ? lastCompleted : deployments[0];
};

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

/** Returns a deployment that has no task yet; PRIMARY and IN_PROGRESS. */
export const newDeployment = (
  revision: ServiceRevision,
  slot: Deployment['slot'],
  desired: number,
  now: number,
): Deployment => {
  const id = `ecs-svc/${digitsId()}`;
  return {
    id,
    revision,
    slot,
    status: 'PRIMARY',
    desired,
    createdAt: now,
    updatedAt: now,
    rolloutState: 'IN_PROGRESS',
    rolloutStateReason: `ECS deployment ${id} in progress.`,
    failedTasks: 0,
    failures: 0,
    retryAt: 0,
    steadySince: undefined,
    bakeSince: undefined,
    everCompleted: false,
  };
};

const startOf = (service: Service, sources: number): NativeProgress => ({
  plan: planStages(service.config.deploymentConfiguration, sources),
  index: 0,
  since: undefined,
  hooksDone: undefined,
  hooks: [],
});

/**
 * Makes `revision` the PRIMARY deployment. One in progress is superseded: its service deployment is STOPPED. A rolling
 * update replaces its tasks like any older ones; the other strategies begin with the stage RECONCILE_SERVICE then, which
 * takes them away, and keep the tasks that serve until CLEAN_UP.
 */
export const beginDeployment = (
  service: Service,
  revision: ServiceRevision,
  alarms: AlarmReader,
  now: number,
): ServiceDeployment => {
  const running = currentOf(service);
  if (running !== undefined)
    enterStatus(running, 'STOPPED', now, 'The service deployment was superseded by a newer service deployment.');
  const native = isNative(service.config.deploymentConfiguration);
  const holder = holderOf(service);
  const previous = primaryOf(service);
  const before = native ? service.deployments : previous === undefined ? [] : [previous];
  for (const deployment of service.deployments) {
    deployment.status = 'ACTIVE';
    if (!native) deployment.desired = 0;
    deployment.updatedAt = now;
  }
  const slot = native && holder !== undefined ? (holder.slot === 0 ? 1 : 0) : (holder?.slot ?? 0);
  const deployment = newDeployment(revision, slot, native ? 0 : service.desired, now);
  const created: ServiceDeployment = {
    arn: resourceArn(service, 'service-deployment', shortId()),
    deployment,
    sources: before.map((source) => source.revision),
    target: revision,
    status: 'PENDING',
    breaker: {
      status: service.config.deploymentConfiguration?.deploymentCircuitBreaker?.enable ? 'MONITORING' : 'DISABLED',
      failureCount: 0,
    },
    alarms: beginAlarms(service.config, alarms),
    native: native ? startOf(service, before.length) : undefined,
    hooks: [],
    traffic: native && managesTraffic(service.config) ? { production: 0, test: 0 } : undefined,
    tooLate: false,
    createdAt: now,
    updatedAt: now,
    history: [{ status: 'PENDING', at: now }],
  };
  service.deployments = [deployment, ...service.deployments];
  service.steadyTold = false;
  service.serviceDeployments.push(created);
  return created;
};

/** The deployment is over and has succeeded; what is left of older ones is `remaining`. */
export const completeDeployment = (
  service: Service,
  primary: Deployment,
  now: number,
  remaining: readonly Deployment[] = [],
): void => {
  primary.rolloutState = 'COMPLETED';
  primary.rolloutStateReason = `ECS deployment ${primary.id} completed.`;
  primary.updatedAt = now;
  primary.everCompleted = true;
  primary.desired = service.desired;
  service.lastCompleted = primary;
  service.deployments = [primary, ...remaining];
  tell(service, now, `(deployment ${primary.id}) deployment completed.`);
  const current = currentOf(service);
  if (current === undefined) return;
  if (current.breaker.status === 'MONITORING') current.breaker.status = 'MONITORING_COMPLETE';
  if (current.alarms.status === 'MONITORING') current.alarms.status = 'MONITORING_COMPLETE';
  enterStatus(current, current.rollback === undefined ? 'SUCCESSFUL' : 'ROLLBACK_SUCCESSFUL', now);
};
