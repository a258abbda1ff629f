import { neutralizeToLine } from '@hospital-ops/action-kit/untrusted';
import type { Failure, Task, TasksSeen } from '@hospital-ops/aws/ecs/ports';

export const OUTCOMES = ['succeeded', 'failed', 'failed-to-start', 'timeout', 'cancelled', 'unknown'] as const;

export type Outcome = (typeof OUTCOMES)[number];

/** What is known of how a migration ended. `next` tells what to do. */
export interface Verdict {
  readonly outcome: Outcome;
  readonly reason: string;
  readonly next: string;
}

const line = (...parts: ReadonlyArray<string | undefined>): string =>
  neutralizeToLine(parts.filter((part) => part !== undefined && part !== '').join('; '), 800);

const MAY_HAVE_RUN =
  'look at the log and at the migration table before you run it again: the migration may have run in part.';

/** What is known to go wrong before a container runs, and what helps. */
const STARTS: ReadonlyArray<readonly [match: RegExp, next: string]> = [
  [
    /CannotPull|ImageManifest|pull image/i,
    'check that the image exists and that the execution role and network reach the registry.',
  ],
  [
    /ResourceInitializationError|secrets|ssm|parameter/i,
    'check the secrets of the definition and the rights of its execution role.',
  ],
  [
    /capacity/i,
    'there is no capacity at the moment; run the job again, or choose other subnets or a capacity provider.',
  ],
  [/RESOURCE:/, 'the cluster has no instance with room for the task; add capacity or lower cpu and memory.'],
];

const nextOfStart = (reason: string): string =>
  STARTS.find(([match]) => match.test(reason))?.[1] ??
  'correct what the reason names and run the job again: nothing has run.';

/** Returns what RunTask's answer means when it holds no task. */
export const refusedStart = (failures: readonly Failure[]): Verdict => {
  const reason = failures.map((failure) => line(failure.reason, failure.detail)).join(', ');
  if (failures.length > 0) {
    return { outcome: 'failed-to-start', reason: `ECS did not start the task: ${reason}`, next: nextOfStart(reason) };
  }
  return {
    outcome: 'unknown',
    reason: 'RunTask answered with neither a task nor a failure',
    next: 'look for a task of this family in the cluster before you run it again.',
  };
};

const stopOf = (task: Task): string => [task.stopCode, task.stoppedReason].filter(Boolean).join(': ');

const OUT_OF_MEMORY = /OutOfMemory/i;

/**
 * Returns the verdict on a task by its container's exit code, or undefined while it has none and the task may still
 * give one. Other containers and the state of the task decide nothing: a sidecar that ends with 143 is no failure, and a
 * stopped task without an exit code is no success.
 */
export const judgeTask = (task: Task, container: string): Verdict | undefined => {
  const own = task.containers.find(({ name }) => name === container);
  if (own?.exitCode === 0) return { outcome: 'succeeded', reason: '', next: '' };
  if (own?.exitCode !== undefined) {
    const memory = OUT_OF_MEMORY.test(own.reason ?? '');
    return {
      outcome: 'failed',
      reason: line(`container "${container}" exited ${own.exitCode}`, own.reason, stopOf(task)),
      next: memory
        ? `give the container more memory. ${MAY_HAVE_RUN}`
        : 'read the last log lines, correct the migration, and deploy again. No service was touched.',
    };
  }
  if (task.lastStatus !== 'STOPPED') return undefined;
  const reason = line(stopOf(task), own?.reason);
  const neverRan = task.stopCode === 'TaskFailedToStart' || task.startedAt === undefined;
  if (own !== undefined && neverRan) {
    return {
      outcome: 'failed-to-start',
      reason: line('the task stopped before its container ran', reason),
      next: nextOfStart(reason),
    };
  }
  return {
    outcome: 'unknown',
    reason: line(
      own === undefined ? `the task has no container "${container}"` : `container "${container}" has no exit code`,
      reason,
    ),
    next: MAY_HAVE_RUN,
  };
};

/** DescribeTasks may not know a task for some seconds after RunTask (eventual consistency, API reference). */
const MISSING_LOOKS = 10;

/** Returns the verdict on one look; `missingLooks` counts looks in a row, this one included, without the task. */
export const judge = (seen: TasksSeen, container: string, missingLooks: number): Verdict | undefined => {
  const task = seen.tasks[0];
  if (task !== undefined) return judgeTask(task, container);
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
  const own = judgeTask(task, container);
  if (own !== undefined && task.stopCode !== undefined && task.stopCode !== 'UserInitiated') return own;
  if (task.lastStatus === 'STOPPED') return { ...asked, reason: line(asked.reason, 'the task was stopped') };
  return { ...asked, reason: line(asked.reason, `its stop was asked for, and it is ${task.lastStatus} still`) };
};
