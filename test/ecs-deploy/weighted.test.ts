import { afterEach, describe, expect, test } from '@jest/globals';
import { exits } from '../../packages/rehearsal/src/aws/scripted-engine.ts';
import { createWeightedWorld } from './weighted-world.ts';

type World = Awaited<ReturnType<typeof createWeightedWorld>>;

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

describe('a weighted canary', () => {
  test('gives the canary its shares one after the other, then deploys the main service and takes the share back', async () => {
    const world = await createWorld();
    const { outputs, lines } = await world.canary();
    expect([outputs.outcome, outputs.reason]).toEqual(['deployed', '']);
    expect(await world.images()).toBe('v2 v2');
    expect(world.shares()).toEqual(['95:5', '75:25', '50:50', '1:0']);
    expect(await world.weights()).toBe('1:0');
    expect(world.aws.calls('RegisterTaskDefinition')).toBe(1);
    expect(Number(outputs['duration-seconds'])).toBeGreaterThanOrEqual(8 * 60);
    expect(lines.join('\n')).toContain('the canary takes 25 % of the traffic');
  });

  test('takes a canary whose tasks crash out of nothing: it never had a share', async () => {
    const world = await createWorld({ v2: exits(1) });
    const { outputs } = await world.canary();
    expect(outputs.outcome).toBe('rolled-back');
    expect(outputs.reason).toContain('service "canary"');
    expect(world.shares()).toEqual([]);
    expect(await world.images()).toBe('v1 v1');
  });
});
