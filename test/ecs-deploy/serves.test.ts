import { afterEach, describe, expect, test } from '@jest/globals';
import { failedTasksOf } from '../../actions/ecs-deploy/src/report/diagnose.ts';
import type { Script } from '../../packages/rehearsal/src/aws/scripted-engine.ts';
import { exits } from '../../packages/rehearsal/src/aws/scripted-engine.ts';
import type { ReleaseWorld } from './release-world.ts';
import { createReleaseWorld } from './release-world.ts';

const MINUTE = 60_000;
const CANNOT_START: Script = { failsToStart: 'ResourceInitializationError: unable to pull secrets' };

let world: ReleaseWorld;
let scripts: Record<string, Script> = {};
afterEach(() => world.close());

const open = async (given: Record<string, Script> = {}, strategy = 'ROLLING', more = {}) => {
  scripts = given;
  const timings = { minuteMs: MINUTE, provisioningMs: 5_000, pendingMs: 5_000, steadyMs: 10_000, ...more };
  world = await createReleaseWorld(scripts, ['api'], { timings });
  if (strategy === 'ROLLING') return;
  const deploymentConfiguration = { strategy, bakeTimeInMinutes: 1 };
  await world.ecs('UpdateService', { cluster: 'c', service: 'api', deploymentConfiguration });
};

const setAlarm = async (state: 'OK' | 'ALARM') => {
  await world.aws.call('cloudwatch', 'PutMetricAlarm', {
    AlarmName: 'api-5xx',
    Namespace: 'App',
    MetricName: 'Errors',
    Statistic: 'Sum',
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'ignore',
  });
  world.aws.alarms.hold('api-5xx', state);
};

/** Waits until ECS calls the deployment of `v2` successful. */
const untilSuccessful = async (): Promise<void> => {
  for (;;) {
    const { serviceDeployments } = await world.ecs('ListServiceDeployments', { cluster: 'c', service: 'api' });
    if (serviceDeployments[0]?.status === 'SUCCESSFUL' && (await world.image()) === 'v2') return;
    await world.clock.background.sleep(10);
  }
};

const stopTasks = async (count = Number.POSITIVE_INFINITY): Promise<void> => {
  const { taskArns } = await world.ecs('ListTasks', { cluster: 'c', serviceName: 'api' });
  for (const task of taskArns.slice(0, count)) await world.ecs('StopTask', { cluster: 'c', task });
};

describe('a deployment that ECS completes while nothing serves', () => {
  test.each(['ROLLING', 'BLUE_GREEN'])(
    'is not deployed, and goes back when its tasks cannot start (%s)',
    async (how) => {
      await open({}, how);
      const dying = untilSuccessful().then(async () => {
        scripts.v2 = CANNOT_START;
        await stopTasks();
      });
      const ran = await world.deploy({ service: 'api', image: 'v2', verify: 'false', timeout: '10m' });
      await dying;
      expect([ran.outputs.outcome, await world.image()]).toEqual(['rolled-back', 'v1']);
      expect(ran.outputs.reason).toMatch(/tasks .*failed|unable to pull secrets/);
    },
  );

  test('is deployed once its tasks are back', async () => {
    await open();
    const dying = untilSuccessful().then(() => stopTasks());
    const ran = await world.deploy({ service: 'api', image: 'v2', verify: 'false', timeout: '10m' });
    await dying;
    expect(ran.outputs.outcome).toBe('deployed');
    expect((await world.service('api')).runningCount).toBe(2);
  });
});

test.each(['1', '3'])(
  'tasks that fail while the gate bakes take the release back (max-failed-tasks %s)',
  async (most) => {
    await open({ v2: exits(1, 45_000) });
    await setAlarm('OK');
    void world.clock.background.sleep(40_000).then(() => {
      scripts.v2 = CANNOT_START;
    });
    const ran = await world.deploy({
      service: 'api',
      image: 'v2',
      verify: 'false',
      'gate-alarms': 'api-5xx',
      'max-failed-tasks': most,
    });
    expect([ran.outputs.outcome, await world.image()]).toEqual(['rolled-back', 'v1']);
  },
);

test.each([110, 114, 118, 122, 126])(
  'an alarm that fires before the end is seen by the last look (%d s)',
  async (at) => {
    await open();
    await setAlarm('OK');
    let firedAt = Number.POSITIVE_INFINITY;
    void world.clock.background.sleep(at * 1_000).then(() => {
      world.aws.alarms.hold('api-5xx', 'ALARM');
      firedAt = world.clock.now();
    });
    const given = { service: 'api', image: 'v2', verify: 'false', 'gate-alarms': 'api-5xx', 'bake-time': '90s' };
    const ran = await world.deploy(given);
    const early = world.clock.now() - firedAt > 100;
    expect(ran.outputs.outcome).toBe(early ? 'rolled-back' : 'deployed');
  },
);

test('tasks of a crash loop do not count against a forced deployment of the same revision that mends it', async () => {
  await open({}, 'ROLLING', { provisioningMs: 4_000, pendingMs: 4_000, retryMs: 500, maximumRetryMs: 3_000 });
  scripts.v1 = exits(1, 2_000);
  await stopTasks();
  await world.clock.advance(40_000);
  scripts.v1 = {};
  const ran = await world.deploy({ service: 'api', verify: 'false', 'force-new-deployment': 'true' });
  expect(ran.outputs.outcome).toBe('deployed');
});

test('a failed task that an earlier deployment of the same revision started is not counted', () => {
  const task = (startedBy: string) => ({
    arn: startedBy,
    taskDefinition: 'api:1',
    lastStatus: 'STOPPED',
    desiredStatus: 'STOPPED',
    startedBy,
    stopCode: 'EssentialContainerExited',
    stoppedReason: undefined,
    stoppedAt: 5,
    startedAt: 4,
    containers: [],
  });
  const tasks = [task('ecs-svc/1'), task('ecs-svc/2')];
  expect(failedTasksOf(tasks, 'api:1', 0, new Set(['ecs-svc/1'])).map(({ arn }) => arn)).toEqual(['ecs-svc/2']);
});
