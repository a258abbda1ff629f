import { asOpsError, CancelledError, causeOf } from '@hospital-ops/action-kit/errors';
import { isMap } from '@hospital-ops/action-kit/is-map';
import { LATE, unlessAborted, unlessLate } from '@hospital-ops/action-kit/poll';
import { retry } from '@hospital-ops/action-kit/retry';
import type { RunTaskRequest, TaskDefinition, TasksSeen } from '@hospital-ops/aws/ecs/ports';
import { containersOf, logStreamOf } from '@hospital-ops/aws/ecs/task-definition';
import { isAccessLost, isTransient } from '@hospital-ops/aws/errors';
import { startCauseOf } from './causes.ts';
import type { MigrationInputs } from './inputs.ts';
import type { Attempted } from './report.ts';
import type { Deps } from './run.ts';
import { createTail } from './tail.ts';
import type { Verdict } from './verdict.ts';
import { refusedStart } from './verdict.ts';
import { waitForTask } from './wait.ts';

/** For answers that could not be read; broken connections and 5xx are tried again by the client itself. */
const START_DELAYS_MS = [1_000, 3_000];

/** What a cancelled run has left for the last log lines. */
const LAST_LINES_MS = 500;
const FLUSH_MS = 10_000;

/** What a cancelled run has at most to learn whether its task was started; the rest is for its stop. */
const LEARN_MS = 3_500;
const LOOK_MS = 500;

/** Looks for the task of a request that is not answered. Resolves once there is one, rejects when `done` is aborted. */
const lookFor = async (
  { ecs, clock }: Deps,
  { cluster, startedBy }: RunTaskRequest,
  family: string,
  done: AbortSignal,
): Promise<TasksSeen> => {
  for (;;) {
    const listed = await ecs.listTasks(cluster, { family }, 'RUNNING').catch(() => []);
    const tasks = listed.filter((task) => task.startedBy === startedBy);
    if (tasks.length > 0) return { tasks, failures: [] };
    await clock.sleep(LOOK_MS, done);
  }
};

/** Asks for the task. A lost response cannot start a second one: the token is the same for every try. */
const start = async (deps: Deps, request: RunTaskRequest, family: string): Promise<TasksSeen | Verdict> => {
  const { ecs, clock, signal } = deps;
  const unknown = (why: string): Verdict => ({
    outcome: 'unknown',
    reason: `${why} Whether a task was started is not known`,
    next: `look for a task started by ${request.startedBy} before you run it again.`,
  });
  const done = new AbortController();
  const asked = retry(() => ecs.runTask(request), {
    isRetryable: (error) => isTransient(error) && !signal.aborted,
    delays: START_DELAYS_MS,
    clock,
    signal: done.signal,
  });
  try {
    return await unlessAborted(asked, signal).catch(async (error: unknown) => {
      if (!(error instanceof CancelledError)) throw error;
      // Whether there is a task to stop must be known, also when the answer hangs.
      const learned = Promise.race([asked, lookFor(deps, request, family, done.signal)]);
      const answer = await unlessLate(learned, LEARN_MS, clock);
      return answer === LATE ? unknown('The run was cancelled before ecs:RunTask was answered.') : answer.value;
    });
  } catch (error) {
    const { next } = asOpsError(error);
    const reason = causeOf(error);
    if (isTransient(error)) return unknown(reason);
    // A right that is missing now is missing in a minute: whatever its message says, it is no want of capacity.
    const isCapacity = !isAccessLost(error) && startCauseOf(reason).cause === 'capacity';
    return { outcome: 'failed-to-start', reason, next: next ?? '', cause: isCapacity ? 'capacity' : undefined };
  } finally {
    done.abort();
  }
};

/** Why no log can be streamed: of other drivers nobody here knows where their lines go. */
const driverNote = (definition: TaskDefinition, container: string): string => {
  const configuration = containersOf(definition.body).find(({ name }) => name === container)?.body.logConfiguration;
  const driver = isMap(configuration) ? String(configuration.logDriver) : 'none';
  return driver === 'awslogs'
    ? 'the log is not streamed: awslogs needs an awslogs-stream-prefix for that'
    : `the log is not streamed: the container's log driver is ${driver}, not awslogs`;
};

interface Asked {
  readonly inputs: MigrationInputs;
  readonly definition: TaskDefinition;
  readonly container: string;
  readonly isEssential: boolean;
  readonly request: RunTaskRequest;
}

/** Starts one task, shows its log, and returns how it ended. */
export const attempt = async (deps: Deps, asked: Asked): Promise<Attempted> => {
  const { clock, log, signal } = deps;
  const { inputs, definition, container, isEssential, request } = asked;
  let aborted: number | undefined;
  signal.addEventListener('abort', () => (aborted = clock.now()), { once: true });
  const abortedAt = () => aborted ?? clock.now();
  const none = { task: undefined, stream: undefined, last: [] };
  const answer = await start(deps, request, String(definition.body.family));
  if ('outcome' in answer) return { ...none, verdict: answer };
  const [task] = answer.tasks;
  if (task === undefined) return { ...none, verdict: refusedStart(answer.failures) };
  const stream = logStreamOf(definition.body, container, task.arn);
  if (stream === undefined) log.info(driverNote(definition, container));
  const tail = createTail(deps, stream, container, inputs.streamLogs);
  const companions = containersOf(definition.body).flatMap(({ name, essential }) =>
    essential && name !== container ? [name] : [],
  );
  const ended = await waitForTask({ ...deps, abortedAt, inputs, container, companions, isEssential, tail }, task);
  const { outcome } = ended.verdict;
  // The last lines arrive late; after a failure they are worth a longer wait.
  const patience = outcome === 'succeeded' || outcome === 'failed-to-start' ? [500] : [500, 1_000, 1_500];
  if (outcome === 'cancelled') await unlessLate(tail.flush([]), LAST_LINES_MS, clock);
  // The verdict stands: neither a log that hangs nor a cancellation changes it.
  else await unlessAborted(unlessLate(tail.flush(patience), FLUSH_MS, clock), signal).catch(() => undefined);
  if (stream !== undefined && tail.last.length === 0 && ended.task.startedAt !== undefined) {
    log.info(
      `no line came from the log stream "${stream.group}/${stream.stream}": none was written, or it does not exist`,
    );
  }
  return { verdict: ended.verdict, task: ended.task, stream, last: tail.last };
};
