import type { Timeline } from '../timeline.ts';
import type { Timings } from '../timings.ts';
import type { AlarmReader } from './alarms.ts';
import { lookAtAlarms } from './alarms.ts';
import { beginDeployment, createRevision, currentOf, enterStatus, primaryOf } from './deployments.ts';
import { failByAlarm, failDeployment } from './failures.ts';
import type { HookAnswer, HookCall } from './hooks.ts';
import { isNative } from './lifecycle-stages.ts';
import { abandonRollback, lookAtNative } from './native-rollout.ts';
import type { Look } from './rolling-rollout.ts';
import { lookAtRolling } from './rolling-rollout.ts';
import type { Deployment, Service, ServiceDeployment, Task, TaskDefinition } from './state.ts';
import { isLive } from './state.ts';
import type { EcsStore } from './store.ts';
import type { Health } from './task-keeper.ts';
import { TaskKeeper } from './task-keeper.ts';
import { lookAtTaskSets } from './task-sets.ts';
import type { TrafficControl } from './traffic.ts';
import { shiftTraffic } from './traffic.ts';

export type { Health };

export interface SchedulerOptions {
  readonly store: EcsStore;
  readonly timeline: Timeline;
  readonly timings: Timings;
  readonly traffic: TrafficControl;
  readonly alarms: AlarmReader;
  createTask(service: Service, deployment: Deployment): Task;
  launch(task: Task): void;
  stop(task: Task, code: 'ServiceSchedulerInitiated', reason: string): void;
  /** Of the task's targets: the worst of them. `healthy` when it has none. */
  health(task: Task): { readonly state: Health; readonly reason?: string };
  onDeployment(service: Service, deployment: ServiceDeployment): void;
  askHook(call: HookCall): HookAnswer;
  /** The reason for which the rollback of this service is to fail; undefined when it is not. */
  rollbackFails(service: Service): string | undefined;
  /** True when a rollback of this service comes too late: the deployment ends SUCCESSFUL. */
  rollbackTooLate(service: Service): boolean;
}

/** Keeps services at their desired count and brings new revisions out by the strategy of each. */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #keeper: TaskKeeper;
  readonly #looks = new Map<Service, { readonly at: number; cancel(): void }>();

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#keeper = new TaskKeeper({ ...options, touch: (service, afterMs) => this.touch(service, afterMs) });
  }

  /** Starts a deployment of the service's present configuration with `taskDefinition`. */
  deploy(service: Service, taskDefinition: TaskDefinition): ServiceDeployment {
    const { timeline, alarms, traffic } = this.#options;
    const running = currentOf(service);
    const revision = createRevision(service, taskDefinition, timeline.now());
    const created = beginDeployment(service, revision, alarms, timeline.now());
    // A rolling update takes the place of those who serve: it has to have all of the traffic.
    if (created.native === undefined && running?.native !== undefined)
      shiftTraffic(traffic, service.config, created.deployment.slot, 'production', 100);
    if (running !== undefined) this.#options.onDeployment(service, running);
    this.#options.onDeployment(service, created);
    this.touch(service);
    return created;
  }

  /**
   * StopServiceDeployment and ContinueServiceDeployment with ROLLBACK; work without a configured rollback ("Stopping
   * service deployments"). When the older tasks are going already it is too late: the state machine of "View service
   * history" lets ROLLBACK_REQUESTED end SUCCESSFUL too.
   */
  rollBack(service: Service, deployment: ServiceDeployment, reason: string): void {
    const primary = primaryOf(service);
    if (primary === undefined) return;
    const now = this.#options.timeline.now();
    if (deployment.stage === 'CLEAN_UP' || this.#options.rollbackTooLate(service)) {
      deployment.tooLate = true;
      enterStatus(deployment, 'ROLLBACK_REQUESTED', now, reason);
    } else {
      const cause = { reason, rollbackReason: reason, rollback: true, prefix: 'ECS deployment stopped: ' };
      failDeployment(service, primary, cause, now);
    }
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
      this.#keeper.fail(service, deployment);
    }
    this.touch(service);
  }

  #reconcile(service: Service): void {
    if (service.status === 'INACTIVE') return;
    const { store } = this.#options;
    if (service.status === 'DRAINING') {
      const tasks = store.tasksOf(service);
      for (const task of tasks.filter(isLive)) this.#options.stop(task, 'ServiceSchedulerInitiated', drainReason(task));
      if (tasks.every(({ status }) => status === 'STOPPED')) service.status = 'INACTIVE';
      return;
    }
    const look = this.#lookAt(service);
    if (service.taskSets.length > 0) {
      lookAtTaskSets(service, look);
      return;
    }
    this.#advanceStatus(service);
    this.#watchAlarms(service);
    const primary = primaryOf(service);
    if (primary === undefined) return;
    const current = currentOf(service);
    const native = current?.native !== undefined || isNative(primary.revision.config.deploymentConfiguration);
    if (native && (current === undefined || current.native !== undefined))
      lookAtNative(service, current, look, this.#options);
    else lookAtRolling(service, look);
  }

  #lookAt(service: Service): Look {
    const { store, timeline, timings } = this.#options;
    return {
      now: timeline.now(),
      timings,
      keeper: this.#keeper,
      tasks: () => store.tasksOf(service),
      touch: (afterMs) => this.touch(service, afterMs),
      changed: (deployment) => this.#options.onDeployment(service, deployment),
    };
  }

  /** What was only requested is under way at the scheduler's next look. */
  #advanceStatus(service: Service): void {
    const current = currentOf(service);
    if (current === undefined || current.tooLate) return;
    const now = this.#options.timeline.now();
    const next = {
      PENDING: 'IN_PROGRESS',
      ROLLBACK_REQUESTED: 'ROLLBACK_IN_PROGRESS',
      STOP_REQUESTED: 'STOPPED',
    } as const;
    const { status } = current;
    const reason = status === 'ROLLBACK_IN_PROGRESS' ? this.#options.rollbackFails(service) : undefined;
    if (reason !== undefined) abandonRollback(service, current, reason, now);
    else if (status === 'PENDING' || status === 'ROLLBACK_REQUESTED' || status === 'STOP_REQUESTED')
      enterStatus(current, next[status], now);
    else return;
    this.#options.onDeployment(service, current);
    if (this.#options.rollbackFails(service) !== undefined) this.touch(service);
  }

  #watchAlarms(service: Service): void {
    const { alarms, timeline, timings } = this.#options;
    const current = currentOf(service);
    const primary = primaryOf(service);
    if (current === undefined || primary === undefined) return;
    if (lookAtAlarms(current, alarms)) {
      failByAlarm(service, primary, current, timeline.now());
      this.#options.onDeployment(service, current);
      this.touch(service);
    } else if (current.status === 'IN_PROGRESS' && current.alarms.status === 'MONITORING')
      this.touch(service, timings.alarmMs);
  }
}

const drainReason = (task: Task): string => `Task stopped: service ${task.service?.name} was deleted`;
