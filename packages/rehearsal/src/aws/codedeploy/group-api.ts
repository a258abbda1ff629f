import { randomUUID } from 'node:crypto';
import type { AwsService } from '../service.ts';
import { AwsFault } from '../service.ts';
import { groupAnswer } from './answers.ts';
import type { Routing } from './configs.ts';
import { PREDEFINED } from './configs.ts';
import type { Application, CodeDeployState, Group, GroupConfig } from './state.ts';

export const applicationOf = (state: CodeDeployState, name: unknown): Application => {
  const found = state.applications.get(String(name));
  if (found === undefined)
    throw new AwsFault('ApplicationDoesNotExistException', `No application found for name: ${String(name)}`);
  return found;
};

export const groupOf = (state: CodeDeployState, application: unknown, name: unknown): Group => {
  applicationOf(state, application);
  if (name === undefined)
    throw new AwsFault('DeploymentGroupNameRequiredException', 'Deployment Group name is missing');
  const found = state.groups.find((group) => group.application === application && group.name === name);
  if (found === undefined)
    throw new AwsFault('DeploymentGroupDoesNotExistException', `No Deployment Group found for name: ${String(name)}`);
  return found;
};

export const routingOf = (state: CodeDeployState, name: string): Routing => {
  const routing = state.configs.get(name) ?? PREDEFINED[name];
  if (routing === undefined)
    throw new AwsFault('DeploymentConfigDoesNotExistException', `No Deployment Configuration found for name: ${name}`);
  return routing;
};

/** What an ECS deployment group must have ("Create a deployment group for an Amazon ECS deployment (CLI)"). */
const check = (state: CodeDeployState, config: GroupConfig): void => {
  if (!config.serviceRoleArn) throw new AwsFault('RoleRequiredException', 'The role ARN was not specified.');
  if (config.deploymentConfigName !== undefined) routingOf(state, config.deploymentConfigName);
  const { deploymentType, deploymentOption } = config.deploymentStyle ?? {};
  if (deploymentType !== 'BLUE_GREEN' || deploymentOption !== 'WITH_TRAFFIC_CONTROL')
    throw new AwsFault(
      'InvalidDeploymentStyleException',
      'For ECS deployment group, deployment style must be BLUE_GREEN with WITH_TRAFFIC_CONTROL.',
    );
  const services = config.ecsServices ?? [];
  if (services.length !== 1 || !services[0]?.serviceName)
    throw new AwsFault('InvalidECSServiceException', 'Exactly one ECS service must be given.');
  const [pair] = config.loadBalancerInfo?.targetGroupPairInfoList ?? [];
  if (pair?.targetGroups?.length !== 2 || pair.prodTrafficRoute?.listenerArns?.length !== 1)
    throw new AwsFault(
      'InvalidTargetGroupPairException',
      'A pair of two target groups with one production listener must be given.',
    );
  if (config.blueGreenDeploymentConfiguration === undefined)
    throw new AwsFault(
      'InvalidBlueGreenDeploymentConfigurationException',
      'A blue/green deployment configuration must be given.',
    );
};

const configFrom = (input: Record<string, unknown>): GroupConfig => {
  const { applicationName: _application, deploymentGroupName: _name, tags: _tags, ...config } = input;
  return { deploymentConfigName: 'CodeDeployDefault.ECSAllAtOnce', ...config };
};

/** Returns the operations on applications, deployment groups and deployment configurations. */
export const groupApi = (state: CodeDeployState): AwsService['operations'] => ({
  CreateApplication: (input, { now }) => {
    const name = String(input.applicationName);
    if (state.applications.has(name))
      throw new AwsFault('ApplicationAlreadyExistsException', `Application already exists: ${name}`);
    if (input.computePlatform !== 'ECS')
      throw new AwsFault('NotImplementedByRehearsal', 'The local CodeDeploy has the compute platform ECS alone.');
    const application = { id: randomUUID(), name, createdAt: now };
    state.applications.set(name, application);
    return { applicationId: application.id };
  },
  GetApplication: (input) => {
    const { id, name, createdAt } = applicationOf(state, input.applicationName);
    return {
      application: {
        applicationId: id,
        applicationName: name,
        createTime: new Date(createdAt),
        linkedToGitHub: false,
        computePlatform: 'ECS',
      },
    };
  },
  ListApplications: () => ({ applications: [...state.applications.keys()] }),
  CreateDeploymentGroup: (input) => {
    const application = applicationOf(state, input.applicationName).name;
    const name = String(input.deploymentGroupName);
    if (state.groups.some((group) => group.application === application && group.name === name))
      throw new AwsFault('DeploymentGroupAlreadyExistsException', `Deployment group name already exists: ${name}`);
    const config = configFrom(input);
    check(state, config);
    const group: Group = { id: randomUUID(), application, name, config, deployments: [] };
    state.groups.push(group);
    return { deploymentGroupId: group.id };
  },
  UpdateDeploymentGroup: (input) => {
    const { applicationName, currentDeploymentGroupName, newDeploymentGroupName: _new, ...changes } = input;
    const group = groupOf(state, applicationName, currentDeploymentGroupName);
    const config = { ...group.config, ...changes };
    check(state, config);
    group.config = config;
    return { hooksNotCleanedUp: [] };
  },
  GetDeploymentGroup: (input) => ({
    deploymentGroupInfo: groupAnswer(groupOf(state, input.applicationName, input.deploymentGroupName)),
  }),
  BatchGetDeploymentGroups: (input) => {
    const { applicationName, deploymentGroupNames } = input as {
      applicationName: string;
      deploymentGroupNames: readonly string[];
    };
    applicationOf(state, applicationName);
    // "The maximum number of names or IDs allowed for this request (100)" (API_BatchGetDeploymentGroups).
    if (deploymentGroupNames.length > 100)
      throw new AwsFault('BatchLimitExceededException', 'Maximum number of names is 100.');
    const found = state.groups.filter(
      ({ application, name }) => application === applicationName && deploymentGroupNames.includes(name),
    );
    return { deploymentGroupsInfo: found.map(groupAnswer) };
  },
  ListDeploymentGroups: (input) => {
    const { name: applicationName } = applicationOf(state, input.applicationName);
    const names = state.groups.filter(({ application }) => application === applicationName).map(({ name }) => name);
    return { applicationName, deploymentGroups: names };
  },
  CreateDeploymentConfig: (input) => {
    const { deploymentConfigName: name, trafficRoutingConfig } = input as {
      deploymentConfigName: string;
      trafficRoutingConfig?: Routing;
    };
    if (state.configs.has(name) || name.startsWith('CodeDeployDefault.'))
      throw new AwsFault('DeploymentConfigAlreadyExistsException', `Deployment configuration already exists: ${name}`);
    state.configs.set(name, trafficRoutingConfig ?? { type: 'AllAtOnce' });
    return { deploymentConfigId: randomUUID() };
  },
  GetDeploymentConfig: (input) => {
    const name = String(input.deploymentConfigName);
    const trafficRoutingConfig = routingOf(state, name);
    return { deploymentConfigInfo: { deploymentConfigName: name, computePlatform: 'ECS', trafficRoutingConfig } };
  },
});
