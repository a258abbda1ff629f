export interface TargetGroup {
  readonly arn: string;
  readonly name: string;
  /** HTTP, HTTPS, TCP, …; undefined for Lambda. */
  readonly protocol: string | undefined;
  readonly port: number | undefined;
  /** instance, ip, lambda, alb. */
  readonly targetType: string | undefined;
  readonly loadBalancers: readonly string[];
}

/** How a load balancer sees one target. */
export interface TargetHealth {
  /** `10.0.1.7:8080` */
  readonly target: string;
  /** initial, healthy, unhealthy, unhealthy.draining, unused, draining, unavailable; other words are kept. */
  readonly state: string;
  /** `Target.ResponseCodeMismatch`; undefined for a healthy one. */
  readonly reason: string | undefined;
  /** Foreign text. */
  readonly description: string | undefined;
}

export interface WeightedGroup {
  readonly targetGroup: string;
  /** 0 to 999 (API_TargetGroupTuple). */
  readonly weight: number;
}

/** A rule of a listener, read to be written again with other weights. */
export interface ListenerRule {
  readonly arn: string;
  readonly isDefault: boolean;
  /** The target groups of the forward action; empty when the rule does not forward. */
  readonly groups: readonly WeightedGroup[];
  /** True when requests of one client stay with a target group for a while, whatever the weights say by then. */
  readonly sticky: boolean;
  /** Seconds for which they stay; undefined when not sticky. */
  readonly stickySeconds: number | undefined;
  /** The answer's actions as they came, for `setWeights`. */
  readonly actions: readonly unknown[];
}

/** The Elastic Load Balancing calls that the suite makes. Methods throw AwsError; all of them may be sent again. */
export interface LoadBalancing {
  /** Any number of ARNs; throws AwsError (`TargetGroupNotFound`) when one does not exist. */
  targetGroups(arns: readonly string[]): Promise<readonly TargetGroup[]>;
  targetHealth(targetGroup: string): Promise<readonly TargetHealth[]>;
  rule(arn: string): Promise<ListenerRule>;
  /**
   * Gives the rule's target groups these weights and keeps everything else of it. `rule` must be fresh: its actions are
   * written as they were read. Returns the rule as AWS then told it.
   */
  setWeights(rule: ListenerRule, weights: readonly WeightedGroup[]): Promise<ListenerRule>;
}
