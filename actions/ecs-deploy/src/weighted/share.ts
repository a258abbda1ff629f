import { OpsError } from '@hospital-ops/action-kit/errors';
import { poll } from '@hospital-ops/action-kit/poll';
import { isTransient } from '@hospital-ops/aws/errors';
import type { Deps } from '../deps.ts';
import type { WeightedPlan } from '../plan/plan.ts';
import { shareOf, weightsFor } from './steps.ts';

/** How long a share is tried to be set, every second: an outage of a minute is ridden out. ModifyRule takes effect at once. */
export const SET_MS = 90_000;
const LOOK_MS = 1_000;

/** Somebody else has changed the rule since this run set its weights. */
export class ForeignShareError extends OpsError {}

/** The canary's share as this run knows it, and the way to change it. */
export interface Share {
  /** Percent; undefined when it is not known. */
  now(): number | undefined;
  /** Sets it and reads it back. Throws AwsError, TimeoutError, CancelledError or ForeignShareError. */
  set(percent: number, signal: AbortSignal, timeoutMs?: number): Promise<void>;
  /** Reads it; undefined when the rule is not about the two target groups by now. */
  read(): Promise<number | undefined>;
}

/** Returns the share of a rule. Whatever this run has ever tried to set is its own, also when the answer was lost. */
export const createShare = (
  { loadBalancing, clock }: Pick<Deps, 'loadBalancing' | 'clock'>,
  plan: WeightedPlan,
): Share => {
  let known = shareOf(plan.rule.groups, plan);
  const own = new Set<number | undefined>([known]);
  const isOwn = (share: number | undefined): boolean =>
    [...own].some((each) => each !== undefined && share !== undefined && Math.abs(each - share) < 0.01);
  const read = async (): Promise<number | undefined> => {
    known = shareOf((await loadBalancing.rule(plan.rule.arn)).groups, plan);
    return known;
  };
  let writing: Promise<unknown> = Promise.resolve();
  const isSet = async (percent: number): Promise<boolean> => {
    // A write that nobody waits for any more may still take effect: it must not come after the next one.
    await writing.catch(() => undefined);
    // Fresh: the rule's other actions and its stickiness are written as they are now.
    const rule = await loadBalancing.rule(plan.rule.arn);
    const share = shareOf(rule.groups, plan);
    known = share;
    if (share !== undefined && Math.abs(share - percent) < 0.01) return true;
    if (!isOwn(share)) {
      const now =
        share === undefined
          ? 'it is about other target groups, or its weights are all 0'
          : `the canary takes ${share} %`;
      throw new ForeignShareError({ what: `somebody else has changed listener rule ${plan.rule.arn}: ${now}.` });
    }
    own.add(percent);
    known = undefined;
    writing = loadBalancing.setWeights(rule, weightsFor(percent, plan.rule, plan));
    await writing;
    const after = await read();
    return after !== undefined && Math.abs(after - percent) < 0.01;
  };
  return {
    now: () => known,
    read,
    set: async (percent, signal, timeoutMs = SET_MS) => {
      await poll({
        what: `listener rule ${plan.rule.arn} to give ${percent} % to the canary`,
        observe: () => isSet(percent),
        decide: (done) => (done ? { done: true, value: undefined } : { done: false }),
        interval: () => LOOK_MS,
        timeoutMs,
        isTransient,
        clock,
        signal,
      });
    },
  };
};
