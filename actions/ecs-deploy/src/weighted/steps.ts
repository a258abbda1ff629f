import { formatDuration } from '@hospital-ops/action-kit/duration';
import { shortName } from '@hospital-ops/aws/ecs/task-definition';
import type { ListenerRule, WeightedGroup } from '@hospital-ops/aws/elbv2/ports';
import type { ServicePlan, WeightedPlan } from '../plan/plan.ts';

/** What a weighted canary does, one after the other. Shares are percent of the traffic that the canary takes. */
export type Step =
  | { readonly kind: 'share'; readonly percent: number }
  | { readonly kind: 'deploy'; readonly who: 'canary' | 'main' | 'both' }
  /** Watched for `bakeMs` while the canary takes `percent`. */
  | { readonly kind: 'watch'; readonly percent: number; readonly bakeMs: number };

/**
 * Returns the steps of a weighted canary. The new revision reaches the main service only after every share was watched;
 * until then weight 0 takes it out of all traffic within seconds. A `rollback-to` has no time for steps.
 */
export const stepsOf = (shares: readonly number[], bakeMs: number, direct: boolean): Step[] => {
  if (direct) {
    return [
      { kind: 'share', percent: 0 },
      { kind: 'deploy', who: 'both' },
      { kind: 'watch', percent: 0, bakeMs },
    ];
  }
  return [
    { kind: 'share', percent: 0 },
    { kind: 'deploy', who: 'canary' },
    ...shares.flatMap((percent): Step[] => [
      { kind: 'share', percent },
      { kind: 'watch', percent, bakeMs },
    ]),
    { kind: 'deploy', who: 'main' },
    { kind: 'share', percent: 0 },
    { kind: 'watch', percent: 0, bakeMs },
  ];
};

type Groups = Pick<WeightedPlan, 'mainGroup' | 'canaryGroup'>;

/**
 * Returns the percent of the traffic that a rule gives to the canary; undefined when it is not about the two groups, or
 * when their weights are all 0: then every request is answered with an error.
 */
export const shareOf = (groups: readonly WeightedGroup[], { mainGroup, canaryGroup }: Groups): number | undefined => {
  const weight = (arn: string) => groups.find(({ targetGroup }) => targetGroup === arn)?.weight;
  const [main, canary] = [weight(mainGroup), weight(canaryGroup)];
  if (groups.length !== 2 || main === undefined || canary === undefined) return undefined;
  return main + canary === 0 ? undefined : (canary / (main + canary)) * 100;
};

/**
 * Returns the weights for a share, in the rule's own order. At 0 the main service gets the weight that it had before the
 * release; where an earlier run had left a share, nobody knows what that was, and it is 100.
 */
export const weightsFor = (percent: number, before: ListenerRule, groups: Groups): WeightedGroup[] => {
  const { canaryGroup } = groups;
  const wasWhole = shareOf(before.groups, groups) === 0;
  return before.groups.map(({ targetGroup, weight }) => {
    if (targetGroup === canaryGroup) return { targetGroup, weight: percent };
    return { targetGroup, weight: percent > 0 || !wasWhole || weight === 0 ? 100 - percent : weight };
  });
};

const SAID: Record<'canary' | 'main' | 'both', (plan: ServicePlan, weighted: WeightedPlan) => string> = {
  canary: (_, { canary }) => `deploy to "${canary.target.service}" (runs ${shortName(canary.live.arn)})`,
  main: ({ target, live }) => `deploy to "${target.service}" (runs ${shortName(live.arn)})`,
  both: ({ target }, { canary }) => `deploy to "${target.service}" and "${canary.target.service}" at once`,
};

const describe = (step: Step, plan: ServicePlan, weighted: WeightedPlan): string => {
  switch (step.kind) {
    case 'share':
      return `give ${step.percent} % of the traffic to "${weighted.canary.target.service}"`;
    case 'deploy':
      return SAID[step.who](plan, weighted);
    case 'watch':
      return `watch for ${formatDuration(step.bakeMs / 1000)}`;
  }
};

/** Returns what will be done, for people, one line each. */
export const describeSteps = (plan: ServicePlan, weighted: WeightedPlan): string[] =>
  stepsOf(plan.target.strategy.steps, plan.target.strategy.bakeMs, weighted.direct).map((step) =>
    describe(step, plan, weighted),
  );
