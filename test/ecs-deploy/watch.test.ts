import { FakeClock } from '@hospital-ops/action-kit/fake-clock';
import { createMemoryLog } from '@hospital-ops/action-kit/log';
import type { Service } from '@hospital-ops/aws/ecs/ports';
import { expect, test } from '@jest/globals';
import { watchRollout } from '../../actions/ecs-deploy/src/rollout/watch.ts';
import { AIM, deployment, old, service, serviceDeployment } from './observations.ts';

/** Watches a rollout of which the looks at the service are these, one after the other, and then empty ones for ever. */
const watch = (looks: Array<Service | undefined>) => {
  const done = serviceDeployment('SUCCESSFUL');
  const clock = new FakeClock();
  return watchRollout({
    name: 'api',
    service: 'api',
    aim: AIM,
    serviceDeploymentBefore: undefined,
    serviceDeployment: done,
    since: clock.now(),
    before: service([old({ status: 'PRIMARY' })]),
    observer: {
      service: async () => looks.shift(),
      deployment: async () => done,
      deployments: async () => [done],
      mayReadDeployments: () => true,
      target: async () => AIM.ours,
      interval: () => 1_000,
    },
    countFailedTasks: async () => 0,
    gate: undefined,
    bakeMs: 0,
    graceMs: 0,
    onBake: () => undefined,
    timeoutMs: 60_000,
    clock,
    log: createMemoryLog(),
    signal: new AbortController().signal,
    isCancelled: () => false,
  });
};

const UNDER_WAY = service([deployment({ running: 0 }), old()]);
const DONE = service([deployment({ rolloutState: 'COMPLETED' })]);

test('a service deployment that succeeded is believed with a look at the service that is not older', async () => {
  expect(await watch([UNDER_WAY, DONE])).toMatchObject({ ending: { kind: 'completed' }, last: DONE });
});

test('it is not believed with the look of before, when no other comes', async () => {
  expect((await watch([UNDER_WAY])).ending.kind).toBe('lost');
});

test('and is when one comes later', async () => {
  expect(await watch([UNDER_WAY, undefined, DONE, DONE])).toMatchObject({ ending: { kind: 'completed' }, last: DONE });
});
