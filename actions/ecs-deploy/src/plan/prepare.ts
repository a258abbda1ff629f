import { asOpsError, OpsError, TimeoutError } from '@hospital-ops/action-kit/errors';
import { poll, within } from '@hospital-ops/action-kit/poll';
import { shortName } from '@hospital-ops/aws/ecs/task-definition';
import { EMPTY_PATIENCE_MS, isEmptyAnswer, isTransient } from '@hospital-ops/aws/errors';
import { planCodeDeploy } from '../code-deploy/plan.ts';
import { resolveCodeDeployPrevious } from '../code-deploy/previous.ts';
import type { Deps } from '../deps.ts';
import type { DeployInputs } from '../inputs.ts';
import type { Findings } from '../verify/findings.ts';
import { verifyRelease } from '../verify/verify.ts';
import { planWeighted, resolveKilled } from '../weighted/plan.ts';
import type { ServicePlan } from './plan.ts';
import { planRelease } from './plan.ts';

/** What is known before anything is changed. */
export interface Prepared {
  readonly plans: readonly ServicePlan[];
  readonly findings: Findings;
}

/** Something went wrong while nothing was changed yet. */
class BeforeChangeError extends OpsError {}

/** For how long reads that fail are tried again: an outage of a minute is ridden out. */
const PATIENCE_MS = 90_000;

const NOTHING: Findings = { failures: [], warnings: [] };

const tell = (plans: readonly ServicePlan[], { warnings }: Findings, { log }: Deps): void => {
  for (const { target, old, live, warnings: odd } of plans) {
    const { name, definition } = target;
    if (old.arn !== live.arn) {
      log.warning(
        `${name}: another deployment is on its way or has failed; a roll-back would go to what served before it.`,
      );
    }
    if (old.body.status === 'INACTIVE') {
      log.warning(`${name}: ${shortName(old.arn)} is INACTIVE; a roll-back would deploy a copy of it.`);
    }
    for (const each of odd) log.warning(`${name}: ${each}`);
    if (definition.kind === 'file' && definition.unknown.length > 0) {
      log.notice(
        `${name}: passed on to ECS although not known here (newer than this action, or misplaced): ${definition.unknown.join('; ')}`,
      );
    }
  }
  for (const warning of warnings) log.warning(warning);
};

const patiently = async <T>(inputs: DeployInputs, { clock, signal }: Deps, read: () => Promise<T>): Promise<T> => {
  const start = clock.now();
  try {
    return await poll({
      what: 'the reads of the plan',
      observe: read,
      decide: (value) => ({ done: true, value }),
      timeoutMs: Math.min(PATIENCE_MS, inputs.timeoutMs),
      isTransient: (error) => isTransient(error) && !(isEmptyAnswer(error) && clock.now() - start >= EMPTY_PATIENCE_MS),
      clock,
      signal,
    });
  } catch (error) {
    throw error instanceof TimeoutError && error.cause !== undefined ? error.cause : error;
  }
};

/** Plans and verifies the release, and tells what is odd about it. Changes nothing, and its errors are known to. */
export const prepareRelease = async (asked: DeployInputs, deps: Deps): Promise<Prepared> => {
  const { clock, signal } = deps;
  const end = clock.now() + asked.timeoutMs;
  const inTime = <T>(what: string, work: Promise<T>): Promise<T> =>
    within(work, { what, timeoutMs: Math.max(0, end - clock.now()), clock, signal });
  try {
    const inputs = await inTime('the reads of the plan', resolveCodeDeployPrevious(asked, deps));
    const plans = await patiently(inputs, deps, async () => {
      const planned = await planWeighted(inputs, deps, await planRelease(await resolveKilled(inputs, deps), deps.ecs));
      return planCodeDeploy(inputs, deps, planned);
    });
    const findings = inputs.verify
      ? await inTime('the checks before the deployment', verifyRelease(plans, deps))
      : NOTHING;
    tell(plans, findings, deps);
    return { plans, findings };
  } catch (error) {
    if (error instanceof OpsError && error.constructor !== OpsError) throw error;
    throw new BeforeChangeError(asOpsError(error));
  }
};
