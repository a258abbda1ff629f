import { expect } from '@jest/globals';
import { THOROUGH } from '../../support/thorough.ts';
import type { Scenario } from './scenarios.ts';
import { deployToEnd, disturbs } from './truth.ts';

/** One call of a deployment at which something can go wrong. */
export interface Step {
  readonly service: string;
  readonly operation: string;
  /** How many calls of the operation, and of all, came before it. */
  readonly nth: number;
  readonly index: number;
  /** How many times something of AWS had been changed before; registering a definition changes nothing that runs. */
  readonly phase: number;
  /** True for the call of this operation and phase after which no other comes. */
  readonly last: boolean;
}

/**
 * Plays a scenario without any fault and returns its calls: of each operation the first in each phase, and with
 * `lastToo`, as in CI, the last.
 */
export const stepsOf = async (scenario: Scenario, lastToo = THOROUGH): Promise<readonly Step[]> => {
  const world = await scenario.start();
  try {
    const before = world.aws.requests().length;
    const ended = await deployToEnd(world, scenario.given);
    const { outcome, told } = ended;
    expect({ outcome, told }).toEqual({ outcome: scenario.outcome, told });
    const counts = new Map<string, number>();
    let phase = 0;
    let disturbed = false;
    const all = world.aws
      .requests()
      .slice(before)
      .map((request, index) => {
        // Changes that follow each other, as those of several services do, begin one phase.
        if (disturbed && !disturbs(request)) phase += 1;
        disturbed = disturbs(request);
        const { service, operation } = request;
        const nth = counts.get(operation) ?? 0;
        counts.set(operation, nth + 1);
        return { service, operation, nth, index, phase };
      });
    const alike = (step: (typeof all)[number]) =>
      all.filter(({ operation, phase: other }) => operation === step.operation && other === step.phase);
    return all
      .map((step) => ({ ...step, last: alike(step).at(-1) === step }))
      .filter((step) => (lastToo && step.last) || alike(step)[0]?.index === step.index);
  } finally {
    await world.close();
  }
};

/** `the 3rd DescribeServices`, for the names of rows. */
export const nameOf = ({ operation, nth }: Step): string => `call ${nth + 1} of ${operation}`;
