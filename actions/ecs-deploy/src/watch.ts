import type { Clock } from '@hospital-ops/action-kit/clock';
import { asOpsError, CancelledError, TimeoutError } from '@hospital-ops/action-kit/errors';
import type { Log } from '@hospital-ops/action-kit/log';
import { poll } from '@hospital-ops/action-kit/poll';
import type { Service, ServiceDeployment } from '@hospital-ops/aws/ecs/ports';
import { isSteady, primaryOf } from '@hospital-ops/aws/ecs/service';
import { shortName } from '@hospital-ops/aws/ecs/task-definition';
import { isTransient } from '@hospital-ops/aws/errors';
import type { Aim, Observation, Verdict } from './decide.ts';
import { decideRollout } from './decide.ts';
import type { Observer } from './observe.ts';
import { createProgress } from './progress.ts';

/** How the wait for one service ended. */
export type Ending =
  | Exclude<Verdict, { kind: 'continue' }>
  | { readonly kind: 'started' }
  | { readonly kind: 'timeout'; readonly reason: string }
  | { readonly kind: 'cancelled' }
  /** Another service of the release failed. */
  | { readonly kind: 'interrupted' };

export interface Watched {
  readonly ending: Ending;
  /** The last look that held the service. */
  readonly last: Service | undefined;
  readonly deployment: ServiceDeployment | undefined;
}

export interface WatchOptions {
  readonly name: string;
  readonly service: string;
  readonly aim: Aim;
  /** The service deployment of the time before, so that the new one is told from it. */
  readonly serviceDeploymentBefore: string | undefined;
  /** The service before it was changed: its events are old news. */
  readonly before: Service;
  readonly observer: Observer;
  /** Number of failed tasks of our revision among the stopped ones; asked only when something happened. */
  countFailedTasks(): Promise<number>;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** True when the signal is aborted because the run was cancelled. */
  isCancelled(): boolean;
}

/** Returns how a service's task count changed for the worse, or its events went on: reasons to look at stopped tasks. */
const calledForLook = (now: Service, before: Service | undefined, aim: Aim): boolean => {
  const ours = (service: Service) => service.deployments.find(({ id }) => id === aim.deploymentId);
  const [current, earlier] = [ours(now), before && ours(before)];
  if (current === undefined || current.rolloutState === 'COMPLETED') return false;
  if (before === undefined) return false;
  return (
    now.events[0]?.id !== before.events[0]?.id ||
    current.failedTasks !== earlier?.failedTasks ||
    current.running < earlier.running
  );
};

/** Waits until a rollout ends, and says how. Never throws: what ends the wait is an ending. */
export const watchRollout = async (options: WatchOptions): Promise<Watched> => {
  const { observer, aim, clock, log } = options;
  const progress = createProgress(options.name, aim.ours, options.before, log);
  let last: Service | undefined;
  let deployment: ServiceDeployment | undefined;
  let ownDeployment: string | undefined;
  let failedTasks = 0;
  let steadyLooks = 0;
  let failedLooks = 0;

  /** The handle of our service deployment: a new one whose target is our revision. */
  const findDeployment = async (service: Service): Promise<void> => {
    const candidate = service.serviceDeployment;
    if (ownDeployment !== undefined || candidate === undefined || candidate === options.serviceDeploymentBefore) return;
    const found = await observer.deployment(candidate);
    if (found !== undefined && (await observer.target(found)) === aim.ours) ownDeployment = candidate;
  };

  const observe = async (): Promise<Observation> => {
    const service = await observer.service(options.service);
    if (service !== undefined) {
      await findDeployment(service);
      if (ownDeployment !== undefined) deployment = (await observer.deployment(ownDeployment)) ?? undefined;
      if (aim.maxFailedTasks > 0 && calledForLook(service, last, aim)) failedTasks = await options.countFailedTasks();
      const primary = primaryOf(service);
      steadyLooks = primary?.taskDefinition === aim.ours && isSteady(service, primary) ? steadyLooks + 1 : 0;
      failedLooks = primary?.rolloutState === 'FAILED' ? failedLooks + 1 : 0;
      last = service;
    }
    return { service, deployment, failedTasks, steadyLooks, failedLooks };
  };

  try {
    const ending = await poll<Observation, Exclude<Verdict, { kind: 'continue' }>>({
      what: `service "${options.service}" to run ${shortName(aim.ours)}`,
      observe,
      onObservation: (observation) => progress(observation),
      decide: (observation) => {
        const verdict = decideRollout(observation, aim);
        return verdict.kind === 'continue' ? { done: false } : { done: true, value: verdict };
      },
      timeoutMs: options.timeoutMs,
      isTransient,
      clock,
      signal: options.signal,
    });
    return { ending, last, deployment };
  } catch (error) {
    if (error instanceof CancelledError) {
      return { ending: { kind: options.isCancelled() ? 'cancelled' : 'interrupted' }, last, deployment };
    }
    const { what, why, next } = asOpsError(error);
    if (error instanceof TimeoutError) {
      // Without any sight at the deadline nothing is known; with it the release is late.
      const blind = error.last === undefined;
      return {
        ending: { kind: blind ? 'lost' : 'timeout', reason: [what, why].filter(Boolean).join(' ') },
        last,
        deployment,
      };
    }
    return {
      ending: { kind: 'lost', reason: [what, why, next].filter(Boolean).join(' ') },
      last: undefined,
      deployment,
    };
  }
};
