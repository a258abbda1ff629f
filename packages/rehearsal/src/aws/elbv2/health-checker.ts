import type { Health } from '../ecs/scheduler.ts';
import type { Timeline } from '../timeline.ts';
import type { Timings } from '../timings.ts';
import type { Probe } from './probe.ts';
import { accepts } from './probe.ts';
import type { ElbStore, Target } from './state.ts';

export interface HealthCheckerOptions {
  readonly store: ElbStore;
  readonly timeline: Timeline;
  readonly timings: Timings;
  readonly probe: Probe;
  onChange(taskId: string): void;
}

/** Registers targets, checks them and lets them drain ("Health checks for Application Load Balancer target groups"). */
export class HealthChecker {
  readonly #options: HealthCheckerOptions;

  constructor(options: HealthCheckerOptions) {
    this.#options = options;
  }

  register(targetGroupArn: string, place: { host: string; port: number; taskId: string }): void {
    const { store, timeline } = this.#options;
    const target: Target = {
      ...place,
      since: timeline.now(),
      state: 'initial',
      reason: 'Elb.RegistrationInProgress',
      answered: false,
      successes: 0,
      failures: 0,
    };
    store.targets.set(targetGroupArn, [...(store.targets.get(targetGroupArn) ?? []), target]);
    timeline.after(0, () => this.#check(targetGroupArn, target));
  }

  /** The target takes no new requests from now on, and is gone after the deregistration delay. */
  deregister(targetGroupArn: string, taskId: string): void {
    const { store, timeline, timings } = this.#options;
    const target = store.targets.get(targetGroupArn)?.find((candidate) => candidate.taskId === taskId);
    if (target === undefined) return;
    target.state = 'draining';
    target.reason = 'Target.DeregistrationInProgress';
    timeline.after(timings.deregistrationDelayMs, () => {
      store.targets.set(
        targetGroupArn,
        (store.targets.get(targetGroupArn) ?? []).filter((other) => other !== target),
      );
    });
  }

  health(targetGroupArn: string, taskId: string): { readonly state: Health; readonly reason?: string } {
    const target = this.#options.store.targets.get(targetGroupArn)?.find((candidate) => candidate.taskId === taskId);
    if (target?.state === 'healthy') return { state: 'healthy' };
    if (target?.state === 'unhealthy') return { state: 'unhealthy', reason: target.reason ?? 'Health checks failed' };
    return { state: 'waiting' };
  }

  #check(targetGroupArn: string, target: Target): void {
    const { store, timeline, timings, probe } = this.#options;
    const group = store.targetGroups.get(targetGroupArn);
    const known = () => store.targets.get(targetGroupArn)?.includes(target) === true && target.state !== 'draining';
    if (group === undefined || !known()) return;
    const { host, port } = target;
    const check = probe({ host, port, path: group.HealthCheckPath, timeoutMs: timings.healthTimeoutMs }).then(
      (status) => {
        target.answered = true;
        return accepts(group.Matcher.HttpCode, status)
          ? undefined
          : `Health checks failed with these codes: [${status}]`;
      },
      () => 'Health checks failed',
    );
    const judged = check.then((failure) => {
      if (!known()) return;
      this.#judge(target, failure, group.HealthyThresholdCount, group.UnhealthyThresholdCount);
      timeline.after(timings.healthIntervalMs, () => this.#check(targetGroupArn, target));
    });
    timeline.hold(judged);
  }

  #isStarting({ answered, since }: Target): boolean {
    const { timeline, timings } = this.#options;
    return !answered && timeline.now() < since + timings.firstAnswerMs;
  }

  #judge(target: Target, failure: string | undefined, healthyAfter: number, unhealthyAfter: number): void {
    const before = target.state;
    target.successes = failure === undefined ? target.successes + 1 : 0;
    target.failures = failure === undefined ? 0 : target.failures + 1;
    // A target that was just registered needs one success only, an unhealthy one as many as the threshold says.
    const needed = before === 'initial' ? 1 : healthyAfter;
    if (failure === undefined && before !== 'healthy' && target.successes >= needed) target.state = 'healthy';
    if (failure !== undefined && target.failures >= unhealthyAfter && !this.#isStarting(target)) {
      target.state = 'unhealthy';
    }
    target.reason = target.state === 'healthy' ? undefined : (failure ?? target.reason);
    if (before !== target.state) this.#options.onChange(target.taskId);
  }
}
