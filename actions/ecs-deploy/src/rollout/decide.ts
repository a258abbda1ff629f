import { primaryOf } from '@hospital-ops/aws/ecs/service';
import { throughGate } from '../gate/decide.ts';
import { byServiceDeployment } from './decide-service-deployment.ts';
import { byRolloutState, bySettings, byWhatIsLeft, completed, isOurs } from './decide-services.ts';
import type { Aim, Observation, Verdict } from './observation.ts';
import { CONTINUE, MISSING_LOOKS } from './observation.ts';

/** Failed tasks are counted by ECS, which starts again at 0 when a task runs, and by who was seen stopped. */
const tooManyFailed = (observation: Observation, aim: Aim): Verdict | undefined => {
  const ours = observation.service?.deployments.find((each) => isOurs(each, aim));
  if (ours?.rolloutState === 'COMPLETED' || aim.maxFailedTasks === 0) return undefined;
  const failures = Math.max(ours?.failedTasks ?? 0, observation.failedTasks);
  return failures >= aim.maxFailedTasks
    ? { kind: 'failed', reason: `${failures} tasks of the new revision failed` }
    : undefined;
};

/** Tasks of a deployment that is complete, and of which ECS therefore counts no failures any more. */
const crashing = ({ failedTasks }: Observation, { maxFailedTasks }: Aim): Verdict | undefined =>
  maxFailedTasks > 0 && failedTasks >= maxFailedTasks
    ? { kind: 'failed', reason: `${failedTasks} of its tasks failed` }
    : undefined;

/** Returns what ECS says of a rollout, whatever a gate may say. */
export const decideEcs = (observation: Observation, aim: Aim): Verdict => {
  const { service, deployment } = observation;
  if (service === undefined) {
    if (observation.looks.missing < MISSING_LOOKS) return CONTINUE;
    return { kind: 'lost', reason: 'the service disappeared from the answer of DescribeServices' };
  }
  if (service.status !== 'ACTIVE') {
    return { kind: 'failed', reason: `the service is ${service.status || 'of unknown status'}: somebody deletes it` };
  }
  const primary = primaryOf(service);
  const told = deployment && byServiceDeployment(deployment, primary, service, observation.looks, aim);
  if (told !== undefined) return told.kind === 'completed' ? completed(service) : told;
  if (primary === undefined) return CONTINUE;
  if (aim.settingsOnly) {
    const settled = bySettings(primary, service, aim);
    return settled.kind === 'continue' ? (crashing(observation, aim) ?? settled) : settled;
  }
  if (aim.native) {
    // While the service deployment is in sight, or may yet be, nothing else ends a deployment in stages well.
    const left = observation.sight === 'none' ? byWhatIsLeft(observation, primary, service, aim) : CONTINUE;
    return left.kind === 'continue' ? (tooManyFailed(observation, aim) ?? left) : left;
  }
  const verdict = byRolloutState(observation, primary, service, aim);
  return verdict.kind === 'continue' ? (tooManyFailed(observation, aim) ?? verdict) : verdict;
};

/**
 * Returns what an observation means for a rollout. Total: an empty answer, a state that nobody knows, a missing PRIMARY
 * are never an end that is a success.
 */
export const decideRollout = (observation: Observation, aim: Aim): Verdict =>
  throughGate(decideEcs(observation, aim), observation);
