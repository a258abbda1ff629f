import type { AwsService, CallContext } from '../service.ts';
import { AwsFault } from '../service.ts';
import { deploymentAnswer, targetAnswer, targetIdOf } from './answers.ts';
import type { AppSpec, Revision } from './app-spec.ts';
import { contentOf, readRevision } from './app-spec.ts';
import { applicationOf, groupOf, routingOf } from './group-api.ts';
import type { CodeDeployState, Deployment, Group, GroupConfig, LifecycleEvent } from './state.ts';
import { deploymentId, hasEnded } from './state.ts';

/** "List of lifecycle event hooks for an Amazon ECS deployment", and what CodeDeploy does itself in between. */
const eventsOf = ({ loadBalancerInfo }: GroupConfig): LifecycleEvent[] => {
  const [pair] = loadBalancerInfo?.targetGroupPairInfoList ?? [];
  const test = pair?.testTrafficRoute?.listenerArns?.length ? ['AllowTestTraffic', 'AfterAllowTestTraffic'] : [];
  const names = [
    'BeforeInstall',
    'Install',
    'AfterInstall',
    ...test,
    'BeforeAllowTraffic',
    'AllowTraffic',
    'AfterAllowTraffic',
  ];
  return names.map((name) => ({ name, status: 'Pending' }));
};

interface Creation {
  readonly revision: Revision | undefined;
  readonly spec: AppSpec;
  readonly creator: Deployment['creator'];
  readonly configName: string;
  readonly description?: string | undefined;
  readonly autoRollback?: GroupConfig['autoRollbackConfiguration'];
  readonly alarms?: GroupConfig['alarmConfiguration'];
}

/** Adds a deployment to a group, without carrying it out. */
export const addDeployment = (state: CodeDeployState, group: Group, creation: Creation, now: number): Deployment => {
  const { revision, spec, creator, configName, description, autoRollback, alarms } = creation;
  const deployment: Deployment = {
    id: deploymentId(),
    group,
    revision,
    previous: group.deployments.findLast(({ status }) => status === 'Succeeded')?.revision,
    spec,
    routing: routingOf(state, configName),
    configName,
    description,
    creator,
    autoRollback,
    alarms,
    createdAt: now,
    status: 'Created',
    rollback: {},
    events: eventsOf(group.config),
    taskSets: [],
    terminationWait: false,
    told: new Set(),
  };
  group.deployments.push(deployment);
  state.deployments.set(deployment.id, deployment);
  return deployment;
};

const deploymentOf = (state: CodeDeployState, id: unknown): Deployment => {
  if (id === undefined) throw new AwsFault('DeploymentIdRequiredException', 'The deployment ID was not specified.');
  if (!/^d-[A-Z0-9]{9}$/.test(String(id)))
    throw new AwsFault(
      'InvalidDeploymentIdException',
      `Specified DeploymentId is not in the valid format: ${String(id)}`,
    );
  const found = state.deployments.get(String(id));
  if (found === undefined)
    throw new AwsFault('DeploymentDoesNotExistException', `The deployment ${String(id)} could not be found`);
  return found;
};

const create = (state: CodeDeployState, input: Record<string, unknown>, now: number): Deployment => {
  const { deploymentConfigName, description, autoRollbackConfiguration, overrideAlarmConfiguration, revision } =
    input as {
      deploymentConfigName?: string;
      description?: string;
      autoRollbackConfiguration?: GroupConfig['autoRollbackConfiguration'];
      overrideAlarmConfiguration?: GroupConfig['alarmConfiguration'];
      revision?: Revision;
    };
  const group = groupOf(state, input.applicationName, input.deploymentGroupName);
  const active = group.deployments.find((deployment) => !hasEnded(deployment));
  if (active !== undefined)
    throw new AwsFault(
      'DeploymentLimitExceededException',
      `The Deployment Group '${group.name}' already has an active Deployment '${active.id}'`,
    );
  const { config } = group;
  return addDeployment(
    state,
    group,
    {
      revision,
      spec: readRevision(revision),
      creator: 'user',
      configName: deploymentConfigName ?? config.deploymentConfigName ?? 'CodeDeployDefault.ECSAllAtOnce',
      description,
      autoRollback: autoRollbackConfiguration ?? config.autoRollbackConfiguration,
      alarms: overrideAlarmConfiguration ?? config.alarmConfiguration,
    },
    now,
  );
};

const list = (state: CodeDeployState, input: Record<string, unknown>): string[] => {
  const {
    applicationName,
    deploymentGroupName,
    includeOnlyStatuses = [],
    createTimeRange,
  } = input as {
    applicationName?: string;
    deploymentGroupName?: string;
    includeOnlyStatuses?: readonly string[];
    createTimeRange?: { start?: Date; end?: Date };
  };
  if (deploymentGroupName !== undefined) groupOf(state, applicationName, deploymentGroupName);
  else if (applicationName !== undefined) applicationOf(state, applicationName);
  const from = createTimeRange?.start?.getTime() ?? Number.NEGATIVE_INFINITY;
  const to = createTimeRange?.end?.getTime() ?? Number.POSITIVE_INFINITY;
  return [...state.deployments.values()]
    .filter(({ group }) => applicationName === undefined || group.application === applicationName)
    .filter(({ group }) => deploymentGroupName === undefined || group.name === deploymentGroupName)
    .filter(({ status }) => includeOnlyStatuses.length === 0 || includeOnlyStatuses.includes(status))
    .filter(({ createdAt }) => createdAt >= from && createdAt <= to)
    .map(({ id }) => id)
    .reverse();
};

const getRevision = (state: CodeDeployState, input: Record<string, unknown>) => {
  const { applicationName, revision: wanted } = input as { applicationName: string; revision: Revision };
  applicationOf(state, applicationName);
  const sha256 = wanted.appSpecContent?.sha256 ?? wanted.string?.sha256;
  const users = [...state.deployments.values()].filter(
    ({ group, revision }) => group.application === applicationName && contentOf(revision)?.sha256 === sha256,
  );
  const [first] = users;
  if (first?.revision === undefined)
    throw new AwsFault('RevisionDoesNotExistException', 'No application revision found for the given location.');
  const times = users.map(({ createdAt }) => createdAt);
  return {
    applicationName,
    revision: first.revision,
    revisionInfo: {
      deploymentGroups: [...new Set(users.map(({ group }) => group.name))],
      registerTime: new Date(first.createdAt),
      firstUsedTime: new Date(Math.min(...times)),
      lastUsedTime: new Date(Math.max(...times)),
    },
  };
};

const continueIt = (deployment: Deployment, type: unknown): void => {
  const { id, status, terminationWait, told } = deployment;
  if (hasEnded(deployment))
    throw new AwsFault('DeploymentAlreadyCompletedException', `The deployment ${id} is already complete`);
  if (type !== 'TERMINATION_WAIT' && type !== 'READY_WAIT' && type !== undefined)
    throw new AwsFault('InvalidDeploymentWaitTypeException', 'The wait type is invalid.');
  const wait = type ?? 'READY_WAIT';
  if (wait === 'READY_WAIT' ? status !== 'Ready' : !terminationWait)
    throw new AwsFault('DeploymentIsNotInReadyStateException', `The deployment ${id} is not waiting for ${wait}`);
  told.add(wait);
};

/** Returns the operations on deployments; `start` carries a new one out. */
export const deploymentApi = (
  state: CodeDeployState,
  start: (deployment: Deployment) => void,
): AwsService['operations'] => {
  const target = (input: Record<string, unknown>, ids: readonly unknown[], context: CallContext) => {
    const deployment = deploymentOf(state, input.deploymentId);
    const wrong = ids.find((id) => id !== targetIdOf(deployment));
    if (wrong !== undefined)
      throw new AwsFault('DeploymentTargetDoesNotExistException', `The target ${String(wrong)} could not be found`);
    return targetAnswer(deployment, context);
  };
  return {
    CreateDeployment: (input, { now }) => {
      const deployment = create(state, input, now);
      start(deployment);
      return { deploymentId: deployment.id };
    },
    GetDeployment: (input) => ({ deploymentInfo: deploymentAnswer(deploymentOf(state, input.deploymentId)) }),
    BatchGetDeployments: ({ deploymentIds }) => {
      const ids: readonly unknown[] = Array.isArray(deploymentIds) ? deploymentIds : [];
      // "The maximum number of deployment IDs you can specify is 25" (API_BatchGetDeployments).
      if (ids.length > 25) throw new AwsFault('BatchLimitExceededException', 'Maximum number of deployments is 25.');
      const found = ids.flatMap((id) => state.deployments.get(String(id)) ?? []);
      return { deploymentsInfo: found.map(deploymentAnswer) };
    },
    GetApplicationRevision: (input) => getRevision(state, input),
    ListDeployments: (input) => ({ deployments: list(state, input) }),
    StopDeployment: (input) => {
      const deployment = deploymentOf(state, input.deploymentId);
      if (hasEnded(deployment))
        throw new AwsFault(
          'DeploymentAlreadyCompletedException',
          `The deployment ${deployment.id} is already complete`,
        );
      deployment.stop = { rollBack: input.autoRollbackEnabled === true };
      return { status: 'Pending', statusMessage: 'Stopping the deployment is pending.' };
    },
    ContinueDeployment: (input) => {
      continueIt(deploymentOf(state, input.deploymentId), input.deploymentWaitType);
      return {};
    },
    ListDeploymentTargets: (input) => ({ targetIds: [targetIdOf(deploymentOf(state, input.deploymentId))] }),
    GetDeploymentTarget: (input, context) => ({ deploymentTarget: target(input, [input.targetId], context) }),
    BatchGetDeploymentTargets: (input, context) => {
      const ids: readonly unknown[] = Array.isArray(input.targetIds) ? input.targetIds : [];
      const found = target(input, ids, context);
      return { deploymentTargets: ids.length > 0 ? [found] : [] };
    },
  };
};
