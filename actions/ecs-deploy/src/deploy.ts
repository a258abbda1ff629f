import { formatDuration } from '@hospital-ops/action-kit/duration';
import type { ActionResult } from '@hospital-ops/action-kit/run-action';
import type { Deps } from './deps.ts';
import type { ServiceResult } from './finish.ts';
import type { DeployInputs } from './inputs.ts';
import { isSuccess, releaseOutcome } from './outcome.ts';
import type { ServicePlan } from './plan/plan.ts';
import { deployRelease } from './release.ts';
import { consoleLink } from './report/console-link.ts';
import { failureOf, outputsOf, reportOf } from './report/report.ts';
import { summaryOf } from './report/summary.ts';

/** The page of the one service, or of the first that did not end well. */
const consoleOf = (results: readonly ServiceResult[]): string | undefined => {
  const bad = results.find(({ outcome }) => !isSuccess(outcome));
  return bad && consoleLink(bad.rollout.plan.before.arn);
};

/** Deploys what was planned and reports what became of it. */
export const deployPlans = async (
  inputs: DeployInputs,
  deps: Deps,
  plans: readonly ServicePlan[],
  startedAt: number,
): Promise<ActionResult> => {
  const { clock, log } = deps;
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
