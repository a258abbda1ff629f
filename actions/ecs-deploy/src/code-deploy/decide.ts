import type { CodeDeployment } from '@hospital-ops/aws/codedeploy/ports';
import type { Service } from '@hospital-ops/aws/ecs/ports';
import { primaryOf } from '@hospital-ops/aws/ecs/service';
import { throughGate } from '../gate/decide.ts';
import type { GateVerdict } from '../gate/gate.ts';
import type { Verdict } from '../rollout/observation.ts';
import { CONTINUE, MISSING_LOOKS, OTHER_LOOKS } from '../rollout/observation.ts';
import { because, supersededBy } from '../rollout/reasons.ts';

/** One look at a deployment by CodeDeploy. */
export interface CodeDeployObservation {
  readonly deployment: CodeDeployment | undefined;
  /** The deployment that takes it back, where CodeDeploy names one. */
  readonly rollback: CodeDeployment | undefined;
  /** Undefined when the answer did not hold it. */
  readonly service: Service | undefined;
  readonly failedTasks: number;
  /** Looks in a row, this one included, that found nothing, and that found another task set with the traffic. */
  readonly looks: { readonly missing: number; readonly other: number };
  readonly gate: GateVerdict | undefined;
  /** Milliseconds for which a gate that has not spoken at the end is still waited for. */
  readonly gateLeftMs: number;
}

export interface CodeDeployAim {
  readonly ours: string;
  readonly previous: string;
  readonly maxFailedTasks: number;
}

/** Returns in one line what CodeDeploy says of an end. */
export const whyEnded = ({ error, rollback, messages }: CodeDeployment): string => {
  const failed = error === undefined ? undefined : [error.code, error.message].filter(Boolean).join(': ');
  const said = because(failed, messages[0], rollback?.message);
  return rollback === undefined || rollback.message === '' || said === rollback.message
    ? said
    : `${said} (${rollback.message})`;
};

const ended = (deployment: CodeDeployment): Verdict => {
  const word = deployment.status === 'Stopped' ? 'was stopped' : 'failed';
  const reason = `CodeDeploy's deployment ${deployment.id} ${word}: ${whyEnded(deployment)}`;
  return { kind: deployment.rollback?.deployment === undefined ? 'failed' : 'rolled-back', reason };
};

const succeeded = (
  service: Service | undefined,
  looks: CodeDeployObservation['looks'],
  aim: CodeDeployAim,
): Verdict => {
  const primary = service && primaryOf(service);
  if (service === undefined || primary === undefined) return CONTINUE;
  if (primary.taskDefinition === aim.ours) {
    const nothing = 'its desired count is 0, so no task of the new revision has ever run';
    return { kind: 'completed', warning: service.desired === 0 ? nothing : undefined };
  }
  // DescribeServices may still show the state of before.
  return looks.other < OTHER_LOOKS ? CONTINUE : supersededBy(primary);
};

const decide = ({ deployment, service, failedTasks, looks }: CodeDeployObservation, aim: CodeDeployAim): Verdict => {
  if (deployment === undefined) {
    if (looks.missing < MISSING_LOOKS) return CONTINUE;
    return { kind: 'lost', reason: 'the deployment disappeared from the answer of codedeploy:GetDeployment' };
  }
  switch (deployment.status) {
    case 'Succeeded':
      return succeeded(service, looks, aim);
    case 'Failed':
    case 'Stopped':
      return ended(deployment);
    case 'Ready':
      return {
        kind: 'paused',
        reason: `CodeDeploy's deployment ${deployment.id} waits to be continued before it moves the traffic (codedeploy:ContinueDeployment)`,
      };
    case 'Created':
    case 'Queued':
    case 'InProgress':
    case 'Baking':
      return aim.maxFailedTasks > 0 && failedTasks >= aim.maxFailedTasks
        ? { kind: 'failed', reason: `${failedTasks} tasks of the new revision failed` }
        : CONTINUE;
    default:
      return CONTINUE;
  }
};

/** Returns what an observation means for a deployment by CodeDeploy. Total: an unknown word is never an end. */
export const decideCodeDeploy = (observation: CodeDeployObservation, aim: CodeDeployAim): Verdict =>
  throughGate(decide(observation, aim), { ...observation, bakeLeftMs: 0 });

export type CodeDeployBack =
  | { readonly kind: 'continue' }
  | { readonly kind: 'back' }
  | { readonly kind: 'superseded'; readonly reason: string }
  /** Nothing takes it back: the previous revision is to be deployed. */
  | { readonly kind: 'stranded'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'lost'; readonly reason: string };

const OVER: ReadonlySet<string> = new Set(['Succeeded', 'Failed', 'Stopped']);
/** The deployment that goes back is created a moment after the other has ended. */
const ROLLBACK_LOOKS = 10;

/** Whether the previous revision has the traffic and nothing else is left to take some. */
const servesAlone = (service: Service, previous: string): boolean => {
  const primary = primaryOf(service);
  const others = service.deployments.some((one) => one.taskDefinition !== previous && one.running > 0);
  return primary?.taskDefinition === previous && primary.running >= primary.desired && !others;
};

/**
 * Returns whether a service is back. `deployment` is the one that failed or was stopped; with `deployed` it is the one
 * that brings the previous revision out, which is as good as done when all of the traffic has moved.
 */
export const decideCodeDeployBack = (
  { deployment, rollback, service, looks }: CodeDeployObservation,
  aim: Pick<CodeDeployAim, 'ours' | 'previous'>,
  deployed: boolean,
  endedLooks: number,
): CodeDeployBack => {
  if (service === undefined || deployment === undefined) {
    if (looks.missing < MISSING_LOOKS) return CONTINUE;
    return { kind: 'lost', reason: 'the service or its deployment disappeared from the answers' };
  }
  const primary = primaryOf(service);
  if (primary !== undefined && primary.taskDefinition !== aim.ours && primary.taskDefinition !== aim.previous)
    return supersededBy(primary);
  const way = deployed ? deployment : rollback;
  if (way === undefined) {
    if (!OVER.has(deployment.status)) return CONTINUE;
    if (endedLooks < ROLLBACK_LOOKS) return servesAlone(service, aim.previous) ? { kind: 'back' } : CONTINUE;
    return { kind: 'stranded', reason: whyEnded(deployment) };
  }
  if (way.status === 'Failed' || way.status === 'Stopped') {
    return {
      kind: deployed ? 'failed' : 'stranded',
      reason: `the way back, deployment ${way.id}, ended ${way.status}: ${whyEnded(way)}`,
    };
  }
  const moved = way.status === 'Succeeded' || way.waitsForTermination;
  return moved && primary?.taskDefinition === aim.previous && primary.running >= primary.desired
    ? { kind: 'back' }
    : CONTINUE;
};
