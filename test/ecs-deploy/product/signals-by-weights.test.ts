import { expect, test } from '@jest/globals';
import type { RequestRecord } from '../../../packages/rehearsal/src/aws/request-log.ts';
import { createWeightedWorld } from '../weighted-world.ts';

type World = Awaited<ReturnType<typeof createWeightedWorld>>;

const QUICK = { 'canary-percent': '10', 'bake-time': '20s' };
const CHANGES = new Set(['RegisterTaskDefinition', 'UpdateService', 'ModifyRule', 'StopServiceDeployment']);

/** What is true of the world, as an observer without hands sees it some time after the run has ended. */
const stateOf = async (world: World) => {
  await world.clock.advance(120_000);
  return { weights: await world.weights(), images: await world.images() };
};

const inWorld = async <T>(act: (world: World) => Promise<T>): Promise<T> => {
  const world = await createWeightedWorld();
  try {
    return await act(world);
  } finally {
    await world.close();
  }
};

const undisturbed = (): Promise<readonly RequestRecord[]> =>
  inWorld(async (world) => {
    await world.canary(QUICK);
    return world.aws.requests();
  });

test('a weighted canary that is cancelled at any call leaves no share and no new revision behind', async () => {
  const calls = await undisturbed();
  const first = calls.findIndex(({ operation }) => operation === 'RegisterTaskDefinition');
  // Around every change, and now and then between.
  const moments = calls.flatMap(({ operation }, index) =>
    index >= first && (index % 9 === 0 || CHANGES.has(operation) || CHANGES.has(calls[index - 1]?.operation ?? ''))
      ? [index]
      : [],
  );
  expect(moments.length).toBeGreaterThanOrEqual(12);
  for (const moment of moments) {
    await inWorld(async (world) => {
      const watch = async () => {
        while (world.aws.requests().length < moment) await world.clock.background.sleep(1);
        world.cancel.abort();
      };
      void watch();
      const { outputs } = await world.canary(QUICK);
      const state = await stateOf(world);
      const told = `cancelled at call ${moment}: ${outputs.outcome}: ${outputs.reason}`;
      if (outputs.outcome === 'deployed') expect([told, state.weights, state.images]).toEqual([told, '1:0', 'v2 v2']);
      else expect([told, state.weights, state.images]).toEqual([told, '1:0', 'v1 v1']);
      expect([told, ['cancelled', 'deployed', 'unchanged']]).toEqual([told, expect.arrayContaining([outputs.outcome])]);
    });
  }
});
