import { CancelledError, causeOf, TimeoutError, tell } from '@hospital-ops/action-kit/errors';
import { poll } from '@hospital-ops/action-kit/poll';
import { createDeploymentOnce } from '@hospital-ops/aws/codedeploy/once';
import type { Service } from '@hospital-ops/aws/ecs/ports';
import { shortName } from '@hospital-ops/aws/ecs/task-definition';
import { isTransient } from '@hospital-ops/aws/errors';
import { createGate, graceOf } from '../gate/gate.ts';
import { createBake, createGateWatch } from '../gate/watch.ts';
import { hasGates } from '../inputs/gates.ts';
import type { ServicePlan } from '../plan/plan.ts';
import type { Verdict } from '../rollout/observation.ts';
import type { Release } from '../rollout/roll-out.ts';
import type { Ending, Watched } from '../rollout/watch.ts';
import { renderAppSpec } from './app-spec.ts';
import type { CodeDeployAim, CodeDeployObservation } from './decide.ts';
import { decideCodeDeploy } from './decide.ts';
import { createCodeDeployLook } from './look.ts';
import type { CodeDeployPlan } from './plan.ts';

interface Start {
  readonly definition: string;
  readonly config?: string;
  /** Nothing is sent any more once it is aborted. */
  readonly signal?: AbortSignal;
}

/** Creates the deployment of a definition and returns its id. Throws AwsError and EffectUnknownError. */
export const startCodeDeploy = (
  release: Release,
  plan: ServicePlan,
  { application, group, appSpec }: CodeDeployPlan,
  { definition, config, signal }: Start,
): Promise<string> => {
  const { log } = release;
  log.info(`${plan.target.name}: deploying ${shortName(definition)} by CodeDeploy (${application}/${group})`);
  const description = `hospital-ops ecs-deploy: ${shortName(definition)}`;
  const content = renderAppSpec(appSpec, plan.before, definition);
  return createDeploymentOnce(release, { application, group, content, description, config }, signal);
};

export interface CodeDeployWatch {
  readonly id: string;
  readonly aim: CodeDeployAim;
  countFailedTasks(): Promise<number>;
}

/** Waits until a deployment by CodeDeploy ends, and says how. Never throws. */
export const watchCodeDeploy = async (
  release: Release,
  plan: ServicePlan,
  { id, aim, countFailedTasks }: CodeDeployWatch,
): Promise<Watched> => {
  const { inputs, clock, signal, stop, observer, log } = release;
  const { name, service, strategy } = plan.target;
  const look = createCodeDeployLook(release, { name, service, wanted: aim.ours, before: plan.before });
  const gated = hasGates(strategy.gates)
    ? () => createGate(release, strategy.gates, release.awsClock.now())
    : undefined;
  const lookAtGate = createGateWatch(gated, false, name, { log });
  const bakeLeft = createBake(clock, { bakeMs: 0, graceMs: graceOf() });
  let last: Service | undefined;
  const observe = async (): Promise<CodeDeployObservation> => {
    const seen = await look(id);
    last = seen.service ?? last;
    const failedTasks = aim.maxFailedTasks > 0 ? await countFailedTasks() : 0;
    const { gateLeftMs } = bakeLeft(() => seen.deployment?.status === 'Succeeded');
    return { ...seen, failedTasks, gate: await lookAtGate('none', undefined), gateLeftMs };
  };
  const ended = (ending: Ending, seen: Service | undefined = last): Watched => ({
    ending,
    last: seen,
    deployment: undefined,
  });
  try {
    const ending = await poll<CodeDeployObservation, Exclude<Verdict, { kind: 'continue' }>>({
      what: `CodeDeploy's deployment ${id} of service "${service}"`,
      observe,
      decide: (observation) => {
        const verdict = decideCodeDeploy(observation, aim);
        return verdict.kind === 'continue' ? { done: false } : { done: true, value: verdict };
      },
      interval: observer.interval,
      timeoutMs: Math.max(0, release.startedAt + inputs.timeoutMs - clock.now()),
      isTransient,
      clock,
      signal: AbortSignal.any([signal, stop.signal]),
    });
    return ended(ending);
  } catch (error) {
    if (error instanceof CancelledError) return ended({ kind: signal.aborted ? 'cancelled' : 'interrupted' });
    if (error instanceof TimeoutError && error.last !== undefined)
      return ended({ kind: 'timeout', reason: causeOf(error) });
    return { ...ended({ kind: 'lost', reason: tell(error) }), last: undefined };
  }
};
