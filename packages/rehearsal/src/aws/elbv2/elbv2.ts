import type { QueryService } from '../dispatcher.ts';
import { hexId } from '../ids.ts';
import type { CallContext } from '../service.ts';
import { AwsFault } from '../service.ts';
import type { Action, Condition, ElbStore, Listener, Rule, TargetGroup } from './state.ts';
import { groupsOf } from './state.ts';

const missing = (kind: string): never => {
  throw new AwsFault(`${kind}NotFound`, `One or more ${kind.toLowerCase()}s not found`);
};

const found = <T>(table: ReadonlyMap<string, T>, arn: string, kind: string): T => table.get(arn) ?? missing(kind);

type Input = Readonly<Record<string, unknown>>;

const text = (input: Input, key: string): string | undefined => {
  const value = input[key];
  return value === undefined ? undefined : String(value);
};

const number = (input: Input, key: string, otherwise: number): number => {
  const value = input[key];
  return typeof value === 'number' ? value : otherwise;
};

const texts = (input: Input, key: string): string[] | undefined => {
  const value = input[key];
  return Array.isArray(value) ? value.map(String) : undefined;
};

/** Forward weights are 0-999 (API_TargetGroupTuple) and every target group must exist. */
const checkActions = (store: ElbStore, actions: readonly Action[]): readonly Action[] => {
  if (actions.length === 0) throw new AwsFault('ValidationError', 'At least one action must be specified');
  for (const action of actions)
    for (const { TargetGroupArn, Weight } of groupsOf(action)) {
      found(store.targetGroups, TargetGroupArn, 'TargetGroup');
      if (Weight < 0 || Weight > 999)
        throw new AwsFault('ValidationError', `The weight '${Weight}' must be between 0 and 999`);
    }
  return actions.map((action) =>
    action.Type === 'forward'
      ? { ...action, ForwardConfig: { ...action.ForwardConfig, TargetGroups: groupsOf(action) } }
      : action,
  );
};

const ruleAnswer = ({ listenerArn: _listener, ...rule }: Rule) => rule;

const groupAnswer = (store: ElbStore, group: TargetGroup) => ({
  ...group,
  LoadBalancerArns: store.loadBalancersOf(group.TargetGroupArn),
});

const HEALTH = [
  'HealthCheckPath',
  'HealthCheckProtocol',
  'HealthCheckPort',
  'HealthCheckEnabled',
  'HealthCheckIntervalSeconds',
  'HealthCheckTimeoutSeconds',
  'HealthyThresholdCount',
  'UnhealthyThresholdCount',
  'Matcher',
] as const;

/** Returns Elastic Load Balancing v2 over a store. Defaults are those of API_CreateTargetGroup for HTTP. */
export const createElbV2 = (store: ElbStore): QueryService => {
  const arn = ({ region, accountId }: CallContext, rest: string) =>
    `arn:aws:elasticloadbalancing:${region}:${accountId}:${rest}`;
  const matching = <T>(all: Iterable<T>, keep: (item: T) => boolean, wanted: unknown, kind: string): T[] => {
    const kept = [...all].filter(keep);
    if (wanted !== undefined && kept.length === 0) missing(kind);
    return kept;
  };

  const createTargetGroup = (input: Input, context: CallContext) => {
    const name = text(input, 'Name') ?? '';
    if ([...store.targetGroups.values()].some(({ TargetGroupName }) => TargetGroupName === name))
      throw new AwsFault(
        'DuplicateTargetGroupName',
        `A target group with the same name '${name}' exists, but with different settings`,
      );
    const matcher = input.Matcher as { HttpCode?: string } | undefined;
    const group: TargetGroup = {
      TargetGroupArn: arn(context, `targetgroup/${name}/${hexId(16)}`),
      TargetGroupName: name,
      Protocol: text(input, 'Protocol') ?? 'HTTP',
      Port: number(input, 'Port', 80),
      VpcId: text(input, 'VpcId') ?? '',
      TargetType: text(input, 'TargetType') ?? 'instance',
      ProtocolVersion: text(input, 'ProtocolVersion') ?? 'HTTP1',
      IpAddressType: text(input, 'IpAddressType') ?? 'ipv4',
      HealthCheckPath: text(input, 'HealthCheckPath') ?? '/',
      HealthCheckProtocol: text(input, 'HealthCheckProtocol') ?? 'HTTP',
      HealthCheckPort: text(input, 'HealthCheckPort') ?? 'traffic-port',
      HealthCheckEnabled: true,
      HealthCheckIntervalSeconds: number(input, 'HealthCheckIntervalSeconds', 30),
      HealthCheckTimeoutSeconds: number(input, 'HealthCheckTimeoutSeconds', 5),
      HealthyThresholdCount: number(input, 'HealthyThresholdCount', 5),
      UnhealthyThresholdCount: number(input, 'UnhealthyThresholdCount', 2),
      Matcher: { HttpCode: matcher?.HttpCode ?? '200' },
    };
    store.targetGroups.set(group.TargetGroupArn, group);
    return { TargetGroups: [groupAnswer(store, group)] };
  };

  const addRule = (
    listenerArn: string,
    priority: string,
    conditions: readonly Condition[],
    actions: readonly Action[],
  ): Rule => {
    const rule: Rule = {
      RuleArn: `${listenerArn.replace(':listener/', ':listener-rule/')}/${hexId(16)}`,
      listenerArn,
      Priority: priority,
      Conditions: conditions,
      Actions: checkActions(store, actions),
      IsDefault: priority === 'default',
    };
    store.rules.set(rule.RuleArn, rule);
    return rule;
  };

  const operations: QueryService['operations'] = {
    CreateTargetGroup: createTargetGroup,
    ModifyTargetGroup: (input) => {
      const group = found(store.targetGroups, text(input, 'TargetGroupArn') ?? '', 'TargetGroup');
      for (const key of HEALTH) if (input[key] !== undefined) Object.assign(group, { [key]: input[key] });
      return { TargetGroups: [groupAnswer(store, group)] };
    },
    DescribeTargetGroups: (input) => {
      const arns = texts(input, 'TargetGroupArns');
      const names = texts(input, 'Names');
      const groups = matching(
        store.targetGroups.values(),
        (group) => (arns?.includes(group.TargetGroupArn) ?? true) && (names?.includes(group.TargetGroupName) ?? true),
        arns ?? names,
        'TargetGroup',
      );
      return { TargetGroups: groups.map((group) => groupAnswer(store, group)) };
    },
    DescribeTargetHealth: (input) => {
      const group = found(store.targetGroups, text(input, 'TargetGroupArn') ?? '', 'TargetGroup');
      const unused = store.isAttached(group.TargetGroupArn) !== true;
      return {
        TargetHealthDescriptions: (store.targets.get(group.TargetGroupArn) ?? []).map((target) => ({
          Target: { Id: target.host, Port: target.port },
          HealthCheckPort: String(target.port),
          TargetHealth: unused
            ? {
                State: 'unused',
                Reason: 'Target.NotInUse',
                Description: 'Target group is not configured to receive traffic from the load balancer',
              }
            : {
                State: target.state,
                ...(target.reason === undefined
                  ? {}
                  : {
                      Reason: target.reason.includes('.') ? target.reason : 'Target.FailedHealthChecks',
                      Description: target.reason,
                    }),
              },
        })),
      };
    },
    CreateLoadBalancer: (input, context) => {
      const name = text(input, 'Name') ?? '';
      const LoadBalancerArn = arn(context, `loadbalancer/app/${name}/${hexId(16)}`);
      store.loadBalancers.set(LoadBalancerArn, {
        LoadBalancerArn,
        LoadBalancerName: name,
        DNSName: `${name}-1234567890.${context.region}.elb.amazonaws.com`,
        Scheme: text(input, 'Scheme') ?? 'internet-facing',
        Type: text(input, 'Type') ?? 'application',
        CreatedTime: new Date(context.now),
      });
      return { LoadBalancers: [{ ...store.loadBalancers.get(LoadBalancerArn), State: { Code: 'active' } }] };
    },
    DescribeLoadBalancers: (input) => {
      const arns = texts(input, 'LoadBalancerArns');
      const names = texts(input, 'Names');
      const all = matching(
        store.loadBalancers.values(),
        (lb) => (arns?.includes(lb.LoadBalancerArn) ?? true) && (names?.includes(lb.LoadBalancerName) ?? true),
        arns ?? names,
        'LoadBalancer',
      );
      return { LoadBalancers: all.map((lb) => ({ ...lb, State: { Code: 'active' } })) };
    },
    CreateListener: (input) => {
      const lb = found(store.loadBalancers, text(input, 'LoadBalancerArn') ?? '', 'LoadBalancer');
      const DefaultActions = checkActions(store, (input.DefaultActions ?? []) as Action[]);
      const ListenerArn = `${lb.LoadBalancerArn.replace(':loadbalancer/', ':listener/')}/${hexId(16)}`;
      const listener: Listener = {
        ListenerArn,
        LoadBalancerArn: lb.LoadBalancerArn,
        Port: number(input, 'Port', 80),
        Protocol: text(input, 'Protocol') ?? 'HTTP',
        DefaultActions,
      };
      store.listeners.set(ListenerArn, listener);
      addRule(ListenerArn, 'default', [], DefaultActions);
      return { Listeners: [listener] };
    },
    DescribeListeners: (input) => {
      const lb = text(input, 'LoadBalancerArn');
      const arns = texts(input, 'ListenerArns');
      if (lb !== undefined) found(store.loadBalancers, lb, 'LoadBalancer');
      return {
        Listeners: matching(
          store.listeners.values(),
          (l) => (lb === undefined || l.LoadBalancerArn === lb) && (arns?.includes(l.ListenerArn) ?? true),
          arns,
          'Listener',
        ),
      };
    },
    ModifyListener: (input) => {
      const listener = found(store.listeners, text(input, 'ListenerArn') ?? '', 'Listener');
      if (input.DefaultActions !== undefined) {
        listener.DefaultActions = checkActions(store, input.DefaultActions as Action[]);
        for (const rule of store.rules.values())
          if (rule.IsDefault && rule.listenerArn === listener.ListenerArn) rule.Actions = listener.DefaultActions;
      }
      return { Listeners: [listener] };
    },
    CreateRule: (input) => {
      const listener = found(store.listeners, text(input, 'ListenerArn') ?? '', 'Listener');
      const priority = String(number(input, 'Priority', 0));
      if (
        [...store.rules.values()].some(
          (rule) => rule.listenerArn === listener.ListenerArn && rule.Priority === priority,
        )
      )
        throw new AwsFault('PriorityInUse', `Priority '${priority}' is currently in use`);
      return {
        Rules: [
          ruleAnswer(
            addRule(
              listener.ListenerArn,
              priority,
              (input.Conditions ?? []) as Condition[],
              (input.Actions ?? []) as Action[],
            ),
          ),
        ],
      };
    },
    DescribeRules: (input) => {
      const listener = text(input, 'ListenerArn');
      const arns = texts(input, 'RuleArns');
      if (listener !== undefined) found(store.listeners, listener, 'Listener');
      const rules = matching(
        store.rules.values(),
        (rule) => (listener === undefined || rule.listenerArn === listener) && (arns?.includes(rule.RuleArn) ?? true),
        arns,
        'Rule',
      );
      return { Rules: rules.map(ruleAnswer) };
    },
    ModifyRule: (input) => {
      const rule = found(store.rules, text(input, 'RuleArn') ?? '', 'Rule');
      if (rule.IsDefault) throw new AwsFault('OperationNotPermitted', 'Default rules are modified by ModifyListener');
      if (input.Conditions !== undefined) rule.Conditions = input.Conditions as Condition[];
      if (input.Actions !== undefined) rule.Actions = checkActions(store, input.Actions as Action[]);
      return { Rules: [ruleAnswer(rule)] };
    },
  };
  return {
    name: 'elasticloadbalancing',
    targetPrefix: 'ElasticLoadBalancing_v10',
    version: '2015-12-01',
    namespace: 'http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/',
    operations,
  };
};
