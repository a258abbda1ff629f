import { afterEach, describe, expect, test } from '@jest/globals';
import type { ReleaseWorld } from './release-world.ts';
import { createReleaseWorld, release } from './release-world.ts';

let open: ReleaseWorld[] = [];
afterEach(async () => {
  for (const world of open) await world.close();
  open = [];
});

const createWorld = async (...given: Parameters<typeof createReleaseWorld>): Promise<ReleaseWorld> => {
  const world = await createReleaseWorld(...given);
  open.push(world);
  return world;
};

const SLOW = { timings: { provisioningMs: 400_000, pendingMs: 5_000, steadyMs: 10_000 } };

describe('when the time of a release is over', () => {
  test.each([
    { reaction: 'leave', images: ['v2', 'v1', 'v1'] },
    { reaction: 'rollback', images: ['v1', 'v1', 'v1'] },
  ])('no further service is begun (on-timeout: $reaction)', async ({ reaction, images }) => {
    const world = await createWorld({}, ['a', 'b', 'd'], SLOW);
    const { outputs, reports } = await world.deploy({
      services: release({ a: 'v2', b: 'v2', d: 'v2' }),
      'max-parallel': '1',
      timeout: '5m',
      'on-timeout': reaction,
      verify: 'false',
    });
    expect(outputs.outcome).toBe('timeout');
    const asked = world.aws.requests().filter(({ operation }) => operation === 'UpdateService');
    expect(new Set(asked.map(({ input }) => (input as { service: string }).service))).toEqual(new Set(['a']));
    expect(world.aws.calls('RegisterTaskDefinition')).toBe(1);
    expect(await Promise.all(['a', 'b', 'd'].map((name) => world.image(name)))).toEqual(images);
    for (const name of ['b', 'd']) {
      const { reason = '', serving } = reports.find(({ service }) => service === name) ?? {};
      expect(reason).not.toContain('gave up');
      expect(JSON.stringify(serving)).toContain(`${name}:1`);
    }
  });

  test.each(['RegisterTaskDefinition', 'UpdateService'])('a throttled %s is not sent any more', async (operation) => {
    const world = await createWorld();
    const t0 = world.clock.now();
    world.aws.faults.add({ service: 'ecs', operation, kind: 'throttle', times: 5 });
    const { outputs } = await world.deploy({ service: 'api', image: 'v2', timeout: '5s', verify: 'false' });
    expect(outputs.outcome).toBe('timeout');
    expect(outputs.reason).toContain('time of the release was over');
    expect(world.clock.now() - t0).toBeLessThan(20_000);
    expect(await world.image()).toBe('v1');
    expect((await world.service('api')).deployments).toHaveLength(1);
  });
});
