import { describe, expect, test } from '@jest/globals';
import type { FaultKind } from '../../packages/rehearsal/src/aws/faults.ts';
import type { RequestRecord } from '../../packages/rehearsal/src/aws/request-log.ts';
import { createWeightedWorld } from './weighted-world.ts';

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

describe('whatever fails, what is said is so', () => {
  const rows: Array<[operation: string, kind: FaultKind, after: number]> = [];
  const KINDS: FaultKind[] = ['access-denied', 'lost-response', 'validation', 'html'];
  for (const [operation, counts] of [
    ['UpdateService', [0, 1]],
    ['RegisterTaskDefinition', [0]],
    ['ModifyRule', [0, 1]],
    ['DescribeRules', [1, 3, 8]],
    ['DescribeServices', [6, 16]],
  ] as const)
    for (const kind of KINDS) for (const after of counts) rows.push([operation, kind, after]);

  test.each(rows)('%s: %s from call %i on', async (operation, kind, after) => {
    await inWorld(async (world) => {
      const planned = operation.startsWith('Describe') ? 0 : after;
      world.aws.faults.add({
        operation,
        kind,
        after: operation.startsWith('Describe') ? after : planned,
        ...(kind === 'access-denied' || kind === 'validation' ? {} : { times: 1 }),
      });
      const { outputs } = await world.canary({ ...QUICK, timeout: '15m' }).catch((error: Error) => {
        // Refused while nothing was changed.
        expect(world.aws.requests().filter(({ operation: each }) => CHANGES.has(each))).toEqual([]);
        return { outputs: { outcome: 'failed', reason: error.message } };
      });
      world.aws.faults.clear();
      const { weights, images } = await stateOf(world);
      const told = `${outputs.outcome}: ${outputs.reason}`;
      switch (outputs.outcome) {
        case 'deployed':
          expect([told, weights, images]).toEqual([told, '1:0', 'v2 v2']);
          break;
        case 'rolled-back':
        case 'failed':
          expect([told, weights, images]).toEqual([told, '1:0', 'v1 v1']);
          break;
        case 'rollback-failed':
        case 'unknown':
          // A share that is left is said.
          if (weights !== '1:0') expect(told).toMatch(/takes 10 % of the traffic|which share of the traffic/);
          break;
        default:
          throw new Error(`nobody expects ${told}`);
      }
    });
  });
});
