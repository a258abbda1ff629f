import { InputError } from '@hospital-ops/action-kit/errors';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createWeightedWorld } from './weighted-world.ts';

type World = Awaited<ReturnType<typeof createWeightedWorld>>;

const GIVEN = { 'canary-percent': '25', 'bake-time': '2m' };

let open: World[] = [];
const createWorld = async (...given: Parameters<typeof createWeightedWorld>): Promise<World> => {
  const world = await createWeightedWorld(...given);
  open.push(world);
  return world;
};
afterEach(async () => {
  for (const world of open) await world.close();
  open = [];
});

/** Acts some seconds after the main service has taken everything over. */
const inTheLastWatch = async (world: World, act: () => unknown): Promise<void> => {
  while ((await world.image('main')) !== 'v2' || !(await world.weights()).endsWith(':0'))
    await world.clock.background.sleep(250);
  await world.clock.background.sleep(5_000);
  await act();
};

describe('what happens while a weighted canary is watched for the last time', () => {
  test('a main service that is scaled to 0 is not deployed', async () => {
    const world = await createWorld();
    const acted = inTheLastWatch(world, () =>
      world.ecs('UpdateService', { cluster: 'c', service: 'main', desiredCount: 0 }),
    );
    const { outputs } = await world.canary(GIVEN);
    await acted;
    expect(outputs.outcome).not.toBe('deployed');
    expect(outputs.reason).toContain('no task of service "main" runs');
  });

  test('a main service whose tasks all die is not deployed', async () => {
    const scripts: Record<string, { failsToStart?: string }> = {};
    const world = await createWorld(scripts);
    const acted = inTheLastWatch(world, async () => {
      scripts.v2 = { failsToStart: 'no' };
      const { taskArns } = await world.ecs('ListTasks', { cluster: 'c', serviceName: 'main' });
      for (const task of taskArns) await world.ecs('StopTask', { cluster: 'c', task });
    });
    const { outputs } = await world.canary({ ...GIVEN, 'max-failed-tasks': '0' });
    await acted;
    expect(outputs.outcome).toBe('rolled-back');
    expect(await world.images()).toBe('v1 v1');
    expect((await world.service('main')).runningCount).toBe(2);
  });

  test('weights that are all 0 are not what the release has set', async () => {
    const world = await createWorld();
    const acted = inTheLastWatch(world, () => world.setWeights(0, 0));
    const { outputs } = await world.canary(GIVEN);
    await acted;
    expect(outputs.outcome).toBe('superseded');
    expect(outputs.reason).toContain('weights that are all 0');
    expect(await world.weights()).toBe('0:0');
  });
});

test.each([{}, { 'rollback-to': 'main:1', image: '' }])(
  'a rule whose weights are all 0 is refused before anything is changed (%j)',
  async (given) => {
    const world = await createWorld();
    await world.setWeights(0, 0);
    const refused = await world.canary({ ...GIVEN, ...given }).catch((error: unknown) => error);
    expect(refused instanceof InputError ? refused.problems.join() : refused).toContain('are all 0');
    expect(world.aws.calls('UpdateService')).toBe(0);
  },
);
