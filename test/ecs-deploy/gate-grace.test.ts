import { afterEach, expect, test } from '@jest/globals';
import { putAlarm } from './alarm.ts';
import type { ReleaseWorld } from './release-world.ts';
import { createReleaseWorld } from './release-world.ts';

const MINUTE = 60_000;
const GATED = { service: 'api', image: 'v2', 'gate-alarms': 'api-5xx', 'bake-time': '2m' };

let world: ReleaseWorld;
afterEach(() => world.close());

const open = async (strategy: string) => {
  world = await createReleaseWorld({}, ['api'], { timings: { minuteMs: MINUTE } });
  if (strategy !== 'ROLLING') {
    const deploymentConfiguration = { strategy, bakeTimeInMinutes: 2 };
    await world.ecs('UpdateService', { cluster: 'c', service: 'api', deploymentConfiguration });
  }
  await putAlarm(world);
  world.aws.alarms.hold('api-5xx', 'INSUFFICIENT_DATA');
};

test.each(['ROLLING', 'BLUE_GREEN'])(
  'a gate that speaks a little after the end of its time lets the release through (%s)',
  async (strategy) => {
    await open(strategy);
    const speaking = world.clock.background.sleep(4 * MINUTE).then(() => world.aws.alarms.hold('api-5xx', 'OK'));
    const ran = await world.deploy(GATED);
    await speaking;
    expect([ran.outputs.outcome, await world.image()]).toEqual(['deployed', 'v2']);
  },
);

test.each(['ROLLING', 'BLUE_GREEN'])('a gate that never speaks takes the release back (%s)', async (strategy) => {
  await open(strategy);
  const start = world.clock.now();
  const ran = await world.deploy(GATED);
  expect([ran.outputs.outcome, await world.image()]).toEqual(['rolled-back', 'v1']);
  expect(ran.outputs.reason).toMatch(/INSUFFICIENT_DATA/);
  expect(world.clock.now() - start).toBeGreaterThanOrEqual(5 * MINUTE);
});
