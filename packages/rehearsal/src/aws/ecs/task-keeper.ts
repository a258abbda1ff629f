import type { Timeline } from '../timeline.ts';
import type { Timings } from '../timings.ts';
import { currentOf } from './deployments.ts';
import { countFailure } from './failures.ts';
import { taskList, tell } from './rollout-events.ts';
import type { Deployment, Service, ServiceDeployment, Task } from './state.ts';
import { isLive } from './state.ts';

export type Health = 'healthy' | 'unhealthy' | 'waiting';

export interface TaskKeeperOptions {
  readonly timeline: Timeline;
  readonly timings: Timings;
  createTask(service: Service, deployment: Deployment): Task;
  launch(task: Task): void;
  stop(task: Task, code: 'ServiceSchedulerInitiated', reason: string): void;
  /** Of the task's targets: the worst of them. `healthy` when it has none. */
  health(task: Task): { readonly state: Health; readonly reason?: string };
  onDeployment(service: Service, deployment: ServiceDeployment): void;
  /** Asks for another look at the service. */
  touch(service: Service, afterMs?: number): void;
}

/** Starts, stops and replaces the tasks of services and counts those that fail. */
export class TaskKeeper {
  readonly #options: TaskKeeperOptions;

  constructor(options: TaskKeeperOptions) {
    this.#options = options;
  }

  /** The live tasks that count as running and healthy; replaces those whose targets are unhealthy for too long. */
  healthyOf(service: Service, tasks: readonly Task[]): Set<Task> {
    const now = this.#options.timeline.now();
    return new Set(tasks.filter((task) => isLive(task) && this.#isHealthy(service, task, now)));
  }

  fail(service: Service, deployment: Deployment): void {
    const { timeline, timings } = this.#options;
    const now = timeline.now();
    const current = currentOf(service);
    const tripped = countFailure(service, deployment, now);
    if (tripped && current !== undefined) this.#options.onDeployment(service, current);
    // Launches of tasks that keep failing are throttled ("Amazon ECS service throttle logic").
    const wait = Math.min(timings.maximumRetryMs, timings.retryMs * 2 ** Math.min(16, deployment.failures - 1));
    deployment.retryAt = now + wait;
    if (deployment.failures % 5 === 0) tell(service, now, 'is unable to consistently start tasks successfully.');
  }

  /** True when the deployment may launch tasks now; asks for a look when it may again later. */
  mayStart(service: Service, deployment: Deployment): boolean {
    const waitMs = deployment.retryAt - this.#options.timeline.now();
    if (waitMs > 0) this.#options.touch(service, waitMs);
    return deployment.rolloutState !== 'FAILED' && waitMs <= 0;
  }

  start(service: Service, deployment: Deployment, count: number): void {
    if (count <= 0) return;
    const started = Array.from({ length: count }, () => this.#options.createTask(service, deployment));
    for (const task of started) this.#options.launch(task);
    tell(service, this.#options.timeline.now(), `has started ${count} tasks: ${taskList(started)}.`);
  }

  /** `by` is the deployment for whose sake they go. */
  stop(service: Service, by: Deployment, tasks: readonly Task[]): void {
    if (tasks.length === 0) return;
    const now = this.#options.timeline.now();
    tell(service, now, `has stopped ${tasks.length} running tasks: ${taskList(tasks)}.`);
    const draining = tasks.filter((task) => task.targets.length > 0 && task.status === 'RUNNING');
    if (draining.length > 0) tell(service, now, `has begun draining connections on ${draining.length} tasks.`);
    const reason = `Scaling activity initiated by (deployment ${by.id})`;
    for (const task of tasks) this.#options.stop(task, 'ServiceSchedulerInitiated', reason);
  }

  /** Brings a deployment to its own desired count, whatever the others have. */
  level(service: Service, deployment: Deployment, tasks: readonly Task[], healthy: ReadonlySet<Task>): void {
    const live = tasks.filter((task) => isLive(task) && task.deployment === deployment);
    const surplus = Math.max(0, live.length - deployment.desired);
    const sickFirst = live.toSorted((a, b) => Number(healthy.has(a)) - Number(healthy.has(b)));
    this.stop(service, deployment, sickFirst.slice(0, surplus));
    if (live.length < deployment.desired && this.mayStart(service, deployment))
      this.start(service, deployment, deployment.desired - live.length);
  }

  #isHealthy(service: Service, task: Task, now: number): boolean {
    if (task.status !== 'RUNNING') return false;
    const { timings } = this.#options;
    const { state, reason } = this.#options.health(task);
    const since = task.startedAt ?? now;
    if (state === 'healthy') {
      // Without a target group there is no proof but time.
      if (task.proven) return true;
      if (task.targets.length > 0 || now >= since + timings.steadyMs) this.#prove(service, task);
      else this.#options.touch(service, since + timings.steadyMs - now);
      return true;
    }
    if (state === 'waiting') return false;
    const graceSeconds = service.config.healthCheckGracePeriodSeconds ?? 0;
    const graceEnd = since + Math.max(timings.minimumGraceMs, graceSeconds * timings.graceSecondMs);
    if (now < graceEnd) {
      this.#options.touch(service, graceEnd - now);
      return false;
    }
    this.#replace(service, task, reason ?? 'Health checks failed', now);
    return false;
  }

  #prove(service: Service, task: Task): void {
    task.proven = true;
    const breaker = service.config.deploymentConfiguration?.deploymentCircuitBreaker;
    if (task.deployment === undefined || breaker?.resetOnHealthyTask === false) return;
    task.deployment.failedTasks = 0;
    const current = currentOf(service);
    if (current !== undefined && current.deployment === task.deployment) current.breaker.failureCount = 0;
  }

  #replace(service: Service, task: Task, reason: string, now: number): void {
    const [target] = task.targets;
    const group = target?.targetGroupArn ?? '';
    tell(
      service,
      now,
      `(task ${task.id}) (port ${target?.port}) is unhealthy in (target-group ${group}) due to (reason ${reason}).`,
    );
    if (task.deployment !== undefined) this.fail(service, task.deployment);
    this.#options.stop(task, 'ServiceSchedulerInitiated', `Task failed ELB health checks in (target-group ${group})`);
  }
}
