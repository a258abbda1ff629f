import { describe, expect, test } from '@jest/globals';
import type { Fault } from '../../packages/rehearsal/src/aws/faults.ts';
import { cannotPull, exits, OUT_OF_MEMORY } from '../../packages/rehearsal/src/aws/scripted-engine.ts';
import type { Job, Ran } from '../support/bundle.ts';
import { cancelBundle, createJob, runBundle } from '../support/bundle.ts';
import type { BundleAws, Mangle } from '../support/bundle-aws.ts';
import { SECRETS, startBundleAws } from '../support/bundle-aws.ts';
import { expectContract, expectNoSecret, HOSTILE, HOSTILE_LINE } from '../support/hostile.ts';

const SCRIPTS = {
  good: { ...exits(0, 300), lines: ['applied 001', ...HOSTILE.split('\n')] },
  // Longer than it takes to be looked at for the first time on a busy machine.
  lasting: exits(0, 10_000),
  echoes: { ...exits(1, 100), lines: ['called with new-value-not-to-be-seen'] },
  bad: {
    ...exits(3, 100),
    lines: ['cannot reach postgres://app:said-not-to-be-seen@db/app', 'relation exists', 'y'.repeat(250_000)],
  },
  hangs: { lines: ['waiting for a lock'] },
  stubborn: { stopsAfterMs: 8_000 },
  memory: OUT_OF_MEMORY,
  missing: cannotPull('missing'),
  hostile: {
    failsToStart: `CannotPullContainerError: https://app:said-not-to-be-seen@hub ${HOSTILE_LINE}\n::error::FORGED`,
  },
};

interface Stage {
  readonly world: BundleAws;
  readonly job: Job;
  migrate(image: string, more?: Record<string, string>, env?: Record<string, string>): Promise<Ran>;
  cancel(image: string, pattern: RegExp, more?: Record<string, string>): Promise<Ran>;
}

const check = (ran: Ran): Ran => {
  expectContract(ran);
  expectNoSecret(ran, [
    ...Object.values(SECRETS),
    'env-value-not-to-be-seen',
    'new-value-not-to-be-seen',
    'said-not-to-be-seen',
  ]);
  expect(ran.code).toBe(ran.outputs.outcome === 'succeeded' ? 0 : 1);
  return ran;
};

const onStage = async (play: (stage: Stage) => Promise<void>): Promise<void> => {
  const job = createJob();
  const world = await startBundleAws(SCRIPTS, []);
  const step = (image: string, more: Record<string, string> = {}, env: Record<string, string> = {}) => ({
    inputs: { cluster: 'c', 'task-definition': 'migrate', image, timeout: '20s', ...more },
    env: { ...world.env, ...env },
  });
  try {
    await play({
      world,
      job,
      migrate: async (image, more, env) => check(await runBundle('run-migrations', job, step(image, more, env))),
      cancel: async (image, pattern, more) =>
        check(await cancelBundle('run-migrations', job, step(image, more), pattern)),
    });
  } finally {
    await world.close();
    job.remove();
  }
};

const tasks = ({ world }: Stage) => world.aws.ecs.snapshot().tasks;

const broken = (body: string, type: string): Mangle => {
  let hits = 0;
  return (answer) => (hits++ === 0 ? { status: 200, body, type } : answer);
};

describe('the outcome', () => {
  test.concurrent.each<[string, string, Record<string, string>, string, string]>([
    ['of an exit with 0', 'good', { 'environment-variables': 'A=new-value-not-to-be-seen' }, 'succeeded', '0'],
    [
      'of a program that says a secret',
      'echoes',
      { 'environment-variables': 'A_TOKEN=new-value-not-to-be-seen' },
      'failed',
      '1',
    ],
    ['of an exit with 3', 'bad', {}, 'failed', '3'],
    ['of too little memory', 'memory', {}, 'failed', '137'],
    ['of an image that is not there', 'missing', {}, 'failed-to-start', ''],
    ['of a reason that is an attack', 'hostile', {}, 'failed-to-start', ''],
    ['of a lock', 'hangs', { timeout: '2s' }, 'timeout', '143'],
  ])('%s is said with its exit code', (_, image, more, outcome, exitCode) =>
    onStage(async (stage) => {
      const ran = await stage.migrate(image, more);
      expect([ran.outputs.outcome, ran.outputs['exit-code']]).toEqual([outcome, exitCode]);
      expect(tasks(stage).every(({ status }) => status === 'STOPPED')).toBe(true);
      if (image === 'good') expect(ran.log).toContain('applied 001');
    }),
  );

  test.concurrent.each<[string, string, Mangle | Fault, string, number]>([
    ['half an answer to RunTask', 'RunTask', broken('{"tasks":[{"taskArn"', 'application/json'), 'succeeded', 1],
    ['a page for an answer to RunTask', 'RunTask', broken('<html>hotel</html>', 'text/html'), 'succeeded', 1],
    ['an empty answer to RunTask', 'RunTask', broken('{}', 'application/json'), 'unknown', 1],
    ['a page in the middle', 'DescribeTasks', broken('<html>hotel</html>', 'text/html'), 'succeeded', 1],
    ['an empty answer to the look for others', 'ListTasks', broken('{}', 'application/json'), 'failed-to-start', 0],
    ['an empty answer in the middle', 'DescribeTasks', broken('{}', 'application/json'), 'succeeded', 1],
    ['a lost response', 'RunTask', { operation: 'RunTask', kind: 'lost-response', times: 1 }, 'succeeded', 1],
    ['no right to run', 'RunTask', { operation: 'RunTask', kind: 'access-denied' }, 'failed-to-start', 0],
    [
      'no right to look',
      'DescribeTasks',
      { operation: 'DescribeTasks', kind: 'access-denied', after: 1 },
      'unknown',
      1,
    ],
    ['a token that expires', '', { operation: 'DescribeTasks', kind: 'expired-token' }, 'unknown', 1],
    ['no right to the log', '', { service: 'logs', kind: 'access-denied' }, 'succeeded', 1],
  ])('after %s is what is so, and one task was started at most', (_, operation, how, outcome, started) =>
    onStage(async (stage) => {
      if (typeof how === 'function') stage.world.mangle(operation, how);
      else stage.world.aws.faults.add(how);
      const ran = await stage.migrate(outcome === 'unknown' ? 'lasting' : 'good');
      expect(ran.outputs.outcome).toBe(outcome);
      // Where nobody knows whether a task was started, nothing says that none was.
      if (outcome === 'unknown') expect(ran.summary).not.toContain('not started');
      const { engine, until } = stage.world;
      await until('the task has started', () => engine.started.length >= started);
      expect(engine.started).toHaveLength(started);
    }),
  );

  test.concurrent('of a second step of the same job is that of its own task', () =>
    onStage(async (stage) => {
      await stage.migrate('good', {}, { GITHUB_JOB: 'release', GITHUB_ACTION: '__run_1' });
      await stage.migrate('good', {}, { GITHUB_JOB: 'release', GITHUB_ACTION: '__run_2' });
      expect(stage.world.engine.started).toHaveLength(2);
    }));

  test.concurrent('of a migration while another runs is no start at all', () =>
    onStage(async (stage) => {
      await stage.world.ecs('RunTask', {
        cluster: 'c',
        taskDefinition: 'migrate',
        startedBy: HOSTILE_LINE.slice(0, 30),
      });
      const ran = await stage.migrate('good');
      expect([ran.outputs.outcome, stage.world.engine.started.length]).toEqual(['failed-to-start', 1]);
    }));
});

describe('a cancelled run', () => {
  const RUNNING = /task \w+: RUNNING/;

  test.concurrent('stops the task and says so', () =>
    onStage(async (stage) => {
      const ran = await stage.cancel('hangs', RUNNING);
      expect(ran.ms).toBeLessThan(10_000);
      expect(ran.outputs).toMatchObject({ outcome: 'cancelled', reason: expect.stringMatching(/was stopped/) });
      expect(tasks(stage)[0]?.status).toBe('STOPPED');
    }));

  test.concurrent('asks a task to stop that AWS tells nothing of any more', () =>
    onStage(async (stage) => {
      let looks = 0;
      stage.world.mangle('DescribeTasks', (answer) => (++looks > 3 ? 'hang' : answer));
      const ran = await stage.cancel('hangs', RUNNING);
      expect(ran.ms).toBeLessThan(10_000);
      expect(ran.outputs.outcome).toBe('cancelled');
      await stage.world.until('the task has stopped', () => tasks(stage)[0]?.status === 'STOPPED');
    }));

  test.concurrent('asks a task to stop whose log hangs', () =>
    onStage(async (stage) => {
      stage.world.mangle('GetLogEvents', () => 'hang');
      const ran = await stage.cancel('hangs', RUNNING);
      expect(ran.ms).toBeLessThan(10_000);
      expect(ran.outputs).toMatchObject({ outcome: 'cancelled', 'task-arn': expect.stringMatching(/:task\//) });
      await stage.world.until('the task has stopped', () => tasks(stage)[0]?.status === 'STOPPED');
    }));

  test.concurrent('leaves the task where that was asked for', () =>
    onStage(async (stage) => {
      const ran = await stage.cancel('hangs', RUNNING, { 'on-cancel': 'leave' });
      expect(ran.outputs).toMatchObject({ outcome: 'cancelled', reason: expect.stringMatching(/keeps running/) });
      expect(tasks(stage)[0]?.status).toBe('RUNNING');
    }));

  test.concurrent('does not say that a task has stopped which has not', () =>
    onStage(async (stage) => {
      const ran = await stage.cancel('stubborn', RUNNING);
      expect(ran.ms).toBeLessThan(10_000);
      expect(ran.outputs.outcome).toBe('cancelled');
      expect(ran.outputs.reason).not.toMatch(/was stopped/);
    }));
});

test.concurrent('inputs that are none end the step before AWS is asked', () =>
  onStage(async ({ world, migrate }) => {
    const before = world.aws.requests().length;
    const cases: Array<[Record<string, string>, RegExp]> = [
      [{ 'task-definition': '' }, /`task-definition`/],
      [{ 'task-definition': '../../etc/x.json' }, /cannot read/],
      [{ command: '["node", 1]' }, /`command`/],
      [{ command: `echo 'open` }, /`command`/],
      [{ command: HOSTILE_LINE, timeout: '-1', 'launch-type': 'fargate' }, /timeout[\s\S]*|launch-type/],
      [{ 'environment-variables': 'no-value\nnew-value-not-to-be-seen' }, /line 1 is not NAME=value/],
      [{ retries: '3' }, /`retries`/],
      [{ attempts: '0', 'retry-on': 'magic, spot' }, /`retry-on` is "magic"[\s\S]*`attempts`[^\n]*between 1 and 10/],
      [{ 'launch-type': 'FARGATE', 'capacity-provider': 'FARGATE_SPOT' }, /not both/],
      [{ 'on-running': 'queue' }, /`on-running`[^\n]*fail, wait/],
      [{ 'task-definition': 'two words' }, /family:revision/],
    ];
    await Promise.all(
      cases.map(async ([more, message]) => {
        const ran = await migrate('good', more);
        expect([ran.outputs.outcome, ran.log]).toEqual(['failed-to-start', expect.stringMatching(message)]);
      }),
    );
    expect(world.aws.requests()).toHaveLength(before);
  }));
