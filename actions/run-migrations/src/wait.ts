import { CLEAN_UP_MS } from '@hospital-ops/action-kit/cancellation';
import type { Clock } from '@hospital-ops/action-kit/clock';
import { formatDuration } from '@hospital-ops/action-kit/duration';
import { asOpsError, CancelledError, causeOf, TimeoutError } from '@hospital-ops/action-kit/errors';
import type { Log } from '@hospital-ops/action-kit/log';
import { LATE, poll, unlessLate, within } from '@hospital-ops/action-kit/poll';
import type { Ecs, Task } from '@hospital-ops/aws/ecs/ports';
import { shortName } from '@hospital-ops/aws/ecs/task-definition';
import { isTransient } from '@hospital-ops/aws/errors';
import type { MigrationInputs } from './inputs.ts';
import type { Tail } from './tail.ts';
import type { Verdict } from './verdict.ts';
import { endedBefore, hasRun, judge, judgeStopped } from './verdict.ts';

export interface Waiting {
  readonly ecs: Ecs;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** When `signal` was aborted, in milliseconds since the epoch. */
  abortedAt(): number;
  readonly inputs: MigrationInputs;
  readonly container: string;
  /** The other essential containers: the task ends with each of them. */
  readonly companions: readonly string[];
  /** False: the task goes on when it has ended. */
  readonly isEssential: boolean;
  readonly tail: Tail;
}

export interface Ended {
  readonly verdict: Verdict;
  readonly task: Task;
}

/** ECS kills containers 30 s (at most 120 s on Fargate) after it has asked them to stop (StopTask, API reference). */
const STOP_MS = 180_000;
/** Of the clean-up time, what is kept for the last log lines, outputs and summary. */
const WRITE_MS = 2_000;

const watch = async (
  waiting: Waiting,
  start: Task,
  timeoutMs: number,
  until: (task: Task, verdict: Verdict | undefined) => boolean,
  signal: AbortSignal,
) => {
  const { ecs, inputs, log, tail, container, companions } = waiting;
  let last = start;
  let status = '';
  let missing = 0;
  let ran = false;
  let cutShort: string | undefined;
  const verdict = await poll<Verdict | undefined, Verdict | undefined>({
    what: `task ${shortName(start.arn)} to end`,
    observe: async () => {
      const seen = await ecs.describeTasks(inputs.cluster, [start.arn]);
      const task = seen.tasks[0];
      missing = task === undefined ? missing + 1 : 0;
      last = task ?? last;
      ran ||= hasRun(last) || tail.last.length > 0;
      cutShort ??= endedBefore(last, container, companions);
      if (last.lastStatus !== status) log.info(`task ${shortName(start.arn)}: ${last.lastStatus}`);
      status = last.lastStatus;
      // Not waited for: a log that is slow or hangs must hold up neither the verdict nor the stop.
      void tail.pump();
      return judge(seen, container, missing, ran, cutShort);
    },
    decide: (seen) => (until(last, seen) ? { done: true, value: seen } : { done: false }),
    // A second between looks also later: the next line of the log may be the last one.
    interval: (elapsed) => (elapsed < 300_000 ? 1_000 : 3_000),
    timeoutMs,
    isTransient,
    clock: waiting.clock,
    signal,
  }).catch((error: unknown) => {
    throw new WatchError(error, last);
  });
  return { verdict, last };
};

/** Carries the last look out of a wait that did not end. */
class WatchError extends Error {
  readonly last: Task;
  constructor(cause: unknown, last: Task) {
    super('the wait did not end', { cause });
    this.last = last;
  }
}

/** Why the last look at a wait's end saw nothing; undefined where it did: then what was seen last is so. */
const sightLost = (thrown: unknown): string | undefined => {
  const error = thrown instanceof WatchError ? thrown.cause : thrown;
  return error instanceof TimeoutError ? error.why : causeOf(error);
};

const FIRST_PATIENCE_MS = 2_500;

/** Asks ECS to stop the task; what is not answered is asked again on another connection, which does no harm. */
const askToStop = async ({ ecs, inputs, clock }: Waiting, { arn }: Task, why: string, until: number): Promise<void> => {
  for (let patience = FIRST_PATIENCE_MS; ; patience *= 2) {
    const left = until - clock.now();
    const asked = ecs.stopTask(inputs.cluster, arn, `run-migrations: ${why}`);
    if ((await unlessLate(asked, Math.min(patience, left), clock)) !== LATE) return;
    if (left <= patience) {
      throw new TimeoutError({ what: 'ecs:StopTask was not answered in time.', last: undefined });
    }
  }
};

/** Asks ECS to stop the task and waits until it has stopped, at most `timeoutMs` in all. Never throws. */
const stop = async (waiting: Waiting, task: Task, asked: Verdict, timeoutMs: number): Promise<Ended> => {
  const { log, clock, container } = waiting;
  log.info(`stopping task ${shortName(task.arn)}: ${asked.reason}`);
  let refusal: unknown;
  // Ends a little sooner than the look, so that what is said is that nobody answered.
  const asking = askToStop(waiting, task, asked.outcome, clock.now() + timeoutMs - 500).catch((error: unknown) => {
    refusal = error;
    throw error;
  });
  const stopped = (seen: Task) => seen.lastStatus === 'STOPPED';
  const done = new AbortController();
  // Also while the question is open: it may be the answer alone that is lost.
  const seeing = watch(waiting, task, timeoutMs, stopped, done.signal);
  try {
    const seen = await unlessLate(Promise.race([seeing, asking.then(() => seeing)]), timeoutMs, clock);
    const last = seen === LATE ? undefined : seen.value.last;
    return { verdict: judgeStopped(last, container, asked), task: last ?? task };
  } catch (error) {
    if (refusal !== undefined) {
      const reason = `${asked.reason}; the task could not be stopped and may still run: ${causeOf(refusal)}`;
      return { verdict: { ...asked, reason, next: `stop the task ${task.arn} by hand.` }, task };
    }
    const last = error instanceof WatchError ? error.last : task;
    return { verdict: judgeStopped(sightLost(error) ? undefined : last, container, asked), task: last };
  } finally {
    done.abort();
  }
};

/** How long an end that is known already is held up for the rest of the task. */
const REST_MS = 10_000;

/** Ends a task whose migrating container has ended and whose others go on: it would hold up the next migration. */
const endRest = async (waiting: Waiting, task: Task): Promise<void> => {
  const { log, clock, signal, container, isEssential } = waiting;
  if (isEssential || task.desiredStatus === 'STOPPED' || task.lastStatus === 'STOPPED') return;
  try {
    const asked = askToStop(waiting, task, `container ${container} has ended`, clock.now() + REST_MS);
    await within(asked, { what: 'ecs:StopTask', timeoutMs: REST_MS, clock, signal });
    log.info(`stopping task ${shortName(task.arn)}: its container "${container}" is not essential and has ended`);
  } catch (error) {
    log.warning(`The rest of task ${shortName(task.arn)} may still run: ${causeOf(error)}`);
  }
};

/** Waits until a task has its verdict; stops it at the deadline and, if the inputs say so, when the run is cancelled. */
export const waitForTask = async (waiting: Waiting, task: Task): Promise<Ended> => {
  const { inputs, signal, clock } = waiting;
  try {
    const { verdict, last } = await watch(
      waiting,
      task,
      inputs.timeoutMs,
      (_, verdict) => verdict !== undefined,
      signal,
    );
    await endRest(waiting, last);
    const blank: Verdict = { outcome: 'unknown', reason: 'the task ended without a verdict', next: '' };
    return { verdict: verdict ?? blank, task: last };
  } catch (thrown) {
    const error = thrown instanceof WatchError ? thrown.cause : thrown;
    const last = thrown instanceof WatchError ? thrown.last : task;
    if (error instanceof CancelledError) {
      const asked: Verdict = {
        outcome: 'cancelled',
        reason: 'the run was cancelled',
        next: 'look at the migration table before you run it again: the migration may have run in part.',
      };
      if (inputs.onCancel === 'leave') {
        return { verdict: { ...asked, reason: `the run was cancelled; task ${task.arn} keeps running` }, task: last };
      }
      const left = waiting.abortedAt() + CLEAN_UP_MS - WRITE_MS - clock.now();
      return stop(waiting, last, asked, Math.max(0, left));
    }
    if (error instanceof TimeoutError) {
      const lost = sightLost(error);
      const asked: Verdict = {
        outcome: lost === undefined ? 'timeout' : 'unknown',
        reason:
          lost === undefined
            ? `it did not end within ${formatDuration(inputs.timeoutMs / 1000)}`
            : `its end was not seen within ${formatDuration(inputs.timeoutMs / 1000)}: ${lost}`,
        next: 'give it more time with `timeout`, or find what it waits for (locks, connections) in its last log lines. Its session may still wait in the database: look at pg_stat_activity.',
      };
      return stop(waiting, last, asked, STOP_MS);
    }
    const { next } = asOpsError(error);
    const reason = `${causeOf(error)} The task may still run: ${task.arn}`;
    return {
      verdict: { outcome: 'unknown', reason, next: next ?? 'look at the task before you run it again.' },
      task: last,
    };
  }
};
