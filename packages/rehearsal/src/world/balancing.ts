import type { ResolvedEnvironment, ResolvedService } from '@hospital-ops/pipeline/model';
import type { CallAws } from './call-aws.ts';
import { isStaged } from './strategies.ts';

export interface Balancer {
  readonly call: CallAws;
  readonly environment: ResolvedEnvironment;
  readonly loadBalancer: string;
  readonly listener: string;
  /** The role by which ECS moves traffic. */
  readonly role: string;
  /** Gives a listener rule the ARN that the pipeline file has for it. */
  renameRule(from: string, to: string): void;
}

/** Where a service stands behind the load balancer. */
export interface Place {
  /** For `loadBalancers` of the ECS service. */
  readonly targetGroup: string;
  /** The second target group: ECS's own for its strategies, the canary service's for `weighted-canary`. */
  readonly second: string | undefined;
  /** For strategies of ECS, what it needs beside the target group. */
  readonly advanced: Readonly<Record<string, unknown>> | undefined;
}

/** The path that the load balancer asks: that of the service's first smoke check, else the root. */
export const healthPath = (service: ResolvedService): string => {
  const [check] = service.smoke;
  return check === undefined ? '/' : new URL(check.url).pathname;
};

/** Creates the load balancer of an environment, with a listener whose default is 404. */
export const createBalancer = async (options: Omit<Balancer, 'loadBalancer' | 'listener'>): Promise<Balancer> => {
  const { call, environment } = options;
  const balancer = (await call('elasticloadbalancing', 'CreateLoadBalancer', {
    Name: environment.name.slice(0, 32),
    Subnets: ['subnet-0a1b2c3d', 'subnet-1a2b3c4d'],
  })) as { LoadBalancers: Array<{ LoadBalancerArn: string }> };
  const loadBalancer = balancer.LoadBalancers[0]?.LoadBalancerArn ?? '';
  const listener = (await call('elasticloadbalancing', 'CreateListener', {
    LoadBalancerArn: loadBalancer,
    Protocol: 'HTTP',
    Port: 80,
    DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404' } }],
  })) as { Listeners: Array<{ ListenerArn: string }> };
  return { ...options, loadBalancer, listener: listener.Listeners[0]?.ListenerArn ?? '' };
};

const createGroup = async (
  balancer: Balancer,
  service: ResolvedService,
  port: number,
  suffix = '',
): Promise<string> => {
  const name = `${balancer.environment.name}-${service.name}`.slice(0, 32 - suffix.length) + suffix;
  const created = (await balancer.call('elasticloadbalancing', 'CreateTargetGroup', {
    Name: name,
    Protocol: 'HTTP',
    Port: port,
    TargetType: 'ip',
    VpcId: 'vpc-0a1b2c3d',
    HealthCheckPath: healthPath(service),
  })) as { TargetGroups: Array<{ TargetGroupArn: string }> };
  const arn = created.TargetGroups[0]?.TargetGroupArn;
  if (arn === undefined) throw new Error(`there is no target group ${name}.`);
  return arn;
};

const createRule = async (
  { call, listener }: Balancer,
  host: string,
  priority: number,
  groups: readonly string[],
): Promise<string> => {
  const TargetGroups = groups.map((TargetGroupArn, index) => ({ TargetGroupArn, Weight: index === 0 ? 100 : 0 }));
  const { Rules } = (await call('elasticloadbalancing', 'CreateRule', {
    ListenerArn: listener,
    Priority: priority,
    Conditions: [{ Field: 'host-header', HostHeaderConfig: { Values: [host] } }],
    Actions: [{ Type: 'forward', ForwardConfig: { TargetGroups } }],
  })) as { Rules: Array<{ RuleArn: string }> };
  return Rules[0]?.RuleArn ?? '';
};

/**
 * Puts a service behind the load balancer, as its strategy needs it: one target group, or two that share a rule. `order`
 * is the service's place among all, from 1.
 */
export const placeService = async (
  balancer: Balancer,
  service: ResolvedService,
  port: number,
  order: number,
): Promise<Place> => {
  const { strategy, url } = service;
  const staged = strategy !== undefined && isStaged(strategy.type);
  const targetGroup = await createGroup(balancer, service, port);
  if (url === undefined) return { targetGroup, second: undefined, advanced: undefined };
  const { host } = new URL(url);
  if (!staged && strategy?.type !== 'weighted-canary') {
    await createRule(balancer, host, order, [targetGroup]);
    return { targetGroup, second: undefined, advanced: undefined };
  }
  const second = await createGroup(balancer, service, port, '-2');
  const rule = await createRule(balancer, host, order, [targetGroup, second]);
  if (!staged) {
    if (strategy.listenerRule !== undefined) balancer.renameRule(rule, strategy.listenerRule);
    return { targetGroup, second, advanced: undefined };
  }
  const advanced = {
    alternateTargetGroupArn: second,
    productionListenerRule: rule,
    testListenerRule: await createRule(balancer, `test.${host}`, 1_000 + order, [targetGroup, second]),
    roleArn: balancer.role,
  };
  return { targetGroup, second, advanced };
};
