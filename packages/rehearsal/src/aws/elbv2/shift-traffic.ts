import type { ElbStore } from './state.ts';

/** The rule of that ARN, or the default rule of the listener of that ARN; undefined when there is neither. */
const ruleOf = (store: ElbStore, arn: string) =>
  store.rules.get(arn) ?? [...store.rules.values()].find((rule) => rule.IsDefault && rule.listenerArn === arn);

/** True when the ARN names a listener rule, or a listener with a default rule. */
export const isRule = (store: ElbStore, arn: string): boolean => ruleOf(store, arn) !== undefined;

/** Sets the weights of a rule's forward action, as ECS and CodeDeploy do. A rule that is gone is left alone. */
export const shiftWeights = (
  store: ElbStore,
  ruleArn: string,
  weights: ReadonlyArray<{ readonly targetGroupArn: string; readonly weight: number }>,
): void => {
  const rule = ruleOf(store, ruleArn);
  if (rule === undefined) return;
  const TargetGroups = weights.map(({ targetGroupArn, weight }) => ({
    TargetGroupArn: targetGroupArn,
    Weight: weight,
  }));
  const others = rule.Actions.filter(({ Type }) => Type !== 'forward');
  rule.Actions = [...others, { Type: 'forward', ForwardConfig: { TargetGroups } }];
  const listener = rule.IsDefault ? store.listeners.get(rule.listenerArn) : undefined;
  if (listener !== undefined) listener.DefaultActions = rule.Actions;
};
