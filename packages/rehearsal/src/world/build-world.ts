import type { ResolvedEnvironment, ResolvedService } from '@hospital-ops/pipeline/model';
import type { ImageStore } from '../registry/image-store.ts';
import { createAlarms } from './alarms.ts';
import { awaitSteady } from './await-steady.ts';
import type { Place } from './balancing.ts';
import { createBalancer, placeService } from './balancing.ts';
import type { CallAws } from './call-aws.ts';
import { exposedPort } from './images.ts';
import { lastLines } from './last-words.ts';
import { ecsServicesOf } from './strategies.ts';

export interface WorldOptions {
  readonly call: CallAws;
  readonly store: ImageStore;
  /** `127.0.0.1:PORT`. */
  readonly registry: string;
  readonly accountId: string;
  readonly environment: ResolvedEnvironment;
  /** What every service runs before the release: a tag of its repository, and the version that it tells. */
  readonly baseline: { readonly tag: string; readonly version: string };
  readonly databaseUrl: string;
  /** Gives a listener rule the ARN that the pipeline file has for it. */
  renameRule(from: string, to: string): void;
  readonly sleep: (ms: number) => Promise<void>;
}

/** Tasks of a service that takes traffic, and of one that does not. */
const WEB_TASKS = 2;
const BACKGROUND_TASKS = 1;

/** How long the world may take to run, milliseconds. */
const STEADY_MS = 45_000;

const parameterName = (environment: string) => `/rehearsal/${environment}/database-url`;

/** The roles that every task definition of the world names, and the one by which ECS moves traffic. */
export const ROLES = { execution: 'ecs-execution', task: 'ecs-task', balancing: 'ecs-load-balancers' } as const;

const roles = (accountId: string) => ({
  executionRoleArn: `arn:aws:iam::${accountId}:role/${ROLES.execution}`,
  taskRoleArn: `arn:aws:iam::${accountId}:role/${ROLES.task}`,
});

const taskDefinition = (
  options: WorldOptions,
  service: ResolvedService,
  family: string,
  container: string,
  port?: number,
) => {
  const { environment, accountId } = options;
  const logGroup = `/ecs/${family}`;
  return {
    family,
    ...roles(accountId),
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: '256',
    memory: '512',
    containerDefinitions: [
      {
        name: container,
        image: `${options.registry}/${service.build.repository}:${options.baseline.tag}`,
        essential: true,
        ...(port === undefined ? {} : { portMappings: [{ containerPort: port, protocol: 'tcp' }] }),
        environment:
          service.versionVariable === undefined
            ? []
            : [{ name: service.versionVariable, value: options.baseline.version }],
        secrets: [
          {
            name: 'DATABASE_URL',
            valueFrom: `arn:aws:ssm:${environment.region}:${accountId}:parameter${parameterName(environment.name)}`,
          },
        ],
        logConfiguration: {
          logDriver: 'awslogs',
          options: {
            'awslogs-group': logGroup,
            'awslogs-region': environment.region,
            'awslogs-stream-prefix': service.name,
          },
        },
      },
    ],
  };
};

const network = {
  awsvpcConfiguration: { subnets: ['subnet-0a1b2c3d'], securityGroups: ['sg-0a1b2c3d'], assignPublicIp: 'DISABLED' },
};

/** Runs the migrations of `service` as they were at the baseline; throws with the log's last lines when they fail. */
const migrate = async (options: WorldOptions, service: ResolvedService): Promise<void> => {
  const { call, environment, sleep } = options;
  if (service.migrations === undefined) return;
  const [family = ''] = service.migrations.taskDefinition.split(':');
  const container = service.migrations.container ?? 'migrate';
  await call('logs', 'CreateLogGroup', { logGroupName: `/ecs/${family}` });
  const definition = taskDefinition(options, service, family, container);
  await call('ecs', 'RegisterTaskDefinition', definition);
  const command = service.migrations.command;
  const { tasks } = (await call('ecs', 'RunTask', {
    cluster: environment.cluster,
    taskDefinition: family,
    launchType: 'FARGATE',
    networkConfiguration: network,
    overrides: {
      containerOverrides: [
        {
          name: container,
          ...(command === undefined
            ? {}
            : { command: typeof command === 'string' ? command.split(' ') : [...command] }),
        },
      ],
    },
  })) as { tasks: Array<{ taskArn: string }> };
  const task = tasks[0]?.taskArn;
  for (let waited = 0; waited < STEADY_MS; waited += 100) {
    const described = (await call('ecs', 'DescribeTasks', { cluster: environment.cluster, tasks: [task] })) as {
      tasks: Array<{ lastStatus: string; stoppedReason?: string; containers: Array<{ exitCode?: number }> }>;
    };
    const [state] = described.tasks;
    if (state?.lastStatus === 'STOPPED') {
      const code = state.containers[0]?.exitCode;
      if (code === 0) return;
      const said = await lastLines(call, `/ecs/${family}`, `${service.name}/${container}/${task?.split('/').at(-1)}`);
      const what = `the migrations of "${service.name}" at the version before failed (exit code ${code ?? 'none'}): ${state.stoppedReason ?? ''}`;
      throw new Error([what, ...said].join('\n  '));
    }
    await sleep(100);
  }
  throw new Error(`the migrations of "${service.name}" at the version before did not end in ${STEADY_MS / 1000} s.`);
};

/** Throws when a service is smoke-tested at its own address and its image says no port to be reached at. */
const checkPorts = ({ environment, store, baseline }: WorldOptions): void => {
  const services = [...environment.services.values()];
  const port = ({ build }: ResolvedService) => exposedPort(store, build.repository, baseline.tag);
  const answered = new Set(services.filter(port).map(({ url }) => url));
  for (const service of services) {
    if (service.url === undefined || service.smoke.length === 0 || answered.has(service.url)) continue;
    throw new Error(
      `the image of service "${service.name}" exposes no port, so nothing can answer at ${service.url}. Next: add EXPOSE with its port to ${service.build.dockerfile}, at the version before the release too.`,
    );
  }
};

/** A service as its strategy needs it; for `weighted-canary` with the service that takes the canary's share, at rest. */
const createService = async (
  { call, environment }: WorldOptions,
  service: ResolvedService,
  place: Place | undefined,
  containerPort: number | undefined,
): Promise<void> => {
  const create = (serviceName: string, desiredCount: number, targetGroupArn?: string) =>
    call('ecs', 'CreateService', {
      cluster: environment.cluster,
      serviceName,
      taskDefinition: service.service,
      desiredCount,
      launchType: 'FARGATE',
      networkConfiguration: network,
      deploymentConfiguration: {
        deploymentCircuitBreaker: { enable: true, rollback: true },
        maximumPercent: 200,
        minimumHealthyPercent: 100,
      },
      ...(targetGroupArn !== undefined && {
        loadBalancers: [
          {
            targetGroupArn,
            containerName: service.container,
            containerPort,
            ...(place?.advanced && { advancedConfiguration: place.advanced }),
          },
        ],
        healthCheckGracePeriodSeconds: 60,
      }),
    });
  await create(service.service, place === undefined ? BACKGROUND_TASKS : WEB_TASKS, place?.targetGroup);
  const [, canary] = ecsServicesOf(service);
  if (canary !== undefined) await create(canary, 0, place?.second);
};

/**
 * Creates one environment as it was before the release: repositories are there already; cluster, database parameter,
 * migrated schema, and every service of the pipeline file in steady state on the baseline.
 */
export const buildWorld = async (options: WorldOptions): Promise<void> => {
  const { call, environment, store, baseline } = options;
  checkPorts(options);
  await call('ecs', 'CreateCluster', { clusterName: environment.cluster });
  await call('ssm', 'PutParameter', {
    Name: parameterName(environment.name),
    Value: options.databaseUrl,
    Type: 'SecureString',
  });
  for (const service of environment.services.values()) await migrate(options, service);
  const balancer = await createBalancer({
    ...options,
    role: `arn:aws:iam::${options.accountId}:role/${ROLES.balancing}`,
  });
  const placed: Array<readonly [ResolvedService, Place | undefined]> = [];
  for (const [index, service] of [...environment.services.values()].entries()) {
    const family = service.service;
    await call('logs', 'CreateLogGroup', { logGroupName: `/ecs/${family}` });
    const port = service.url === undefined ? undefined : exposedPort(store, service.build.repository, baseline.tag);
    const place = port === undefined ? undefined : await placeService(balancer, service, port, index + 1);
    placed.push([service, place]);
    await call('ecs', 'RegisterTaskDefinition', taskDefinition(options, service, family, service.container, port));
    await createService(options, service, place, port);
  }
  await createAlarms(balancer, placed);
  await awaitSteady(options, STEADY_MS);
};
