import { describe, expect, test } from '@jest/globals';
import { onCall } from './on-call.ts';
import { calm } from './rows.ts';
import type { Scenario } from './scenarios.ts';
import { CRASH, CRASH_THREE, GOOD, GOOD_THREE } from './scenarios.ts';
import type { Step } from './steps.ts';
import { nameOf, stepsOf } from './steps.ts';
import { deployToEnd, disturbs, expectEachOnce, expectTruth, runsWholly, tookEffect } from './truth.ts';

/** From the interrupt to the runner's next signal; virtual time adds nothing for computing. */
const GRACE_MS = 7_500;

const cancelAt = async (scenario: Scenario, { index }: Step, more: Readonly<Record<string, string>> = {}) => {
  const world = await scenario.start();
  try {
    const before = world.aws.requests().length;
    let cancelledAt = Number.NaN;
    onCall(
      world,
      (call) => call.index === index,
      () => {
        cancelledAt = world.clock.now();
        world.cancel.abort();
      },
    );
    const ended = await deployToEnd(world, { ...scenario.given, ...more });
    expect(world.clock.now() - cancelledAt).toBeLessThanOrEqual(GRACE_MS);
    expectTruth(ended, scenario.revisions);
    const requests = world.aws.requests().slice(before);
    expectEachOnce(requests);
    await calm(world);
    const { services } = world.aws.ecs.snapshot();
    const late = requests.slice(index + 1).filter(disturbs);
    const changed = requests.some((request) => disturbs(request) && tookEffect(request));
    return { ended, services, late, changed };
  } finally {
    await world.close();
  }
};

const table = async (scenario: Scenario) => (await stepsOf(scenario)).map((step) => ({ ...step, title: nameOf(step) }));

for (const scenario of [GOOD, CRASH, GOOD_THREE, CRASH_THREE]) {
  const steps = await table(scenario);
  describe(`${scenario.title} is taken back when it is cancelled`, () => {
    test.each(steps)('at $title', async (step) => {
      const { ended, services, late, changed } = await cancelAt(scenario, step);
      expect(ended.outcome).toBe('cancelled');
      if (!changed) expect(late).toEqual([]);
      for (const service of services) expect(runsWholly(service, `${service.name}:1`)).toBe(true);
    });
  });
}

const steps = await table(GOOD);
describe('a good revision is left to itself with on-cancel: leave', () => {
  test.each(steps)('when it is cancelled at $title', async (step) => {
    const { ended, services, late, changed } = await cancelAt(GOOD, step, { 'on-cancel': 'leave' });
    expect(ended.outcome).toBe('cancelled');
    expect(late).toEqual([]);
    for (const service of services) expect(runsWholly(service, changed ? 'api:2' : 'api:1')).toBe(true);
  });
});
