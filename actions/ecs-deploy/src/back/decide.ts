import type { ServiceDeployment } from '@hospital-ops/aws/ecs/ports';
import { isSteady, primaryOf } from '@hospital-ops/aws/ecs/service';
import type { Observation } from '../rollout/observation.ts';
import { CONTINUE, MISSING_LOOKS, STEADY_LOOKS } from '../rollout/observation.ts';
import { because, supersededBy, whyStopped } from '../rollout/reasons.ts';

export interface BackAim {
  readonly ours: string;
  readonly previous: string;
  /** True when ECS goes back in stages as well: then PRIMARY may be the old revision while ours still takes traffic. */
  readonly native: boolean;
  /** True when the way back is a deployment of its own, which `deployment` of the observation then is. */
  readonly deployed: boolean;
}

export type BackVerdict =
  | { readonly kind: 'continue' }
  | { readonly kind: 'back' }
  | { readonly kind: 'superseded'; readonly by: string; readonly reason: string }
  /** ECS could not roll back, or the deployment of the old revision failed. */
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'lost'; readonly reason: string };

/** A rolling service whose PRIMARY is the old revision before ECS has gone back was seen as it was before the update. */
const UNDER_WAY: ReadonlySet<string> = new Set([
  'PENDING',
  'IN_PROGRESS',
  'ROLLBACK_REQUESTED',
  'ROLLBACK_IN_PROGRESS',
]);

/** What the service deployment says of the way back; undefined leaves the word to DescribeServices. */
const byDeployment = (
  deployment: ServiceDeployment,
  { service }: Observation,
  { native, deployed, previous }: BackAim,
  serves: string,
): BackVerdict | 'may-be-back' | undefined => {
  switch (deployment.status) {
    case 'ROLLBACK_FAILED':
      return { kind: 'failed', reason: whyStopped(deployment, service) };
    case 'ROLLBACK_SUCCESSFUL':
      return deployed ? { kind: 'failed', reason: whyStopped(deployment, service) } : 'may-be-back';
    case 'SUCCESSFUL':
      // A roll-back that is requested too late ends so (developer guide, service deployment states).
      return deployed
        ? 'may-be-back'
        : { kind: 'failed', reason: 'ECS completed the deployment before it was taken back' };
    case 'STOPPED':
      return deployed || serves !== previous ? { kind: 'failed', reason: whyStopped(deployment, service) } : undefined;
    default:
      return native || (!deployed && UNDER_WAY.has(deployment.status)) ? CONTINUE : undefined;
  }
};

/** Returns whether the previous revision really serves again: PRIMARY, complete, with all of its tasks. */
export const decideGoBack = (observation: Observation, aim: BackAim): BackVerdict => {
  const { service, deployment, looks } = observation;
  if (service === undefined) {
    if (looks.missing < MISSING_LOOKS) return CONTINUE;
    return { kind: 'lost', reason: 'the service disappeared from the answer of DescribeServices' };
  }
  if (service.status !== 'ACTIVE') return { kind: 'failed', reason: `the service is ${service.status}` };
  const primary = primaryOf(service);
  if (primary === undefined) return CONTINUE;
  if (primary.taskDefinition !== aim.ours && primary.taskDefinition !== aim.previous) return supersededBy(primary);
  const told = deployment && byDeployment(deployment, observation, aim, primary.taskDefinition);
  if (told !== undefined && told !== 'may-be-back') return told;
  if (primary.taskDefinition !== aim.previous) return CONTINUE;
  if (primary.rolloutState === 'FAILED') return { kind: 'failed', reason: because(primary.rolloutReason) };
  const whole = primary.running === primary.desired;
  if (told === 'may-be-back' && aim.native) return whole ? { kind: 'back' } : CONTINUE;
  if (aim.native && observation.sight === 'looking') return CONTINUE;
  // In stages, nothing of ours may be left to take traffic.
  if (
    aim.native &&
    service.deployments.some(({ taskDefinition, running }) => taskDefinition !== aim.previous && running > 0)
  )
    return CONTINUE;
  if (primary.rolloutState === 'COMPLETED' && whole) return { kind: 'back' };
  const steady = primary.rolloutState === undefined && isSteady(service, primary);
  return steady && looks.steady >= STEADY_LOOKS ? { kind: 'back' } : CONTINUE;
};
