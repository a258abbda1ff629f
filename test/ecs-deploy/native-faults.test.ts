import { afterEach, describe, expect, test } from '@jest/globals';
import { exits } from '../../packages/rehearsal/src/aws/scripted-engine.ts';
import { setAlarm } from './alarm.ts';
import type { Ran, ReleaseWorld } from './release-world.ts';
import { createReleaseWorld, release } from './release-world.ts';

const MINUTE = 60_000;
const SCRIPTS = { crash: { ...exits(1, 200), lines: ['DB_URL is not set'] } };

let world: ReleaseWorld;
afterEach(() => world.close());

const open = async (names: readonly string[] = ['api'], configuration: Record<string, unknown> = {}) => {
  world = await createReleaseWorld(SCRIPTS, names, { timings: { minuteMs: MINUTE } });
  for (const service of names) {
    await world.ecs('UpdateService', {
      cluster: 'c',
      service,
      deploymentConfiguration: { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 5, ...configuration },
    });
  }
};

const alarm = (state: string) => setAlarm(world, state);

const expectOldServes = async (ran: Ran, name = 'api') => {
  expect(await world.image(name)).toBe('v1');
  const { deployments, deploymentConfiguration } = await world.service(name);
  expect(deployments).toHaveLength(1);
  expect(deploymentConfiguration).toMatchObject({ strategy: 'BLUE_GREEN', bakeTimeInMinutes: 5 });
  const report = ran.reports.find(({ service }) => service === name);
  expect(report?.serving['task-definition']).toMatch(new RegExp(`/${name}:1$`));
};

describe('a native deployment that goes wrong', () => {
  test('by an alarm of the gate in its bake goes back, and says which alarm', async () => {
    await open();
    await alarm('OK');
    const firing = world.clock.background.sleep(2 * MINUTE).then(() => alarm('ALARM'));
    const ran = await world.deploy({ service: 'api', image: 'v2', 'gate-alarms': 'api-5xx' });
    await firing;
    expect(ran.outputs).toMatchObject({ outcome: 'rolled-back', reason: expect.stringMatching(/api-5xx/) });
    expect(world.aws.calls('StopServiceDeployment')).toBe(1);
    await expectOldServes(ran);
  });

  test('whose roll-back by ECS fails is brought back by one deployment of the old revision', async () => {
    await open();
    world.aws.ecs.play.failRollback('api', 'no capacity');
    const ran = await world.deploy({ service: 'api', image: 'crash' });
    expect(ran.outputs.outcome).toBe('rolled-back');
    expect(world.aws.calls('StopServiceDeployment')).toBe(1);
    await expectOldServes(ran);
  });

  test('whose roll-back comes too late is brought back by a deployment of the old revision', async () => {
    await open();
    await alarm('OK');
    world.aws.ecs.play.lateRollback('api');
    const firing = world.clock.background.sleep(2 * MINUTE).then(() => alarm('ALARM'));
    const ran = await world.deploy({ service: 'api', image: 'v2', 'gate-alarms': 'api-5xx' });
    await firing;
    expect(ran.outputs.outcome).toBe('rolled-back');
    await expectOldServes(ran);
  });

  test('by a hook that fails is rolled back by ECS, and says so', async () => {
    const hook = 'arn:aws:lambda:ap-south-1:123456789012:function:check';
    await open(['api'], {
      lifecycleHooks: [
        { hookTargetArn: hook, roleArn: 'arn:aws:iam::123456789012:role/x', lifecycleStages: ['POST_SCALE_UP'] },
      ],
    });
    world.aws.ecs.play.answerHook(hook, 'FAILED');
    const ran = await world.deploy({ service: 'api', image: 'v2' });
    expect(ran.outputs.outcome).toBe('rolled-back');
    expect(ran.outputs.reason).toMatch(/hook/i);
    expect(world.aws.calls('StopServiceDeployment')).toBe(0);
    await expectOldServes(ran);
  });

  test('in a release takes those back that were complete, at once and with their settings', async () => {
    await open(['api', 'web']);
    const services = JSON.stringify([
      { service: 'api', image: 'v2' },
      { service: 'web', image: 'crash', after: ['api'] },
    ]);
    const start = world.clock.now();
    const ran = await world.deploy({ services });
    expect(ran.outputs.outcome).toBe('rolled-back');
    expect(ran.reports.map(({ outcome }) => outcome)).toEqual(['rolled-back', 'rolled-back']);
    await expectOldServes(ran, 'api');
    await expectOldServes(ran, 'web');
    // One bake on the way there, none on the way back.
    expect(world.clock.now() - start).toBeLessThan(8 * MINUTE);
  });

  test('that is cancelled in its bake is told to go back', async () => {
    await open();
    const cancelling = world.clock.background.sleep(2 * MINUTE).then(() => world.cancel.abort());
    const ran = await world.deploy({ service: 'api', image: 'v2' });
    await cancelling;
    expect(ran.outputs.outcome).toBe('cancelled');
    expect(world.aws.calls('StopServiceDeployment')).toBe(1);
    await world.settle();
    expect(await world.image()).toBe('v1');
  });

  test('that is superseded is left to who took over', async () => {
    await open();
    const other = world.clock.background.sleep(2 * MINUTE).then(async () => {
      await world.ecs('RegisterTaskDefinition', {
        family: 'api',
        executionRoleArn: 'arn:aws:iam::123456789012:role/x',
        containerDefinitions: [{ name: 'api', image: 'theirs', memory: 128 }],
      });
      await world.ecs('UpdateService', { cluster: 'c', service: 'api', taskDefinition: 'api' });
    });
    const ran = await world.deploy({ service: 'api', image: 'v2' });
    await other;
    expect(ran.outputs).toMatchObject({ outcome: 'superseded', reason: expect.stringMatching(/api:3/) });
    await world.settle();
    expect(await world.image()).toBe('theirs');
  });
});

describe('a native deployment that is hard to see', () => {
  test('because it appears late is found all the same', async () => {
    await open();
    world.aws.ecs.play.hideDeployment('api', 6);
    expect((await world.deploy({ service: 'api', image: 'v2' })).outputs.outcome).toBe('deployed');
  });

  test('because DescribeServices shows the state of before is waited for', async () => {
    await open();
    world.aws.ecs.play.showStale('api', 5);
    expect((await world.deploy({ service: 'api', image: 'v2' })).outputs.outcome).toBe('deployed');
  });

  test('because it may not be read is watched by DescribeServices, bake included', async () => {
    await open();
    world.aws.faults.add({ service: 'ecs', operation: 'DescribeServiceDeployments', kind: 'access-denied' });
    const start = world.clock.now();
    const ran = await world.deploy({ service: 'api', image: 'v2' });
    expect(ran.outputs.outcome).toBe('deployed');
    expect(world.clock.now() - start).toBeGreaterThan(5 * MINUTE);
    expect(ran.lines.filter((line) => /DescribeServices alone/.test(line))).toHaveLength(1);
  });

  test('because it may not be read is seen to go back', async () => {
    await open();
    world.aws.faults.add({ service: 'ecs', operation: 'DescribeServiceDeployments', kind: 'access-denied' });
    const ran = await world.deploy({ service: 'api', image: 'crash' });
    expect(ran.outputs.outcome).toBe('rolled-back');
    await expectOldServes(ran);
  });

  test('because an answer is empty once is not lost', async () => {
    await open();
    world.aws.faults.add({ service: 'ecs', operation: 'DescribeServices', kind: 'empty', after: 4, times: 2 });
    expect((await world.deploy({ service: 'api', image: 'v2' })).outputs.outcome).toBe('deployed');
  });
});

test('services of both kinds go in one release', async () => {
  await open(['api', 'web']);
  await world.ecs('UpdateService', { cluster: 'c', service: 'web', deploymentConfiguration: { strategy: 'ROLLING' } });
  const ran = await world.deploy({ services: release({ api: 'v2', web: 'v2' }) });
  expect(ran.reports.map(({ outcome }) => outcome)).toEqual(['deployed', 'deployed']);
});
