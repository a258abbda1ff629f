import { formatDuration } from '@hospital-ops/action-kit/duration';
import { asOpsError, CancelledError, OpsError } from '@hospital-ops/action-kit/errors';
import type { ActionResult } from '@hospital-ops/action-kit/run-action';
import { Summary } from '@hospital-ops/action-kit/summary';
import type { Deps } from './deps.ts';
import type { DeployInputs } from './inputs.ts';
import { releaseOutcome } from './outcome.ts';
import type { ServicePlan } from './plan.ts';
import { planRelease } from './plan.ts';
import { deployRelease } from './release.ts';
import { failureOf, outputsOf, reportOf } from './report.ts';
import { planText, summaryOf } from './summary.ts';
import { planWeighted } from './weighted-plan.ts';

export const outputs = [
  'outcome',
  'reason',
  'task-definition-arn',
  'previous-task-definition-arn',
  'deployment-id',
  'services',
  'duration-seconds',
] as const;

/** Something went wrong while nothing was changed yet. */
class BeforeChangeError extends OpsError {}

/** Runs what only reads. Its errors are known to have changed nothing, whatever they are. */
const beforeChange = async <T>(read: () => Promise<T>): Promise<T> => {
  try {
    return await read();
  } catch (error) {
    if (error instanceof OpsError && error.constructor !== OpsError) throw error;
    throw new BeforeChangeError(asOpsError(error));
  }
};

/** Outputs for a run that ended before it had a result: what failed while reading has changed nothing. */
export const failedOutputs = (error: OpsError): Record<string, string> => {
  // An error of no kind is one that nobody expected: it may have come at any point.
  const known = error.constructor !== OpsError || error.cause === undefined;
  const outcome = error instanceof CancelledError ? 'cancelled' : known ? 'failed' : 'unknown';
  return { outcome, reason: error.what, services: '[]' };
};

const dryRun = (plans: readonly ServicePlan[], inputs: DeployInputs, deps: Deps): ActionResult => {
  const summary = new Summary().heading(`Plan for ${inputs.cluster} (dry run: nothing was changed)`);
  for (const plan of plans) {
    deps.log.info(planText(plan, inputs));
    summary.details(plan.target.name, planText(plan, inputs), true);
  }
  const results = plans.map((plan) => ({
    outcome: 'unchanged' as const,
    reason: plan.action === 'none' ? '' : 'dry run: it would be deployed',
    rollout: {
      plan,
      phase: { kind: 'unchanged' } as const,
      definition: plan.live,
      updated: false,
      deploymentId: undefined,
      last: plan.before,
      deployment: undefined,
      endedAt: deps.clock.now(),
    },
    serving: plan.old.arn,
    log: [],
    durationSeconds: 0,
    phases: {},
  }));
  return { outputs: outputsOf(results, inputs, 0), summary };
};

/** Deploys the release that the inputs name. What it does is said in the README's table of outcomes. */
export const runDeploy = async (inputs: DeployInputs, deps: Deps): Promise<ActionResult> => {
  const { clock, log, signal } = deps;
  const startedAt = clock.now();
  if (signal.aborted) throw new CancelledError('the run was cancelled before anything was changed.');
  const plans = await beforeChange(async () => planWeighted(inputs, deps, await planRelease(inputs, deps.ecs)));
  for (const plan of plans) {
    if (plan.old.arn !== plan.live.arn) {
      log.warning(
        `${plan.target.name}: another deployment is on its way or has failed; a roll-back would go to what served before it.`,
      );
    }
  }
  if (inputs.dryRun) return dryRun(plans, inputs, deps);
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
    failure: failureOf(reports, outcome, inputs.cluster, seconds),
  };
};
