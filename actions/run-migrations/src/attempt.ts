import { asOpsError, causeOf } from '@hospital-ops/action-kit/errors';
import { retry } from '@hospital-ops/action-kit/retry';
import type { RunTaskRequest, TaskDefinition, TasksSeen } from '@hospital-ops/aws/ecs/ports';
import { containersOf, isObject, logStreamOf } from '@hospital-ops/aws/ecs/task-definition';
import { isTransient } from '@hospital-ops/aws/errors';
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

/** Asks for the task. A lost response cannot start a second one: the token is the same for every try. */
const start = async ({ ecs, clock, signal }: Deps, request: RunTaskRequest): Promise<TasksSeen | Verdict> => {
  try {
    return await retry(() => ecs.runTask(request), {
      isRetryable: (error) => isTransient(error) && !signal.aborted,
      delays: START_DELAYS_MS,
      clock,
      // Whether a task was started must be known also when the run is cancelled meanwhile.
      signal: new AbortController().signal,
    });
  } catch (error) {
    const { next } = asOpsError(error);
    const reason = causeOf(error);
    if (!isTransient(error)) {
      const { cause } = startCauseOf(reason);
      return { outcome: 'failed-to-start', reason, next: next ?? '', cause: cause === 'capacity' ? cause : undefined };
    }
    return {
      outcome: 'unknown',
      reason: `${reason} Whether a task was started is not known`,
      next: `look for a task started by ${request.startedBy} before you run it again.`,
    };
  }
};

/** Why no log can be streamed: of other drivers nobody here knows where their lines go. */
const driverNote = (definition: TaskDefinition, container: string): string => {
  const configuration = containersOf(definition.body).find(({ name }) => name === container)?.body.logConfiguration;
  const driver = isObject(configuration) ? String(configuration.logDriver) : 'none';
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
  const { clock, log } = deps;
  const { inputs, definition, container, isEssential, request } = asked;
  const none = { task: undefined, stream: undefined, last: [] };
  const answer = await start(deps, request);
  if ('outcome' in answer) return { ...none, verdict: answer };
  const [task] = answer.tasks;
  if (task === undefined) return { ...none, verdict: refusedStart(answer.failures) };
  const stream = logStreamOf(definition.body, container, task.arn);
  if (stream === undefined) log.info(driverNote(definition, container));
  const tail = createTail(deps, stream, container, inputs.streamLogs);
  const ended = await waitForTask({ ...deps, inputs, container, isEssential, tail }, task);
  const { outcome } = ended.verdict;
  // The last lines arrive late; after a failure they are worth a longer wait.
  const patience = outcome === 'succeeded' || outcome === 'failed-to-start' ? [500] : [500, 1_000, 1_500];
  if (outcome === 'cancelled') await Promise.race([tail.flush([]), clock.sleep(LAST_LINES_MS)]);
  else await tail.flush(patience);
  return { verdict: ended.verdict, task: ended.task, stream, last: tail.last };
};
