import type { Clock } from '@hospital-ops/action-kit/clock';
import { asOpsError, CancelledError, TimeoutError } from '@hospital-ops/action-kit/errors';
import type { Log } from '@hospital-ops/action-kit/log';
import { poll } from '@hospital-ops/action-kit/poll';
import { updateOnce } from '@hospital-ops/aws/ecs/once';
import type { Ecs, Service, ServiceDeployment } from '@hospital-ops/aws/ecs/ports';
import { isSteady, primaryOf } from '@hospital-ops/aws/ecs/service';
import { shortName } from '@hospital-ops/aws/ecs/task-definition';
import { isAccessLost, isTransient } from '@hospital-ops/aws/errors';
import type { Observation } from './decide.ts';
import { decideGoBack } from './decide.ts';
import type { Observer } from './observe.ts';
import { createProgress } from './progress.ts';

export type Return =
  | { readonly kind: 'back' }
  | { readonly kind: 'superseded'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string }
  /** Started, and not complete when its time was over. */
  | { readonly kind: 'late'; readonly reason: string }
  | { readonly kind: 'unknown'; readonly reason: string };

export interface Returned {
  readonly result: Return;
  readonly last: Service | undefined;
}

export interface GoBackOptions {
  readonly cluster: string;
  readonly name: string;
  readonly service: string;
  readonly ours: string;
  readonly previous: string;
  /** False when ECS rolls back by itself and there is only to see that it does. */
  readonly start: boolean;
  readonly deployment: ServiceDeployment | undefined;
  readonly timeoutMs: number;
  /** Milliseconds between looks; default: quick at first. */
  readonly interval?: () => number;
  /** The last look before: its events are old news. */
  readonly before: Service | undefined;
  readonly ecs: Ecs;
  readonly observer: Observer;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

const MAY_STOP = new Set(['PENDING', 'IN_PROGRESS']);

/** Starts a roll-back unless one is under way or the service is somebody else's by now. Returns why not, if so. */
const startGoingBack = async (options: GoBackOptions, service: Service | undefined): Promise<Return | undefined> => {
  const { ecs, log, ours, previous, name } = options;
  const primary = service && primaryOf(service);
  if (service !== undefined && primary !== undefined) {
    const { taskDefinition } = primary;
    if (taskDefinition !== ours && taskDefinition !== previous) {
      return { kind: 'superseded', reason: `another deployment took over with ${shortName(taskDefinition)}` };
    }
    if (taskDefinition === previous && previous !== ours) return undefined;
  }
  const { deployment } = options;
  if (deployment !== undefined && MAY_STOP.has(deployment.status)) {
    try {
      await ecs.rollBackServiceDeployment(deployment.arn);
      log.info(`${name}: rolling back to ${shortName(previous)} (StopServiceDeployment)`);
      return undefined;
    } catch (error) {
      log.info(
        `${name}: StopServiceDeployment did not apply (${asOpsError(error).what}); deploying the old revision instead`,
      );
    }
  }
  log.info(`${name}: rolling back to ${shortName(previous)}`);
  const request = { cluster: options.cluster, service: options.service, taskDefinition: previous };
  await updateOnce(options, { ...request, forceNewDeployment: previous === ours }, primary?.id);
  return undefined;
};

/** Takes a service back to its previous revision and waits until that really serves. Never throws. */
export const goBack = async (options: GoBackOptions): Promise<Returned> => {
  const { observer, clock, signal } = options;
  const progress = createProgress(options.name, options.previous, options.before, options.log);
  const end = clock.now() + options.timeoutMs;
  let last: Service | undefined;
  let steadyLooks = 0;
  const observe = async (): Promise<Observation> => {
    const service = await observer.service(options.service);
    const deployment = options.deployment && (await observer.deployment(options.deployment.arn));
    if (service !== undefined) {
      const primary = primaryOf(service);
      steadyLooks = primary !== undefined && isSteady(service, primary) ? steadyLooks + 1 : 0;
      last = service;
    }
    return { service, deployment, failedTasks: 0, steadyLooks, failedLooks: 0 };
  };
  const waitFor = <R>(what: string, until: AbortSignal, decide: (seen: Observation) => R | undefined) =>
    poll<Observation, R>({
      what,
      observe,
      onObservation: (observation) => progress(observation),
      decide: (observation) => {
        const value = decide(observation);
        return value === undefined ? { done: false } : { done: true, value };
      },
      ...(options.interval !== undefined && { interval: options.interval }),
      timeoutMs: Math.max(0, end - clock.now()),
      isTransient,
      clock,
      signal: until,
    });
  try {
    if (options.start) {
      // A fresh look first: what somebody else has deployed meanwhile is never fought.
      // It is started also when the run is cancelled meanwhile.
      const first = await waitFor('a look at the service', new AbortController().signal, (seen) => seen);
      const refused = await startGoingBack(options, first.service);
      if (refused !== undefined) return { result: refused, last };
    }
    const result = await waitFor<Return>(
      `service "${options.service}" to go back to ${shortName(options.previous)}`,
      signal,
      (seen) => {
        const verdict = decideGoBack(seen, options);
        switch (verdict.kind) {
          case 'continue':
            return undefined;
          case 'lost':
            return { kind: 'unknown', reason: verdict.reason };
          case 'superseded':
            return { kind: 'superseded', reason: verdict.reason };
          default:
            return verdict;
        }
      },
    );
    return { result, last };
  } catch (error) {
    const { what, why, next } = asOpsError(error);
    const reason = [what, why].filter(Boolean).join(' ');
    if (error instanceof TimeoutError || error instanceof CancelledError)
      return { result: { kind: 'late', reason }, last };
    if (isAccessLost(error)) {
      // Which right is missing decides what may be said: without sight nothing, without the update that it failed.
      const blind = await observe().then(
        (seen) => seen.service === undefined,
        () => true,
      );
      const told = `${reason} ${next ?? ''}`.trim();
      return { result: { kind: blind ? 'unknown' : 'failed', reason: told }, last: blind ? undefined : last };
    }
    return { result: { kind: last === undefined ? 'unknown' : 'failed', reason }, last };
  }
};
