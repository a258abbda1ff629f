import type { Clock } from '@hospital-ops/action-kit/clock';
import { formatDuration } from '@hospital-ops/action-kit/duration';
import { OpsError, TimeoutError } from '@hospital-ops/action-kit/errors';
import type { Log } from '@hospital-ops/action-kit/log';
import { poll } from '@hospital-ops/action-kit/poll';
import { neutralizeToLine } from '@hospital-ops/action-kit/untrusted';
import type { Ecs, Task } from '@hospital-ops/aws/ecs/ports';
import { shortName } from '@hospital-ops/aws/ecs/task-definition';
import { isTransient } from '@hospital-ops/aws/errors';

export interface Looking {
  readonly ecs: Ecs;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

const describe = ({ arn, taskDefinition, lastStatus, startedAt, startedBy }: Task): string => {
  const since = startedAt === undefined ? '' : ` since ${new Date(startedAt).toISOString()}`;
  const by = startedBy === undefined ? '' : `, started by ${startedBy}`;
  return neutralizeToLine(`task ${shortName(arn)} (${shortName(taskDefinition)}) is ${lastStatus}${since}${by}`, 300);
};

const alreadyRunning = (family: string, cluster: string, running: Task, waited = ''): OpsError =>
  new OpsError({
    what: `a migration of family "${family}" is already running in cluster "${cluster}"${waited}.`,
    why: describe(running),
    next: 'wait until it has ended (`on-running: wait`), or stop it if it hangs, and run this job again.',
    docs: 'README#already-running',
  });

/** Which tasks are looked for: those of a family, but for a service's, whose container of this name has not ended. */
export interface Sought {
  readonly cluster: string;
  readonly family: string;
  readonly container: string;
}

/** A task that was told to stop may take minutes to heed it: that it is to stop does not make it harmless. */
const mayMigrate = (task: Task, container: string): boolean => {
  // What a service keeps running is the application, whose family lends itself to its migrations.
  if (task.group?.startsWith('service:')) return false;
  if (task.lastStatus === 'STOPPED' || task.lastStatus === 'DEPROVISIONING') return false;
  return task.containers.find(({ name }) => name === container)?.exitCode === undefined;
};

const findRunning = async ({ ecs }: Looking, { cluster, family, container }: Sought): Promise<Task | undefined> => {
  const lists = await Promise.all([
    ecs.listTasks(cluster, { family }, 'RUNNING'),
    ecs.listTasks(cluster, { family }, 'STOPPED'),
  ]);
  return lists.flat().find((task) => mayMigrate(task, container));
};

/** Throws when a task of the family is running: two migrations at once can harm the database. */
export const refuseSecondRun = async (looking: Looking, sought: Sought): Promise<void> => {
  const running = await findRunning(looking, sought);
  if (running !== undefined) throw alreadyRunning(sought.family, sought.cluster, running);
};

/** Waits until no task of the family is running; throws when one still is after `timeoutMs` milliseconds. */
export const waitForOthers = async (looking: Looking, sought: Sought, timeoutMs: number): Promise<void> => {
  const { clock, log, signal } = looking;
  const { cluster, family } = sought;
  let said = '';
  let last: Task | undefined;
  try {
    await poll({
      what: `other migrations of family "${family}"`,
      observe: () => findRunning(looking, sought),
      decide: (running) => {
        last = running;
        return running === undefined ? { done: true, value: undefined } : { done: false };
      },
      onObservation: (running) => {
        const line = running === undefined ? '' : `waiting for another migration: ${describe(running)}`;
        if (line !== said && line !== '') log.info(line);
        said = line;
      },
      timeoutMs,
      isTransient,
      clock,
      signal,
    });
  } catch (error) {
    if (error instanceof TimeoutError && last !== undefined) {
      throw alreadyRunning(family, cluster, last, ` and did not end within ${formatDuration(timeoutMs / 1000)}`);
    }
    throw error;
  }
};
