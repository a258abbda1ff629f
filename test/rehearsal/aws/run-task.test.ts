import { afterEach, describe, expect, test } from '@jest/globals';
import { cannotPull, exits, OUT_OF_MEMORY } from '../../../packages/rehearsal/src/aws/scripted-engine.ts';
import type { World } from './world.ts';
import { createWorld } from './world.ts';

const SCRIPTS = {
  ok: { ...exits(0), lines: ['migrated 3'] },
  bad: exits(1),
  oom: OUT_OF_MEMORY,
  'no-image': cannotPull('no-image'),
  sidecar: exits(143, 5),
};

let world: World;
afterEach(() => world.close());

const run = async (image: string, extra: Record<string, unknown> = {}, input: Record<string, unknown> = {}) => {
  const taskDefinition = await world.register(image, extra);
  const { tasks } = await world.ecs('RunTask', { cluster: 'c', taskDefinition, ...input });
  return tasks[0].taskArn as string;
};

const ended = async (arn: string) => {
  await world.clock.advanceUntil(
    () => world.aws.ecs.snapshot().tasks.find((task) => task.arn === arn)?.status === 'STOPPED',
    60_000,
  );
  return (await world.ecs('DescribeTasks', { cluster: 'c', tasks: [arn] })).tasks[0];
};

const SECRET = { secrets: [{ name: 'DATABASE_URL', valueFrom: '/hospital-ops/production/database-url' }] };
const logs = (options: Record<string, string> = {}) => ({
  logConfiguration: {
    logDriver: 'awslogs',
    options: { 'awslogs-group': '/ecs/api', 'awslogs-stream-prefix': 'ecs', ...options },
  },
});

describe('a task that is run', () => {
  test.each([
    [
      'ok',
      {},
      {
        stopCode: 'EssentialContainerExited',
        stoppedReason: 'Essential container in task exited',
        containers: [{ exitCode: 0 }],
      },
    ],
    ['bad', {}, { stopCode: 'EssentialContainerExited', containers: [{ exitCode: 1 }] }],
    ['oom', {}, { containers: [{ exitCode: 137, reason: 'OutOfMemoryError: Container killed due to memory usage' }] }],
    [
      'no-image',
      {},
      { stopCode: 'TaskFailedToStart', stoppedReason: expect.stringMatching(/^CannotPullContainerError/) },
    ],
    [
      'ok',
      SECRET,
      {
        stopCode: 'TaskFailedToStart',
        stoppedReason: expect.stringMatching(/^ResourceInitializationError: unable to pull secrets or registry auth/),
      },
    ],
    [
      'ok',
      logs(),
      {
        stopCode: 'TaskFailedToStart',
        stoppedReason: expect.stringMatching(/^ResourceInitializationError.*log group does not exist/),
      },
    ],
  ])('says how it ended (%s, %j)', async (image, extra, expected) => {
    world = await createWorld(SCRIPTS);
    const task = await ended(await run(image, extra));
    expect(task).toMatchObject({ lastStatus: 'STOPPED', desiredStatus: 'STOPPED', ...expected });
    expect(task.stoppedAt).toBeInstanceOf(Date);
    if (task.stopCode === 'TaskFailedToStart') expect(task.containers[0].exitCode).toBeUndefined();
  });

  test('passes through the states of its life in order', async () => {
    world = await createWorld(SCRIPTS);
    const seen: string[] = [];
    world.aws.onEvent(
      (event) => void (event.kind === 'task' && seen.at(-1) !== event.task.status && seen.push(event.task.status)),
    );
    const arn = await run('for-ever');
    await world.clock.advance(1_000);
    await world.ecs('StopTask', { cluster: 'c', task: arn, reason: 'enough' });
    expect(await ended(arn)).toMatchObject({
      stopCode: 'UserInitiated',
      stoppedReason: 'enough',
      containers: [{ exitCode: 143 }],
    });
    expect(seen).toEqual(['PROVISIONING', 'PENDING', 'RUNNING', 'STOPPING', 'DEPROVISIONING', 'STOPPED']);
  });

  test('gets its secrets and writes its lines where awslogs says', async () => {
    world = await createWorld(SCRIPTS);
    await world.aws.call('ssm', 'PutParameter', {
      Name: '/hospital-ops/production/database-url',
      Value: 'postgres://x',
      Type: 'SecureString',
    });
    const { ARN } = await world.aws.call('secretsmanager', 'CreateSecret', {
      Name: 'app',
      SecretString: '{"key":"k-1"}',
    });
    const secrets = [...SECRET.secrets, { name: 'KEY', valueFrom: `${String(ARN)}:key::` }];
    const arn = await run('ok', { secrets, ...logs({ 'awslogs-create-group': 'true' }) });
    await ended(arn);
    expect(world.engine.started[0]?.containers[0]?.environment).toEqual({ DATABASE_URL: 'postgres://x', KEY: 'k-1' });
    const logStreamName = `ecs/api/${arn.split('/').at(-1)}`;
    const first = await world.aws.call('logs', 'GetLogEvents', {
      logGroupName: '/ecs/api',
      logStreamName,
      startFromHead: true,
    });
    expect(first.events).toMatchObject([{ message: 'migrated 3' }]);
    const again = await world.aws.call('logs', 'GetLogEvents', {
      logGroupName: '/ecs/api',
      logStreamName,
      nextToken: first.nextForwardToken,
    });
    expect(again).toMatchObject({ events: [], nextForwardToken: first.nextForwardToken });
  });

  test('takes command and environment from its overrides', async () => {
    world = await createWorld(SCRIPTS);
    const overrides = {
      containerOverrides: [{ name: 'api', command: ['migrate'], environment: [{ name: 'A', value: '2' }] }],
    };
    await ended(await run('ok', { environment: [{ name: 'A', value: '1' }] }, { overrides }));
    expect(world.engine.started[0]?.containers[0]).toMatchObject({ command: ['migrate'], environment: { A: '2' } });
  });

  test('goes on when a container that is not essential ends', async () => {
    world = await createWorld(SCRIPTS);
    const containerDefinitions = [
      { name: 'api', image: 'for-ever', memory: 64 },
      { name: 'side', image: 'sidecar', memory: 64, essential: false },
    ];
    await world.ecs('RegisterTaskDefinition', { family: 'two', containerDefinitions });
    await world.ecs('RunTask', { cluster: 'c', taskDefinition: 'two' });
    await world.clock.advance(5_000);
    expect(world.aws.ecs.snapshot().tasks[0]).toMatchObject({
      status: 'RUNNING',
      containers: [{ exitCode: undefined }, { exitCode: 143 }],
    });
  });
});

describe('RunTask', () => {
  test('gives the same task for the same clientToken and a conflict for other parameters', async () => {
    world = await createWorld(SCRIPTS);
    const taskDefinition = await world.register('ok');
    const input = { cluster: 'c', taskDefinition, clientToken: 't-1' };
    const first = await world.ecs('RunTask', input);
    const second = await world.ecs('RunTask', input);
    expect(second.tasks[0].taskArn).toBe(first.tasks[0].taskArn);
    await expect(world.ecs('RunTask', { ...input, startedBy: 'me' })).rejects.toMatchObject({
      code: 'ConflictException',
      fields: { resourceIds: [first.tasks[0].taskArn] },
    });
    await ended(first.tasks[0].taskArn);
    expect(world.engine.started).toHaveLength(1);
  });

  test('answers failures[] and no task when nothing can be placed', async () => {
    world = await createWorld(SCRIPTS);
    world.aws.ecs.failPlacement({ reason: 'RESOURCE:MEMORY' });
    const taskDefinition = await world.register('ok');
    expect(await world.ecs('RunTask', { cluster: 'c', taskDefinition })).toMatchObject({
      tasks: [],
      failures: [{ reason: 'RESOURCE:MEMORY' }],
    });
  });

  test.each([
    ['an unknown cluster', { cluster: 'nope' }, 'ClusterNotFoundException', /Cluster not found/],
    ['an unknown task definition', { taskDefinition: 'nope' }, 'ClientException', /TaskDefinition not found/],
    [
      'an unknown container',
      { overrides: { containerOverrides: [{ name: 'nope' }] } },
      'InvalidParameterException',
      /Override for container named nope/,
    ],
    ['eleven tasks', { count: 11 }, 'InvalidParameterException', /count/],
  ])('refuses %s', async (_what, input, code, message) => {
    world = await createWorld(SCRIPTS);
    const taskDefinition = await world.register('ok');
    const call = world.ecs('RunTask', { cluster: 'c', taskDefinition, ...input });
    await expect(call).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test('its tasks are listed by status, family and who started them', async () => {
    world = await createWorld(SCRIPTS);
    const arn = await run('ok', {}, { startedBy: 'deploy' });
    await ended(arn);
    const list = async (input: Record<string, unknown>) =>
      (await world.ecs('ListTasks', { cluster: 'c', ...input })).taskArns;
    expect(await list({ desiredStatus: 'STOPPED', startedBy: 'deploy' })).toEqual([arn]);
    expect(await list({ desiredStatus: 'STOPPED', family: 'api' })).toEqual([arn]);
    expect(await list({})).toEqual([]);
    expect(await world.ecs('DescribeTasks', { cluster: 'c', tasks: ['0123'] })).toMatchObject({
      tasks: [],
      failures: [{ reason: 'MISSING' }],
    });
  });
});

test.each([
  [
    'a secret that is also a variable',
    { environment: [{ name: 'A', value: '1' }], secrets: [{ name: 'A', valueFrom: '/a' }] },
    /secret name must be unique.*'A'/,
  ],
  ['a container without an image', { image: '' }, /Container.image should not be null or empty/],
  ['a dependency on nobody', { dependsOn: [{ containerName: 'x', condition: 'START' }] }, /depends on 'x'/],
  ['no essential container', { essential: false }, /at least one essential/],
])('RegisterTaskDefinition refuses %s', async (_what, extra, message) => {
  world = await createWorld();
  await expect(world.register('ok', extra)).rejects.toMatchObject({
    code: 'ClientException',
    message: expect.stringMatching(message),
  });
});

test.each([
  [{ memory: '512' }, /'cpu' be defined at the task level/],
  [{ cpu: '256' }, /'memory' be defined at the task level/],
  [{ cpu: '256', memory: '4096' }, /No Fargate configuration exists for given values: 256 CPU, 4096 memory/],
])('RegisterTaskDefinition refuses Fargate with %j', async (size, message) => {
  world = await createWorld();
  const containerDefinitions = [{ name: 'api', image: 'x' }];
  const call = world.ecs('RegisterTaskDefinition', {
    family: 'f',
    requiresCompatibilities: ['FARGATE'],
    networkMode: 'awsvpc',
    containerDefinitions,
    ...size,
  });
  await expect(call).rejects.toThrow(message);
});
