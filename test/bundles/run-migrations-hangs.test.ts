import { describe, expect, test } from '@jest/globals';
import { exits } from '../../packages/rehearsal/src/aws/scripted-engine.ts';
import type { Job, Ran, Step } from '../support/bundle.ts';
import { cancelBundle, createJob, runBundle } from '../support/bundle.ts';
import type { BundleAws } from '../support/bundle-aws.ts';
import { startBundleAws } from '../support/bundle-aws.ts';
import { expectContract } from '../support/hostile.ts';

const SCRIPTS = { good: exits(0, 300), hangs: { lines: ['waiting for a lock'] } };

interface Stage {
  readonly world: BundleAws;
  readonly job: Job;
  step(image: string, more?: Record<string, string>): Step;
}

const onStage = async (play: (stage: Stage) => Promise<void>): Promise<void> => {
  const job = createJob();
  const world = await startBundleAws(SCRIPTS);
  const step = (image: string, more: Record<string, string> = {}): Step => ({
    inputs: { cluster: 'c', 'task-definition': 'migrate', service: 'api', image, timeout: '30s', ...more },
    env: world.env,
  });
  try {
    await play({ world, job, step });
  } finally {
    await world.close();
    job.remove();
  }
};

const RUNNING = /task \w+: RUNNING/;

/** Ends in the time that the runner gives, before it kills: 7.5 s and 2.5 s. */
const expectInTime = (ran: Ran): void => {
  expectContract(ran);
  expect(ran.ms).toBeLessThan(9_900);
  expect(ran.code).toBe(1);
};

const migrations = ({ world }: Stage) =>
  world.aws.ecs.snapshot().tasks.filter(({ taskDefinition }) => taskDefinition.startsWith('migrate:'));

/** Whatever runs ends, and stays so. */
const expectStopped = async (stage: Stage): Promise<void> => {
  await stage.world.until('the task has stopped', () => migrations(stage).every(({ status }) => status === 'STOPPED'));
};

describe('a run that is cancelled while AWS answers nothing any more to', () => {
  const early = ['DescribeServices', 'DescribeTaskDefinition', 'ListTasks', 'RegisterTaskDefinition'];
  test.concurrent.each(early)('%s ends at once, and has started nothing', (operation) =>
    onStage(async (stage) => {
      const { world, job, step } = stage;
      world.mangle(operation, () => 'hang');
      const asked = () => world.aws.requests().filter((call) => call.operation === operation).length;
      const before = asked();
      const ran = await cancelBundle('run-migrations', job, step('good'), () => asked() > before);
      expectInTime(ran);
      expect(ran.ms).toBeLessThan(3_000);
      expect(ran.outputs).toMatchObject({ outcome: 'cancelled', reason: expect.stringMatching(/before .* started/) });
      expect(migrations(stage)).toEqual([]);
    }),
  );

  test.concurrent('RunTask finds the task by its mark, and stops it', () =>
    onStage(async (stage) => {
      const { world, job, step } = stage;
      world.mangle('RunTask', () => 'hang');
      const ran = await cancelBundle('run-migrations', job, step('hangs'), () => migrations(stage).length > 0);
      expectInTime(ran);
      expect(ran.outputs).toMatchObject({ outcome: 'cancelled', 'task-arn': migrations(stage)[0]?.arn });
      await expectStopped(stage);
    }));

  test.concurrent('RunTask, which never came there, does not know and says what to look for', () =>
    onStage(async (stage) => {
      const { world, job, step } = stage;
      world.swallow('RunTask');
      const ran = await cancelBundle('run-migrations', job, step('hangs'), /running migrate:2/);
      expectInTime(ran);
      expect(ran.outputs).toMatchObject({ outcome: 'unknown', reason: expect.stringMatching(/is not known/) });
      expect(ran.log).toMatch(/look for a task started by github-run-99-[0-9a-f]{12}/);
      expect(migrations(stage)).toEqual([]);
    }));

  test.concurrent.each(['DescribeTasks', 'GetLogEvents', 'StopTask'])('%s has the task stopped', (operation) =>
    onStage(async (stage) => {
      const { world, job, step } = stage;
      const when = operation === 'DescribeTasks' ? () => migrations(stage)[0]?.status === 'RUNNING' : RUNNING;
      world.mangle(operation, () => 'hang');
      const ran = await cancelBundle('run-migrations', job, step('hangs'), when);
      expectInTime(ran);
      expect(ran.outputs).toMatchObject({ outcome: 'cancelled', 'task-arn': migrations(stage)[0]?.arn });
      await expectStopped(stage);
    }),
  );

  test.concurrent('one StopTask, which never came there, asks once more', () =>
    onStage(async (stage) => {
      const { world, job, step } = stage;
      world.swallow('StopTask', 1);
      const ran = await cancelBundle('run-migrations', job, step('hangs'), RUNNING);
      expectInTime(ran);
      expect(ran.outputs).toMatchObject({ outcome: 'cancelled', reason: expect.stringMatching(/was stopped/) });
    }));

  test.concurrent('any StopTask says that the task may run', () =>
    onStage(async (stage) => {
      const { world, job, step } = stage;
      world.swallow('StopTask');
      const ran = await cancelBundle('run-migrations', job, step('hangs'), RUNNING);
      expectInTime(ran);
      expect(ran.outputs.reason).toMatch(/may still run|is RUNNING still/);
      expect(migrations(stage)[0]?.status).toBe('RUNNING');
    }));
});

test.concurrent('a log that is not answered any more holds up no verdict, nor does its cancellation change it', () =>
  onStage(async ({ world, job, step }) => {
    world.mangle('GetLogEvents', () => 'hang');
    const ran = await cancelBundle('run-migrations', job, step('good'), /task \w+: (DEPROVISIONING|STOPPED)/);
    expect(ran.outputs.outcome).toBe('succeeded');
    expect(ran.ms).toBeLessThan(3_000);
    const started = Date.now();
    const next = await runBundle('run-migrations', job, {
      ...step('good'),
      env: { ...world.env, GITHUB_RUN_ID: '100' },
    });
    expect(next.outputs.outcome).toBe('succeeded');
    expect(Date.now() - started).toBeLessThan(20_000);
  }));
