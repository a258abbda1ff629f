import { formatDuration } from '@hospital-ops/action-kit/duration';
import { CancelledError, OpsError } from '@hospital-ops/action-kit/errors';
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

/** Outputs for a run that ended before it had a result: what failed while reading has changed nothing. */
export const failedOutputs = (error: OpsError): Record<string, string> => {
  // An error of no kind is one that nobody expected: it may have come at any point.
  const known = error.constructor !== OpsError || error.cause === undefined;
  const outcome = error instanceof CancelledError ? 'cancelled' : known ? 'failed' : 'unknown';
  return { outcome, reason: error.what, services: '[]' };
};

/** The page of the one service, or of the first that did not end well. */
const consoleOf = (results: readonly ServiceResult[]): string | undefined => {
  const bad = results.find(({ outcome }) => !isSuccess(outcome));
  return bad && consoleLink(bad.rollout.plan.before.arn);
};

/** Deploys the release that the inputs name. What it does is said in the README's table of outcomes. */
export const runDeploy = async (inputs: DeployInputs, deps: Deps): Promise<ActionResult> => {
  const { clock, log, signal } = deps;
  const startedAt = clock.now();
  if (signal.aborted) throw new CancelledError('the run was cancelled before anything was changed.');
  // A look that hangs must not use up the time of a cancelled run: nothing has to be taken back yet.
  const { plans, findings } = await unlessAborted(prepareRelease(inputs, deps), signal);
  if (inputs.dryRun) return dryRun(plans, findings, inputs, deps);
  if (findings.failures.length > 0) throw new VerificationError(findings.failures);
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
