/** What the local load balancers know; member names as the API has them, so that answers are the state itself. */
export interface TargetGroup {
  readonly TargetGroupArn: string;
  readonly TargetGroupName: string;
  readonly Protocol: string;
  readonly Port: number;
  readonly VpcId: string;
  readonly TargetType: string;
  HealthCheckPath: string;
  HealthCheckProtocol: string;
  HealthCheckPort: string;
  HealthCheckEnabled: boolean;
  HealthCheckIntervalSeconds: number;
  HealthCheckTimeoutSeconds: number;
  HealthyThresholdCount: number;
  UnhealthyThresholdCount: number;
  Matcher: { HttpCode: string };
  readonly ProtocolVersion: string;
  readonly IpAddressType: string;
}

export interface LoadBalancer {
  readonly LoadBalancerArn: string;
  readonly LoadBalancerName: string;
  readonly DNSName: string;
  readonly Scheme: string;
  readonly Type: string;
  readonly CreatedTime: Date;
}

export interface WeightedGroup {
  readonly TargetGroupArn: string;
  readonly Weight?: number;
}

export interface Action {
  readonly Type: string;
  readonly Order?: number;
  readonly TargetGroupArn?: string;
  readonly ForwardConfig?: { readonly TargetGroups?: readonly WeightedGroup[] };
  readonly FixedResponseConfig?: {
    readonly StatusCode: string;
    readonly MessageBody?: string;
    readonly ContentType?: string;
  };
  readonly RedirectConfig?: Readonly<Record<string, string>>;
}

export interface Condition {
  readonly Field: string;
  readonly Values?: readonly string[];
  readonly HostHeaderConfig?: { readonly Values?: readonly string[] };
  readonly PathPatternConfig?: { readonly Values?: readonly string[] };
}

export interface Listener {
  readonly ListenerArn: string;
  readonly LoadBalancerArn: string;
  readonly Port: number;
  readonly Protocol: string;
  DefaultActions: readonly Action[];
}

export interface Rule {
  readonly RuleArn: string;
  readonly listenerArn: string;
  /** A number, or `default`. */
  readonly Priority: string;
  Conditions: readonly Condition[];
  Actions: readonly Action[];
  readonly IsDefault: boolean;
}

export type TargetState = 'initial' | 'healthy' | 'unhealthy' | 'draining';

export interface Target {
  readonly taskId: string;
  readonly host: string;
  readonly port: number;
  readonly since: number;
  state: TargetState;
  reason: string | undefined;
  /** Whether any check has had an answer, good or bad. */
  answered: boolean;
  successes: number;
  failures: number;
}

export class ElbStore {
  readonly targetGroups = new Map<string, TargetGroup>();
  readonly loadBalancers = new Map<string, LoadBalancer>();
  readonly listeners = new Map<string, Listener>();
  readonly rules = new Map<string, Rule>();
  readonly targets = new Map<string, Target[]>();

  /** Every action of every rule, the listeners' default rules among them. */
  actions(): Action[] {
    return [...this.rules.values()].flatMap(({ Actions }) => [...Actions]);
  }

  /** The load balancers of the listeners whose rules forward to a target group. */
  loadBalancersOf(targetGroupArn: string): string[] {
    const listeners = [...this.rules.values()]
      .filter(({ Actions }) =>
        Actions.some((action) => groupsOf(action).some(({ TargetGroupArn }) => TargetGroupArn === targetGroupArn)),
      )
      .flatMap(({ listenerArn }) => this.listeners.get(listenerArn)?.LoadBalancerArn ?? []);
    return [...new Set(listeners)];
  }

  /** Gives a rule the ARN by which the world calls it. */
  renameRule(from: string, to: string): void {
    const rule = this.rules.get(from);
    if (rule === undefined) throw new Error(`there is no rule ${from}`);
    this.rules.delete(from);
    this.rules.set(to, { ...rule, RuleArn: to });
  }

  isAttached(targetGroupArn: string): boolean | undefined {
    if (!this.targetGroups.has(targetGroupArn)) return undefined;
    return this.actions().some((action) =>
      groupsOf(action).some(({ TargetGroupArn }) => TargetGroupArn === targetGroupArn),
    );
  }
}

/** Returns the target groups of a forward action with their weights; a group alone weighs 1. */
export const groupsOf = (action: Action): Array<{ readonly TargetGroupArn: string; readonly Weight: number }> => {
  const groups = action.ForwardConfig?.TargetGroups;
  if (groups && groups.length > 0) return groups.map(({ TargetGroupArn, Weight = 1 }) => ({ TargetGroupArn, Weight }));
  return action.TargetGroupArn === undefined ? [] : [{ TargetGroupArn: action.TargetGroupArn, Weight: 1 }];
};
