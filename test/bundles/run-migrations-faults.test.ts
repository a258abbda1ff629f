import { describe, expect, test } from '@jest/globals';
import type { FaultKind } from '../../packages/rehearsal/src/aws/faults.ts';
import { exits } from '../../packages/rehearsal/src/aws/scripted-engine.ts';
import { CALLS } from '../run-migrations/calls.ts';
import type { Job, Ran, Step } from '../support/bundle.ts';
import { createJob, runBundle, startBundle } from '../support/bundle.ts';
import type { BundleAws } from '../support/bundle-aws.ts';
import { startBundleAws } from '../support/bundle-aws.ts';
import { expectContract } from '../support/hostile.ts';
import { everyNth } from '../support/thorough.ts';

type Call = (typeof CALLS)[number];

/** Two of these in a row are ridden out. */
const PASSING: readonly FaultKind[] = ['throttle', '5xx', 'reset', 'lost-response'];
const LASTING: readonly FaultKind[] = ['access-denied', 'expired-token'];

const each = <K>(kinds: readonly K[], shift: number) =>
  CALLS.flatMap((call, row) => everyNth(4, kinds, row + shift).map((kind) => [call, kind] as const));

interface Stage {
  readonly world: BundleAws;
  readonly job: Job;
  readonly step: Step;
}

/** A migration that succeeds; one that hangs where the call is the one that stops it. */
const onStage = async (call: Call, play: (stage: Stage) => Promise<void>): Promise<void> => {
  const job = createJob();
  const world = await startBundleAws({ good: exits(0, 500), hangs: {} });
  const given = { cluster: 'c', 'task-definition': 'migrate', service: 'api' };
  const inputs = call === 'StopTask' ? { image: 'hangs', timeout: '2s' } : { image: 'good', timeout: '60s' };
  try {
    await play({ world, job, step: { inputs: { ...given, ...inputs }, env: world.env } });
  } finally {
    await world.close();
    job.remove();
  }
};

const migrations = ({ world }: Stage) =>
  world.aws.ecs.snapshot().tasks.filter(({ taskDefinition }) => taskDefinition.startsWith('migrate:'));

/** What is said holds against what was done. */
const expectTruth = (stage: Stage, ran: Ran): void => {
  const { outcome, reason = '' } = ran.outputs;
  expectContract(ran);
  expect(ran.code).toBe(outcome === 'succeeded' ? 0 : 1);
  const tasks = migrations(stage);
  expect(tasks.length).toBeLessThanOrEqual(1);
  const [task] = tasks;
  if (outcome === 'succeeded') expect(task?.containers[0]?.exitCode).toBe(0);
  if (outcome === 'failed-to-start') expect(task).toBeUndefined();
  const hasEnded = task === undefined || task.status === 'STOPPED' || task.containers[0]?.exitCode !== undefined;
  if (!hasEnded) expect(reason).toMatch(/may still run|is [A-Z]+ still|keeps running|not known|was not seen/);
};

test.concurrent.each(each(PASSING, 0))('%s that fails twice by %s changes no outcome', (call, kind) =>
  onStage(call, async (stage) => {
    const { world, job, step } = stage;
    world.aws.faults.add({ operation: call, kind, times: 2 });
    const ran = await runBundle('run-migrations', job, step);
    expect(ran.outputs.outcome).toBe(call === 'StopTask' ? 'timeout' : 'succeeded');
    expectTruth(stage, ran);
  }),
);

test.concurrent.each(each(LASTING, 0))('%s that is refused by %s is named, and nothing is claimed', (call, kind) =>
  onStage(call, async (stage) => {
    const { world, job, step } = stage;
    world.aws.faults.add({ operation: call, kind });
    const ran = await runBundle('run-migrations', job, step);
    // The log is not needed for the verdict.
    if (call === 'GetLogEvents') expect(ran.outputs.outcome).toBe('succeeded');
    else expect(['failed-to-start', 'unknown', 'timeout']).toContain(ran.outputs.outcome);
    // What is refused is refused in a minute too: nobody waits for that.
    expect(ran.ms).toBeLessThan(10_000);
    expect(ran.log).toMatch(kind === 'access-denied' ? new RegExp(`(ecs|logs):${call}`) : /credentials|expired/);
    expectTruth(stage, ran);
  }),
);

describe('a run that is interrupted', () => {
  test.concurrent.each(CALLS)('at %s ends in time, says so, and leaves nothing running', (call) =>
    onStage(call, async (stage) => {
      const { world, job, step } = stage;
      let strike = () => {};
      const reached = new Promise<void>((done) => {
        strike = done;
      });
      world.mangle(call, (answer) => {
        strike();
        return answer;
      });
      const inputs = { ...step.inputs, image: 'hangs' };
      const running = startBundle('run-migrations', job, { ...step, inputs });
      await Promise.race([reached, running.ended]);
      const start = Date.now();
      running.kill('SIGINT');
      const ran = await running.ended;
      expect(Date.now() - start).toBeLessThan(9_900);
      expect(['cancelled', ...(call === 'StopTask' ? ['timeout'] : [])]).toContain(ran.outputs.outcome);
      expectTruth(stage, ran);
      await world.until('nothing runs', () => migrations(stage).every(({ status }) => status === 'STOPPED'));
    }),
  );
});
