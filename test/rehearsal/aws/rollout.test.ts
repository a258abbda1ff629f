import { afterEach, describe, expect, test } from '@jest/globals';
import { cannotPull, exits, NEVER_HEALTHY } from '../../../packages/rehearsal/src/aws/scripted-engine.ts';
import type { World } from './world.ts';
import { createTargetGroup, createWorld } from './world.ts';

const SCRIPTS = {
  crash: exits(1),
  'no-image': cannotPull('no-image'),
  sick: NEVER_HEALTHY,
  late: { healthyAfterMs: 9_000, unhealthyStatus: 0 },
  deaf: { ...NEVER_HEALTHY, unhealthyStatus: 0 },
};
const BREAKER = (rollback: boolean, extra = {}) => ({ deploymentCircuitBreaker: { enable: true, rollback, ...extra } });

let world: World;
afterEach(() => world.close());

/** A service of three tasks on `good`, COMPLETED. */
const begin = async (deploymentConfiguration: Record<string, unknown> = {}, more: Record<string, unknown> = {}) => {
  world = await createWorld(SCRIPTS);
  const taskDefinition = await world.register('good');
  await world.ecs('CreateService', {
    cluster: 'c',
    serviceName: 'api',
    taskDefinition,
    desiredCount: 3,
    deploymentConfiguration,
    ...more,
  });
  await world.settle();
};

const update = async (image: string, more: Record<string, unknown> = {}) =>
  world.ecs('UpdateService', { cluster: 'c', service: 'api', taskDefinition: await world.register(image), ...more });

const messages = async () =>
  (await world.service()).events.map(({ message }: { message: string }) => message).join('\n');
const deployments = async () => {
  const { serviceDeployments } = await world.ecs('ListServiceDeployments', { cluster: 'c', service: 'api' });
  const arns = serviceDeployments.map((d: Record<string, string>) => d.serviceDeploymentArn);
  return (await world.ecs('DescribeServiceDeployments', { serviceDeploymentArns: arns })).serviceDeployments;
};

describe('a rolling update', () => {
  test('of good tasks ends COMPLETED, SUCCESSFUL and alone', async () => {
    await begin();
    const started = world.clock.now();
    const { service } = await update('good-2');
    expect(service.deployments.map((d: Record<string, string>) => d.status)).toEqual(['PRIMARY', 'ACTIVE']);
    expect(service.deployments[0].rolloutState).toBe('IN_PROGRESS');
    expect(service.currentServiceDeployment).toMatch(/:service-deployment\/c\/api\//);
    await world.settle();
    const after = await world.service();
    expect(after.deployments).toHaveLength(1);
    expect(after.deployments[0]).toMatchObject({
      id: service.deployments[0].id,
      rolloutState: 'COMPLETED',
      runningCount: 3,
      failedTasks: 0,
    });
    expect((await deployments())[0]).toMatchObject({
      status: 'SUCCESSFUL',
      deploymentCircuitBreaker: { status: 'DISABLED' },
    });
    expect(await messages()).toMatch(/\(service api\) has reached a steady state\./);
    expect(await messages()).toMatch(/\(service api\) has started 3 tasks: \(task [0-9a-f]{32}\)/);
    expect(world.clock.now() - started).toBeLessThan(3_000);
  });

  test('never falls below minimumHealthyPercent nor rises above maximumPercent', async () => {
    await begin({ minimumHealthyPercent: 100, maximumPercent: 150 });
    const seen: Array<{ running: number; all: number }> = [];
    world.aws.onEvent(() => {
      const tasks = world.aws.ecs.snapshot().tasks.filter(({ status }) => status !== 'STOPPED');
      const going = ['DEACTIVATING', 'STOPPING', 'DEPROVISIONING'];
      seen.push({
        running: tasks.filter(({ status }) => status === 'RUNNING').length,
        all: tasks.filter(({ status }) => !going.includes(status)).length,
      });
    });
    await update('good-2');
    await world.settle();
    expect(Math.min(...seen.map(({ running }) => running))).toBeGreaterThanOrEqual(3);
    expect(Math.max(...seen.map(({ all }) => all))).toBe(4);
  });

  test('stops first where there is no room to start first', async () => {
    await begin({ minimumHealthyPercent: 0, maximumPercent: 100 });
    await update('good-2');
    await world.settle();
    expect((await world.service()).deployments[0]).toMatchObject({ rolloutState: 'COMPLETED', runningCount: 3 });
  });

  test.each([
    ['crash', /EssentialContainerExited/, 1],
    ['no-image', /TaskFailedToStart/, undefined],
  ])('of tasks that %s is rolled back by the circuit breaker', async (image, stopCode, exitCode) => {
    await begin(BREAKER(true));
    const { service } = await update(image);
    await world.clock.advanceUntil(
      () => world.aws.ecs.snapshot().services[0]?.deployments.at(-1)?.status === 'ROLLBACK_IN_PROGRESS',
    );
    const during = await world.service();
    expect(during.deployments[0].rolloutStateReason).toMatch(
      /^ECS deployment circuit breaker: rolling back to deploymentId ecs-svc\/\d+\.$/,
    );
    expect(during.deployments[1]).toMatchObject({
      id: service.deployments[0].id,
      status: 'ACTIVE',
      rolloutState: 'FAILED',
      rolloutStateReason: 'ECS deployment circuit breaker: tasks failed to start.',
    });
    expect(during.deployments[1].failedTasks).toBeGreaterThanOrEqual(3);
    await world.settle();
    const after = await world.service();
    expect(after.deployments).toHaveLength(1);
    expect(after.taskDefinition).toMatch(/:task-definition\/api:1$/);
    const [last, first] = await deployments();
    expect(last).toMatchObject({
      status: 'ROLLBACK_SUCCESSFUL',
      deploymentCircuitBreaker: { status: 'TRIGGERED', threshold: 3 },
    });
    expect(last.rollback.serviceRevisionArn).toBe(first.targetServiceRevision.arn);
    expect(await messages()).toMatch(/deployment failed: tasks failed to start\./);
    const failed = world.aws.ecs.snapshot().tasks.filter(({ taskDefinition }) => taskDefinition === 'api:2');
    // The last ones may have been on their way when the circuit broke.
    const own = failed.filter((task) => task.stopCode !== 'ServiceSchedulerInitiated');
    expect(own.length).toBeGreaterThanOrEqual(3);
    for (const task of own) expect(task.stopCode).toMatch(stopCode);
    for (const task of own) expect(task.containers[0]?.exitCode).toBe(exitCode);
    expect(world.aws.ecs.snapshot().services[0]?.serving).toEqual(['api:1']);
  });

  test('without rollback stops FAILED and leaves the old tasks', async () => {
    await begin(BREAKER(false));
    await update('crash');
    await world.settle();
    await world.clock.advance(5_000);
    const after = await world.service();
    expect(after.deployments.map((d: Record<string, string>) => [d.status, d.rolloutState])).toEqual([
      ['PRIMARY', 'FAILED'],
      ['ACTIVE', 'COMPLETED'],
    ]);
    expect(after.runningCount).toBe(3);
    expect((await deployments())[0].status).toBe('STOPPED');
    expect(world.aws.ecs.snapshot().services[0]?.serving).toEqual(['api:1']);
  });

  test('without a COMPLETED predecessor stalls FAILED although rollback is on', async () => {
    world = await createWorld(SCRIPTS);
    const taskDefinition = await world.register('crash');
    await world.ecs('CreateService', {
      cluster: 'c',
      serviceName: 'api',
      taskDefinition,
      desiredCount: 1,
      deploymentConfiguration: BREAKER(true),
    });
    await world.settle();
    const count = world.engine.started.length;
    await world.clock.advance(60_000);
    expect(world.engine.started).toHaveLength(count);
    expect((await world.service()).deployments[0]).toMatchObject({
      status: 'PRIMARY',
      rolloutState: 'FAILED',
      failedTasks: 3,
    });
    expect((await deployments())[0].status).toBe('STOPPED');
  });

  test('without a circuit breaker tries for ever, ever slower', async () => {
    await begin();
    await update('crash');
    await world.clock.advance(60_000);
    expect((await world.service()).deployments[0]).toMatchObject({ status: 'PRIMARY', rolloutState: 'IN_PROGRESS' });
    expect(await messages()).toMatch(/is unable to consistently start tasks successfully/);
    expect(world.engine.started.length).toBeLessThan(150);
  });

  test('COUNT thresholds trip at the number', async () => {
    await begin(BREAKER(true, { thresholdConfiguration: { type: 'COUNT', value: 7 } }));
    await update('crash');
    await world.settle();
    expect((await deployments())[0].deploymentCircuitBreaker).toMatchObject({ threshold: 7, status: 'TRIGGERED' });
  });

  test('is superseded by the next UpdateService', async () => {
    await begin();
    await update('good-2');
    await world.clock.advance(200);
    await update('good-3');
    await world.settle();
    const [last, middle] = await deployments();
    expect([last.status, middle.status]).toEqual(['SUCCESSFUL', 'STOPPED']);
    expect((await world.service()).taskDefinition).toMatch(/api:3$/);
    expect(world.aws.ecs.snapshot().services[0]).toMatchObject({ serving: ['api:3'], running: 3 });
  });

  test('is rolled back by StopServiceDeployment without a circuit breaker', async () => {
    await begin();
    const { service } = await update('good-2');
    await world.clock.advance(200);
    await world.ecs('StopServiceDeployment', {
      serviceDeploymentArn: service.currentServiceDeployment,
      stopType: 'ROLLBACK',
    });
    expect((await deployments())[0].status).toBe('ROLLBACK_REQUESTED');
    await world.settle();
    expect((await deployments())[0].status).toBe('ROLLBACK_SUCCESSFUL');
    expect((await world.service()).taskDefinition).toMatch(/api:1$/);
    await expect(
      world.ecs('StopServiceDeployment', { serviceDeploymentArn: service.currentServiceDeployment }),
    ).rejects.toMatchObject({ code: 'ConflictException' });
  });
});

describe('the desired count', () => {
  test('of 0 ends a deployment without a task', async () => {
    await begin();
    await update('good-2', { desiredCount: 0 });
    await world.settle();
    expect(await world.service()).toMatchObject({
      desiredCount: 0,
      runningCount: 0,
      deployments: [{ rolloutState: 'COMPLETED' }],
    });
    expect(world.engine.started.every(({ revision }) => revision === 1)).toBe(true);
  });

  test('alone starts no deployment', async () => {
    await begin();
    const before = (await world.service()).deployments[0].id;
    await world.ecs('UpdateService', { cluster: 'c', service: 'api', desiredCount: 5 });
    await world.clock.advance(3_000);
    expect(await world.service()).toMatchObject({ runningCount: 5, deployments: [{ id: before, desiredCount: 5 }] });
    expect(await deployments()).toHaveLength(1);
  });

  test('is kept up when a task dies', async () => {
    await begin();
    const [task] = world.aws.ecs.snapshot().tasks;
    await world.ecs('StopTask', { cluster: 'c', task: task?.arn });
    await world.clock.advance(3_000);
    expect((await world.service()).runningCount).toBe(3);
  });
});

test('the same task definition again is no deployment unless it is forced', async () => {
  await begin();
  const before = await world.service();
  await world.ecs('UpdateService', { cluster: 'c', service: 'api', taskDefinition: 'api:1' });
  expect((await world.service()).deployments[0].id).toBe(before.deployments[0].id);
  await world.ecs('UpdateService', { cluster: 'c', service: 'api', forceNewDeployment: true });
  expect((await world.service()).deployments[0].id).not.toBe(before.deployments[0].id);
});

describe('behind a load balancer', () => {
  const behind = async (deploymentConfiguration: Record<string, unknown>) => {
    world = await createWorld(SCRIPTS);
    const targetGroupArn = await createTargetGroup(world.aws, 'api.example.org');
    const taskDefinition = await world.register('good');
    const loadBalancers = [{ targetGroupArn, containerName: 'api', containerPort: 3001 }];
    await world.ecs('CreateService', {
      cluster: 'c',
      serviceName: 'api',
      taskDefinition,
      desiredCount: 2,
      deploymentConfiguration,
      loadBalancers,
      healthCheckGracePeriodSeconds: 30,
    });
    await world.settle();
    return targetGroupArn;
  };

  test('there is always a target while an update runs', async () => {
    await behind({});
    const empty: unknown[] = [];
    world.aws.onEvent(() => {
      if (typeof world.aws.elb.pickTarget('api.example.org', '/') === 'string') empty.push(world.clock.now());
    });
    await update('good-2');
    await world.settle();
    expect(empty).toEqual([]);
    expect(world.aws.ecs.snapshot().services[0]?.serving).toEqual(['api:2']);
  });

  test('tasks that never become healthy are replaced and rolled back', async () => {
    await behind(BREAKER(true));
    await update('sick');
    await world.settle();
    expect((await deployments())[0].status).toBe('ROLLBACK_SUCCESSFUL');
    const sick = world.aws.ecs.snapshot().tasks.filter(({ taskDefinition }) => taskDefinition === 'api:2');
    expect(
      sick.some(({ stoppedReason }) =>
        /^Task failed ELB health checks in \(target-group arn:/.test(stoppedReason ?? ''),
      ),
    ).toBe(true);
    expect(await messages()).toMatch(
      /is unhealthy in \(target-group .*\) due to \(reason Health checks failed with these codes: \[503\]\)/,
    );
    expect(world.aws.elb.pickTarget('api.example.org', '/')).toMatchObject({ host: '127.0.0.1' });
  });

  test('tasks that take long to answer for the first time are waited for', async () => {
    await behind(BREAKER(true));
    await update('late');
    await world.settle();
    expect((await deployments())[0].status).toBe('SUCCESSFUL');
  });

  test('tasks that never answer at all are rolled back', async () => {
    await behind(BREAKER(true));
    await update('deaf');
    await world.settle();
    expect((await deployments())[0].status).toBe('ROLLBACK_SUCCESSFUL');
  });

  test('a target group that no listener forwards to is refused', async () => {
    world = await createWorld();
    const { TargetGroups } = await world.aws.call('elasticloadbalancing', 'CreateTargetGroup', { Name: 'lone' });
    const [group] = TargetGroups as Array<{ TargetGroupArn: string }>;
    const loadBalancers = [{ targetGroupArn: group?.TargetGroupArn, containerName: 'api', containerPort: 3001 }];
    const create = world.ecs('CreateService', {
      cluster: 'c',
      serviceName: 'api',
      taskDefinition: await world.register('good'),
      desiredCount: 1,
      loadBalancers,
    });
    await expect(create).rejects.toThrow(/does not have an associated load balancer/);
  });
});

test('a service that is deleted drains its tasks and is INACTIVE', async () => {
  await begin();
  await expect(world.ecs('DeleteService', { cluster: 'c', service: 'api' })).rejects.toThrow(/scaled above 0/);
  const { service } = await world.ecs('DeleteService', { cluster: 'c', service: 'api', force: true });
  expect(service.status).toBe('DRAINING');
  await world.clock.advance(2_000);
  expect(await world.service()).toMatchObject({ status: 'INACTIVE', runningCount: 0, deployments: [] });
  await expect(world.ecs('UpdateService', { cluster: 'c', service: 'api' })).rejects.toMatchObject({
    code: 'ServiceNotActiveException',
  });
});

test('members that the model does not know can be ignored, as AWS does', async () => {
  world = await createWorld({}, { unknownMembers: 'ignore' });
  expect(await world.register('good', { enviroment: [] })).toMatch(/task-definition\/api:1$/);
});
