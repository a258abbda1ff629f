import type { RunningTask, TaskEngine, TaskEvents } from '../../engine/task-engine.ts';
import type { Timeline } from '../timeline.ts';
import type { Timings } from '../timings.ts';
import { specOf } from './container-spec.ts';
import type { ContainerState, StopCode, Task, TaskStatus } from './state.ts';

/** Where tasks of services are reached: the target groups. */
export interface Targets {
  register(targetGroupArn: string, target: { host: string; port: number; taskId: string }): void;
  /** Begins to drain. */
  deregister(targetGroupArn: string, taskId: string): void;
}

export interface TaskRunnerOptions {
  readonly engine: TaskEngine;
  readonly timeline: Timeline;
  readonly timings: Timings;
  readonly targets: Targets;
  /** Resolves a `valueFrom`; throws an Error that begins with `ResourceInitializationError:`. */
  resolveSecret(valueFrom: string): string;
  /** Opens the log streams of a task; throws like `resolveSecret`. Returns where a container's lines go. */
  openLogs(task: Task): (container: string, line: string) => void;
  onChange(task: Task): void;
}

/** Carries tasks through their life ("Amazon ECS task lifecycle"). */
export class TaskRunner {
  readonly #options: TaskRunnerOptions;

  constructor(options: TaskRunnerOptions) {
    this.#options = options;
  }

  launch(task: Task): void {
    const { timeline, timings } = this.#options;
    this.#enter(task, 'PROVISIONING');
    timeline.after(timings.provisioningMs, () => {
      if (task.desiredStatus === 'RUNNING') this.#prepare(task);
    });
  }

  /** Asks a task to stop; the first reason stays. */
  stop(task: Task, code: StopCode, reason: string): void {
    if (task.desiredStatus === 'STOPPED') return;
    const before = task.status;
    task.desiredStatus = 'STOPPED';
    task.stopCode = code;
    task.stoppedReason = reason;
    task.stoppingAt = this.#options.timeline.now();
    if (before === 'PROVISIONING') {
      this.#deprovision(task);
      return;
    }
    if (before === 'PENDING' && task.running === undefined) {
      this.#enter(task, 'STOPPING');
      return;
    }
    const { timeline, timings, targets } = this.#options;
    if (before !== 'RUNNING' || task.targets.length === 0) {
      this.#stopContainers(task);
      return;
    }
    this.#enter(task, 'DEACTIVATING');
    for (const { targetGroupArn } of task.targets) targets.deregister(targetGroupArn, task.id);
    // What has ended by itself has no request to finish.
    const drainMs = code === 'EssentialContainerExited' ? 0 : timings.deregistrationDelayMs;
    timeline.after(drainMs, () => this.#stopContainers(task));
  }

  #enter(task: Task, status: TaskStatus): void {
    task.status = status;
    task.version += 1;
    this.#options.onChange(task);
  }

  #prepare(task: Task): void {
    const { timeline, timings, engine } = this.#options;
    const pendingSince = timeline.now();
    task.pullStartedAt = pendingSince;
    this.#enter(task, 'PENDING');
    try {
      const write = this.#options.openLogs(task);
      const spec = specOf(task, (valueFrom) => this.#options.resolveSecret(valueFrom), timings.stopTimeoutMs);
      const events: TaskEvents = {
        line: write,
        exit: (exit) => this.#exited(task, exit.container, exit.exitCode, exit.reason),
      };
      const started = engine.start(spec, events).then(
        (running) => this.#started(task, running, pendingSince),
        (error) => this.#failed(task, error instanceof Error ? error.message : String(error)),
      );
      timeline.track(started);
    } catch (error) {
      this.#failed(task, error instanceof Error ? error.message : String(error));
    }
  }

  #started(task: Task, running: RunningTask, pendingSince: number): void {
    const { timeline, timings } = this.#options;
    task.running = running;
    task.pullStoppedAt = timeline.now();
    if (task.desiredStatus === 'STOPPED') {
      this.#stopContainers(task);
      return;
    }
    timeline.after(Math.max(0, pendingSince + timings.pendingMs - timeline.now()), () => {
      if (task.desiredStatus === 'STOPPED') return;
      for (const container of task.containers) if (container.status === 'PENDING') container.status = 'RUNNING';
      task.startedAt = timeline.now();
      this.#enter(task, 'RUNNING');
      this.#registerTargets(task, running);
    });
  }

  #registerTargets(task: Task, running: RunningTask): void {
    for (const { targetGroupArn, container, port } of task.targets) {
      const address = running.address(container, port);
      if (address === undefined) {
        this.stop(task, 'ServiceSchedulerInitiated', `container ${container} does not listen on port ${port}`);
        return;
      }
      this.#options.targets.register(targetGroupArn, { ...address, taskId: task.id });
    }
  }

  #failed(task: Task, reason: string): void {
    const { timeline } = this.#options;
    task.desiredStatus = 'STOPPED';
    // A task that was asked to stop meanwhile keeps that reason.
    task.stopCode ??= 'TaskFailedToStart';
    task.stoppedReason ??= reason;
    task.stoppingAt ??= timeline.now();
    for (const container of task.containers) {
      container.status = 'STOPPED';
      if (task.stopCode === 'TaskFailedToStart' && reason.startsWith('CannotPullContainerError'))
        container.reason = reason;
    }
    this.#deprovision(task);
  }

  #exited(task: Task, name: string, exitCode: number | undefined, reason: string | undefined): void {
    const container = task.containers.find((candidate) => candidate.name === name);
    if (container === undefined || container.status === 'STOPPED') return;
    container.status = 'STOPPED';
    if (exitCode !== undefined) container.exitCode = exitCode;
    if (reason !== undefined) container.reason = reason;
    const over = container.essential || task.containers.every(({ status }) => status === 'STOPPED');
    if (!over || task.desiredStatus === 'STOPPED') {
      this.#options.onChange(task);
      return;
    }
    task.startedAt ??= this.#options.timeline.now();
    this.stop(task, 'EssentialContainerExited', 'Essential container in task exited');
  }

  #stopContainers(task: Task): void {
    const { timeline, timings } = this.#options;
    const { running } = task;
    this.#enter(task, 'STOPPING');
    // The exit event may precede the engine's answer to start; `#started` comes back here then.
    if (running === undefined) return;
    const since = timeline.now();
    const ended = running.stop().then(() => {
      task.executionStoppedAt = timeline.now();
      for (const container of task.containers) container.status = 'STOPPED';
      timeline.after(Math.max(0, since + timings.stoppingMs - timeline.now()), () => this.#deprovision(task));
    });
    timeline.track(ended);
  }

  #deprovision(task: Task): void {
    const { timeline, timings } = this.#options;
    this.#enter(task, 'DEPROVISIONING');
    timeline.after(timings.deprovisioningMs, () => {
      task.stoppedAt = timeline.now();
      for (const container of task.containers) container.status = 'STOPPED';
      task.running = undefined;
      this.#enter(task, 'STOPPED');
    });
  }
}

/** Returns the containers a task definition asks for, before any has started. */
export const containersOf = (task: Pick<Task, 'taskDefinition'>, runtimeId: () => string): ContainerState[] =>
  (task.taskDefinition.request.containerDefinitions ?? []).map((definition) => ({
    name: definition.name ?? '',
    image: definition.image ?? '',
    // The first container's `essential` is true unless it says otherwise ("essential", API_ContainerDefinition).
    essential: definition.essential ?? true,
    status: 'PENDING',
    runtimeId: runtimeId(),
  }));
