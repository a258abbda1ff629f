import { hexId, nameOf } from '../ids.ts';
import type { CallContext } from '../service.ts';
import { AwsFault } from '../service.ts';
import { taskAnswer } from './answers.ts';
import type { DescribeTasksRequest, Failure, ListTasksRequest, RunTaskRequest } from './client.ts';
import type { Task } from './state.ts';
import type { EcsStore } from './store.ts';
import { page } from './task-definition-api.ts';
import type { TaskRunner } from './task-runner.ts';
import { containersOf } from './task-runner.ts';

/** What RunTask cannot place ("API failure reasons"): `{ reason: 'RESOURCE:CPU' }`. */
export type Placement = () => Failure | undefined;

const refuse = (message: string, code = 'InvalidParameterException'): never => {
  throw new AwsFault(code, message);
};

export const taskApi = (store: EcsStore, runner: TaskRunner, placement: Placement) => {
  const tokens = new Map<string, { readonly request: string; readonly tasks: readonly Task[] }>();

  const create = (request: RunTaskRequest, context: CallContext): Task => {
    const cluster = store.cluster(request.cluster);
    const taskDefinition = store.usableTaskDefinition(request.taskDefinition ?? '');
    const id = hexId();
    const copied = request.propagateTags === 'TASK_DEFINITION' ? taskDefinition.tags : [];
    return {
      arn: `arn:aws:ecs:${context.region}:${context.accountId}:task/${cluster.name}/${id}`,
      id,
      cluster,
      taskDefinition,
      group: request.group ?? `family:${taskDefinition.family}`,
      startedBy: request.startedBy,
      launchType: request.launchType ?? 'FARGATE',
      overrides: request.overrides ?? {},
      network: request.networkConfiguration,
      tags: [...copied, ...(request.tags ?? [])],
      containers: containersOf({ taskDefinition }, () => hexId(10)),
      service: undefined,
      deployment: undefined,
      targets: [],
      status: 'PROVISIONING',
      desiredStatus: 'RUNNING',
      running: undefined,
      proven: false,
      counted: false,
      createdAt: context.now,
      version: 0,
    };
  };

  const check = (request: RunTaskRequest): void => {
    const { count = 1 } = request;
    // "You can specify up to 10 tasks for each call" (API_RunTask).
    if (count < 1 || count > 10) refuse('count must be between 1 and 10.');
    const { request: definition } = store.usableTaskDefinition(request.taskDefinition ?? '');
    if (definition.networkMode === 'awsvpc' && request.networkConfiguration?.awsvpcConfiguration === undefined)
      refuse("Network Configuration must be provided when networkMode 'awsvpc' is specified.");
    for (const { name } of request.overrides?.containerOverrides ?? [])
      if (!definition.containerDefinitions?.some((container) => container.name === name))
        refuse(`Override for container named ${name} is not a container in the TaskDefinition.`);
    if ((request.startedBy?.length ?? 0) > 128) refuse('startedBy must not be longer than 128 characters.');
  };

  const run = (request: RunTaskRequest, context: CallContext) => {
    const { count = 1, clientToken, ...rest } = request;
    store.cluster(request.cluster);
    check(request);
    const spelled = JSON.stringify({ count, ...rest });
    const known = clientToken === undefined ? undefined : tokens.get(clientToken);
    // The same token and the same parameters give the same tasks, others a conflict ("Ensuring idempotency").
    if (known !== undefined && known.request === spelled)
      return { tasks: known.tasks.map((task) => taskAnswer(task)), failures: [] };
    if (known !== undefined)
      throw new AwsFault('ConflictException', 'The clientToken was used with other parameters.', 400, {
        resourceIds: known.tasks.map(({ arn }) => arn),
      });
    const failures: Failure[] = [];
    const tasks: Task[] = [];
    for (let index = 0; index < count; index += 1) {
      const failure = placement();
      if (failure === undefined) tasks.push(create(request, context));
      else failures.push(failure);
    }
    for (const task of tasks) {
      store.tasks.set(task.id, task);
      runner.launch(task);
    }
    if (clientToken !== undefined && tasks.length > 0) tokens.set(clientToken, { request: spelled, tasks });
    return { tasks: tasks.map((task) => taskAnswer(task, ['TAGS'])), failures };
  };

  return {
    RunTask: run,
    DescribeTasks: (
      { cluster: reference, tasks, include = [] }: DescribeTasksRequest,
      { region, accountId }: CallContext,
    ) => {
      const cluster = store.cluster(reference);
      // "A list of up to 100 task IDs or full ARN entries" (API_DescribeTasks).
      if (!tasks?.length || tasks.length > 100) refuse('Number of tasks must be between 1 and 100.');
      const found = (tasks ?? []).map((name) => ({ name, task: store.findTask(cluster, name) }));
      return {
        tasks: found.flatMap(({ task }) => (task === undefined ? [] : [taskAnswer(task, include)])),
        failures: found
          .filter(({ task }) => task === undefined)
          .map(({ name }) => ({
            arn: `arn:aws:ecs:${region}:${accountId}:task/${cluster.name}/${nameOf(name)}`,
            reason: 'MISSING',
          })),
      };
    },
    ListTasks: (request: ListTasksRequest) => {
      const cluster = store.cluster(request.cluster);
      const service = request.serviceName === undefined ? undefined : store.findService(cluster, request.serviceName);
      if (request.serviceName !== undefined && service === undefined)
        refuse('Service not found.', 'ServiceNotFoundException');
      const { family, startedBy, desiredStatus = 'RUNNING' } = request;
      const arns = [...store.tasks.values()]
        .filter((task) => task.cluster === cluster && task.desiredStatus === desiredStatus)
        .filter((task) => service === undefined || task.service === service)
        .filter((task) => family === undefined || task.taskDefinition.family === family)
        .filter((task) => startedBy === undefined || task.startedBy === startedBy)
        .map(({ arn }) => arn);
      return page(arns, request.maxResults ?? 100, request.nextToken, 'taskArns');
    },
    StopTask: ({ cluster, task: reference, reason }: { cluster?: string; task: string; reason?: string }) => {
      const task = store.findTask(store.cluster(cluster), reference);
      if (task === undefined) throw new AwsFault('InvalidParameterException', 'The referenced task was not found.');
      runner.stop(task, 'UserInitiated', reason ?? 'Task stopped by user');
      return { task: taskAnswer(task) };
    },
  };
};
