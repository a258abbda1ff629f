import type { Clock } from '@hospital-ops/action-kit/clock';
import { formatDuration } from '@hospital-ops/action-kit/duration';
import type { OpsError } from '@hospital-ops/action-kit/errors';
import { asOpsError, CancelledError, causeOf, OpsError as Failure } from '@hospital-ops/action-kit/errors';
import type { Log } from '@hospital-ops/action-kit/log';
import { retry } from '@hospital-ops/action-kit/retry';
import type { ActionResult } from '@hospital-ops/action-kit/run-action';
import { code, link, Summary, text } from '@hospital-ops/action-kit/summary';
import { neutralizeToLine } from '@hospital-ops/action-kit/untrusted';
import { registerOnce } from '@hospital-ops/aws/ecs/once';
import type { Ecs, RunTaskRequest, Task, TaskDefinition, TasksSeen } from '@hospital-ops/aws/ecs/ports';
import { containersOf, imagesOf, isObject, logStreamOf, shortName } from '@hospital-ops/aws/ecs/task-definition';
import { isTransient } from '@hospital-ops/aws/errors';
import type { LogStream, Logs } from '@hospital-ops/aws/logs/ports';
import { withTellingLine } from '@hospital-ops/aws/logs/telling-line';
import type { MigrationInputs } from './inputs.ts';
import type { Prepared, RunIdentity } from './prepare.ts';
import { clientTokenOf, prepare, refuseSecondRun } from './prepare.ts';
import { createTail } from './tail.ts';
import type { Verdict } from './verdict.ts';
import { refusedStart } from './verdict.ts';
import { waitForTask } from './wait.ts';

export const outputs = [
  'outcome',
  'reason',
  'exit-code',
  'task-arn',
  'task-definition-arn',
  'stopped-reason',
  'log-url',
  'duration-seconds',
] as const;

export interface Deps {
  readonly ecs: Ecs;
  readonly logs: Logs;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly run: RunIdentity;
}

/** Outputs for a run that ended before a task was asked for. */
export const failedOutputs = (error: OpsError): Record<string, string> => ({
  outcome: error instanceof CancelledError ? 'cancelled' : 'failed-to-start',
  reason: error.what,
});

/** The console writes its own escapes for what stands behind the `#`: percent signs twice encoded, as dollars. */
const consoleEncode = (value: string): string => encodeURIComponent(encodeURIComponent(value)).replaceAll('%', '$');

const logUrlOf = (stream: LogStream | undefined, taskArn: string): string => {
  const region = stream?.region ?? taskArn.split(':')[3];
  if (stream === undefined || !region) return '';
  return `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#logsV2:log-groups/log-group/${consoleEncode(stream.group)}/log-events/${consoleEncode(stream.stream)}`;
};

interface Told {
  readonly verdict: Verdict;
  readonly task: Task | undefined;
  readonly definition: TaskDefinition;
  readonly container: string;
  readonly stream: LogStream | undefined;
  readonly last: readonly string[];
  readonly seconds: number;
}

const resultOf = (told: Told, inputs: MigrationInputs): ActionResult => {
  const { verdict, task, definition, container, seconds } = told;
  const exitCode = task?.containers.find(({ name }) => name === container)?.exitCode;
  const logUrl = task === undefined ? '' : logUrlOf(told.stream, task.arn);
  const good = verdict.outcome === 'succeeded';
  const summary = new Summary()
    .heading(`${good ? '✅' : '❌'} Migrations on ${inputs.cluster}: ${verdict.outcome}`)
    .table(
      ['Task definition', 'Image', 'Task', 'Exit code', 'Duration'],
      [
        [
          code(shortName(definition.arn)),
          code(imagesOf(definition.body)[container] ?? ''),
          code(task === undefined ? 'not started' : shortName(task.arn)),
          text(exitCode === undefined ? 'none' : String(exitCode)),
          text(formatDuration(seconds)),
        ],
      ],
    );
  if (verdict.reason !== '') summary.paragraph(text(verdict.reason));
  if (verdict.next !== '') summary.paragraph(text(`Next: ${verdict.next}`));
  if (told.last.length > 0) summary.details('Last log lines', told.last.join('\n'), !good);
  if (logUrl !== '') summary.paragraph(link('Log in CloudWatch', logUrl));
  return {
    outputs: {
      outcome: verdict.outcome,
      reason: neutralizeToLine(verdict.reason, 1_000),
      'exit-code': exitCode === undefined ? '' : String(exitCode),
      'task-arn': task?.arn ?? '',
      'task-definition-arn': definition.arn,
      'stopped-reason': neutralizeToLine(task?.stoppedReason ?? '', 1_000),
      'log-url': logUrl,
      'duration-seconds': String(seconds),
    },
    summary,
    failure: good
      ? undefined
      : new Failure({
          what: `migration ${shortName(definition.arn)} on cluster "${inputs.cluster}": ${verdict.outcome} after ${formatDuration(seconds)}.`,
          why: withTellingLine(verdict.reason, told.last),
          next: verdict.next,
          docs: 'README#outcomes',
        }),
  };
};

const dryRun = (inputs: MigrationInputs, prepared: Prepared, log: Log): ActionResult => {
  const { container, existing, body } = prepared;
  const what = existing === undefined ? `a new revision of ${String(body.family)}` : shortName(existing.arn);
  const plan = `would run ${what}, container "${container}", image ${imagesOf(body)[container]}${inputs.command ? `, command ${JSON.stringify(inputs.command)}` : ''}`;
  log.info(plan);
  const summary = new Summary().heading('Migrations (dry run: nothing was started)').paragraph(text(plan));
  return {
    outputs: {
      outcome: 'succeeded',
      reason: 'dry run: nothing was started',
      'task-definition-arn': existing?.arn ?? '',
    },
    summary,
  };
};

/** What a cancelled run has left for the last log lines. */
const LAST_LINES_MS = 500;

/** For answers that could not be read; broken connections and 5xx are tried again by the client itself. */
const START_DELAYS_MS = [1_000, 3_000];

/** Starts the task. A lost response cannot start a second one: the token is the same for every try. */
const start = async (deps: Deps, request: RunTaskRequest): Promise<TasksSeen | Verdict> => {
  const { ecs, clock, signal } = deps;
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
    if (!isTransient(error)) return { outcome: 'failed-to-start', reason, next: next ?? '' };
    return {
      outcome: 'unknown',
      reason: `${reason} Whether a task was started is not known`,
      next: `look for a task started by ${request.startedBy} before you run it again.`,
    };
  }
};

const noteDriver = (definition: TaskDefinition, container: string, log: Log): void => {
  const configuration = containersOf(definition.body).find(({ name }) => name === container)?.body.logConfiguration;
  const driver = isObject(configuration) ? String(configuration.logDriver) : 'none';
  log.info(
    driver === 'awslogs'
      ? 'the log is not streamed: awslogs needs an awslogs-stream-prefix for that'
      : `the log is not streamed: the container's log driver is ${driver}, not awslogs`,
  );
};

/** Runs the migration task and returns its verdict. What each outcome means is said in the README. */
export const runMigrations = async (inputs: MigrationInputs, deps: Deps): Promise<ActionResult> => {
  const { ecs, clock, log, signal } = deps;
  const startedAt = clock.now();
  const prepared = await prepare(inputs, ecs);
  await refuseSecondRun(ecs, inputs.cluster, String(prepared.body.family));
  if (inputs.dryRun) return dryRun(inputs, prepared, log);
  if (signal.aborted) throw new CancelledError('the run was cancelled before the migration was started.');
  const definition = prepared.existing ?? (await registerOnce(deps, prepared.body));
  if (signal.aborted) throw new CancelledError('the run was cancelled before the migration was started.');
  const { container, placement } = prepared;
  const overrides = { container, command: inputs.command, environment: inputs.environment };
  const request: RunTaskRequest = {
    cluster: inputs.cluster,
    taskDefinition: definition.arn,
    clientToken: clientTokenOf(deps.run, [inputs.cluster, definition.arn, overrides]),
    startedBy: `github-run-${deps.run.runId}`.slice(0, 128),
    ...placement,
    overrides,
  };
  log.info(
    `running ${shortName(definition.arn)}, container "${container}", image ${imagesOf(definition.body)[container]}`,
  );
  const told = (verdict: Verdict, task?: Task, stream?: LogStream, last: readonly string[] = []) =>
    resultOf(
      { verdict, task, definition, container, stream, last, seconds: Math.round((clock.now() - startedAt) / 1000) },
      inputs,
    );
  const answer = await start(deps, request);
  if ('outcome' in answer) return told(answer);
  const task = answer.tasks[0];
  if (task === undefined) return told(refusedStart(answer.failures));
  const stream = logStreamOf(definition.body, container, task.arn);
  if (stream === undefined) noteDriver(definition, container, log);
  const tail = createTail(deps, stream, container, inputs.streamLogs);
  const ended = await waitForTask({ ...deps, inputs, container, tail }, task);
  // The last lines arrive late; after a failure they are worth a longer wait.
  const patience = ended.verdict.outcome === 'succeeded' ? [500] : [500, 1_000, 1_500];
  if (ended.verdict.outcome === 'cancelled') await Promise.race([tail.flush([]), clock.sleep(LAST_LINES_MS)]);
  else await tail.flush(patience);
  log.info(`${ended.verdict.outcome}${ended.verdict.reason === '' ? '' : `: ${ended.verdict.reason}`}`);
  return told(ended.verdict, ended.task, stream, tail.last);
};
