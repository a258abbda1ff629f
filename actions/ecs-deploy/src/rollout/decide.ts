import type { Deployment } from '@hospital-ops/aws/ecs/ports';
import { primaryOf } from '@hospital-ops/aws/ecs/service';
import { throughGate } from '../gate/decide.ts';
import { byServiceDeployment } from './decide-service-deployment.ts';
import { byRolloutState, bySettings, byWhatIsLeft, completed, isOurs } from './decide-services.ts';
import type { Aim, Observation, Verdict } from './observation.ts';
import { CONTINUE, MISSING_LOOKS, SHORT_LOOKS } from './observation.ts';

/** Failed tasks are counted by ECS, which starts again at 0 when a task runs, and by who was seen stopped. */
const tooManyFailed = (observation: Observation, aim: Aim): Verdict | undefined => {
  const all = observation.service?.deployments ?? [];
  const ours = all.find(({ id }) => id === aim.deploymentId) ?? all.find((each) => isOurs(each, aim));
  if (aim.maxFailedTasks === 0) return undefined;
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

/**
 * Returns a success as the tasks leave it: complete is what serves. Without any running task it goes on; with some of
 * them missing it is waited a little for the others. Tasks that fail after it was complete fail it all the same.
 */
const ifServing = (observation: Observation, primary: Deployment | undefined, aim: Aim, done: Verdict): Verdict => {
  const { service, looks } = observation;
  if (done.kind !== 'completed' || primary === undefined || service === undefined || service.desired === 0) return done;
  const { running, desired } = primary;
  if (running > 0 && running >= desired) return (aim.settingsOnly ? undefined : crashing(observation, aim)) ?? done;
  const failed = tooManyFailed(observation, aim);
  if (failed !== undefined || running === 0 || looks.short < SHORT_LOOKS) return failed ?? CONTINUE;
  return { ...done, warning: `only ${running} of its ${desired} tasks run` };
};

/** Returns what ECS says of a rollout, whatever a gate may say. */
export const decideEcs = (observation: Observation, aim: Aim): Verdict => {
  const primary = observation.service && primaryOf(observation.service);
  return ifServing(observation, primary, aim, saidByEcs(observation, aim));
};

/** True when ECS calls the deployment complete and not all of its tasks run. */
export const isShort = (observation: Observation, aim: Aim): boolean => {
  const primary = observation.service && primaryOf(observation.service);
  const short = primary !== undefined && primary.running < primary.desired;
  return short && saidByEcs(observation, aim).kind === 'completed';
};

const saidByEcs = (observation: Observation, aim: Aim): Verdict => {
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
