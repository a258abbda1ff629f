import { neutralizeToLine } from '@hospital-ops/action-kit/untrusted';
import type { Failure, Task, TasksSeen } from '@hospital-ops/aws/ecs/ports';
import type { Cause } from './causes.ts';
import { isInterruption, MAY_HAVE_RUN, nextAfterExit, nextAfterStop, startCauseOf } from './causes.ts';

export const OUTCOMES = ['succeeded', 'failed', 'failed-to-start', 'timeout', 'cancelled', 'unknown'] as const;

export type Outcome = (typeof OUTCOMES)[number];

/** What is known of how a migration ended. `next` tells what to do. */
export interface Verdict {
  readonly outcome: Outcome;
  readonly reason: string;
  readonly next: string;
  /** Why nothing can have run, where that may pass by itself: the only ends after which it may be started again. */
  readonly cause?: Cause | undefined;
}

const line = (...parts: ReadonlyArray<string | undefined>): string =>
  neutralizeToLine(parts.filter((part) => part !== undefined && part !== '').join('; '), 800);

/** Returns what RunTask's answer means when it holds no task. */
export const refusedStart = (failures: readonly Failure[]): Verdict => {
  const reason = failures.map((failure) => line(failure.reason, failure.detail)).join(', ');
  if (failures.length > 0) {
    return { outcome: 'failed-to-start', reason: `ECS did not start the task: ${reason}`, ...startCauseOf(reason) };
  }
  return {
    outcome: 'unknown',
    reason: 'RunTask answered with neither a task nor a failure; whether a task was started is not known',
    next: 'look for a task of this family in the cluster before you run it again.',
  };
};

const stopOf = (task: Task): string => [task.stopCode, task.stoppedReason].filter(Boolean).join(': ');

/** True when a container of the task runs, or has run. */
export const hasRun = (task: Task): boolean =>
  task.startedAt !== undefined ||
  task.containers.some(({ exitCode, lastStatus }) => exitCode !== undefined || lastStatus === 'RUNNING');

/** Returns the name of one of `companions` that has ended while `container` has not: what is essential stops the rest. */
export const endedBefore = (task: Task, container: string, companions: readonly string[]): string | undefined =>
  task.containers.some(({ name, exitCode }) => name === container && exitCode === undefined)
    ? task.containers.find(({ name, exitCode }) => exitCode !== undefined && companions.includes(name))?.name
    : undefined;

/** The cause by which a task that never ran may be started again. A Spot host may go while containers are being started. */
const causeOfStop = (task: Task, ran: boolean, reason: string): Cause | undefined => {
  if (ran || hasRun(task)) return undefined;
  if (task.stopCode === 'SpotInterruption') return task.pullStoppedAt === undefined ? 'spot' : undefined;
  return task.stopCode === 'TaskFailedToStart' ? startCauseOf(reason).cause : undefined;
};

/**
 * Returns the verdict on a task by its container's exit code, or undefined while it has none and the task may still
 * give one. Other containers and the state of the task decide nothing: a sidecar that ends with 143 is no failure, and a
 * stopped task without an exit code is no success. Of a task that was told to stop an exit with 0 proves nothing: a
 * program that heeds the signal ends so in the middle of its work. `ran` says that a container was seen to run before,
 * `cutShort` names an essential one that was seen to end before this one: ECS stops the others then.
 */
export const judgeTask = (task: Task, container: string, ran = false, cutShort?: string): Verdict | undefined => {
  const own = task.containers.find(({ name }) => name === container);
  const isCut = cutShort !== undefined || isInterruption(task.stopCode);
  if (own?.exitCode === 0 && !isCut) return { outcome: 'succeeded', reason: '', next: '' };
  const first = cutShort && `essential container "${cutShort}" had ended before it`;
  if (own?.exitCode === 0) {
    const why = first ?? 'the task had been told to stop';
    return {
      outcome: 'unknown',
      reason: line(`container "${container}" exited 0, but ${why}`, own.reason, stopOf(task)),
      next: nextAfterStop(task.stopCode),
    };
  }
  if (own?.exitCode !== undefined) {
    return {
      outcome: 'failed',
      reason: line(`container "${container}" exited ${own.exitCode}`, first, own.reason, stopOf(task)),
      next: isCut ? nextAfterStop(task.stopCode) : nextAfterExit(own.exitCode, own.reason),
    };
  }
  if (task.lastStatus !== 'STOPPED') return undefined;
  const reason = line(stopOf(task), own?.reason);
  const neverRan = !ran && (task.stopCode === 'TaskFailedToStart' || task.startedAt === undefined);
  if (own !== undefined && neverRan) {
    const { next } = startCauseOf(reason);
    return {
      outcome: 'failed-to-start',
      reason: line('the task stopped before its container ran', reason),
      next: isInterruption(task.stopCode) ? nextAfterStop(task.stopCode) : next,
      cause: causeOfStop(task, ran, reason),
    };
  }
  return {
    outcome: 'unknown',
    reason: line(
      own === undefined ? `the task has no container "${container}"` : `container "${container}" has no exit code`,
      reason,
    ),
    next: nextAfterStop(task.stopCode),
  };
};

/** DescribeTasks may not know a task for some seconds after RunTask (eventual consistency, API reference). */
const MISSING_LOOKS = 10;

/** Returns the verdict on one look; `missingLooks` counts looks in a row, this one included, without the task. */
export const judge = (
  seen: TasksSeen,
  container: string,
  missingLooks: number,
  ran = false,
  cutShort?: string,
): Verdict | undefined => {
  const task = seen.tasks[0];
  if (task !== undefined) return judgeTask(task, container, ran, cutShort);
  if (missingLooks < MISSING_LOOKS) return undefined;
  const why = seen.failures.map(({ reason }) => reason).join(', ');
  return {
    outcome: 'unknown',
    reason: line('the task disappeared from the answer of DescribeTasks', why),
    next: MAY_HAVE_RUN,
  };
};

/** Returns the verdict on a task that was asked to stop: an end of its own that came first counts. */
export const judgeStopped = (task: Task | undefined, container: string, asked: Verdict): Verdict => {
  if (task === undefined) return { ...asked, reason: line(asked.reason, 'whether it stopped was not seen') };
  const own = judgeTask(task, container, hasRun(task));
  if (own !== undefined && task.stopCode !== undefined && task.stopCode !== 'UserInitiated') {
    // Asked to end, it is not started again.
    return { ...own, cause: undefined };
  }
  if (task.lastStatus === 'STOPPED') return { ...asked, reason: line(asked.reason, 'the task was stopped') };
  return { ...asked, reason: line(asked.reason, `its stop was asked for, and it is ${task.lastStatus} still`) };
};
