import type { LoadBalancer } from './client.ts';
import type { ServiceConfig, Slot, TargetPlace } from './state.ts';

/** The load balancers' side of a traffic shift. */
export interface TrafficControl {
  /** Sets the weights of a listener rule; of a listener's default rule when it is the listener's ARN. */
  shift(ruleArn: string, weights: ReadonlyArray<{ readonly targetGroupArn: string; readonly weight: number }>): void;
}

/** Returns the target group of a load balancer that deployments of `slot` register in. */
export const targetGroupOf = ({ targetGroupArn = '', advancedConfiguration }: LoadBalancer, slot: Slot): string =>
  slot === 1 ? (advancedConfiguration?.alternateTargetGroupArn ?? targetGroupArn) : targetGroupArn;

/** Returns where tasks of a deployment are to be reached. */
export const placesOf = (config: ServiceConfig, slot: Slot): TargetPlace[] =>
  (config.loadBalancers ?? []).map((loadBalancer) => ({
    targetGroupArn: targetGroupOf(loadBalancer, slot),
    container: loadBalancer.containerName ?? '',
    port: loadBalancer.containerPort ?? 0,
  }));

/** True where ECS shifts traffic itself: behind listener rules it knows, or by Service Connect. */
export const managesTraffic = (config: ServiceConfig): boolean =>
  config.serviceConnectConfiguration?.enabled === true ||
  (config.loadBalancers ?? []).some(
    ({ advancedConfiguration }) => advancedConfiguration?.productionListenerRule !== undefined,
  );

export const hasTestTraffic = (config: ServiceConfig): boolean =>
  (config.loadBalancers ?? []).some(
    ({ advancedConfiguration }) => advancedConfiguration?.testListenerRule !== undefined,
  );

/**
 * Gives `percent` of the traffic to `slot` and the rest to the other one. Weights add up to 100, as ECS is seen to write
 * them; tenths of a percent need a scale of 1000, which a rule's weights (0-999) just have room for.
 */
export const shiftTraffic = (
  control: TrafficControl,
  config: ServiceConfig,
  slot: Slot,
  kind: 'production' | 'test',
  percent: number,
): void => {
  const scale = Number.isInteger(percent) ? 1 : 10;
  for (const { targetGroupArn = '', advancedConfiguration } of config.loadBalancers ?? []) {
    const { alternateTargetGroupArn, productionListenerRule, testListenerRule } = advancedConfiguration ?? {};
    const rule = kind === 'production' ? productionListenerRule : testListenerRule;
    if (rule === undefined || alternateTargetGroupArn === undefined) continue;
    const mine = Math.round(percent * scale);
    const groups = [targetGroupArn, alternateTargetGroupArn];
    control.shift(
      rule,
      groups.map((arn, index) => ({ targetGroupArn: arn, weight: index === slot ? mine : 100 * scale - mine })),
    );
  }
};
