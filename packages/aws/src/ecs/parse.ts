import type {
  DeploymentAnswer,
  DeploymentConfigurationAnswer,
  FailureAnswer,
  ServiceAnswer,
  ServiceDeploymentAnswer,
  TaskAnswer,
} from './answers.ts';
import type { Deployment, Failure, JsonObject, Service, ServiceDeployment, Task, TaskDefinition } from './ports.ts';

/*
 * The SDK's types say that every member may be missing. Here that is settled once: what identifies a thing makes it
 * unreadable when missing (undefined is returned), counts are 0, states keep the word that came.
 */

const time = (date: Date | undefined): number | undefined => {
  const ms = date?.getTime();
  return ms === undefined || Number.isNaN(ms) ? undefined : ms;
};

const parseDeployment = (from: DeploymentAnswer): Deployment | undefined => {
  if (from.id === undefined || from.taskDefinition === undefined) return undefined;
  return {
    id: from.id,
    status: from.status ?? '',
    taskDefinition: from.taskDefinition,
    desired: from.desiredCount ?? 0,
    running: from.runningCount ?? 0,
    pending: from.pendingCount ?? 0,
    failedTasks: from.failedTasks ?? 0,
    rolloutState: from.rolloutState,
    rolloutReason: from.rolloutStateReason,
  };
};

const rollsBackItself = (from: DeploymentConfigurationAnswer | undefined): boolean => {
  const breaker = from?.deploymentCircuitBreaker;
  const alarms = from?.alarms;
  return (
    (breaker?.enable === true && breaker.rollback === true) || (alarms?.enable === true && alarms.rollback === true)
  );
};

const present = <T>(values: ReadonlyArray<T | undefined>): T[] => values.filter((value) => value !== undefined);

/** Returns the service, or undefined when the answer does not say which service it is. */
export const parseService = (from: ServiceAnswer): Service | undefined => {
  if (from.serviceArn === undefined || from.serviceName === undefined) return undefined;
  const vpc = from.networkConfiguration?.awsvpcConfiguration;
  return {
    arn: from.serviceArn,
    name: from.serviceName,
    status: from.status ?? '',
    controller: from.deploymentController?.type ?? 'ECS',
    strategy: from.deploymentConfiguration?.strategy ?? 'ROLLING',
    rollsBackItself: rollsBackItself(from.deploymentConfiguration),
    taskDefinition: from.taskDefinition,
    desired: from.desiredCount ?? 0,
    running: from.runningCount ?? 0,
    pending: from.pendingCount ?? 0,
    deployments: present((from.deployments ?? []).map(parseDeployment)),
    events: (from.events ?? []).map((event) => ({
      id: event.id ?? `${time(event.createdAt)} ${event.message}`,
      at: time(event.createdAt) ?? 0,
      message: event.message ?? '',
    })),
    serviceDeployment: from.currentServiceDeployment,
    network: vpc && {
      subnets: vpc.subnets ?? [],
      securityGroups: vpc.securityGroups ?? [],
      assignPublicIp: vpc.assignPublicIp === 'ENABLED',
    },
    launchType: from.launchType,
    platformVersion: from.platformVersion,
    capacityProviders: (from.capacityProviderStrategy ?? []).flatMap((item) =>
      item.capacityProvider === undefined
        ? []
        : [{ capacityProvider: item.capacityProvider, weight: item.weight ?? 0, base: item.base ?? 0 }],
    ),
  };
};

/** Returns the service deployment, or undefined when the answer gives no ARN. */
export const parseServiceDeployment = (from: ServiceDeploymentAnswer): ServiceDeployment | undefined => {
  if (from.serviceDeploymentArn === undefined) return undefined;
  return {
    arn: from.serviceDeploymentArn,
    status: from.status ?? '',
    statusReason: from.statusReason,
    stage: from.lifecycleStage,
    targetRevision: from.targetServiceRevision?.arn,
    rollbackReason: from.rollback?.reason,
    pausedHook: from.lifecycleHookDetails?.find((hook) => hook.status === 'AWAITING_ACTION')?.hookId,
    createdAt: time(from.createdAt) ?? 0,
  };
};

/** Returns the task, or undefined when the answer gives no ARN. */
export const parseTask = (from: TaskAnswer): Task | undefined => {
  if (from.taskArn === undefined) return undefined;
  return {
    arn: from.taskArn,
    taskDefinition: from.taskDefinitionArn ?? '',
    lastStatus: from.lastStatus ?? '',
    desiredStatus: from.desiredStatus ?? '',
    startedBy: from.startedBy,
    stopCode: from.stopCode,
    stoppedReason: from.stoppedReason,
    stoppedAt: time(from.stoppedAt),
    startedAt: time(from.startedAt),
    containers: (from.containers ?? []).map((container) => ({
      name: container.name ?? '',
      image: container.image ?? '',
      lastStatus: container.lastStatus ?? '',
      exitCode: container.exitCode,
      reason: container.reason,
    })),
  };
};

export const parseFailure = (from: FailureAnswer): Failure => ({
  arn: from.arn ?? '',
  reason: from.reason ?? 'no reason was given',
  detail: from.detail,
});

/** Returns the values that could be read. */
export const parseAll = <F, T>(values: readonly F[] | undefined, parse: (value: F) => T | undefined): T[] =>
  present((values ?? []).map(parse));

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Returns the task definition in the raw answer of Describe- or RegisterTaskDefinition, or undefined when there is none. */
export const parseTaskDefinition = (answer: unknown): TaskDefinition | undefined => {
  if (!isObject(answer)) return undefined;
  const { taskDefinition: body, tags } = answer;
  if (!isObject(body)) return undefined;
  const { taskDefinitionArn: arn, family, revision, status } = body;
  if (typeof arn !== 'string' || typeof family !== 'string' || typeof revision !== 'number') return undefined;
  return {
    arn,
    family,
    revision,
    status: typeof status === 'string' ? status : '',
    body,
    tags: Array.isArray(tags) ? tags : [],
  };
};
