import { neutralizeToLine } from '@hospital-ops/action-kit/untrusted';
import type { Ecs, Task, TaskDefinition } from '@hospital-ops/aws/ecs/ports';
import { logStreamOf, shortName } from '@hospital-ops/aws/ecs/task-definition';
import type { Logs } from '@hospital-ops/aws/logs/ports';

const LOG_LINES = 20;
const REASON_LENGTH = 400;

/** What was found out about tasks that failed. */
export interface Diagnosis {
  /** One line; empty when no failed task was found. */
  readonly reason: string;
  readonly log: readonly string[];
}

/**
 * True when a stopped task says something about its revision: it could not start, a container ended, a health check
 * failed. Scaling in, a Spot interruption or a person with StopTask say nothing about it.
 */
export const isTaskFailure = ({ stopCode, stoppedReason = '' }: Task): boolean => {
  switch (stopCode) {
    case 'TaskFailedToStart':
    case 'EssentialContainerExited':
      return true;
    case 'ServiceSchedulerInitiated':
      return /health check/i.test(stoppedReason);
    default:
      return false;
  }
};

/** The container that brought a task down: one that failed, else one that ended, else one that has a reason. */
const culpritOf = ({ containers }: Task) =>
  containers.find(({ exitCode }) => exitCode !== undefined && exitCode !== 0) ??
  containers.find(({ reason }) => reason !== undefined) ??
  containers.find(({ exitCode }) => exitCode === 0);

/** Returns in one line why a task stopped: `container "api" exited 1 (EssentialContainerExited: …)`. */
export const describeStop = (task: Task): string => {
  const culprit = culpritOf(task);
  const ended =
    culprit === undefined
      ? ''
      : `container "${culprit.name}" ${culprit.exitCode === undefined ? 'did not run' : `exited ${culprit.exitCode}`}`;
  const container = culprit?.reason === undefined ? '' : `${culprit.reason}`;
  const stop = [task.stopCode, task.stoppedReason].filter(Boolean).join(': ');
  const whole = [ended, container].filter(Boolean).join(': ');
  return neutralizeToLine(
    [whole, stop && `(${stop})`].filter(Boolean).join(' ') || 'no reason was given',
    REASON_LENGTH,
  );
};

/** Returns the failed tasks of a revision among a service's stopped tasks, newest first. */
export const failedTasksOf = (tasks: readonly Task[], revision: string, since: number): Task[] =>
  tasks
    .filter((task) => task.taskDefinition === revision && (task.stoppedAt ?? since) >= since && isTaskFailure(task))
    .sort((a, b) => (b.stoppedAt ?? 0) - (a.stoppedAt ?? 0));

const lastLines = async (logs: Logs, definition: TaskDefinition, task: Task): Promise<string[]> => {
  const culprit = culpritOf(task);
  const stream = culprit && logStreamOf(definition.body, culprit.name, task.arn);
  if (stream === undefined) return [];
  return (await logs.tail(stream, LOG_LINES)).map(({ message }) => neutralizeToLine(message, 1_000));
};

/**
 * Returns why tasks of a revision failed, with the last log lines of the newest one. A look that fails is said in the
 * reason and spoils nothing: the verdict is known already.
 */
export const diagnose = async (
  { ecs, logs }: { readonly ecs: Ecs; readonly logs: Logs },
  where: { readonly cluster: string; readonly service: string; readonly since: number },
  revision: TaskDefinition,
): Promise<Diagnosis> => {
  try {
    const stopped = await ecs.listTasks(where.cluster, { service: where.service }, 'STOPPED');
    const failed = failedTasksOf(stopped, revision.arn, where.since);
    const newest = failed[0];
    if (newest === undefined) return { reason: '', log: [] };
    const count = `${failed.length} ${failed.length === 1 ? 'task' : 'tasks'} of ${shortName(revision.arn)} stopped`;
    const reason = `${count}: ${describeStop(newest)}`;
    try {
      return { reason, log: await lastLines(logs, revision, newest) };
    } catch (error) {
      return { reason: `${reason}; its log could not be read: ${messageOf(error)}`, log: [] };
    }
  } catch (error) {
    return { reason: `stopped tasks could not be read: ${messageOf(error)}`, log: [] };
  }
};

const messageOf = (error: unknown): string =>
  neutralizeToLine(error instanceof Error ? error.message : String(error), 300);
