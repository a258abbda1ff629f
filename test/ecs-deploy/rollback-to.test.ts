import { afterEach, describe, expect, test } from '@jest/globals';
import type { ReleaseWorld } from './release-world.ts';
import { createReleaseWorld } from './release-world.ts';

const MINUTE = 60_000;

let world: ReleaseWorld;
afterEach(() => world.close());

const PAUSE = { targetType: 'PAUSE', lifecycleStages: ['POST_SCALE_UP'] };
const SETTINGS = { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 5, lifecycleHooks: [PAUSE] };

/** A service that ECS deploys in stages, with a hook that holds each deployment; `v2` runs. */
const withHook = async () => {
  world = await createReleaseWorld({}, ['api'], { timings: { minuteMs: MINUTE } });
  expect((await world.deploy({ service: 'api', image: 'v2' })).outputs.outcome).toBe('deployed');
  const deploymentConfiguration = SETTINGS;
  await world.ecs('UpdateService', { cluster: 'c', service: 'api', deploymentConfiguration });
};

describe('going back to an earlier revision of a service that ECS deploys in stages', () => {
  test.each([
    ['asked for the release', { service: 'api', 'rollback-to': 'previous' }],
    ['asked for one service of it', { services: '[{ service: api, rollback-to: "api:1" }]' }],
  ])('%s waits for no stage and no hook, and leaves the settings as they were', async (_, given) => {
    await withHook();
    const start = world.clock.now();
    const ran = await world.deploy(given);
    expect(ran.outputs.outcome).toBe('deployed');
    expect(await world.image()).toBe('v1');
    expect(world.clock.now() - start).toBeLessThan(5 * MINUTE);
    expect((await world.service()).deploymentConfiguration).toMatchObject(SETTINGS);
  });

  test('ends a deployment that is paused', async () => {
    await withHook();
    expect((await world.deploy({ service: 'api', image: 'v3' })).outputs.outcome).toBe('paused');
    const ran = await world.deploy({ services: '[{ service: api, rollback-to: "api:2" }]' });
    expect(ran.outputs.outcome).toBe('deployed');
    expect(await world.image()).toBe('v2');
    expect((await world.service()).deploymentConfiguration).toMatchObject(SETTINGS);
  });

  test('takes the strategy that is asked for', async () => {
    await withHook();
    const ran = await world.deploy({ service: 'api', 'rollback-to': '1', strategy: 'blue-green' });
    expect(ran.outputs.outcome).toBe('paused');
  });
});

test('an entry of a release does not take `previous`, which is said of the whole', async () => {
  await withHook();
  await expect(world.deploy({ services: '[{ service: api, rollback-to: previous }]' })).rejects.toThrow();
});
