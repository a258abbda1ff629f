import { awsErrorKind } from '@hospital-ops/aws/errors';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { FaultKind } from '../../packages/rehearsal/src/aws/faults.ts';
import { FAULT_KINDS } from '../../packages/rehearsal/src/aws/faults.ts';
import { exits } from '../../packages/rehearsal/src/aws/scripted-engine.ts';
import { onCall } from '../ecs-deploy/product/on-call.ts';
import { everyNth } from '../support/thorough.ts';
import { CALLS } from './calls.ts';
import type { MigrationWorld } from './migration-world.ts';
import { createMigrationWorld } from './migration-world.ts';

/** What each image comes to when nothing is in the way. */
const ENDS = { good: 'succeeded', bad: 'failed', hangs: 'timeout' } as const;
type Image = keyof typeof ENDS;

let world: MigrationWorld;
afterEach(() => world.close());

const begin = async (): Promise<void> => {
  world = await createMigrationWorld({ good: exits(0, 3_000), bad: exits(3, 2_000), hangs: {} });
  await world.createService();
};

interface Ended {
  readonly outcome: string;
  readonly reason: string;
}

/** Runs to the end as the step would, also where it throws. */
const end = async (image: Image): Promise<Ended> => {
  const given = { image, service: 's', timeout: '1m', subnets: '', 'security-groups': '' };
  try {
    const { outputs } = await world.migrate(given);
    return { outcome: outputs.outcome ?? '', reason: outputs.reason ?? '' };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      outcome: world.cancel.signal.aborted ? 'cancelled' : 'failed-to-start',
      reason: `${awsErrorKind(error)} ${reason}`,
    };
  }
};

/** What is said holds against what was done. */
const expectTruth = ({ outcome, reason }: Ended, image: Image): void => {
  const tasks = world.tasks();
  expect(tasks.length).toBeLessThanOrEqual(1);
  expect(world.aws.ecs.snapshot().tasks.length).toBe(tasks.length);
  const [task] = tasks;
  const exitCode = task?.containers.find(({ name }) => name === 'migrate')?.exitCode;
  if (outcome === 'succeeded') expect([image, exitCode]).toEqual(['good', 0]);
  if (outcome === 'failed') expect([image, exitCode]).toEqual(['bad', 3]);
  if (outcome === 'failed-to-start') expect(task).toBeUndefined();
  if (outcome === 'timeout') expect(image).toBe('hangs');
  const ended = task === undefined || task.status === 'STOPPED' || exitCode !== undefined;
  if (!ended) expect(reason).toMatch(/may still run|is [A-Z]+ still|keeps running|not known/);
};

const PASSING: readonly FaultKind[] = ['throttle', '5xx', 'reset', 'lost-response', 'html'];

describe.each(CALLS.map((operation, row) => [operation, row] as const))('when %s fails', (operation, row) => {
  const image: Image = operation === 'StopTask' ? 'hangs' : operation === 'GetLogEvents' ? 'bad' : 'good';

  test.each(everyNth(2, PASSING, row))('by %s, twice, the outcome is the same', async (kind) => {
    await begin();
    world.aws.faults.add({ operation, kind, times: 2 });
    const ended = await end(image);
    expect(ended.outcome).toBe(ENDS[image]);
    expectTruth(ended, image);
  });

  const lasting = FAULT_KINDS.filter((kind) => kind !== 'throttle');
  test.each(everyNth(2, lasting, row))('by %s for good, nothing is claimed', async (kind) => {
    await begin();
    world.aws.faults.add({ operation, kind });
    const ended = await end(image);
    expectTruth(ended, image);
    if (operation === 'GetLogEvents') expect(ended.outcome).toBe('failed');
    // What was registered although nobody said so is found and run.
    else if (operation !== 'RegisterTaskDefinition') expect(ended.outcome).not.toBe('succeeded');
  });
});

test.each(
  ['DescribeTasks', 'GetLogEvents'].flatMap((operation) =>
    FAULT_KINDS.filter((kind) => kind !== 'throttle').map((kind) => [operation, kind] as const),
  ),
)('%s failing by %s from its second time on makes nothing up', async (operation, kind) => {
  await begin();
  world.aws.faults.add({ operation, kind, after: 1 });
  expectTruth(await end('good'), 'good');
});

/** The steps of a run: a cancellation at each of them. */
test.each(Array.from({ length: 14 }, (_, index) => index))(
  'a run that is cancelled at its call %d leaves nothing running',
  async (at) => {
    await begin();
    onCall(
      world,
      ({ index }) => index === at,
      () => world.cancel.abort(),
    );
    const ended = await end('hangs');
    expect(ended.outcome).toBe('cancelled');
    await world.clock.advance(120_000);
    expect(world.tasks().filter(({ status }) => status !== 'STOPPED')).toEqual([]);
  },
);
