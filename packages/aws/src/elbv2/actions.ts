import type { WeightedGroup } from './ports.ts';

type Maybe<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** The members of an action that weights concern; it has others, which are kept (API_Action). */
export interface ActionAnswer {
  readonly Type?: string | undefined;
  readonly TargetGroupArn?: string | undefined;
  readonly ForwardConfig?:
    | Maybe<{
        TargetGroups: ReadonlyArray<Maybe<{ TargetGroupArn: string; Weight: number }>>;
        TargetGroupStickinessConfig: Maybe<{ Enabled: boolean; DurationSeconds: number }>;
      }>
    | undefined;
  readonly AuthenticateOidcConfig?: object | undefined;
}

/**
 * Kinds of action that can be written back as they were read. The SDK drops members that it does not know, so that an
 * action of another kind would come back empty.
 */
const KNOWN = new Set([
  'forward',
  'authenticate-oidc',
  'authenticate-cognito',
  'redirect',
  'fixed-response',
  'jwt-validation',
]);

/** Returns the kinds of action in a rule that cannot be kept when it is written again; empty when all can. */
export const strangeActions = (actions: readonly ActionAnswer[]): string[] =>
  actions.flatMap(({ Type = 'unknown' }) => (KNOWN.has(Type) ? [] : [Type]));

const isForward = ({ Type }: ActionAnswer): boolean => Type === 'forward';

/** Returns the weighted target groups of a rule; a group that is alone weighs 1. Empty when the rule does not forward. */
export const groupsOf = (actions: readonly ActionAnswer[]): WeightedGroup[] => {
  const forward = actions.find(isForward);
  if (forward === undefined) return [];
  const groups = (forward.ForwardConfig?.TargetGroups ?? []).flatMap(({ TargetGroupArn, Weight }) =>
    TargetGroupArn === undefined ? [] : [{ targetGroup: TargetGroupArn, weight: Weight ?? 1 }],
  );
  if (groups.length > 0 || forward.TargetGroupArn === undefined) return groups;
  return [{ targetGroup: forward.TargetGroupArn, weight: 1 }];
};

/** Returns for how many seconds a client stays with its target group; undefined when the rule is not sticky. */
export const stickySecondsOf = (actions: readonly ActionAnswer[]): number | undefined => {
  const config = actions.find(isForward)?.ForwardConfig?.TargetGroupStickinessConfig;
  return config?.Enabled === true ? (config.DurationSeconds ?? 0) : undefined;
};

/**
 * Returns the actions with these weights in the forward action and all else as it was. DescribeRules never shows an OIDC
 * client secret: `UseExistingClientSecret` keeps it (API_AuthenticateOidcActionConfig). `TargetGroupArn` beside several
 * groups is refused (API_Action), so that it is left out.
 */
export const withWeights = (actions: readonly ActionAnswer[], weights: readonly WeightedGroup[]): ActionAnswer[] =>
  actions.map((action) => {
    if (isForward(action)) {
      const { TargetGroupArn: _alone, ...rest } = action;
      const TargetGroups = weights.map(({ targetGroup, weight }) => ({ TargetGroupArn: targetGroup, Weight: weight }));
      return { ...rest, ForwardConfig: { ...action.ForwardConfig, TargetGroups } };
    }
    if (action.AuthenticateOidcConfig === undefined) return action;
    return { ...action, AuthenticateOidcConfig: { ...action.AuthenticateOidcConfig, UseExistingClientSecret: true } };
  });

/** Returns the ARN of the listener that a rule belongs to (`…:listener-rule/app/lb/id/listener/rule`). */
export const listenerOf = (rule: string): string =>
  rule.replace(':listener-rule/', ':listener/').replace(/\/[^/]+$/, '');
