import type { CallContext } from '../service.ts';
import type { Revision } from './app-spec.ts';
import { contentOf } from './app-spec.ts';
import type { Deployment, Group, LifecycleEvent, SeenTaskSet } from './state.ts';
import { hasEnded } from './state.ts';

const date = (at: number | undefined, name: string) => (at === undefined ? {} : { [name]: new Date(at) });

/**
 * "The content property of the appSpecContent object in the returned revision is always null. Use GetApplicationRevision"
 * (API_GetDeployment).
 */
const withoutContent = (revision: Revision) => {
  const { appSpecContent, string: _string, ...rest } = revision;
  const sha256 = contentOf(revision)?.sha256;
  return { ...rest, [appSpecContent === undefined ? 'string' : 'appSpecContent']: { sha256 } };
};

export const groupAnswer = (group: Group) => {
  const last = group.deployments.findLast(({ status }) => status === 'Succeeded');
  const attempted = group.deployments.at(-1);
  const brief = (deployment: Deployment) => ({
    deploymentId: deployment.id,
    status: deployment.status,
    createTime: new Date(deployment.createdAt),
    ...date(deployment.completedAt, 'endTime'),
  });
  return {
    ...group.config,
    applicationName: group.application,
    deploymentGroupId: group.id,
    deploymentGroupName: group.name,
    computePlatform: 'ECS',
    ...(last === undefined ? {} : { lastSuccessfulDeployment: brief(last) }),
    ...(last?.revision === undefined ? {} : { targetRevision: withoutContent(last.revision) }),
    ...(attempted === undefined ? {} : { lastAttemptedDeployment: brief(attempted) }),
  };
};

/** One ECS service is one target; what it is counted as follows from the status (API_DeploymentOverview). */
const overview = ({ status }: Deployment) => {
  const none = { Pending: 0, InProgress: 0, Succeeded: 0, Failed: 0, Skipped: 0, Ready: 0 };
  if (status === 'Created' || status === 'Queued') return { ...none, Pending: 1 };
  if (status === 'InProgress') return { ...none, InProgress: 1 };
  if (status === 'Ready') return { ...none, Ready: 1 };
  if (status === 'Succeeded') return { ...none, Succeeded: 1 };
  return status === 'Failed' ? { ...none, Failed: 1 } : { ...none, Skipped: 1 };
};

export const deploymentAnswer = (deployment: Deployment) => {
  const { group, revision, previous, error, description, creator, autoRollback, alarms } = deployment;
  const { blueGreenDeploymentConfiguration, loadBalancerInfo } = group.config;
  return {
    applicationName: group.application,
    deploymentGroupName: group.name,
    deploymentConfigName: deployment.configName,
    deploymentId: deployment.id,
    ...(previous === undefined ? {} : { previousRevision: withoutContent(previous) }),
    ...(revision === undefined ? {} : { revision: withoutContent(revision) }),
    status: deployment.status,
    ...(error === undefined ? {} : { errorInformation: error }),
    createTime: new Date(deployment.createdAt),
    ...date(deployment.startedAt, 'startTime'),
    ...date(deployment.completedAt, 'completeTime'),
    ...(deployment.startedAt === undefined ? {} : { deploymentOverview: overview(deployment) }),
    ...(description === undefined ? {} : { description }),
    creator,
    ignoreApplicationStopFailures: false,
    updateOutdatedInstancesOnly: false,
    ...(autoRollback === undefined ? {} : { autoRollbackConfiguration: autoRollback }),
    ...(Object.keys(deployment.rollback).length === 0 ? {} : { rollbackInfo: deployment.rollback }),
    deploymentStyle: { deploymentType: 'BLUE_GREEN', deploymentOption: 'WITH_TRAFFIC_CONTROL' },
    instanceTerminationWaitTimeStarted: deployment.terminationWait,
    ...(blueGreenDeploymentConfiguration === undefined ? {} : { blueGreenDeploymentConfiguration }),
    ...(loadBalancerInfo === undefined ? {} : { loadBalancerInfo }),
    fileExistsBehavior: 'DISALLOW',
    deploymentStatusMessages: [],
    computePlatform: 'ECS',
    ...(alarms === undefined ? {} : { overrideAlarmConfiguration: alarms }),
  };
};

const eventAnswer = ({ name, status, startedAt, endedAt }: LifecycleEvent) => ({
  lifecycleEventName: name,
  status,
  ...date(startedAt, 'startTime'),
  ...date(endedAt, 'endTime'),
});

const taskSetAnswer = (set: SeenTaskSet) => ({
  identifer: set.id,
  desiredCount: set.desired,
  pendingCount: set.pending,
  runningCount: set.running,
  status: set.status,
  trafficWeight: set.weight,
  ...(set.targetGroup === undefined ? {} : { targetGroup: { name: set.targetGroup.split('/').at(-2) } }),
  taskSetLabel: set.label,
});

export const targetIdOf = ({ group }: Deployment): string => {
  const { clusterName = 'default', serviceName = '' } = group.config.ecsServices?.[0] ?? {};
  return `${clusterName}:${serviceName}`;
};

const targetStatus = ({ status }: Deployment): string =>
  status === 'Created' || status === 'Queued' ? 'Pending' : status === 'Stopped' ? 'Skipped' : status;

/** API_DeploymentTarget of an ECS service; `identifer` is spelled as the API spells it. */
export const targetAnswer = (deployment: Deployment, { region, accountId, now }: CallContext) => {
  const targetId = targetIdOf(deployment);
  return {
    deploymentTargetType: 'ECSTarget',
    ecsTarget: {
      deploymentId: deployment.id,
      targetId,
      targetArn: `arn:aws:ecs:${region}:${accountId}:service/${targetId.replace(':', '/')}`,
      lastUpdatedAt: new Date(hasEnded(deployment) ? (deployment.completedAt ?? now) : now),
      lifecycleEvents: deployment.events.map(eventAnswer),
      status: targetStatus(deployment),
      taskSetsInfo: deployment.taskSets.map(taskSetAnswer),
    },
  };
};
