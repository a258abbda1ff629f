import type { Timeline } from '../timeline.ts';
import type { Timings } from '../timings.ts';
import {
  beginDeployment,
  completeDeployment,
  countFailure,
  createRevision,
  currentOf,
  enterStatus,
  failDeployment,
  primaryOf,
} from './deployments.ts';
import { planRollout } from './plan-rollout.ts';
import { taskList, tell } from './rollout-events.ts';
import type { Deployment, Service, ServiceDeployment, Task, TaskDefinition } from './state.ts';
import { isLive } from './state.ts';
import type { EcsStore } from './store.ts';

export type Health = 'healthy' | 'unhealthy' | 'waiting';

export interface SchedulerOptions {
  readonly store: EcsStore;
  readonly timeline: Timeline;
  readonly timings: Timings;
  createTask(service: Service, deployment: Deployment): Task;
  launch(task: Task): void;
  stop(task: Task, code: 'ServiceSchedulerInitiated', reason: string): void;
  /** Of the task's targets: the worst of them. `healthy` when it has none. */
  health(task: Task): { readonly state: Health; readonly reason?: string };
  onDeployment(service: Service, deployment: ServiceDeployment): void;
}

/** Keeps services at their desired count and brings new revisions out by rolling update. */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #looks = new Map<Service, { readonly at: number; cancel(): void }>();

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  /** Starts a deployment of the service's present configuration with `taskDefinition`. */
  deploy(service: Service, taskDefinition: TaskDefinition): void {
    const { timeline } = this.#options;
    const running = currentOf(service);
    const created = beginDeployment(service, createRevision(service, taskDefinition, timeline.now()), timeline.now());
    if (running !== undefined) this.#options.onDeployment(service, running);
    this.#options.onDeployment(service, created);
    this.touch(service);
  }

  /** StopServiceDeployment with ROLLBACK; works without a configured rollback ("Stopping service deployments"). */
  rollBack(service: Service, deployment: ServiceDeployment): void {
    const primary = primaryOf(service);
    if (primary === undefined) return;
    const reason = 'Service deployment rolled back because of a StopServiceDeployment request.';
    const cause = { reason, rollbackReason: reason, rollback: true, prefix: 'ECS deployment stopped: ' };
    failDeployment(service, primary, cause, this.#options.timeline.now());
    this.#options.onDeployment(service, deployment);
    this.touch(service);
  }

  /** Looks at the service after `afterMs`, or earlier when an earlier look is due: that one sees what is left to wait for. */
  touch(service: Service, afterMs = this.#options.timings.reconcileMs): void {
    const { timeline } = this.#options;
    const at = timeline.now() + afterMs;
    const known = this.#looks.get(service);
    if (known !== undefined && known.at <= at) return;
    known?.cancel();
    const cancel = timeline.after(afterMs, () => {
      this.#looks.delete(service);
      this.#reconcile(service);
    });
    this.#looks.set(service, { at, cancel });
  }

  /** A task of a service has changed: one that ended without having been told to is a failure of its deployment. */
  onTaskChange(task: Task): void {
    const { service, deployment } = task;
    if (service === undefined || deployment === undefined) return;
    const failed = task.stopCode === 'TaskFailedToStart' || task.stopCode === 'EssentialContainerExited';
    if (failed && !task.proven && !task.counted) {
      task.counted = true;
      this.#fail(service, deployment);
    }
    this.touch(service);
  }

  #fail(service: Service, deployment: Deployment): void {
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

  #reconcile(service: Service): void {
    if (service.status === 'INACTIVE') return;
    this.#advanceStatus(service);
    const { store, timeline } = this.#options;
    const now = timeline.now();
    const primary = primaryOf(service);
    const tasks = store.tasksOf(service);
    if (service.status === 'DRAINING') {
      for (const task of tasks.filter(isLive)) this.#options.stop(task, 'ServiceSchedulerInitiated', drainReason(task));
      if (tasks.every(({ status }) => status === 'STOPPED')) service.status = 'INACTIVE';
      return;
    }
    if (primary === undefined) return;
    const healthy = new Set<Task>();
    for (const task of tasks.filter(isLive)) if (this.#isHealthy(service, task, now)) healthy.add(task);
    const live = tasks.filter(isLive);
    const waits = primary.retryAt > now;
    const { minimumHealthyPercent = 100, maximumPercent = 200 } = service.config.deploymentConfiguration ?? {};
    const plan = planRollout({
      desired: service.desired,
      minimumHealthyPercent,
      maximumPercent,
      tasks: live.map((task) => ({ id: task.id, primary: task.deployment === primary, healthy: healthy.has(task) })),
      mayStart: primary.rolloutState !== 'FAILED' && !waits,
    });
    if (waits) this.touch(service, primary.retryAt - now);
    this.#start(service, primary, plan.start);
    this.#stop(
      service,
      primary,
      live.filter(({ id }) => plan.stop.includes(id)),
    );
    const others = tasks.filter((task) => task.status !== 'STOPPED' && task.deployment !== primary);
    // An older deployment leaves the list with its last task, before the PRIMARY one is COMPLETED.
    service.deployments = service.deployments.filter(
      (deployment) => deployment === primary || others.some((task) => task.deployment === deployment),
    );
    const settled = healthy.size === service.desired && live.length === service.desired && others.length === 0;
    this.#settle(service, primary, settled && plan.start === 0 && plan.stop.length === 0, now);
  }

  /** PENDING and ROLLBACK_REQUESTED are passed at the scheduler's first look. */
  #advanceStatus(service: Service): void {
    const current = currentOf(service);
    if (current === undefined) return;
    const next = { PENDING: 'IN_PROGRESS', ROLLBACK_REQUESTED: 'ROLLBACK_IN_PROGRESS' } as const;
    if (current.status !== 'PENDING' && current.status !== 'ROLLBACK_REQUESTED') return;
    enterStatus(current, next[current.status], this.#options.timeline.now());
    this.#options.onDeployment(service, current);
  }

  /** Whether a task counts; replaces it when its targets are unhealthy and its grace period is over. */
  #isHealthy(service: Service, task: Task, now: number): boolean {
    if (task.status !== 'RUNNING') return false;
    const { timings } = this.#options;
    const { state, reason } = this.#options.health(task);
    const since = task.startedAt ?? now;
    if (state === 'healthy') {
      // Without a target group there is no proof but time.
      if (task.proven) return true;
      if (task.targets.length > 0 || now >= since + timings.steadyMs) this.#prove(service, task);
      else this.touch(service, since + timings.steadyMs - now);
      return true;
    }
    if (state === 'waiting') return false;
    const graceSeconds = service.config.healthCheckGracePeriodSeconds ?? 0;
    const graceEnd = since + Math.max(timings.minimumGraceMs, graceSeconds * timings.graceSecondMs);
    if (now < graceEnd) {
      this.touch(service, graceEnd - now);
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
    if (task.deployment !== undefined) this.#fail(service, task.deployment);
    this.#options.stop(task, 'ServiceSchedulerInitiated', `Task failed ELB health checks in (target-group ${group})`);
  }

  #start(service: Service, primary: Deployment, count: number): void {
    if (count === 0) return;
    const started = Array.from({ length: count }, () => this.#options.createTask(service, primary));
    for (const task of started) this.#options.launch(task);
    tell(service, this.#options.timeline.now(), `has started ${count} tasks: ${taskList(started)}.`);
  }

  #stop(service: Service, primary: Deployment, tasks: readonly Task[]): void {
    if (tasks.length === 0) return;
    const now = this.#options.timeline.now();
    tell(service, now, `has stopped ${tasks.length} running tasks: ${taskList(tasks)}.`);
    const draining = tasks.filter((task) => task.targets.length > 0 && task.status === 'RUNNING');
    if (draining.length > 0) tell(service, now, `has begun draining connections on ${draining.length} tasks.`);
    const reason = `Scaling activity initiated by (deployment ${primary.id})`;
    for (const task of tasks) this.#options.stop(task, 'ServiceSchedulerInitiated', reason);
  }

  #settle(service: Service, primary: Deployment, settled: boolean, now: number): void {
    const { timings } = this.#options;
    if (!settled) {
      primary.steadySince = undefined;
      if (primary.rolloutState === 'IN_PROGRESS') service.steadyTold = false;
      return;
    }
    primary.steadySince ??= now;
    const due = primary.steadySince + timings.steadyMs;
    if (now < due) {
      this.touch(service, due - now);
      return;
    }
    if (primary.rolloutState === 'IN_PROGRESS') {
      const current = currentOf(service);
      completeDeployment(service, primary, now);
      if (current !== undefined) this.#options.onDeployment(service, current);
      service.steadyTold = false;
    }
    if (!service.steadyTold) tell(service, now, 'has reached a steady state.');
    service.steadyTold = true;
  }
}

const drainReason = (task: Task): string => `Task stopped: service ${task.service?.name} was deleted`;
