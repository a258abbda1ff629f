import type { ActionResult } from '@hospital-ops/action-kit/run-action';
import { afterEach, describe, expect, test } from '@jest/globals';
import { connectDeploy } from '../../actions/ecs-deploy/src/connect.ts';
import { runDeploy } from '../../actions/ecs-deploy/src/run.ts';
import { exits } from '../../packages/rehearsal/src/aws/scripted-engine.ts';
import type { ReleaseWorld } from './release-world.ts';
import { createReleaseWorld, deployInputs } from './release-world.ts';

const MINUTE = 60_000;

let world: ReleaseWorld | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

/** Deploys from a runner whose clock is `skew` milliseconds ahead of AWS's. */
const deployFrom = async (
  { clock, cancel, log }: ReleaseWorld,
  skew: number,
  given: Readonly<Record<string, string>>,
): Promise<ActionResult> => {
  const skewed = {
    now: () => clock.now() + skew,
    sleep: (ms: number, signal?: AbortSignal) => clock.sleep(ms, signal),
  };
  const inputs = deployInputs({ service: 'api', verify: 'false', ...given });
  return runDeploy(inputs, await connectDeploy({ clock: skewed, signal: cancel.signal }, log));
};

/** Errors per minute: `before` for a quarter of an hour until now, `after` from now on. */
const streamErrors = async ({ aws, clock }: ReleaseWorld, before: number, after: number): Promise<void> => {
  const put = (value: number, at: number) =>
    aws.call('cloudwatch', 'PutMetricData', {
      Namespace: 'App',
      MetricData: [{ MetricName: 'Errors', Value: value, Timestamp: at / 1000 }],
    });
  const began = clock.now();
  for (let minute = 15; minute > 0; minute -= 1) await put(before, began - minute * MINUTE);
  void (async () => {
    for (let minute = 0; minute < 40; minute += 1) {
      await put(after, clock.now());
      await clock.background.sleep(MINUTE);
    }
  })();
};

const ERRORS = JSON.stringify([
  { name: 'errors', expression: `SUM(SEARCH('{App} MetricName="Errors"', 'Sum', 60))`, threshold: 5 },
]);

describe.each([10, -10])('a runner whose clock is %i minutes ahead of AWS', (minutes) => {
  test('says why tasks stopped, and shows their log', async () => {
    world = await createReleaseWorld({ crash: { ...exits(1, 300), lines: ['DB_URL is not set'] } });
    const { outputs } = await deployFrom(world, minutes * MINUTE, { image: 'crash' });
    expect(outputs.outcome).toBe('rolled-back');
    expect(outputs.reason).toContain('exited 1');
    expect(outputs.services).toContain('DB_URL is not set');
  });

  test('judges the new revision by what it measures, not by what the old one did', async () => {
    world = await createReleaseWorld();
    await world.clock.advance(20 * MINUTE);
    await streamErrors(world, 0, 50);
    const { outputs } = await deployFrom(world, minutes * MINUTE, { image: 'v2', 'gate-metrics': ERRORS });
    expect(outputs.outcome).toBe('rolled-back');
    expect(outputs.reason).toContain('50 > 5');
  });

  test('lets a good revision through', async () => {
    world = await createReleaseWorld();
    await world.clock.advance(20 * MINUTE);
    await streamErrors(world, 50, 0);
    const { outputs } = await deployFrom(world, minutes * MINUTE, { image: 'v2', 'gate-metrics': ERRORS });
    expect(outputs.outcome).toBe('deployed');
  });
});
