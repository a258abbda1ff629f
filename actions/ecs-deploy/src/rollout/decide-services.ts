import type { Deployment, Service } from '@hospital-ops/aws/ecs/ports';
import { isSteady } from '@hospital-ops/aws/ecs/service';
import type { Aim, Observation, Verdict } from './observation.ts';
import { BEGIN_LOOKS, CONTINUE, FAILED_LOOKS, MISSING_LOOKS, OTHER_LOOKS, STEADY_LOOKS } from './observation.ts';
import { because, newestFailure, supersededBy } from './reasons.ts';

/** What the PRIMARY deployment says when it is not ours: ECS went back, or somebody else deployed. */
export const takenOver = (primary: Deployment, aim: Aim, service: Service): Verdict => {
  if (primary.taskDefinition !== aim.previous) return supersededBy(primary);
  const ours = service.deployments.find(({ id }) => id === aim.deploymentId);
  return {
    kind: 'rolled-back',
    reason: because(ours?.rolloutReason, primary.rolloutReason, newestFailure(service)),
  };
};

export const completed = (service: Service): Verdict => ({
  kind: 'completed',
  warning: service.desired === 0 ? 'its desired count is 0, so no task of the new revision has ever run' : undefined,
});

export const isOurs = (deployment: Deployment, { ours, deploymentId }: Aim): boolean =>
  deployment.id === deploymentId || deployment.taskDefinition === ours;

interface Seen {
  readonly looks: Observation['looks'];
  /** Our service deployment is under way. */
  readonly goesOn: boolean;
}

/**
 * True while DescribeServices may show the state of before the update, as its reads are eventually consistent: that is
 * no roll-back. Where the service itself names our revision, or none of ours was ever seen, ECS seems yet to begin, and
 * where our service deployment goes on nobody goes back.
 */
const isNotSeenYet = (
  { primary, service, looks, goesOn }: Seen & { readonly primary: Deployment; readonly service: Service },
  aim: Aim,
): boolean =>
  primary.taskDefinition === aim.previous &&
  !service.deployments.some((each) => isOurs(each, aim)) &&
  looks.other < (goesOn || looks.unseen > 0 || service.taskDefinition === aim.ours ? BEGIN_LOOKS : OTHER_LOOKS);

/** A rolling deployment by DescribeServices, which tells its rollout state. */
export const byRolloutState = (
  { deployment, looks }: Observation,
  primary: Deployment,
  service: Service,
  aim: Aim,
): Verdict => {
  if (!isOurs(primary, aim)) {
    const goesOn = deployment?.status === 'PENDING' || deployment?.status === 'IN_PROGRESS';
    return isNotSeenYet({ primary, service, looks, goesOn }, aim) ? CONTINUE : takenOver(primary, aim, service);
  }
  if (aim.ours === aim.previous && aim.deploymentId !== undefined && primary.id !== aim.deploymentId) {
    const ours = service.deployments.find(({ id }) => id === aim.deploymentId);
    if (ours?.rolloutState === 'FAILED') return { kind: 'rolled-back', reason: because(ours.rolloutReason) };
  }
  if (primary.rolloutState === 'FAILED') {
    if (service.rollsBackItself && looks.failed < FAILED_LOOKS) return CONTINUE;
    return { kind: 'failed', reason: because(primary.rolloutReason, newestFailure(service)) };
  }
  // The service deployment watches alarms longer than the rollout state does, and has the last word while it lives.
  if (deployment !== undefined) return CONTINUE;
  if (primary.rolloutState === 'COMPLETED') return completed(service);
  return primary.rolloutState === undefined && looks.steady >= STEADY_LOOKS ? completed(service) : CONTINUE;
};

/**
 * A deployment in stages without a look at its service deployment. What DescribeServices shows while it goes on is not
 * documented: the old revision may stay PRIMARY until the traffic moves. So the end is believed only when nothing but
 * our revision is left, and a roll-back only when our revision is gone.
 */
export const byWhatIsLeft = ({ looks }: Observation, primary: Deployment, service: Service, aim: Aim): Verdict => {
  const { taskDefinition, rolloutState } = primary;
  if (taskDefinition !== aim.ours && taskDefinition !== aim.previous) return supersededBy(primary);
  const ours = service.deployments.find((each) => isOurs(each, aim));
  if (ours?.rolloutState === 'FAILED' && looks.failed >= FAILED_LOOKS) {
    return { kind: 'failed', reason: because(ours.rolloutReason, newestFailure(service)) };
  }
  if (ours === undefined) {
    return looks.other < MISSING_LOOKS ? CONTINUE : takenOver(primary, aim, service);
  }
  const whole = isSteady(service, primary) && (rolloutState === undefined || rolloutState === 'COMPLETED');
  return whole && isOurs(primary, aim) && looks.steady >= STEADY_LOOKS ? completed(service) : CONTINUE;
};

/** Settings or a desired count without a deployment of their own: done when the service has all of its tasks. */
export const bySettings = (primary: Deployment, service: Service, aim: Aim): Verdict => {
  if (primary.taskDefinition !== aim.ours) return supersededBy(primary);
  return isSteady(service, primary) ? { kind: 'completed', warning: undefined } : CONTINUE;
};
