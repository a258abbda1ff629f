import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Balancing } from './native-world.ts';
import { createBalancing } from './native-world.ts';
import type { Loose, World } from './world.ts';
import { createWorld } from './world.ts';

let world: World;
let balancing: Balancing;
beforeEach(async () => {
  world = await createWorld();
  balancing = await createBalancing(world.aws);
});
afterEach(() => world.close());

const create = async (type: string, more: Record<string, unknown> = {}): Promise<Loose> =>
  world.ecs('CreateService', {
    cluster: 'c',
    serviceName: 'api',
    ...(type === 'EXTERNAL' ? {} : { taskDefinition: await world.register('v1') }),
    desiredCount: 4,
    deploymentController: { type },
    ...more,
  });

const codeDeployed = async (): Promise<Loose> => {
  const [loadBalancer] = balancing.loadBalancers;
  const { advancedConfiguration: _native, ...plain } = loadBalancer ?? {};
  const { service } = await create('CODE_DEPLOY', { loadBalancers: [plain] });
  await world.clock.advance(5_000);
  return service;
};

const sets = async (): Promise<Loose[]> => (await world.service()).taskSets ?? [];

describe('a service with the CODE_DEPLOY controller', () => {
  test('runs a PRIMARY task set and has no deployments', async () => {
    await codeDeployed();
    const service = await world.service();
    expect(service).toMatchObject({ deployments: [], runningCount: 4, desiredCount: 4 });
    expect(service.taskDefinition).toMatch(/api:1$/);
    expect(service.taskSets).toMatchObject([
      {
        id: expect.stringMatching(/^ecs-svc\/\d+$/),
        status: 'PRIMARY',
        stabilityStatus: 'STEADY_STATE',
        scale: { value: 100, unit: 'PERCENT' },
        computedDesiredCount: 4,
        runningCount: 4,
      },
    ]);
    const { serviceDeployments } = await world.ecs('ListServiceDeployments', { cluster: 'c', service: 'api' });
    expect(serviceDeployments).toEqual([]);
  });

  test.each([
    ['taskDefinition', { taskDefinition: 'api:1' }, /^Unable to update task definition on services with a CODE_DEPLOY/],
    [
      'forceNewDeployment',
      { forceNewDeployment: true },
      /^Cannot force a new deployment on services with a CODE_DEPLOY/,
    ],
    ['loadBalancers', { loadBalancers: [] }, /^Unable to update load balancers on services with a CODE_DEPLOY/],
  ])('refuses an update of its %s', async (_what, change, message) => {
    await codeDeployed();
    const updated = world.ecs('UpdateService', { cluster: 'c', service: 'api', ...change });
    await expect(updated).rejects.toMatchObject({ code: 'InvalidParameterException' });
    await expect(updated).rejects.toThrow(message);
  });

  test('is scaled by its desired count', async () => {
    await codeDeployed();
    await world.ecs('UpdateService', { cluster: 'c', service: 'api', desiredCount: 2 });
    await world.clock.advance(5_000);
    expect(await world.service()).toMatchObject({ desiredCount: 2, runningCount: 2 });
  });

  test('is brought to another task definition by whoever controls its task sets', async () => {
    await codeDeployed();
    const { taskSets } = world.aws.ecs;
    const [blue] = await sets();
    const [plain] = balancing.loadBalancers;
    const green = taskSets.create('c', 'api', {
      taskDefinition: await world.register('v2'),
      loadBalancers: [
        { targetGroupArn: balancing.groups[1], containerName: 'api', containerPort: plain?.containerPort },
      ],
      startedBy: 'CODE_DEPLOY',
    });
    expect(green).toMatchObject({ status: 'ACTIVE', stabilityStatus: 'STABILIZING' });
    await world.clock.advance(5_000);
    expect(taskSets.list('c', 'api')).toMatchObject([{ runningCount: 4 }, { stabilityStatus: 'STEADY_STATE' }]);
    expect(world.aws.ecs.snapshot().services[0]?.serving).toEqual(['api:1']);
    taskSets.promote('c', 'api', green.id ?? '');
    expect(world.aws.ecs.snapshot().services[0]?.serving).toEqual(['api:2']);
    taskSets.delete('c', 'api', blue?.taskSetArn);
    expect((await sets()).map(({ status }) => status)).toEqual(['DRAINING', 'PRIMARY']);
    await world.clock.advance(5_000);
    expect(await world.service()).toMatchObject({
      runningCount: 4,
      taskDefinition: expect.stringMatching(/api:2$/),
      taskSets: [{ status: 'PRIMARY' }],
    });
  });

  test('is not controlled by the API of task sets', async () => {
    await codeDeployed();
    const made = world.ecs('CreateTaskSet', { cluster: 'c', service: 'api', taskDefinition: 'api:1' });
    await expect(made).rejects.toMatchObject({ code: 'InvalidParameterException' });
  });

  test('needs a load balancer', async () => {
    await expect(create('CODE_DEPLOY')).rejects.toThrow(/load balancer/);
  });
});

describe('a service with the EXTERNAL controller', () => {
  const named = { cluster: 'c', service: 'api' };

  test('has nothing until a task set is made, and then what its scale says', async () => {
    await create('EXTERNAL');
    expect(await world.service()).toMatchObject({ deployments: [], runningCount: 0 });
    const taskDefinition = await world.register('v1');
    const { taskSet } = await world.ecs('CreateTaskSet', {
      ...named,
      taskDefinition,
      scale: { value: 50, unit: 'PERCENT' },
    });
    await world.clock.advance(5_000);
    expect(await world.service()).toMatchObject({ runningCount: 2 });
    await world.ecs('UpdateTaskSet', { ...named, taskSet: taskSet.taskSetArn, scale: { value: 100, unit: 'PERCENT' } });
    const { taskSet: primary } = await world.ecs('UpdateServicePrimaryTaskSet', {
      ...named,
      primaryTaskSet: taskSet.taskSetArn,
    });
    expect(primary.status).toBe('PRIMARY');
    await world.clock.advance(5_000);
    const { taskSets } = await world.ecs('DescribeTaskSets', named);
    expect(taskSets).toMatchObject([{ runningCount: 4, stabilityStatus: 'STEADY_STATE', status: 'PRIMARY' }]);
    const gone = world.ecs('DeleteTaskSet', { ...named, taskSet: taskSet.id });
    await expect(gone).rejects.toThrow(/scaled to zero/);
    await world.ecs('DeleteTaskSet', { ...named, taskSet: taskSet.id, force: true });
    await world.clock.advance(5_000);
    expect(await world.service()).toMatchObject({ runningCount: 0 });
    const { failures } = await world.ecs('DescribeTaskSets', { ...named, taskSets: [taskSet.id] });
    expect(failures).toEqual([{ arn: taskSet.id, reason: 'MISSING' }]);
  });
});

describe('a DAEMON service', () => {
  const daemon = async (more: Record<string, unknown> = {}) =>
    world.ecs('CreateService', {
      cluster: 'c',
      serviceName: 'api',
      taskDefinition: await world.register('v1'),
      schedulingStrategy: 'DAEMON',
      ...more,
    });

  test('takes no desired count, neither at first nor later', async () => {
    await expect(daemon({ desiredCount: 1 })).rejects.toThrow(/does not support a desired count/);
    await daemon();
    await world.settle();
    const scaled = world.ecs('UpdateService', { cluster: 'c', service: 'api', desiredCount: 2 });
    await expect(scaled).rejects.toThrow(/does not support a desired count/);
  });

  test('stops its task before the next one starts', async () => {
    await daemon();
    await world.settle();
    let most = 0;
    world.aws.onEvent(() => {
      const running = world.aws.ecs.snapshot().tasks.filter(({ status }) => status === 'RUNNING').length;
      most = Math.max(most, running);
    });
    await world.ecs('UpdateService', { cluster: 'c', service: 'api', taskDefinition: await world.register('v2') });
    await world.settle();
    expect(most).toBe(1);
    expect(await world.service()).toMatchObject({
      schedulingStrategy: 'DAEMON',
      runningCount: 1,
      taskDefinition: expect.stringMatching(/api:2$/),
      deploymentConfiguration: { maximumPercent: 100, minimumHealthyPercent: 0 },
    });
  });

  test('does not go with Fargate', async () => {
    await expect(daemon({ launchType: 'FARGATE' })).rejects.toThrow(/FARGATE/);
  });
});
