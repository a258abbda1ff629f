import { formatDuration } from '@hospital-ops/action-kit/duration';
import { asOpsError, CancelledError, InputError, OpsError } from '@hospital-ops/action-kit/errors';
import { unlessAborted } from '@hospital-ops/action-kit/poll';
import type { ActionResult } from '@hospital-ops/action-kit/run-action';
import type { Deps } from './deps.ts';
import type { ServiceResult } from './finish.ts';
import type { DeployInputs } from './inputs.ts';
import { isSuccess, releaseOutcome } from './outcome.ts';
import { dryRun } from './plan/dry-run.ts';
import { prepareRelease } from './plan/prepare.ts';
import { deployRelease } from './release.ts';
import { consoleLink } from './report/console-link.ts';
import { failureOf, outputsOf, reportOf } from './report/report.ts';
import { summaryOf } from './report/summary.ts';
import { VerificationError } from './verify/verify.ts';

export const outputs = [
  'outcome',
  'reason',
  'task-definition-arn',
  'previous-task-definition-arn',
  'deployment-id',
  'services',
  'duration-seconds',
] as const;

/** Errors that came before anything was changed. */
const harmless = new WeakSet<object>();

/**
 * Outputs for a run that ended before it had a result. `services` is an empty list only where that is certain of what was
 * touched, and else empty: nobody says.
 */
export const failedOutputs = (error: OpsError): Record<string, string> => {
  // An error of no kind is one that nobody expected: it may have come at any point.
  const known = error.constructor !== OpsError || error.cause === undefined;
  const isHarmless = error instanceof InputError || harmless.has(error);
  const outcome = error instanceof CancelledError ? 'cancelled' : known || isHarmless ? 'failed' : 'unknown';
  return { outcome, reason: error.what, services: isHarmless ? '[]' : '' };
};

/** Nothing is changed in `work`, whatever it throws. */
const beforeAnyChange = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    const told = asOpsError(error);
    harmless.add(told);
    throw told;
  }
};

const prepare = (inputs: DeployInputs, deps: Deps) =>
  beforeAnyChange(async () => {
    const { signal } = deps;
    if (signal.aborted) throw new CancelledError('the run was cancelled before anything was changed.');
    // A look that hangs must not use up the time of a cancelled run: nothing has to be taken back yet.
    const prepared = await unlessAborted(prepareRelease(inputs, deps), signal);
    const { failures } = prepared.findings;
    if (failures.length > 0 && !inputs.dryRun) throw new VerificationError(failures);
    return prepared;
  });

/** The page of the one service, or of the first that did not end well. */
const consoleOf = (results: readonly ServiceResult[]): string | undefined => {
  const bad = results.find(({ outcome }) => !isSuccess(outcome));
  return bad && consoleLink(bad.rollout.plan.before.arn);
};

/** Deploys the release that the inputs name. What it does is said in the README's table of outcomes. */
export const runDeploy = async (inputs: DeployInputs, deps: Deps): Promise<ActionResult> => {
  const { clock, log } = deps;
  const startedAt = clock.now();
  const { plans, findings } = await prepare(inputs, deps);
  if (inputs.dryRun) return dryRun(plans, findings, inputs, deps);
  const results = await deployRelease(inputs, deps, plans, startedAt);
  const seconds = Math.round((clock.now() - startedAt) / 1000);
  const reports = results.map((result) => reportOf(result, inputs));
  const outcome = releaseOutcome(reports.map((report) => report.outcome));
  for (const report of reports) {
    const line = `${report.name}: ${report.outcome}${report.reason === '' ? '' : `: ${report.reason}`}`;
    if (report.outcome === 'deployed' && report.reason !== '') log.warning(line);
    else log.info(line);
  }
  log.info(`${outcome} after ${formatDuration(seconds)}`);
  return {
    outputs: outputsOf(results, inputs, seconds),
    summary: summaryOf(results, inputs, outcome),
    failure: failureOf(reports, outcome, inputs.cluster, seconds, consoleOf(results)),
  };
};
