import { shiftWeights } from '../elbv2/shift-traffic.ts';
import type { ElbStore } from '../elbv2/state.ts';
import { groupsOf } from '../elbv2/state.ts';

export const arnOfGroup = (store: ElbStore, name: string | undefined): string | undefined =>
  [...store.targetGroups.values()].find(({ TargetGroupName }) => TargetGroupName === name)?.TargetGroupArn;

/** The rules of listeners that forward to either of two target groups; a listener without one is taken by its default. */
const rulesFor = (store: ElbStore, listenerArns: readonly string[], pair: readonly string[]): string[] =>
  listenerArns.flatMap((listenerArn) => {
    const forwarding = [...store.rules.values()].filter(
      (rule) =>
        rule.listenerArn === listenerArn &&
        rule.Actions.some((action) => groupsOf(action).some(({ TargetGroupArn }) => pair.includes(TargetGroupArn))),
    );
    return forwarding.length > 0 ? forwarding.map(({ RuleArn }) => RuleArn) : [listenerArn];
  });

/** Gives `percent` of the traffic of listeners to one target group and the rest to the other. */
export const shiftListeners = (
  store: ElbStore,
  listenerArns: readonly string[],
  groups: { readonly from: string; readonly to: string },
  percent: number,
): void => {
  for (const rule of rulesFor(store, listenerArns, [groups.from, groups.to]))
    shiftWeights(store, rule, [
      { targetGroupArn: groups.from, weight: 100 - percent },
      { targetGroupArn: groups.to, weight: percent },
    ]);
};
