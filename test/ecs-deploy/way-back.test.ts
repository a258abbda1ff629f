import { afterEach, describe, expect, test } from '@jest/globals';
import { connectDeploy } from '../../actions/ecs-deploy/src/connect.ts';
import { runDeploy } from '../../actions/ecs-deploy/src/run.ts';
import { exits } from '../../packages/rehearsal/src/aws/scripted-engine.ts';
import { setAlarm } from './alarm.ts';
import type { ReleaseWorld } from './release-world.ts';
import { createReleaseWorld, deployInputs } from './release-world.ts';

const MINUTE = 60_000;
const SCRIPTS = { crash: exits(1, 200) };

let world: ReleaseWorld;
afterEach(() => world.close());

const open = async () => {
  world = await createReleaseWorld(SCRIPTS, ['api'], { timings: { minuteMs: MINUTE } });
};

const alarm = (state: string) => setAlarm(world, state, { TreatMissingData: 'notBreaching' });

describe('a rolling deployment with a gate', () => {
  test('is watched for its time after it is complete', async () => {
    await open();
    await alarm('OK');
    const start = world.clock.now();
    const ran = await world.deploy({ service: 'api', image: 'v2', 'gate-alarms': 'api-5xx', 'bake-time': '3m' });
    expect(ran.outputs.outcome).toBe('deployed');
    expect(world.clock.now() - start).toBeGreaterThanOrEqual(3 * MINUTE);
  });
  test('goes back when the gate is breached in that time', async () => {
    await open();
    await alarm('OK');
    const firing = world.clock.background.sleep(2 * MINUTE).then(() => alarm('ALARM'));
    const ran = await world.deploy({ service: 'api', image: 'v2', 'gate-alarms': 'api-5xx', 'bake-time': '3m' });
    await firing;
    expect(ran.outputs).toMatchObject({ outcome: 'rolled-back', reason: expect.stringMatching(/api-5xx/) });
    expect(await world.image()).toBe('v1');
  });
  test('goes back when nobody may look at the gate', async () => {
    await open();
    await alarm('OK');
    world.aws.faults.add({ service: 'cloudwatch', operation: 'DescribeAlarms', kind: 'access-denied' });
    const given = { service: 'api', image: 'v2', 'gate-alarms': 'api-5xx', verify: 'false' };
    const ran = await world.deploy(given);
    expect(ran.outputs).toMatchObject({
      outcome: 'rolled-back',
      reason: expect.stringMatching(/cloudwatch:DescribeAlarms/),
    });
    expect(await world.image()).toBe('v1');
  });
  test('without one is not watched longer than ECS needs', async () => {
    await open();
    const start = world.clock.now();
    expect((await world.deploy({ service: 'api', image: 'v2', 'bake-time': '9m' })).outputs.outcome).toBe('deployed');
    expect(world.clock.now() - start).toBeLessThan(MINUTE);
  });
});

describe('settings that a release changed', () => {
  test('are what they were when it goes back', async () => {
    await open();
    const ran = await world.deploy({ service: 'api', image: 'crash', strategy: 'blue-green', 'desired-count': '3' });
    expect(ran.outputs.outcome).toBe('rolled-back');
    const { deploymentConfiguration, desiredCount } = await world.service();
    expect([deploymentConfiguration.strategy ?? 'ROLLING', desiredCount]).toEqual(['ROLLING', 2]);
    expect(await world.image()).toBe('v1');
  });
});

describe('a cancelled run whose look hangs', () => {
  test.each(['ROLLING', 'BLUE_GREEN'])('sends the roll-back all the same (%s)', async (strategy) => {
    await open();
    if (strategy === 'BLUE_GREEN') {
      const deploymentConfiguration = { strategy, bakeTimeInMinutes: 5 };
      await world.ecs('UpdateService', { cluster: 'c', service: 'api', deploymentConfiguration });
    }
    const deps = await connectDeploy({ clock: world.clock, signal: world.cancel.signal }, world.log);
    let hangs = false;
    const describeServices: typeof deps.ecs.describeServices = (...asked) =>
      hangs ? new Promise(() => {}) : deps.ecs.describeServices(...asked);
    void world.clock.background.sleep(700).then(() => {
      hangs = true;
      world.cancel.abort();
    });
    const inputs = deployInputs({ service: 'api', image: 'v2' });
    const start = world.clock.now();
    const ran = await runDeploy(inputs, { ...deps, ecs: { ...deps.ecs, describeServices } });
    expect(ran.outputs.outcome).toBe('cancelled');
    expect(world.clock.now() - start).toBeLessThan(700 + 9_000);
    await world.clock.advance(10 * MINUTE);
    expect(await world.image()).toBe('v1');
  });
});
