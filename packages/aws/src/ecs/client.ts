import type { ListTasksCommandInput, RunTaskCommandInput } from '@aws-sdk/client-ecs';
import {
  ContinueServiceDeploymentCommand,
  DescribeServiceDeploymentsCommand,
  DescribeServiceRevisionsCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ECSClient,
  ListServiceDeploymentsCommand,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  StopServiceDeploymentCommand,
  StopTaskCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { AwsError, CancelledError } from '@hospital-ops/action-kit/errors';
import type { ClientContext } from '../client-options.ts';
import { clientOptions } from '../client-options.ts';
import { toAwsError } from '../errors.ts';
import { createPacer, giveUpWaiting, pace } from '../pacer.ts';
import {
  parseAll,
  parseDeploymentConfigurations,
  parseFailure,
  parseService,
  parseServiceDeployment,
  parseTask,
  parseTaskDefinition,
} from './parse.ts';
import type { Ecs, Task, TaskDefinition } from './ports.ts';
import { ECS_RATES } from './rates.ts';
import { keepRaw, sendRaw } from './raw.ts';
import { runTaskInput } from './run-task-input.ts';

/** API limits: names per DescribeServices, ARNs per DescribeServiceDeployments and -Revisions (API reference). */
const SERVICES_PER_CALL = 10;
const DEPLOYMENTS_PER_CALL = 20;

const batches = <T>(values: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(values.length / size) }, (_, i) => values.slice(i * size, (i + 1) * size));

const inBatches = async <T, R>(values: readonly T[], size: number, ask: (batch: T[]) => Promise<R>): Promise<R[]> =>
  Promise.all(batches(values, size).map(ask));

const call = async <T>(operation: string, resource: string, send: () => Promise<T>): Promise<T> => {
  try {
    return await send();
  } catch (error) {
    if (error instanceof CancelledError) throw error;
    throw toAwsError(`ecs:${operation}`, resource, error);
  }
};

const emptyAnswer = (operation: string, missing: string, resource: string): AwsError =>
  new AwsError({
    what: `ecs:${operation} answered without ${missing} for ${resource}.`,
    next: 'run this again; if it stays, check what answers at the configured endpoint.',
    operation: `ecs:${operation}`,
    code: 'EmptyAnswer',
  });

const definitionIn = (operation: string, resource: string, answer: unknown): TaskDefinition => {
  const definition = parseTaskDefinition(answer);
  if (definition !== undefined) return definition;
  throw emptyAnswer(operation, 'a task definition', resource);
};

/** Returns the ECS calls of the suite over the AWS SDK; endpoint, region and credentials come from the default chain. */
export const createEcs = (context: ClientContext): Ecs => {
  const client = new ECSClient(clientOptions(context));
  // RegisterTaskDefinition and UpdateService know no client token: sent twice, they would register or deploy twice.
  const once = new ECSClient(clientOptions(context, 'rejected-only'));
  const pacer = createPacer(context.clock, ECS_RATES);
  for (const each of [client, once]) pace(each, pacer);
  return {
    describeServices: async (cluster, names) => {
      const answers = await inBatches(names, SERVICES_PER_CALL, (services) =>
        call('DescribeServices', `services ${services.join(', ')} in cluster "${cluster}"`, () =>
          client.send(new DescribeServicesCommand({ cluster, services })),
        ),
      );
      const services = answers.flatMap((answer) => parseAll(answer.services, parseService));
      const failures = answers.flatMap((answer) => parseAll(answer.failures, parseFailure));
      return {
        found: new Map(services.map((service) => [service.name, service])),
        missing: names.filter((name) => failures.some(({ arn }) => arn === name || arn.endsWith(`/${name}`))),
      };
    },
    deploymentConfigurations: async (cluster, names) => {
      const answers = await inBatches(names, SERVICES_PER_CALL, (services) =>
        call('DescribeServices', `services ${services.join(', ')} in cluster "${cluster}"`, async () => {
          const command = new DescribeServicesCommand({ cluster, services });
          const raw = keepRaw(command);
          await client.send(command);
          return parseDeploymentConfigurations(raw());
        }),
      );
      return new Map(answers.flat());
    },
    describeTaskDefinition: (reference) =>
      call('DescribeTaskDefinition', `task definition "${reference}"`, async () => {
        const command = new DescribeTaskDefinitionCommand({ taskDefinition: reference, include: ['TAGS'] });
        const raw = keepRaw(command);
        await client.send(command);
        return definitionIn('DescribeTaskDefinition', reference, raw());
      }),
    registerTaskDefinition: (body, signal) => {
      const family = String(body.family);
      return call('RegisterTaskDefinition', `task definition family "${family}"`, async () => {
        const command = new RegisterTaskDefinitionCommand({ family, containerDefinitions: [] });
        sendRaw(command, body);
        giveUpWaiting(command, signal);
        const raw = keepRaw(command);
        await once.send(command);
        return definitionIn('RegisterTaskDefinition', family, raw());
      });
    },
    updateService: (request, signal) => {
      const { cluster, service, taskDefinition, forceNewDeployment, deploymentConfiguration, desiredCount } = request;
      return call('UpdateService', `service "${service}" in cluster "${cluster}"`, async () => {
        const input = {
          cluster,
          service,
          ...(taskDefinition !== undefined && { taskDefinition }),
          ...(forceNewDeployment && { forceNewDeployment }),
          ...(desiredCount !== undefined && { desiredCount }),
        };
        const command = new UpdateServiceCommand(input);
        giveUpWaiting(command, signal);
        if (deploymentConfiguration !== undefined) sendRaw(command, { ...input, deploymentConfiguration });
        const answer = await once.send(command);
        const updated = answer.service && parseService(answer.service);
        if (updated === undefined) throw emptyAnswer('UpdateService', 'a service', service);
        return updated;
      });
    },
    listServiceDeployments: (cluster, service, statuses) =>
      call('ListServiceDeployments', `service "${service}" in cluster "${cluster}"`, async () => {
        const status = statuses as ConstructorParameters<typeof ListServiceDeploymentsCommand>[0]['status'];
        const answer = await client.send(
          new ListServiceDeploymentsCommand({
            cluster,
            service,
            maxResults: 100,
            ...(statuses.length > 0 && { status }),
          }),
        );
        return parseAll(answer.serviceDeployments, ({ targetServiceRevisionArn: arn, ...brief }) =>
          parseServiceDeployment({ ...brief, ...(arn !== undefined && { targetServiceRevision: { arn } }) }),
        ).sort((a, b) => b.createdAt - a.createdAt);
      }),
    describeServiceDeployments: async (arns) => {
      const answers = await inBatches(arns, DEPLOYMENTS_PER_CALL, (batch) =>
        call('DescribeServiceDeployments', `service deployments ${batch.join(', ')}`, () =>
          client.send(new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: batch })),
        ),
      );
      return answers.flatMap((answer) => parseAll(answer.serviceDeployments, parseServiceDeployment));
    },
    revisionTaskDefinitions: async (arns) => {
      const answers = await inBatches(arns, DEPLOYMENTS_PER_CALL, (batch) =>
        call('DescribeServiceRevisions', `service revisions ${batch.join(', ')}`, () =>
          client.send(new DescribeServiceRevisionsCommand({ serviceRevisionArns: batch })),
        ),
      );
      return new Map(
        answers
          .flatMap((answer) => answer.serviceRevisions ?? [])
          .flatMap(({ serviceRevisionArn: arn, taskDefinition }) =>
            arn === undefined || taskDefinition === undefined ? [] : [[arn, taskDefinition] as const],
          ),
      );
    },
    continueServiceDeployment: (arn, hook) =>
      call('ContinueServiceDeployment', `hook ${hook} of service deployment ${arn}`, async () => {
        await once.send(
          new ContinueServiceDeploymentCommand({ serviceDeploymentArn: arn, hookId: hook, action: 'CONTINUE' }),
        );
      }),
    rollBackServiceDeployment: (arn) =>
      call('StopServiceDeployment', `service deployment ${arn}`, async () => {
        await once.send(new StopServiceDeploymentCommand({ serviceDeploymentArn: arn, stopType: 'ROLLBACK' }));
      }),
    listTasks: async (cluster, of, desiredStatus) => {
      const filter = 'service' in of ? { serviceName: of.service } : { family: of.family };
      const resource = `tasks of ${'service' in of ? `service "${of.service}"` : `family "${of.family}"`}`;
      const found: Task[] = [];
      let nextToken: string | undefined;
      do {
        const page: ListTasksCommandInput = { cluster, desiredStatus, ...filter, ...(nextToken && { nextToken }) };
        const listed = await call('ListTasks', resource, () => client.send(new ListTasksCommand(page)));
        const { taskArns } = listed;
        // That nothing runs is said by an empty list, never by an empty answer.
        if (taskArns === undefined) throw emptyAnswer('ListTasks', 'a list of tasks', resource);
        nextToken = listed.nextToken;
        if (taskArns.length === 0) continue;
        const { tasks } = await call('DescribeTasks', resource, () =>
          client.send(new DescribeTasksCommand({ cluster, tasks: taskArns })),
        );
        if (tasks === undefined) throw emptyAnswer('DescribeTasks', 'a list of tasks', resource);
        found.push(...parseAll(tasks, parseTask));
      } while (nextToken);
      return found;
    },
    describeTasks: (cluster, arns) =>
      call('DescribeTasks', `tasks ${arns.join(', ')}`, async () => {
        const answer = await client.send(new DescribeTasksCommand({ cluster, tasks: [...arns] }));
        return { tasks: parseAll(answer.tasks, parseTask), failures: parseAll(answer.failures, parseFailure) };
      }),
    runTask: (request) =>
      call('RunTask', `task definition "${request.taskDefinition}" in cluster "${request.cluster}"`, async () => {
        const answer = await client.send(new RunTaskCommand(runTaskInput(request) as RunTaskCommandInput));
        return { tasks: parseAll(answer.tasks, parseTask), failures: parseAll(answer.failures, parseFailure) };
      }),
    stopTask: (cluster, arn, reason) =>
      call('StopTask', `task ${arn}`, async () => {
        await client.send(new StopTaskCommand({ cluster, task: arn, reason }));
      }),
  };
};
