import { afterEach, describe, expect, test } from '@jest/globals';
import type { Script } from '../../../packages/rehearsal/src/aws/scripted-engine.ts';
import { exits } from '../../../packages/rehearsal/src/aws/scripted-engine.ts';
import type { NativeWorld } from './native-world.ts';
import { createNativeWorld } from './native-world.ts';

const SCRIPTS = { crash: exits(1) };
const ROLLING = { strategy: 'ROLLING' };
const STRATEGIES = [
  ['ROLLING', ROLLING],
  ['BLUE_GREEN', { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 5 }],
  ['LINEAR', { strategy: 'LINEAR', linearConfiguration: { stepPercent: 50, stepBakeTimeInMinutes: 1 } }],
  ['CANARY', { strategy: 'CANARY', canaryConfiguration: { canaryPercent: 10, canaryBakeTimeInMinutes: 1 } }],
] as const;

let world: NativeWorld;
afterEach(() => world.close());

const begin = async (configuration: Record<string, unknown>): Promise<void> => {
  world = await createNativeWorld(configuration, SCRIPTS);
};
const ended = () => world.until(({ status }) => /SUCCESSFUL|STOPPED|FAILED/.test(status));
const serving = () => world.aws.ecs.snapshot().services[0]?.serving;
const statuses = () =>
  world.aws.ecs
    .snapshot()
    .services[0]?.deployments.at(-1)
    ?.history.map(({ status }) => status);

const alarm = (name: string) =>
  world.aws.call('cloudwatch', 'PutMetricAlarm', {
    AlarmName: name,
    Namespace: 'App',
    MetricName: 'errors',
    Statistic: 'Sum',
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'notBreaching',
  });

const watchedBy = (rollback: boolean, alarmNames = ['errors', 'latency']) => ({
  alarms: { alarmNames, enable: true, rollback },
});

describe.each(STRATEGIES)('a %s deployment', (_strategy, configuration) => {
  const update = (image: string, extra: Record<string, unknown>) =>
    world.update(image, { deploymentConfiguration: { ...configuration, ...extra } });

  test('whose alarm goes off is rolled back and names the alarm', async () => {
    await begin(configuration);
    for (const name of ['errors', 'latency']) await alarm(name);
    await update('v2', watchedBy(true));
    await world.until(({ targetServiceRevision: { runningTaskCount } }) => runningTaskCount === 2);
    expect((await world.deployment()).alarms).toEqual({
      status: 'MONITORING',
      alarmNames: ['errors', 'latency'],
      triggeredAlarmNames: [],
    });
    world.aws.alarms.hold('latency', 'ALARM');
    const { status, alarms, statusReason } = await ended();
    expect(status).toBe('ROLLBACK_SUCCESSFUL');
    expect(alarms).toMatchObject({ status: 'TRIGGERED', triggeredAlarmNames: ['latency'] });
    expect(statusReason).toMatch(/latency/);
    expect(statuses()).toEqual([
      'PENDING',
      'IN_PROGRESS',
      'ROLLBACK_REQUESTED',
      'ROLLBACK_IN_PROGRESS',
      'ROLLBACK_SUCCESSFUL',
    ]);
    expect(serving()).toEqual(['api:1']);
  });

  test('whose alarm goes off without rollback is stopped', async () => {
    await begin(configuration);
    await alarm('errors');
    await update('v2', watchedBy(false, ['errors']));
    await world.until(({ targetServiceRevision: { runningTaskCount } }) => runningTaskCount === 2);
    world.aws.alarms.hold('errors', 'ALARM');
    expect((await ended()).status).toBe('STOPPED');
    expect(statuses()).toEqual(['PENDING', 'IN_PROGRESS', 'STOP_REQUESTED', 'STOPPED']);
    expect((await world.service()).deployments[0]).toMatchObject({ status: 'PRIMARY', rolloutState: 'FAILED' });
  });

  test('does not use alarms when one is in ALARM at its start', async () => {
    await begin(configuration);
    for (const name of ['errors', 'latency']) await alarm(name);
    world.aws.alarms.hold('errors', 'ALARM');
    await update('v2', watchedBy(true));
    world.aws.alarms.hold('latency', 'ALARM');
    expect(await ended()).toMatchObject({ status: 'SUCCESSFUL', alarms: { status: 'DISABLED' } });
  });

  test('that went well has watched its alarms to the end', async () => {
    await begin(configuration);
    await alarm('errors');
    await update('v2', watchedBy(true, ['errors']));
    expect(await ended()).toMatchObject({ status: 'SUCCESSFUL', alarms: { status: 'MONITORING_COMPLETE' } });
  });

  test('of tasks that fail trips the circuit breaker without rollback and is stopped', async () => {
    await begin(configuration);
    await update('crash', { deploymentCircuitBreaker: { enable: true, rollback: false } });
    const { status, deploymentCircuitBreaker } = await ended();
    expect(status).toBe('STOPPED');
    expect(deploymentCircuitBreaker).toMatchObject({ status: 'TRIGGERED', failureCount: 3, threshold: 3 });
    expect((await world.service()).deployments).toMatchObject([
      { status: 'PRIMARY', rolloutState: 'FAILED' },
      { status: 'ACTIVE', rolloutState: 'COMPLETED' },
    ]);
    await world.clock.advance(10_000);
    expect(serving()).toEqual(['api:1']);
  });

  test('can fail to roll back', async () => {
    await begin(configuration);
    world.aws.ecs.play.failRollback('api', 'no capacity');
    await update('crash', { deploymentCircuitBreaker: { enable: true, rollback: true } });
    expect(await ended()).toMatchObject({ status: 'ROLLBACK_FAILED', statusReason: 'no capacity' });
  });

  test('can have come too far to be stopped', async () => {
    await begin(configuration);
    world.aws.ecs.play.lateRollback('api');
    const serviceDeploymentArn = await update('v2', {});
    await world.ecs('StopServiceDeployment', { serviceDeploymentArn });
    expect((await world.deployment()).status).toBe('ROLLBACK_REQUESTED');
    expect((await ended()).status).toBe('SUCCESSFUL');
    expect(serving()).toEqual(['api:2']);
  });

  test('is superseded by the next one', async () => {
    await begin(configuration);
    const first = await update('v2', {});
    await world.clock.advance(400);
    await update('v3', {});
    expect((await ended()).status).toBe('SUCCESSFUL');
    const { serviceDeployments } = await world.ecs('DescribeServiceDeployments', { serviceDeploymentArns: [first] });
    expect(serviceDeployments[0]).toMatchObject({
      status: 'STOPPED',
      statusReason: expect.stringMatching(/superseded/),
    });
    expect(serving()).toEqual(['api:3']);
    expect((await world.service()).runningCount).toBe(2);
  });

  test('takes ROLLBACK alone as a way to stop it', async () => {
    await begin(configuration);
    const serviceDeploymentArn = await update('v2', {});
    const abort = world.ecs('StopServiceDeployment', { serviceDeploymentArn, stopType: 'ABORT' });
    await expect(abort).rejects.toMatchObject({ code: 'InvalidParameterException' });
    for (let times = 0; times < 2; times += 1) await world.ecs('StopServiceDeployment', { serviceDeploymentArn });
    expect((await ended()).status).toBe('ROLLBACK_SUCCESSFUL');
    const again = world.ecs('StopServiceDeployment', { serviceDeploymentArn });
    await expect(again).rejects.toMatchObject({ code: 'ConflictException' });
  });
});

describe('a rolling update with alarms', () => {
  test('is watched on when nothing but new tasks runs, still IN_PROGRESS', async () => {
    await begin(ROLLING);
    await alarm('errors');
    await world.update('v2', { deploymentConfiguration: { ...watchedBy(true, ['errors']), bakeTimeInMinutes: 10 } });
    await world.clock.advance(6_000);
    const { deployments } = await world.service();
    expect(deployments).toMatchObject([{ status: 'PRIMARY', runningCount: 2, rolloutState: 'IN_PROGRESS' }]);
    world.aws.alarms.hold('errors', 'ALARM');
    expect((await ended()).status).toBe('ROLLBACK_SUCCESSFUL');
    expect(serving()).toEqual(['api:1']);
  });
});

describe('the circuit breaker', () => {
  const breaker = (extra: Record<string, unknown>) => ({
    deploymentConfiguration: { ...ROLLING, deploymentCircuitBreaker: { enable: true, rollback: true, ...extra } },
  });

  test.each([
    [{ type: 'COUNT', value: 1 }, 1],
    [{ type: 'UNBOUNDED_PERCENT', value: 50 }, 1],
    [{ type: 'BOUNDED_PERCENT', value: 50 }, 3],
  ])('with %j trips at %d', async (thresholdConfiguration, threshold) => {
    await begin(ROLLING);
    await world.update('crash', breaker({ thresholdConfiguration }));
    expect(await ended()).toMatchObject({
      status: 'ROLLBACK_SUCCESSFUL',
      deploymentCircuitBreaker: { status: 'TRIGGERED', threshold },
    });
  });
  test.each([
    ['starts over when a task is healthy', true, 0],
    ['goes on counting where resetOnHealthyTask is off', false, 2],
  ])('%s', async (_what, resetOnHealthyTask, failureCount) => {
    const scripts: Record<string, Script> = { flaky: exits(1) };
    world = await createNativeWorld(ROLLING, scripts);
    await world.update('flaky', breaker({ resetOnHealthyTask, thresholdConfiguration: { type: 'COUNT', value: 9 } }));
    await world.until(({ deploymentCircuitBreaker }) => deploymentCircuitBreaker.failureCount === 2);
    delete scripts.flaky;
    expect(await ended()).toMatchObject({
      status: 'SUCCESSFUL',
      deploymentCircuitBreaker: { status: 'MONITORING_COMPLETE', failureCount },
    });
  });
});
