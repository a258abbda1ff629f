import { afterEach, expect, test } from '@jest/globals';
import type { Balancing } from '../rehearsal/aws/native-world.ts';
import { createBalancing } from '../rehearsal/aws/native-world.ts';
import { setAlarm } from './alarm.ts';
import type { ReleaseWorld } from './release-world.ts';
import { createReleaseWorld } from './release-world.ts';

const MINUTE = 60_000;

let world: ReleaseWorld;
let balancing: Balancing;
afterEach(() => world.close());

const open = async () => {
  world = await createReleaseWorld({}, [], { timings: { minuteMs: MINUTE } });
  balancing = await createBalancing(world.aws);
  await world.ecs('CreateService', {
    cluster: 'c',
    serviceName: 'api',
    taskDefinition: await world.register('v1'),
    desiredCount: 2,
    loadBalancers: balancing.loadBalancers,
    deploymentConfiguration: { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 5 },
  });
  await world.settle();
};

const alarm = (state: string) => setAlarm(world, state, { TreatMissingData: 'notBreaching' });

const CANARY = {
  service: 'api',
  image: 'v2',
  strategy: 'canary',
  'canary-percent': '10',
  'bake-time': '3m',
  verify: 'false',
};

test('a canary takes its share first, then all of the traffic', async () => {
  await open();
  const before = await balancing.weights();
  const shares: number[][] = [];
  const watching = world.clock.background.sleep(MINUTE).then(async () => {
    shares.push(await balancing.weights());
  });
  const ran = await world.deploy(CANARY);
  await watching;
  expect(ran.outputs.outcome).toBe('deployed');
  expect(shares).toEqual([before.map((weight) => (weight === 100 ? 90 : 10))]);
  expect(await balancing.weights()).toEqual([...before].reverse());
  expect(ran.lines.some((line) => /10 % of the traffic/.test(line))).toBe(true);
});

test('a canary whose gate is breached gives its share back, and the service its strategy', async () => {
  await open();
  const before = await balancing.weights();
  await alarm('OK');
  const firing = world.clock.background.sleep(MINUTE).then(() => alarm('ALARM'));
  const ran = await world.deploy({ ...CANARY, 'gate-alarms': 'api-5xx' });
  await firing;
  expect(ran.outputs).toMatchObject({ outcome: 'rolled-back', reason: expect.stringMatching(/api-5xx/) });
  expect(await balancing.weights()).toEqual(before);
  expect((await world.service()).deploymentConfiguration).toMatchObject({
    strategy: 'BLUE_GREEN',
    bakeTimeInMinutes: 5,
  });
});
