import type { MetricKey } from '../cloudwatch/metric-store.ts';
import type { Timeline } from '../timeline.ts';
import type { Picked } from './pick-target.ts';
import type { ElbStore } from './state.ts';

const NAMESPACE = 'AWS/ApplicationELB';

/** What the load balancer did with one request. */
export interface Handled {
  readonly picked: Picked;
  /** What the client was answered. */
  readonly status: number;
  /** False when the answer is the load balancer's own: 502, 503, a fixed response, a redirect. */
  readonly byTarget: boolean;
  readonly seconds: number;
}

/** `app/name/id` and `targetgroup/name/id`: what follows the last colon of the ARN, less `loadbalancer/`. */
export const dimensionOf = (arn: string): string => (arn.split(':').at(-1) ?? arn).replace(/^loadbalancer\//, '');

export interface TrafficMetricsOptions {
  readonly store: ElbStore;
  readonly timeline: Timeline;
  readonly minuteMs: number;
  put(key: MetricKey, value: number, unit: string): void;
}

/**
 * Makes the metrics of AWS/ApplicationELB ("CloudWatch metrics for your Application Load Balancer"). Those of targets are
 * "reported if there are registered targets" and only while requests flow, so every answer of a target counts in all of
 * its classes, as 1 or 0; those of the load balancer itself only "if there is a nonzero value". Health checks do not count.
 */
export class TrafficMetrics {
  readonly #options: TrafficMetricsOptions;
  #ticking = false;

  constructor(options: TrafficMetricsOptions) {
    this.#options = options;
  }

  record({ picked, status, byTarget, seconds }: Handled): void {
    const { via } = picked;
    if (via === undefined) return;
    const all = this.#keys(via.loadBalancerArn, via.targetGroupArn);
    const put = (name: string, value: number, unit = 'Count', dimensions = all) => {
      for (const each of dimensions) this.#options.put({ namespace: NAMESPACE, name, dimensions: each }, value, unit);
    };
    // "Only incremented for requests where the load balancer node was able to choose a target."
    if (picked.kind === 'target') put('RequestCount', 1);
    if (byTarget) {
      for (const first of [2, 3, 4, 5])
        put(`HTTPCode_Target_${first}XX_Count`, Math.floor(status / 100) === first ? 1 : 0);
      put('TargetResponseTime', seconds, 'Seconds');
      return;
    }
    const own = all.slice(0, 1);
    if (picked.kind === 'target') put('TargetConnectionErrorCount', 1);
    if (status >= 500) put('HTTPCode_ELB_5XX_Count', 1, 'Count', own);
    if ([500, 502, 503, 504].includes(status)) put(`HTTPCode_ELB_${status}_Count`, 1, 'Count', own);
    if (picked.kind === 'fixed') put('HTTP_Fixed_Response_Count', 1, 'Count', own);
    if (picked.kind === 'redirect') put('HTTP_Redirect_Count', 1, 'Count', own);
  }

  /** Counts hosts once in every minute from now on, for as long as any target is registered. */
  watchHosts(): void {
    if (this.#ticking) return;
    this.#ticking = true;
    this.#countHosts();
  }

  #keys(loadBalancerArn: string, targetGroupArn: string | undefined): Array<Map<string, string>> {
    const loadBalancer = new Map([['LoadBalancer', dimensionOf(loadBalancerArn)]]);
    return targetGroupArn === undefined
      ? [loadBalancer]
      : [loadBalancer, new Map([...loadBalancer, ['TargetGroup', dimensionOf(targetGroupArn)]])];
  }

  #countHosts(): void {
    const { store, timeline, minuteMs, put } = this.#options;
    for (const [targetGroupArn, targets] of store.targets) {
      if (targets.length === 0) continue;
      const count = (state: string) => targets.filter((target) => target.state === state).length;
      for (const loadBalancerArn of store.loadBalancersOf(targetGroupArn)) {
        const [, dimensions = new Map<string, string>()] = this.#keys(loadBalancerArn, targetGroupArn);
        put({ namespace: NAMESPACE, name: 'HealthyHostCount', dimensions }, count('healthy'), 'Count');
        put({ namespace: NAMESPACE, name: 'UnHealthyHostCount', dimensions }, count('unhealthy'), 'Count');
      }
    }
    this.#ticking = [...store.targets.values()].some((targets) => targets.length > 0);
    if (this.#ticking) timeline.after(minuteMs, () => this.#countHosts());
  }
}
