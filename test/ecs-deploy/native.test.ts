import { afterEach, describe, expect, test } from '@jest/globals';
import { exits } from '../../packages/rehearsal/src/aws/scripted-engine.ts';
import type { ReleaseWorld } from './release-world.ts';
import { createReleaseWorld } from './release-world.ts';

const SCRIPTS = { crash: { ...exits(1, 200), lines: ['DB_URL is not set'] } };
const MINUTE = 60_000;

let world: ReleaseWorld;
afterEach(() => world.close());

/** A minute of bake lasts a minute. */
const inStages = () => createReleaseWorld(SCRIPTS, ['api'], { timings: { minuteMs: MINUTE } });

/** Makes the service one that ECS deploys in stages. */
const configure = (configuration: Record<string, unknown>) =>
  world.ecs('UpdateService', {
    cluster: 'c',
    service: 'api',
    deploymentConfiguration: { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 5, ...configuration },
  });

const PAUSE = { targetType: 'PAUSE', lifecycleStages: ['POST_SCALE_UP'] };

describe('a service that ECS deploys by blue/green', () => {
  test('is deployed when its service deployment is successful, bake included', async () => {
    world = await inStages();
    await configure({});
    const start = world.clock.now();
    const ran = await world.deploy({ service: 'api', image: 'v2' });
    expect(ran.failure).toBeUndefined();
    expect(ran.outputs).toMatchObject({ outcome: 'deployed', reason: '' });
    expect(world.clock.now() - start).toBeGreaterThan(5 * MINUTE);
    expect(await world.image()).toBe('v2');
    expect(world.aws.calls('UpdateService')).toBe(1);
    expect(ran.reports[0]?.serving['task-definition']).toBe(ran.outputs['task-definition-arn']);
  });

  test('whose tasks crash goes back by ECS, and the old revision serves', async () => {
    world = await inStages();
    await configure({});
    const ran = await world.deploy({ service: 'api', image: 'crash' });
    expect(ran.outputs.outcome).toBe('rolled-back');
    expect(ran.outputs.reason).toMatch(/exited 1/);
    expect(await world.image()).toBe('v1');
    expect(world.aws.calls('UpdateService')).toBe(1);
    expect(world.aws.calls('StopServiceDeployment')).toBe(1);
    expect(ran.reports[0]?.serving['task-definition']).toBe(ran.outputs['previous-task-definition-arn']);
  });

  test('that a hook holds is paused, and continued to its end by another run', async () => {
    world = await inStages();
    await configure({ lifecycleHooks: [PAUSE] });
    const paused = await world.deploy({ service: 'api', image: 'v2' });
    expect(paused.failure).toBeUndefined();
    expect(paused.outputs.outcome).toBe('paused');
    const hook = /continue-hook: ([^`]+)`/.exec(paused.outputs.reason ?? '')?.[1] ?? '';
    expect(hook).not.toBe('');
    const done = await world.deploy({ service: 'api', 'continue-hook': hook });
    expect(done.outputs).toMatchObject({
      outcome: 'deployed',
      'task-definition-arn': paused.outputs['task-definition-arn'],
      'previous-task-definition-arn': paused.outputs['previous-task-definition-arn'],
    });
    expect(world.aws.calls('UpdateService')).toBe(1);
    expect(world.aws.calls('RegisterTaskDefinition')).toBe(1);
    expect(await world.image()).toBe('v2');
  });

  test('may end the step at a stage, and goes on by itself', async () => {
    world = await inStages();
    await configure({});
    const ran = await world.deploy({ service: 'api', image: 'v2', 'wait-until': 'BAKE_TIME' });
    expect(ran.outputs.outcome).toBe('started');
    await world.settle();
    expect(await world.image()).toBe('v2');
  });

  test('whose bake times do not fit into the timeout is refused with their sum', async () => {
    world = await inStages();
    await configure({ bakeTimeInMinutes: 45 });
    await expect(world.deploy({ service: 'api', image: 'v2' })).rejects.toMatchObject({
      problems: [expect.stringMatching(/sum up to 45m/)],
    });
    expect(world.aws.calls('RegisterTaskDefinition')).toBe(0);
  });
});

describe('a strategy that is asked for', () => {
  test('is set with the update, keeps what the service has, and goes back with it', async () => {
    world = await inStages();
    await configure({ strategy: 'ROLLING', deploymentCircuitBreaker: { enable: true, rollback: true } });
    const ran = await world.deploy({ service: 'api', image: 'v2', strategy: 'blue-green', 'bake-time': '2m' });
    expect(ran.outputs.outcome).toBe('deployed');
    const { deploymentConfiguration } = await world.service();
    expect(deploymentConfiguration).toMatchObject({
      strategy: 'BLUE_GREEN',
      bakeTimeInMinutes: 2,
      deploymentCircuitBreaker: { enable: true, rollback: true },
      maximumPercent: 200,
    });
  });

  test('alone is a change without a new revision', async () => {
    world = await inStages();
    const ran = await world.deploy({ service: 'api', image: 'v1', strategy: 'blue-green', 'bake-time': '2m' });
    expect(ran.outputs.outcome).toBe('deployed');
    expect(world.aws.calls('RegisterTaskDefinition')).toBe(0);
    const again = await world.deploy({ service: 'api', image: 'v1', strategy: 'blue-green', 'bake-time': '2m' });
    expect(again.outputs.outcome).toBe('unchanged');
  });
});

test('a desired count alone is a change, and without it the count is left alone', async () => {
  world = await inStages();
  const ran = await world.deploy({ service: 'api', 'desired-count': '4' });
  expect(ran.outputs.outcome).toBe('deployed');
  expect(await world.service()).toMatchObject({ desiredCount: 4, runningCount: 4 });
  const next = await world.deploy({ service: 'api', image: 'v2' });
  expect(next.outputs.outcome).toBe('deployed');
  expect(await world.service()).toMatchObject({ desiredCount: 4, runningCount: 4 });
});
