import { OpsError } from '@hospital-ops/action-kit/errors';
import { createLimit } from '@hospital-ops/action-kit/limit';
import type { Deps } from '../deps.ts';
import type { ServicePlan } from '../plan/plan.ts';
import { checkAlarms } from './alarms.ts';
import { checkDefinitions } from './definitions.ts';
import type { Findings } from './findings.ts';
import { createExaminer } from './findings.ts';
import { checkImages } from './images.ts';
import { checkLogGroups } from './log-groups.ts';
import { checkMetrics } from './metrics.ts';
import { checkRoles } from './roles.ts';
import { checkSecrets } from './secrets.ts';
import { subjectOf } from './subjects.ts';
import { checkTargetGroups } from './target-groups.ts';

/** Looks that are under way at once. */
const AT_ONCE = 20;

/** What is on its way already is watched to its end: whether it could have begun is no question any more. */
const CHANGING: ReadonlySet<ServicePlan['action']> = new Set(['deploy', 'settings']);

/** What was asked for cannot work. Nothing was changed. */
export class VerificationError extends OpsError {
  readonly failures: readonly string[];

  constructor(failures: readonly string[]) {
    const [only] = failures;
    const count = `${failures.length} checks failed before anything was changed`;
    super({
      what: failures.length === 1 ? `a check failed before anything was changed: ${only}` : `${count}.`,
      why: failures.length === 1 ? undefined : failures.map((failure) => `\n  - ${failure}`).join(''),
      next: 'correct what is named, or deploy without these checks (`verify: false`).',
      docs: 'README#verify',
    });
    this.failures = failures;
  }
}

/**
 * Returns what stands in the way of the plans that change something, each distinct thing looked at once. Nothing is
 * changed. Throws AwsError only when the credentials themselves do not work any more.
 */
export const verifyRelease = async (
  plans: readonly ServicePlan[],
  deps: Pick<
    Deps,
    'iam' | 'images' | 'secretStore' | 'parameters' | 'logs' | 'loadBalancing' | 'cloudWatch' | 'clock' | 'awsClock'
  >,
): Promise<Findings> => {
  const subjects = plans
    .flatMap((plan) => (plan.weighted === undefined ? [plan] : [plan, plan.weighted.canary]))
    .filter(({ action }) => CHANGING.has(action))
    .map(subjectOf);
  const examiner = createExaminer(createLimit(AT_ONCE));
  checkDefinitions(subjects, examiner);
  await Promise.all([
    checkRoles(subjects, deps.iam, examiner),
    checkImages(subjects, deps.images, examiner),
    checkSecrets(subjects, deps, examiner),
    checkLogGroups(subjects, deps.logs, examiner),
    checkTargetGroups(subjects, deps.loadBalancing, examiner),
    checkAlarms(subjects, deps.cloudWatch, examiner),
    checkMetrics(subjects, deps, examiner),
  ]);
  return examiner.findings();
};
