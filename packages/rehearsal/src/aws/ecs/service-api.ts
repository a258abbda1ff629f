import { nameOf } from '../ids.ts';
import type { CallContext } from '../service.ts';
import { AwsFault } from '../service.ts';
import { serviceAnswer } from './answers.ts';
import type { CreateServiceRequest, DescribeServicesRequest, UpdateServiceRequest } from './client.ts';
import { primaryOf } from './deployments.ts';
import type { Scheduler } from './scheduler.ts';
import { checkServiceConfig } from './service-rules.ts';
import type { Service, ServiceConfig, TaskDefinition } from './state.ts';
import type { EcsStore } from './store.ts';
import { page } from './task-definition-api.ts';

export interface ServiceApiOptions {
  readonly store: EcsStore;
  readonly scheduler: Scheduler;
  /** True when the target group exists and a listener or rule forwards to it; undefined when it does not exist. */
  isAttached(targetGroupArn: string): boolean | undefined;
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

export const serviceApi = (options: ServiceApiOptions) => {
  const { store, scheduler } = options;
  const answer = (service: Service, include: readonly string[] = []) =>
    serviceAnswer(service, store.tasksOf(service), include);

  const create = (request: CreateServiceRequest, { region, accountId, now }: CallContext) => {
    const { serviceName = '', cluster: reference, clientToken: _token, tags, desiredCount, ...config } = request;
    const cluster = store.cluster(reference);
    if (!/^[A-Za-z0-9_-]{1,255}$/.test(serviceName))
      throw new AwsFault('InvalidParameterException', 'Invalid service name.');
    const known = store.findService(cluster, serviceName);
    if (known !== undefined && known.status !== 'INACTIVE')
      throw new AwsFault('InvalidParameterException', 'Creation of service was not idempotent.');
    if (config.taskDefinition === undefined)
      throw new AwsFault('InvalidParameterException', 'TaskDefinition can not be blank.');
    const definition = store.usableTaskDefinition(config.taskDefinition);
    if (desiredCount === undefined && config.schedulingStrategy !== 'DAEMON')
      throw new AwsFault('InvalidParameterException', 'desiredCount cannot be null.');
    checkServiceConfig(config, definition, options.isAttached);
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
      events: [],
      createdAt: now,
      steadyTold: false,
    };
    store.services.set(`${cluster.name}/${serviceName}`, service);
    scheduler.deploy(service, definition);
    return { service: answer(service, ['TAGS']) };
  };

  const update = (request: UpdateServiceRequest) => {
    const { service: name = '', cluster, desiredCount, taskDefinition, forceNewDeployment, ...change } = request;
    const service = store.service(store.cluster(cluster), name);
    const present = primaryOf(service)?.revision.taskDefinition;
    const definition: TaskDefinition | undefined =
      taskDefinition === undefined ? present : store.usableTaskDefinition(taskDefinition);
    if (definition === undefined) throw new AwsFault('InvalidParameterException', 'TaskDefinition can not be blank.');
    const config: ServiceConfig = { ...service.config, ...change, taskDefinition: definition.arn };
    checkServiceConfig(config, definition, options.isAttached);
    const differs = DEPLOYING.some((key) => JSON.stringify(config[key]) !== JSON.stringify(service.config[key]));
    service.config = config;
    if (desiredCount !== undefined) {
      if (desiredCount < 0) throw new AwsFault('InvalidParameterException', 'desiredCount must not be negative.');
      service.desired = desiredCount;
      const primary = primaryOf(service);
      if (primary !== undefined) primary.desired = desiredCount;
      service.steadyTold = false;
    }
    // The same task definition and nothing else that counts: no deployment, the PRIMARY one stays.
    if (forceNewDeployment === true || definition !== present || differs) scheduler.deploy(service, definition);
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
        services: found.flatMap(({ service }) => (service === undefined ? [] : [answer(service, include)])),
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
