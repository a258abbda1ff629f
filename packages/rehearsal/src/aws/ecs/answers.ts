import type { Container, ServiceAnswer, TaskAnswer } from './client.ts';
import { countsOf } from './counts.ts';
import { currentOf, primaryOf } from './deployments.ts';
import type { Deployment, Service, ServiceDeployment, Task } from './state.ts';
import { taskSetAnswer } from './task-set-answer.ts';

const time = <K extends string>(key: K, at: number | undefined) =>
  (at === undefined ? {} : { [key]: new Date(at) }) as Partial<Record<K, Date>>;

const deploymentAnswer = (deployment: Deployment, tasks: readonly Task[]) => {
  const { running, pending } = countsOf(tasks.filter((task) => task.deployment === deployment));
  const { config, taskDefinition } = deployment.revision;
  return {
    id: deployment.id,
    status: deployment.status,
    taskDefinition: taskDefinition.arn,
    desiredCount: deployment.desired,
    pendingCount: pending,
    runningCount: running,
    failedTasks: deployment.failedTasks,
    createdAt: new Date(deployment.createdAt),
    updatedAt: new Date(deployment.updatedAt),
    launchType: config.launchType,
    capacityProviderStrategy: config.capacityProviderStrategy,
    platformVersion: config.platformVersion,
    networkConfiguration: config.networkConfiguration,
    serviceConnectConfiguration: config.serviceConnectConfiguration,
    volumeConfigurations: config.volumeConfigurations,
    vpcLatticeConfigurations: config.vpcLatticeConfigurations,
    rolloutState: deployment.rolloutState,
    rolloutStateReason: deployment.rolloutStateReason,
  };
};

/** Returns a service as DescribeServices shows it. */
export const serviceAnswer = (
  service: Service,
  tasks: readonly Task[],
  include: readonly string[] = [],
  isHidden: (deployment: ServiceDeployment) => boolean = () => false,
): ServiceAnswer => {
  const { running, pending } = countsOf(tasks);
  const {
    role,
    clientToken: _token,
    serviceConnectConfiguration: _connect,
    volumeConfigurations: _volumes,
    vpcLatticeConfigurations: _lattice,
    gatewayConnectors: _gateway,
    monitoring: _monitoring,
    availabilityZoneRebalancing,
    ...config
  } = service.config as typeof service.config & { clientToken?: string };
  const underWay = currentOf(service);
  const current = underWay === undefined || isHidden(underWay) ? undefined : underWay;
  return {
    ...config,
    loadBalancers: config.loadBalancers ?? [],
    serviceRegistries: config.serviceRegistries ?? [],
    placementConstraints: config.placementConstraints ?? [],
    placementStrategy: config.placementStrategy ?? [],
    schedulingStrategy: config.schedulingStrategy ?? 'REPLICA',
    deploymentConfiguration: {
      ...(config.schedulingStrategy === 'DAEMON'
        ? { maximumPercent: 100, minimumHealthyPercent: 0 }
        : { maximumPercent: 200, minimumHealthyPercent: 100 }),
      ...config.deploymentConfiguration,
    },
    deploymentController: config.deploymentController ?? { type: 'ECS' },
    enableECSManagedTags: config.enableECSManagedTags ?? false,
    enableExecuteCommand: config.enableExecuteCommand ?? false,
    propagateTags: config.propagateTags ?? 'NONE',
    ...(availabilityZoneRebalancing === undefined ? {} : { availabilityZoneRebalancing }),
    ...(role === undefined ? {} : { roleArn: role }),
    serviceArn: service.arn,
    serviceName: service.name,
    clusterArn: service.cluster.arn,
    status: service.status,
    taskDefinition: (primaryOf(service) ?? service.lastCompleted)?.revision.taskDefinition.arn ?? config.taskDefinition,
    desiredCount: service.desired,
    runningCount: running,
    pendingCount: pending,
    deployments:
      service.status === 'INACTIVE' ? [] : service.deployments.map((deployment) => deploymentAnswer(deployment, tasks)),
    // Empty for every other controller than CODE_DEPLOY and EXTERNAL (API_Service).
    ...(service.taskSets.length === 0
      ? {}
      : { taskSets: service.taskSets.map((set) => taskSetAnswer(service, set, tasks)) }),
    events: service.events.map(({ id, createdAt, message }) => ({ id, createdAt: new Date(createdAt), message })),
    createdAt: new Date(service.createdAt),
    ...(current === undefined ? {} : { currentServiceDeployment: current.arn }),
    currentServiceRevisions: service.deployments.map(({ revision }, index) => ({
      arn: revision.arn,
      requestedTaskCount: service.deployments[index]?.desired ?? 0,
      runningTaskCount: countsOf(tasks.filter((task) => task.deployment === service.deployments[index])).running,
      pendingTaskCount: countsOf(tasks.filter((task) => task.deployment === service.deployments[index])).pending,
    })),
    ...(include.includes('TAGS') ? { tags: [...service.tags] } : {}),
  };
};

const containerAnswer = (task: Task, container: Task['containers'][number]): Container => ({
  containerArn: `${task.arn.replace(':task/', ':container/')}/${container.runtimeId}`,
  taskArn: task.arn,
  name: container.name,
  image: container.image,
  lastStatus: container.status,
  ...(container.exitCode === undefined ? {} : { exitCode: container.exitCode }),
  ...(container.reason === undefined ? {} : { reason: container.reason }),
  runtimeId: `${task.id}-${container.runtimeId}`,
  healthStatus: 'UNKNOWN',
  networkInterfaces: [],
});

/** Returns a task as DescribeTasks shows it. */
export const taskAnswer = (task: Task, include: readonly string[] = []): TaskAnswer => ({
  taskArn: task.arn,
  clusterArn: task.cluster.arn,
  taskDefinitionArn: task.taskDefinition.arn,
  group: task.group,
  ...(task.startedBy === undefined ? {} : { startedBy: task.startedBy }),
  launchType: task.launchType === 'EC2' ? 'EC2' : 'FARGATE',
  lastStatus: task.status,
  desiredStatus: task.desiredStatus,
  overrides: { containerOverrides: [], ...task.overrides },
  containers: task.containers.map((container) => containerAnswer(task, container)),
  attachments: [],
  healthStatus: 'UNKNOWN',
  cpu: task.taskDefinition.request.cpu,
  memory: task.taskDefinition.request.memory,
  version: task.version,
  createdAt: new Date(task.createdAt),
  ...(task.pullStartedAt === undefined
    ? {}
    : { connectivity: 'CONNECTED' as const, connectivityAt: new Date(task.pullStartedAt) }),
  ...time('pullStartedAt', task.pullStartedAt),
  ...time('pullStoppedAt', task.pullStoppedAt),
  ...time('startedAt', task.startedAt),
  ...time('stoppingAt', task.stoppingAt),
  ...time('executionStoppedAt', task.executionStoppedAt),
  ...time('stoppedAt', task.stoppedAt),
  ...(task.stopCode === undefined ? {} : { stopCode: task.stopCode }),
  ...(task.stoppedReason === undefined ? {} : { stoppedReason: task.stoppedReason }),
  ...(include.includes('TAGS') ? { tags: [...task.tags] } : {}),
});
