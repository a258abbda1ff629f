import { nameOf } from '../ids.ts';
import type { CallContext } from '../service.ts';
import { AwsFault } from '../service.ts';
import { serviceAnswer } from './answers.ts';
import type { CreateServiceRequest, DescribeServicesRequest, UpdateServiceRequest } from './client.ts';
import { currentOf, primaryOf } from './deployments.ts';
import type { Play } from './play.ts';
import type { Scheduler } from './scheduler.ts';
import type { Balancers } from './service-rules.ts';
import { checkServiceConfig } from './service-rules.ts';
import type { Service, ServiceConfig, TaskDefinition } from './state.ts';
import type { EcsStore } from './store.ts';
import { page } from './task-definition-api.ts';
import type { TaskSetControl } from './task-set-control.ts';
import { checkControllerUpdate } from './update-rules.ts';

export interface ServiceApiOptions {
  readonly store: EcsStore;
  readonly scheduler: Scheduler;
  readonly balancers: Balancers;
  readonly taskSets: TaskSetControl;
  readonly play: Play;
}

/** A change of one of these starts a deployment, of the others not (API_UpdateService). */
const DEPLOYING = [
  'loadBalancers',
  'networkConfiguration',
  'platformVersion',
  'capacityProviderStrategy',
  'serviceRegistries',
  'serviceConnectConfiguration',
  'volumeConfigurations',
  'enableExecuteCommand',
  'enableECSManagedTags',
  'propagateTags',
] as const;

const MAX_DESCRIBED = 10;

const checkDesiredCount = (strategy: string | undefined, desired: number | undefined, when: string): void => {
  const daemon = strategy === 'DAEMON';
  if (daemon && desired !== undefined)
    throw new AwsFault(
      'InvalidParameterException',
      `The daemon scheduling strategy does not support a desired count on service ${when}. Remove the desired count value and try again`,
    );
  if (!daemon && desired === undefined) throw new AwsFault('InvalidParameterException', 'desiredCount cannot be null.');
  if ((desired ?? 0) < 0) throw new AwsFault('InvalidParameterException', 'desiredCount must not be negative.');
};

export const serviceApi = (options: ServiceApiOptions) => {
  const { store, scheduler, play } = options;
  const answer = (service: Service, include: readonly string[] = []) =>
    serviceAnswer(service, store.tasksOf(service), include, (deployment) => play.isHidden(deployment));

  const shown = (service: Service, include: readonly string[]): unknown => {
    const current = currentOf(service);
    const old = play.stale(service);
    const answered = old ?? answer(service, include);
    if (current !== undefined) play.hides(current);
    return answered;
  };

  const deploy = (service: Service, definition: TaskDefinition): void => {
    const created = scheduler.deploy(service, definition);
    play.begun(service, created);
  };

  const create = (request: CreateServiceRequest, { region, accountId, now }: CallContext) => {
    const { serviceName = '', cluster: reference, clientToken: _token, tags, desiredCount, ...config } = request;
    const cluster = store.cluster(reference);
    if (!/^[A-Za-z0-9_-]{1,255}$/.test(serviceName))
      throw new AwsFault('InvalidParameterException', 'Invalid service name.');
    const known = store.findService(cluster, serviceName);
    if (known !== undefined && known.status !== 'INACTIVE')
      throw new AwsFault('InvalidParameterException', 'Creation of service was not idempotent.');
    const controller = config.deploymentController?.type ?? 'ECS';
    // "The taskDefinition … isn't required if the EXTERNAL deployment controller is used" (API_CreateService).
    if (config.taskDefinition === undefined && controller !== 'EXTERNAL')
      throw new AwsFault('InvalidParameterException', 'TaskDefinition can not be blank.');
    const definition =
      config.taskDefinition === undefined ? undefined : store.usableTaskDefinition(config.taskDefinition);
    checkDesiredCount(config.schedulingStrategy, desiredCount, 'creation');
    checkServiceConfig(config, definition, options.balancers);
    const service: Service = {
      arn: `arn:aws:ecs:${region}:${accountId}:service/${cluster.name}/${serviceName}`,
      name: serviceName,
      cluster,
      status: 'ACTIVE',
      config,
      desired: desiredCount ?? 1,
      tags: tags ?? [],
      deployments: [],
      lastCompleted: undefined,
      serviceDeployments: [],
      taskSets: [],
      events: [],
      createdAt: now,
      steadyTold: false,
    };
    store.services.set(`${cluster.name}/${serviceName}`, service);
    if (controller === 'CODE_DEPLOY') options.taskSets.create(service, { taskDefinition: definition?.arn ?? '' });
    else if (controller === 'ECS' && definition !== undefined) deploy(service, definition);
    return { service: answer(service, ['TAGS']) };
  };

  const update = (request: UpdateServiceRequest) => {
    const { service: name = '', cluster, desiredCount, taskDefinition, forceNewDeployment, ...change } = request;
    const service = store.service(store.cluster(cluster), name);
    checkControllerUpdate(service, request);
    const controller = service.config.deploymentController?.type ?? 'ECS';
    const own = service.config.taskDefinition;
    const declared = controller === 'ECS' || own === undefined ? undefined : store.findTaskDefinition(own);
    const present = primaryOf(service)?.revision.taskDefinition ?? declared;
    const definition: TaskDefinition | undefined =
      taskDefinition === undefined ? present : store.usableTaskDefinition(taskDefinition);
    if (definition === undefined && controller !== 'EXTERNAL')
      throw new AwsFault('InvalidParameterException', 'TaskDefinition can not be blank.');
    const config: ServiceConfig = { ...service.config, ...change, taskDefinition: definition?.arn };
    checkServiceConfig(config, definition, options.balancers);
    if (desiredCount !== undefined) checkDesiredCount(config.schedulingStrategy, desiredCount, 'update');
    play.beforeUpdate(service, answer(service));
    const differs = DEPLOYING.some((key) => JSON.stringify(config[key]) !== JSON.stringify(service.config[key]));
    service.config = config;
    if (desiredCount !== undefined) {
      service.desired = desiredCount;
      // A blue/green deployment scales both sides; what goes, or has yet to come, has none.
      for (const deployment of service.deployments) if (deployment.desired > 0) deployment.desired = desiredCount;
      const primary = primaryOf(service);
      if (primary !== undefined && currentOf(service)?.native === undefined) primary.desired = desiredCount;
      service.steadyTold = false;
    }
    // The same task definition and nothing else that counts: no deployment, the PRIMARY one stays.
    const deploys = forceNewDeployment === true || definition !== present || differs;
    if (deploys && controller === 'ECS' && definition !== undefined) deploy(service, definition);
    else scheduler.touch(service);
    return { service: answer(service) };
  };

  return {
    CreateService: create,
    UpdateService: update,
    DescribeServices: (
      { cluster: reference, services = [], include = [] }: DescribeServicesRequest,
      { region, accountId }: CallContext,
    ) => {
      const cluster = store.cluster(reference);
      if (services.length === 0) throw new AwsFault('InvalidParameterException', 'Services cannot be empty.');
      // "You may specify up to 10 services to describe in a single operation" (API_DescribeServices).
      if (services.length > MAX_DESCRIBED)
        throw new AwsFault('InvalidParameterException', 'Number of services must be between 1 and 10.');
      const found = services.map((name) => ({ name, service: store.findService(cluster, name) }));
      return {
        services: found.flatMap(({ service }) => (service === undefined ? [] : [shown(service, include)])),
        failures: found
          .filter(({ service }) => service === undefined)
          .map(({ name }) => ({
            arn: `arn:aws:ecs:${region}:${accountId}:service/${cluster.name}/${nameOf(name)}`,
            reason: 'MISSING',
          })),
      };
    },
    ListServices: ({
      cluster: reference,
      maxResults = 10,
      nextToken,
    }: {
      cluster?: string;
      maxResults?: number;
      nextToken?: string;
    }) => {
      const cluster = store.cluster(reference);
      const arns = [...store.services.values()]
        .filter((s) => s.cluster === cluster && s.status !== 'INACTIVE')
        .map(({ arn }) => arn);
      return page(arns, maxResults, nextToken, 'serviceArns');
    },
    DeleteService: ({
      cluster,
      service: name,
      force = false,
    }: {
      cluster?: string;
      service: string;
      force?: boolean;
    }) => {
      const service = store.service(store.cluster(cluster), name);
      if (service.desired > 0 && !force)
        throw new AwsFault('InvalidParameterException', 'The service cannot be stopped while it is scaled above 0.');
      service.desired = 0;
      service.status = 'DRAINING';
      scheduler.touch(service);
      return { service: answer(service) };
    },
  };
};
