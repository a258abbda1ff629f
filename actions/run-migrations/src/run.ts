import type { Clock } from '@hospital-ops/action-kit/clock';
import { formatDuration } from '@hospital-ops/action-kit/duration';
import { CancelledError, OpsError, reasonOf } from '@hospital-ops/action-kit/errors';
import type { Log } from '@hospital-ops/action-kit/log';
import { unlessAborted } from '@hospital-ops/action-kit/poll';
import type { ActionResult } from '@hospital-ops/action-kit/run-action';
import { registerOnce } from '@hospital-ops/aws/ecs/once';
import type { Ecs, RunTaskRequest, TaskDefinition } from '@hospital-ops/aws/ecs/ports';
import { imagesOf, shortName } from '@hospital-ops/aws/ecs/task-definition';
import type { Logs } from '@hospital-ops/aws/logs/ports';
import { attempt } from './attempt.ts';
import type { MigrationInputs } from './inputs.ts';
import type { Prepared, RunIdentity } from './prepare.ts';
import { clientTokenOf, prepare } from './prepare.ts';
import type { Attempted } from './report.ts';
import { dryRunResult, resultOf } from './report.ts';
import { refuseSecondRun, waitForOthers } from './running.ts';

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

/**
 * Outputs for a run that threw: nobody had asked for a task yet, but for an error that nobody expected. That may have come
 * at any point, and so nothing is claimed.
 */
export const failedOutputs = (error: OpsError): Record<string, string> => {
  const reason = reasonOf(error);
  if (error instanceof CancelledError) return { outcome: 'cancelled', reason };
  const isKnown = error.constructor !== OpsError || error.cause === undefined;
  if (isKnown) return { outcome: 'failed-to-start', reason };
  return { outcome: 'unknown', reason: `${reason} Whether a task was started is not known.` };
};

const BEFORE_START = 'the run was cancelled before the migration was started.';

/** Ends at once when the run is cancelled, also where a call hangs: what is prepared leaves nothing that must be undone. */
const beforeStart = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> =>
  unlessAborted(work, signal).catch((error: unknown) => {
    throw error instanceof CancelledError ? new CancelledError(BEFORE_START) : error;
  });

/** Before the second, third … attempt; the last is the longest. */
const DELAYS_MS = [5_000, 15_000, 30_000, 60_000];

const requestFor = (
  inputs: MigrationInputs,
  { container, placement }: Prepared,
  definition: TaskDefinition,
  { run }: Deps,
  number: number,
): RunTaskRequest => {
  const request = {
    cluster: inputs.cluster,
    taskDefinition: definition.arn,
    startedBy: `github-run-${run.runId}`.slice(0, 100),
    ...placement,
    overrides: { container, command: inputs.command, environment: inputs.environment },
  };
  const clientToken = clientTokenOf(run, [request, number]);
  // Tasks do not show their token; by a part of it this one is known among those of the run.
  return { ...request, clientToken, startedBy: `${request.startedBy}-${clientToken.slice(0, 12)}` };
};

/** Sees to it that no other migration of the family runs. */
const clearWay = (
  deps: Deps,
  { cluster, onRunning, dryRun, timeoutMs }: MigrationInputs,
  { family, container }: Prepared,
) => {
  const sought = { cluster, family, container };
  return onRunning === 'wait' && !dryRun ? waitForOthers(deps, sought, timeoutMs) : refuseSecondRun(deps, sought);
};

/** Starts the task, and once more as long as it is sure that nothing has run and the cause is one of `retry-on`. */
const runToEnd = async (deps: Deps, inputs: MigrationInputs, prepared: Prepared, definition: TaskDefinition) => {
  const { clock, log, signal } = deps;
  const { container, isEssential } = prepared;
  for (let number = 1; ; number += 1) {
    if (number > 1) await beforeStart(clearWay(deps, inputs, prepared), signal);
    const request = requestFor(inputs, prepared, definition, deps, number);
    const ended: Attempted = await attempt(deps, { inputs, definition, container, isEssential, request });
    const { cause, reason } = ended.verdict;
    if (cause === undefined || !inputs.retryOn.includes(cause) || number >= inputs.attempts || signal.aborted) {
      return { ...ended, attempts: number };
    }
    const pause = DELAYS_MS[Math.min(number, DELAYS_MS.length) - 1] ?? 0;
    log.info(
      `attempt ${number} of ${inputs.attempts}: nothing has run (${reason}); again in ${formatDuration(pause / 1000)}`,
    );
    try {
      await clock.sleep(pause, signal);
    } catch (error) {
      if (!(error instanceof CancelledError)) throw error;
      const why = 'the run was cancelled before the migration was started again; nothing has run';
      return {
        ...ended,
        attempts: number,
        verdict: { outcome: 'cancelled' as const, reason: why, next: 'run the job again.' },
      };
    }
  }
};

/** Runs the migration task and returns its verdict. What each outcome means is said in the README. */
export const runMigrations = async (inputs: MigrationInputs, deps: Deps): Promise<ActionResult> => {
  const { ecs, clock, log, signal } = deps;
  const startedAt = clock.now();
  const prepared = await beforeStart(prepare(inputs, ecs), signal);
  const { container } = prepared;
  await beforeStart(clearWay(deps, inputs, prepared), signal);
  if (inputs.dryRun) return dryRunResult(inputs, prepared, log);
  if (signal.aborted) throw new CancelledError(BEFORE_START);
  const definition = prepared.existing ?? (await beforeStart(registerOnce(deps, prepared.body, signal), signal));
  if (signal.aborted) throw new CancelledError(BEFORE_START);
  const image = imagesOf(definition.body)[container];
  log.info(`running ${shortName(definition.arn)}, container "${container}", image ${image}`);
  const ended = await runToEnd(deps, inputs, prepared, definition);
  const { outcome, reason } = ended.verdict;
  log.info(`${outcome}${reason === '' ? '' : `: ${reason}`}`);
  const seconds = Math.round((clock.now() - startedAt) / 1000);
  return resultOf({ ...ended, definition, container, seconds }, inputs);
};
