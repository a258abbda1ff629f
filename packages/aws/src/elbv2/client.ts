import type { Action } from '@aws-sdk/client-elastic-load-balancing-v2';
import {
  DescribeRulesCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  ModifyListenerCommand,
  ModifyRuleCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { AwsError } from '@hospital-ops/action-kit/errors';
import { batches } from '../batches.ts';
import type { ClientContext } from '../client-options.ts';
import { clientOptions } from '../client-options.ts';
import { toAwsError } from '../errors.ts';
import { groupsOf, listenerOf, stickySecondsOf, strangeActions, withWeights } from './actions.ts';
import type { ListenerRule, LoadBalancing } from './ports.ts';

/** A page of DescribeTargetGroups holds up to 400; 20 are asked at once, which any quota of the API takes. */
const GROUPS_PER_CALL = 20;

const call = async <T>(operation: string, resource: string, send: () => Promise<T>): Promise<T> => {
  try {
    return await send();
  } catch (error) {
    throw toAwsError(`elasticloadbalancing:${operation}`, resource, error);
  }
};

const emptyAnswer = (operation: string, arn: string): AwsError =>
  new AwsError({
    what: `elasticloadbalancing:${operation} answered without a rule for ${arn}.`,
    next: 'run this again; if it stays, check what answers at the configured endpoint.',
    operation: `elasticloadbalancing:${operation}`,
    code: 'EmptyAnswer',
  });

const ruleFrom = (arn: string, isDefault: boolean, actions: readonly Action[]): ListenerRule => {
  const stickySeconds = stickySecondsOf(actions);
  return { arn, isDefault, groups: groupsOf(actions), sticky: stickySeconds !== undefined, stickySeconds, actions };
};

/** Returns the load balancing calls of the suite over the AWS SDK; region and credentials come from the default chain. */
export const createLoadBalancing = (context: ClientContext): LoadBalancing => {
  const client = new ElasticLoadBalancingV2Client(clientOptions(context));
  // Weights that were set, whose answer was lost, may have been changed by somebody else since.
  const once = new ElasticLoadBalancingV2Client(clientOptions(context, 'rejected-only'));
  return {
    targetGroups: async (arns) => {
      const answers = await Promise.all(
        batches(arns, GROUPS_PER_CALL).map((batch) =>
          call('DescribeTargetGroups', `target groups ${batch.join(', ')}`, () =>
            client.send(new DescribeTargetGroupsCommand({ TargetGroupArns: batch })),
          ),
        ),
      );
      return answers
        .flatMap(({ TargetGroups }) => TargetGroups ?? [])
        .flatMap((group) =>
          group.TargetGroupArn === undefined
            ? []
            : [
                {
                  arn: group.TargetGroupArn,
                  name: group.TargetGroupName ?? group.TargetGroupArn,
                  protocol: group.Protocol,
                  port: group.Port,
                  targetType: group.TargetType,
                  loadBalancers: group.LoadBalancerArns ?? [],
                },
              ],
        );
    },
    targetHealth: async (targetGroup) => {
      const answer = await call('DescribeTargetHealth', `target group ${targetGroup}`, () =>
        client.send(new DescribeTargetHealthCommand({ TargetGroupArn: targetGroup })),
      );
      return (answer.TargetHealthDescriptions ?? []).map(({ Target, TargetHealth }) => ({
        target: [Target?.Id ?? 'unknown', Target?.Port].filter((part) => part !== undefined).join(':'),
        state: TargetHealth?.State ?? '',
        reason: TargetHealth?.Reason,
        description: TargetHealth?.Description,
      }));
    },
    rule: async (arn) => {
      const { Rules } = await call('DescribeRules', `listener rule ${arn}`, () =>
        client.send(new DescribeRulesCommand({ RuleArns: [arn] })),
      );
      const rule = Rules?.find(({ RuleArn }) => RuleArn === arn);
      if (rule === undefined) throw emptyAnswer('DescribeRules', arn);
      return ruleFrom(arn, rule.IsDefault === true, rule.Actions ?? []);
    },
    setWeights: async ({ arn, isDefault, actions: read }, weights) => {
      const before = read as readonly Action[];
      const operation = isDefault ? 'ModifyListener' : 'ModifyRule';
      const strange = strangeActions(before);
      if (strange.length > 0)
        throw new AwsError({
          what: `listener rule ${arn} has an action that could not be kept: ${strange.join(', ')}.`,
          next: 'use a rule whose actions are of known kinds, or a newer release of this action.',
          operation: `elasticloadbalancing:${operation}`,
          code: 'UnknownAction',
        });
      const Actions = withWeights(before, weights) as Action[];
      return call(operation, `listener rule ${arn}`, async () => {
        // A default rule is changed by its listener (API_ModifyRule).
        const written = isDefault
          ? (await once.send(new ModifyListenerCommand({ ListenerArn: listenerOf(arn), DefaultActions: Actions })))
              .Listeners?.[0]?.DefaultActions
          : (await once.send(new ModifyRuleCommand({ RuleArn: arn, Actions }))).Rules?.[0]?.Actions;
        if (written === undefined) throw emptyAnswer(operation, arn);
        return ruleFrom(arn, isDefault, written);
      });
    },
  };
};
