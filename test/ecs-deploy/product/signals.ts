import { expect } from '@jest/globals';
import { everyNth } from '../../support/thorough.ts';
import { onCall } from './on-call.ts';
import { calm } from './rows.ts';
import type { Scenario } from './scenarios.ts';
import type { Step } from './steps.ts';
import { nameOf, stepsOf } from './steps.ts';
import { deployToEnd, disturbs, expectEachOnce, expectTruth, servicesIn, tookEffect } from './truth.ts';

/** From the interrupt to the runner's next signal; virtual time adds nothing for computing. */
const GRACE_MS = 7_500;

/** Plays a scenario that is cancelled at one of its calls; `late` are the changes that were sent after that. */
export const cancelAt = async (scenario: Scenario, { index }: Step, more: Readonly<Record<string, string>> = {}) => {
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
    const services = servicesIn(world);
    const late = requests.slice(index + 1).filter(disturbs);
    const changed = requests.some((request) => disturbs(request) && tookEffect(request));
    return { ended, services, late, changed };
  } finally {
    await world.close();
  }
};

/** The calls at which it may be cancelled; outside of CI every third. */
export const table = async (scenario: Scenario) =>
  everyNth(3, await stepsOf(scenario, true)).map((step) => ({ ...step, title: nameOf(step) }));
