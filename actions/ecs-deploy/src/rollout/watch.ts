import type { Clock } from '@hospital-ops/action-kit/clock';
import { CancelledError, causeOf, TimeoutError, tell } from '@hospital-ops/action-kit/errors';
import type { Log } from '@hospital-ops/action-kit/log';
import { poll } from '@hospital-ops/action-kit/poll';
import type { Service, ServiceDeployment } from '@hospital-ops/aws/ecs/ports';
import { shortName } from '@hospital-ops/aws/ecs/task-definition';
import { isTransient } from '@hospital-ops/aws/errors';
import type { Gate } from '../gate/gate.ts';
import { createBake, createGateWatch } from '../gate/watch.ts';
import type { Board } from './board.ts';
import { decideEcs, decideRollout, isShort } from './decide.ts';
import { createFinder } from './find-deployment.ts';
import { createLooks } from './looks.ts';
import type { Aim, Observation, Verdict } from './observation.ts';
import type { Observer } from './observe.ts';
import { createProgress } from './progress.ts';

/** How the wait for one service ended. */
export type Ending =
  | Exclude<Verdict, { kind: 'continue' }>
  | { readonly kind: 'timeout'; readonly reason: string }
  /** `reason`: what else is to be said, such as that an answer never came. */
  | { readonly kind: 'cancelled'; readonly reason?: string }
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
  /** Our service deployment, where it is known from the start. */
  readonly serviceDeployment: ServiceDeployment | undefined;
  /** When the deployment was asked for, by AWS's clock. */
  readonly since: number;
  /** The service before it was changed: its events are old news. */
  readonly before: Service;
  readonly observer: Observer;
  /** Number of failed tasks of our revision among the stopped ones; asked only when something happened. */
  countFailedTasks(): Promise<number>;
  /** Makes the gate for a revision that takes traffic from now on. */
  readonly gate: (() => Gate) | undefined;
  /** For how long a completed deployment is watched by the gate. */
  readonly bakeMs: number;
  /** For how much longer a gate is waited for that has not spoken by then. */
  readonly graceMs: number;
  onBake(): void;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly board?: Board | undefined;
  readonly signal: AbortSignal;
  /** True when the signal is aborted because the run was cancelled. */
  isCancelled(): boolean;
}

/** A look at the service deployment that took longer had to be tried again and again. */
const STALE_MS = 1_000;

/** Returns how a service's task count changed for the worse, or its events went on: reasons to look at stopped tasks. */
const calledForLook = (now: Service, before: Service | undefined, aim: Aim): boolean => {
  const ours = (service: Service) => service.deployments.find(({ id }) => id === aim.deploymentId);
  const [current, earlier] = [ours(now), before && ours(before)];
  if (current === undefined || before === undefined) return false;
  if (current.rolloutState === 'COMPLETED' && !aim.settingsOnly) {
    // That it has become complete is told by an event, too: only what comes after it, or is missing, is of interest.
    if (now.desired > 0 && current.running < current.desired) return true;
    if (earlier?.rolloutState !== 'COMPLETED') return false;
  }
  return (
    now.events[0]?.id !== before.events[0]?.id ||
    current.failedTasks !== earlier?.failedTasks ||
    current.running < earlier.running
  );
};

/** Waits until a rollout ends, and says how. Never throws: what ends the wait is an ending. */
export const watchRollout = async (options: WatchOptions): Promise<Watched> => {
  const { observer, aim, clock, log } = options;
  const progress = createProgress(options.name, aim.ours, options.before, log, options.board);
  const find = createFinder(observer, clock, {
    service: options.service,
    definition: aim.ours,
    before: options.serviceDeploymentBefore,
    known: options.serviceDeployment?.arn,
    since: options.since,
    native: aim.native,
    expected: !aim.settingsOnly,
  });
  const countLooks = createLooks(aim.ours);
  const lookAtGate = createGateWatch(options.gate, aim.native, options.name, options);
  const bakeLeft = createBake(clock, options, options.onBake);
  let last: Service | undefined;
  let deployment: ServiceDeployment | undefined;
  let failedTasks = 0;
  let short = 0;

  const observe = async (): Promise<Observation> => {
    let service = await observer.service(options.service);
    const looks = countLooks(service);
    let sight: Observation['sight'] = 'looking';
    if (service !== undefined) {
      const [before, at] = [last, clock.now()];
      last = service;
      ({ deployment, sight } = await find(service));
      // The service was looked at before it: what is said of it must not be older, at the end least of all.
      if (deployment?.status === 'SUCCESSFUL' || clock.now() - at > STALE_MS) {
        service = await observer.service(options.service);
        last = service ?? last;
      }
      if (service !== undefined && aim.maxFailedTasks > 0 && calledForLook(service, before, aim))
        failedTasks = await options.countFailedTasks();
    }
    const gate = await lookAtGate(sight, deployment);
    const still = { service, deployment, sight, failedTasks, looks, gate, bakeLeftMs: 0, gateLeftMs: 0 };
    short = isShort(still, aim) ? short + 1 : 0;
    const seen = { ...still, looks: { ...looks, short } };
    const whole = { ...seen, ...bakeLeft(() => decideEcs(seen, aim).kind === 'completed') };
    // What the gate said may be some seconds old: nothing is let through that an alarm stands against by now.
    const ends = options.gate !== undefined && !aim.native && decideRollout(whole, aim).kind === 'completed';
    return ends ? { ...whole, gate: await lookAtGate(sight, deployment, true) } : whole;
  };

  try {
    const ending = await poll<Observation, Exclude<Verdict, { kind: 'continue' }>>({
      what: `service "${options.service}" to run ${shortName(aim.ours)}`,
      observe,
      onObservation: (observation) => {
        if (observation.deployment?.stage === 'BAKE_TIME') options.onBake();
        progress(observation);
      },
      decide: (observation) => {
        const verdict = decideRollout(observation, aim);
        return verdict.kind === 'continue' ? { done: false } : { done: true, value: verdict };
      },
      interval: observer.interval,
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
    if (error instanceof TimeoutError) {
      // Without any sight at the deadline nothing is known; with it the release is late.
      const blind = error.last === undefined;
      return {
        ending: { kind: blind ? 'lost' : 'timeout', reason: causeOf(error) },
        last,
        deployment,
      };
    }
    return {
      ending: { kind: 'lost', reason: tell(error) },
      last: undefined,
      deployment,
    };
  }
};
