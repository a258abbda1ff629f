import { neutralizeToLine } from '@hospital-ops/action-kit/untrusted';
import type { ContainerState, Ecs, ServiceEvent, Task, TaskDefinition } from '@hospital-ops/aws/ecs/ports';
import { logStreamOf, shortName } from '@hospital-ops/aws/ecs/task-definition';
import type { LoadBalancing } from '@hospital-ops/aws/elbv2/ports';
import type { Logs } from '@hospital-ops/aws/logs/ports';
import { readHealth } from './target-health.ts';

const LOG_LINES = 20;
const REASON_LENGTH = 400;
const MAX_EVENTS = 2;
const EVENT_LENGTH = 240;

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
  containers.find(({ exitCode, reason = '' }) => exitCode !== undefined && OUT_OF_MEMORY.test(reason)) ??
  containers.find(({ exitCode }) => exitCode !== undefined && exitCode !== 0) ??
  containers.find(({ reason }) => reason !== undefined) ??
  containers.find(({ exitCode }) => exitCode === 0);

const OUT_OF_MEMORY = /OutOfMemory/i;
/** SIGKILL by the kernel or by ECS after its stop timeout; without a reason nobody says which. */
const KILLED = 137;

const endOf = ({ name, exitCode, reason }: ContainerState): string => {
  if (exitCode === undefined) return `container "${name}" did not run`;
  const killed = exitCode === KILLED && reason === undefined ? ' (killed, mostly for lack of memory)' : '';
  return `container "${name}" exited ${exitCode}${killed}`;
};

/** How the other containers ended: whoever exits first is not always the cause. */
const othersOf = ({ containers }: Task, culprit: ContainerState | undefined): string => {
  const ends = containers.flatMap((container) =>
    container === culprit || container.exitCode === undefined
      ? []
      : [`"${container.name}" exited ${container.exitCode}`],
  );
  return ends.length === 0 ? '' : `; beside it ${ends.join(', ')}`;
};

/** Returns in one line why a task stopped: `container "api" exited 1 (EssentialContainerExited: …); beside it …`. */
export const describeStop = (task: Task): string => {
  const culprit = culpritOf(task);
  const ended = culprit === undefined ? '' : endOf(culprit);
  const stop = [task.stopCode, task.stoppedReason].filter(Boolean).join(': ');
  const whole = [ended, culprit?.reason].filter(Boolean).join(': ');
  return neutralizeToLine(
    ([whole, stop && `(${stop})`].filter(Boolean).join(' ') || 'no reason was given') + othersOf(task, culprit),
    REASON_LENGTH,
  );
};

/** Returns the newest events that tell of something bad, oldest first; those that only repeat another are left out. */
export const badEvents = (events: readonly ServiceEvent[], since: number): string[] => {
  const told = events
    .filter(({ at, message }) => at >= since && /fail|unhealthy|unable|error/i.test(message))
    .map(({ message }) => neutralizeToLine(message, EVENT_LENGTH));
  return [...new Set(told)].slice(0, MAX_EVENTS).reverse();
};

/**
 * Returns the failed tasks of a revision among a service's stopped tasks, newest first. Those that `others`, ids of
 * earlier deployments, have started say nothing of this one, which may run the same revision.
 */
export const failedTasksOf = (
  tasks: readonly Task[],
  revision: string,
  since: number,
  others: ReadonlySet<string> = new Set(),
): Task[] =>
  tasks
    .filter((task) => task.taskDefinition === revision && (task.stoppedAt ?? since) >= since && isTaskFailure(task))
    .filter(({ startedBy }) => startedBy === undefined || !others.has(startedBy))
    .sort((a, b) => (b.stoppedAt ?? 0) - (a.stoppedAt ?? 0));

const lastLines = async (logs: Logs, definition: TaskDefinition, task: Task): Promise<string[]> => {
  const culprit = culpritOf(task);
  const stream = culprit && logStreamOf(definition.body, culprit.name, task.arn);
  if (stream === undefined) return [];
  return (await logs.tail(stream, LOG_LINES)).map(({ message }) => neutralizeToLine(message, 1_000));
};

export interface DiagnoseDeps {
  readonly ecs: Ecs;
  readonly logs: Logs;
  readonly loadBalancing: LoadBalancing;
}

export interface Where {
  readonly cluster: string;
  readonly service: string;
  readonly since: number;
  /** What is said of the failure already: events that it tells are not told again. */
  readonly known?: string;
}

/** Why tasks of the revision stopped, with the last log lines of the newest one. */
const stoppedTasks = async (
  { ecs, logs }: DiagnoseDeps,
  where: Where,
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

/** What the load balancers and the events of the service say. Silent when the service may not be looked at. */
const surroundings = async ({ ecs, loadBalancing }: DiagnoseDeps, where: Where): Promise<string[]> => {
  try {
    const seen = (await ecs.describeServices(where.cluster, [where.service])).found.get(where.service);
    if (seen === undefined) return [];
    const events = badEvents(seen.events, where.since)
      .filter((message) => where.known?.includes(message) !== true)
      .map((message) => `event: ${message}`);
    return [...(await readHealth(loadBalancing, seen)), ...events];
  } catch {
    return [];
  }
};

/**
 * Returns why a revision failed in a service: its stopped tasks, what the load balancers say of its targets, the last
 * events. A look that fails is said in the reason and spoils nothing: the verdict is known already.
 */
export const diagnose = async (deps: DiagnoseDeps, where: Where, revision: TaskDefinition): Promise<Diagnosis> => {
  const [tasks, more] = await Promise.all([stoppedTasks(deps, where, revision), surroundings(deps, where)]);
  return { reason: [tasks.reason, ...more].filter(Boolean).join('; '), log: tasks.log };
};

const messageOf = (error: unknown): string =>
  neutralizeToLine(error instanceof Error ? error.message : String(error), 300);
