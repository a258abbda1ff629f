import type { ActionResult } from '@hospital-ops/action-kit/run-action';
import { Summary } from '@hospital-ops/action-kit/summary';
import type { Deps } from '../deps.ts';
import type { DeployInputs } from '../inputs.ts';
import { outputsOf } from '../report/report.ts';
import { planText } from '../report/summary.ts';
import type { Findings } from '../verify/findings.ts';
import { VerificationError } from '../verify/verify.ts';
import type { ServicePlan } from './plan.ts';

/** Tells what would be changed and what stands in its way; fails when something does. */
export const dryRun = (
  plans: readonly ServicePlan[],
  { failures, warnings }: Findings,
  inputs: DeployInputs,
  deps: Deps,
): ActionResult => {
  const summary = new Summary().heading(`Plan for ${inputs.cluster} (dry run: nothing was changed)`);
  for (const plan of plans) {
    deps.log.info(planText(plan, inputs));
    summary.details(plan.target.name, planText(plan, inputs), true);
  }
  for (const [title, found] of [
    ['Checks that failed', failures],
    ['What was not checked', warnings],
  ] as const) {
    if (found.length > 0) summary.details(title, found.map((each) => `- ${each}`).join('\n'), true);
  }
  const failure = failures.length === 0 ? undefined : new VerificationError(failures);
  const results = plans.map((plan) => ({
    outcome: failure === undefined ? ('unchanged' as const) : ('failed' as const),
    reason: failure?.what ?? (plan.action === 'none' ? '' : 'dry run: it would be deployed'),
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
  const outputs = outputsOf(results, inputs, 0);
  return failure === undefined
    ? { outputs, summary }
    : { outputs: { ...outputs, reason: failure.what }, summary, failure };
};
