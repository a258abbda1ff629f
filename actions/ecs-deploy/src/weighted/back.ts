import { asOpsError, tell } from '@hospital-ops/action-kit/errors';
import type { Service } from '@hospital-ops/aws/ecs/ports';
import { primaryOf } from '@hospital-ops/aws/ecs/service';
import { shortName } from '@hospital-ops/aws/ecs/task-definition';
import type { Return, Returned } from '../back/go-back.ts';
import { returning } from '../finish.ts';
import type { ServicePlan, WeightedPlan } from '../plan/plan.ts';
import type { Release, ReleaseEnd, Rollout } from '../rollout/roll-out.ts';
import type { Share } from './share.ts';
import { SET_MS } from './share.ts';

/** How long the share is tried to be taken back: a cancelled run has seconds for everything. */
const BACK_WHEN_CANCELLED_MS = 4_000;
/** What is known of a weighted canary on its way. */
export interface Course {
  readonly release: Release;
  readonly plan: ServicePlan;
  readonly weighted: WeightedPlan;
  readonly share: Share;
  canary: Rollout | undefined;
  main: Rollout | undefined;
  /** The last look at the canary service. */
  canarySeen: Service | undefined;
  /** Set when the share was to be taken back and could not be; `unknown` when the rule cannot even be looked at. */
  keepsShare: 'failed' | 'unknown' | undefined;
}

/** Returns a signal that is aborted after `ms`, and a function that takes the wait for that away. */
const deadline = ({ clock }: Release, ms: number) => {
  const [over, done] = [new AbortController(), new AbortController()];
  clock.sleep(ms, done.signal).then(
    () => over.abort(),
    () => undefined,
  );
  return { signal: over.signal, clear: () => done.abort() };
};

/** Takes the share away from the canary, first of all and whatever else happens. */
export const takeBack = async (course: Course): Promise<void> => {
  const { share, release, plan } = course;
  const timeoutMs = release.signal.aborted ? BACK_WHEN_CANCELLED_MS : SET_MS;
  if (share.now() === 0) return;
  const { signal, clear } = deadline(release, timeoutMs);
  try {
    await share.set(0, signal, timeoutMs);
    course.keepsShare = undefined;
    release.log.info(`${plan.target.name}: the canary takes no traffic any more`);
  } catch (error) {
    course.keepsShare = 'failed';
    release.log.warning(`${plan.target.name}: the share of the canary could not be taken back: ${tell(error)}`);
    if (signal.aborted) return;
    await share.read().catch(() => {
      course.keepsShare = 'unknown';
    });
  } finally {
    clear();
  }
};

const SEVERITY: readonly Return['kind'][] = ['failed', 'unknown', 'superseded', 'late', 'cancelled', 'back'];

const worstOf = (returns: readonly Return[]): Return =>
  SEVERITY.flatMap((kind) => returns.find((each) => each.kind === kind) ?? [])[0] ?? { kind: 'back' };

/** A canary service that had no task gets none again. */
export const restoreCount = async ({ release, weighted }: Course): Promise<void> => {
  const { canary } = weighted;
  if (canary.target.desiredCount === undefined || canary.before.desired === canary.target.desiredCount) return;
  const { cluster } = release.inputs;
  const request = { cluster, service: canary.target.service, desiredCount: canary.before.desired };
  try {
    await release.ecs.updateService({ ...request, taskDefinition: undefined, forceNewDeployment: false });
  } catch (error) {
    release.log.warning(
      `${canary.target.name}: its desired count stays at ${canary.target.desiredCount}: ${asOpsError(error).what}`,
    );
  }
};

/** Takes everything back that a weighted canary has changed, the share first. Never throws. */
export const undo = async (course: Course, end: ReleaseEnd, turn: Promise<unknown>): Promise<Returned> => {
  const { release, plan } = course;
  await takeBack(course);
  await turn;
  const back = (rollout: Rollout | undefined) => rollout && returning(release, rollout, end, Promise.resolve());
  const [canary, main] = await Promise.all([back(course.canary), back(course.main)]);
  if (canary !== undefined) course.canarySeen = canary.last;
  const results = [canary, main].flatMap((each) => (each === undefined ? [] : [each.result]));
  const untouched = course.main === undefined ? plan.before : course.main.last;
  const servedLast = main === undefined ? untouched : main.last;
  const { keepsShare } = course;
  if (keepsShare !== undefined) results.push({ kind: keepsShare, reason: 'its share could not be taken back' });
  return { result: worstOf(results), last: servedLast };
};

/** What else is to be known at the end: a share that the canary keeps. */
export const noteOf = ({ share, weighted, canarySeen }: Course): string => {
  const now = share.now();
  if (now === 0) return '';
  const service = weighted.canary.target.service;
  if (now === undefined) return `which share of the traffic service "${service}" takes is not known`;
  const revision = canarySeen && primaryOf(canarySeen)?.taskDefinition;
  const what = revision === undefined ? '' : ` with ${shortName(revision)}`;
  return `service "${service}" takes ${Math.round(now * 100) / 100} % of the traffic${what}`;
};
