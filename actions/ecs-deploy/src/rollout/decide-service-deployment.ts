import type { Deployment, Service, ServiceDeployment } from '@hospital-ops/aws/ecs/ports';
import { STAGES } from '../inputs/stages.ts';
import { takenOver } from './decide-services.ts';
import type { Aim, Observation, Verdict } from './observation.ts';
import { CONTINUE, OTHER_LOOKS } from './observation.ts';
import { whyStopped } from './reasons.ts';

const order: readonly string[] = STAGES;

/** True when a stage is `wanted` or comes after it; a stage that nobody knows is none. */
export const hasReached = (stage: string | undefined, wanted: string): boolean =>
  stage !== undefined && order.includes(stage) && order.indexOf(stage) >= order.indexOf(wanted);

const pausedBy = (deployment: ServiceDeployment, continuedHook: string | undefined): Verdict | undefined => {
  const hook = deployment.hooks.find(({ id, status }) => status === 'AWAITING_ACTION' && id !== continuedHook);
  if (hook === undefined) return undefined;
  const where = deployment.stage === undefined ? '' : ` at ${deployment.stage}`;
  const until = hook.expiresAt === undefined ? '' : ` until ${new Date(hook.expiresAt).toISOString()}`;
  const then = hook.onTimeout === undefined ? '' : `, then ECS does ${hook.onTimeout}`;
  return {
    kind: 'paused',
    // The id first: whoever cuts the text must not cut what is needed to go on.
    reason: `\`continue-hook: ${hook.id}\` continues it; it waits${where}${until}${then}`,
  };
};

const underWay = (deployment: ServiceDeployment, aim: Aim): Verdict | undefined => {
  const paused = pausedBy(deployment, aim.continuedHook);
  if (paused !== undefined) return paused;
  return aim.stage !== undefined && hasReached(deployment.stage, aim.stage) ? { kind: 'started' } : undefined;
};

/**
 * Returns what ECS's service deployment says of a rollout; undefined where it leaves the word to DescribeServices. A
 * success is one only when the PRIMARY runs our definition as well.
 */
export const byServiceDeployment = (
  deployment: ServiceDeployment,
  primary: Deployment | undefined,
  service: Service,
  looks: Observation['looks'],
  aim: Aim,
): Verdict | undefined => {
  switch (deployment.status) {
    case 'SUCCESSFUL':
      if (primary === undefined) return CONTINUE;
      if (primary.taskDefinition === aim.ours) return { kind: 'completed', warning: undefined };
      return primary.taskDefinition === aim.previous && looks.other < OTHER_LOOKS
        ? CONTINUE
        : takenOver(primary, aim, service);
    case 'ROLLBACK_SUCCESSFUL':
    case 'ROLLBACK_IN_PROGRESS':
      return { kind: 'rolled-back', reason: whyStopped(deployment, service) };
    case 'ROLLBACK_FAILED':
      return { kind: 'rollback-failed', reason: whyStopped(deployment, service) };
    case 'STOPPED':
      // Of a strategy in stages the old revision may well be PRIMARY and our tasks still be there.
      if (primary !== undefined && primary.taskDefinition !== aim.ours) {
        if (!aim.native || primary.taskDefinition !== aim.previous) return takenOver(primary, aim, service);
      }
      return { kind: 'failed', reason: whyStopped(deployment, service) };
    // Both may still end in any way, SUCCESSFUL among them (developer guide, service deployment states).
    case 'STOP_REQUESTED':
    case 'ROLLBACK_REQUESTED':
      return CONTINUE;
    case 'PENDING':
    case 'IN_PROGRESS':
      return underWay(deployment, aim);
    default:
      return undefined;
  }
};
