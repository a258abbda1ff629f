import { asOpsError, CancelledError, InputError, OpsError } from '@hospital-ops/action-kit/errors';
import { unlessAborted } from '@hospital-ops/action-kit/poll';
import type { ActionResult } from '@hospital-ops/action-kit/run-action';
import type { Deps } from './deps.ts';
import type { DeployInputs } from './inputs.ts';
import { prepareRelease } from './plan/prepare.ts';
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

/** Deploys the release that the inputs name. What it does is said in the README's table of outcomes. */
export const runDeploy = async (inputs: DeployInputs, deps: Deps): Promise<ActionResult> => {
  const startedAt = deps.clock.now();
  const { plans, findings } = await prepare(inputs, deps);
  // Looking at what is there needs none of this code, and compiling it would hold up the first look.
  if (inputs.dryRun) return (await import('./plan/dry-run.ts')).dryRun(plans, findings, inputs, deps);
  const { deployPlans } = await beforeAnyChange(() => import('./deploy.ts'));
  return deployPlans(inputs, deps, plans, startedAt);
};
