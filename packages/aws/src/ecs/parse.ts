import { isMap } from '@hospital-ops/action-kit/is-map';
import type {
  DeploymentAnswer,
  DeploymentConfigurationAnswer,
  FailureAnswer,
  HookAnswer,
  RevisionAnswer,
  ServiceAnswer,
  ServiceDeploymentAnswer,
  TaskAnswer,
  TaskSetAnswer,
} from './answers.ts';
import type {
  Deployment,
  Failure,
  HookState,
  JsonObject,
  Service,
  ServiceDeployment,
  TargetRevision,
  Task,
  TaskDefinition,
} from './ports.ts';

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

/**
 * Returns a task set as a deployment. CodeDeploy makes one PRIMARY when all of the production traffic is its own, so that
 * one is complete; of the others nothing is said.
 */
const parseTaskSet = (from: TaskSetAnswer): Deployment | undefined => {
  if (from.id === undefined || from.taskDefinition === undefined) return undefined;
  return {
    id: from.id,
    status: from.status ?? '',
    taskDefinition: from.taskDefinition,
    desired: from.computedDesiredCount ?? 0,
    running: from.runningCount ?? 0,
    pending: from.pendingCount ?? 0,
    failedTasks: 0,
    rolloutState: from.status === 'PRIMARY' ? 'COMPLETED' : 'IN_PROGRESS',
    rolloutReason: undefined,
  };
};

const deploymentAlarms = (from: DeploymentConfigurationAnswer | undefined): readonly string[] =>
  from?.alarms?.enable === true ? (from.alarms.alarmNames ?? []) : [];

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
    scheduling: from.schedulingStrategy ?? 'REPLICA',
    rollsBackItself: rollsBackItself(from.deploymentConfiguration),
    deploymentAlarms: deploymentAlarms(from.deploymentConfiguration),
    taskDefinition: from.taskDefinition,
    desired: from.desiredCount ?? 0,
    running: from.runningCount ?? 0,
    pending: from.pendingCount ?? 0,
    deployments:
      from.taskSets === undefined || from.taskSets.length === 0
        ? present((from.deployments ?? []).map(parseDeployment))
        : present(from.taskSets.map(parseTaskSet)),
    events: (from.events ?? []).map((event) => ({
      id: event.id ?? `${time(event.createdAt)} ${event.message}`,
      at: time(event.createdAt) ?? 0,
      message: event.message ?? '',
    })),
    serviceDeployment: from.currentServiceDeployment,
    loadBalancers: (from.loadBalancers ?? []).map(({ targetGroupArn, containerName, containerPort }) => ({
      targetGroup: targetGroupArn,
      container: containerName,
      port: containerPort,
    })),
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

const parseTarget = (from: RevisionAnswer | undefined): TargetRevision | undefined =>
  from?.arn === undefined
    ? undefined
    : {
        arn: from.arn,
        requested: from.requestedTaskCount,
        running: from.runningTaskCount,
        pending: from.pendingTaskCount,
        productionWeight: from.requestedProductionTrafficWeight,
        testWeight: from.requestedTestTrafficWeight,
      };

const parseHook = (from: HookAnswer): HookState | undefined =>
  from.hookId === undefined
    ? undefined
    : {
        id: from.hookId,
        type: from.targetType ?? 'AWS_LAMBDA',
        status: from.status ?? '',
        expiresAt: time(from.expiresAt),
        onTimeout: from.timeoutAction,
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
    target: parseTarget(from.targetServiceRevision),
    sourceRevisions: (from.sourceServiceRevisions ?? []).flatMap(({ arn }) => arn ?? []),
    rollbackReason: from.rollback?.reason,
    hooks: parseAll(from.lifecycleHookDetails, parseHook),
    breaker: from.deploymentCircuitBreaker && {
      status: from.deploymentCircuitBreaker.status ?? '',
      failures: from.deploymentCircuitBreaker.failureCount ?? 0,
      threshold: from.deploymentCircuitBreaker.threshold ?? 0,
    },
    alarms: from.alarms && {
      status: from.alarms.status ?? '',
      triggered: from.alarms.triggeredAlarmNames ?? [],
    },
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
    group: from.group,
    stopCode: from.stopCode,
    stoppedReason: from.stoppedReason,
    stoppedAt: time(from.stoppedAt),
    startedAt: time(from.startedAt),
    pullStoppedAt: time(from.pullStoppedAt),
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

/** Returns `deploymentConfiguration` by service name in the raw answer of DescribeServices. */
export const parseDeploymentConfigurations = (answer: unknown): Array<readonly [name: string, JsonObject]> => {
  if (!isMap(answer) || !Array.isArray(answer.services)) return [];
  return answer.services.flatMap((service: unknown) => {
    if (!isMap(service) || typeof service.serviceName !== 'string') return [];
    const { serviceName, deploymentConfiguration } = service;
    return [[serviceName, isMap(deploymentConfiguration) ? deploymentConfiguration : {}] as const];
  });
};

/** Returns the task definition in the raw answer of Describe- or RegisterTaskDefinition, or undefined when there is none. */
export const parseTaskDefinition = (answer: unknown): TaskDefinition | undefined => {
  if (!isMap(answer)) return undefined;
  const { taskDefinition: body, tags } = answer;
  if (!isMap(body)) return undefined;
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
