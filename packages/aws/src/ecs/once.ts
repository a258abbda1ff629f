import type { Clock } from '@hospital-ops/action-kit/clock';
import { asOpsError, CancelledError, OpsError, TimeoutError } from '@hospital-ops/action-kit/errors';
import { poll } from '@hospital-ops/action-kit/poll';
import { awsErrorKind, EMPTY_PATIENCE_MS, isEmptyAnswer, isTransient } from '../errors.ts';
import { isOver } from '../pacer.ts';
import { differences } from './compare.ts';
import type { Ecs, JsonObject, Service, TaskDefinition, UpdateServiceRequest } from './ports.ts';
import { primaryOf } from './service.ts';

/** What sending once needs. */
export interface Applying {
  readonly ecs: Ecs;
  readonly clock: Clock;
}

/** How long a lost response is looked after: the effect of a call shows at once or within seconds. */
const LOOK_MS = 30_000;
/** For how long a call without effect is sent again: an outage of a minute is ridden out. */
const PATIENCE_MS = 90_000;
const LONGEST_PAUSE_MS = 10_000;

/** Looks until a look succeeds, for `timeoutMs` milliseconds; rejects with the error of the last when none does in time. */
export const lookPatiently = async <T>(
  clock: Clock,
  what: string,
  observe: () => Promise<T>,
  timeoutMs = LOOK_MS,
): Promise<T> => {
  try {
    return await poll({
      what,
      observe,
      decide: (value) => ({ done: true, value }),
      timeoutMs,
      isTransient,
      clock,
      // What was sent must be known also when the run is cancelled meanwhile: the clean-up depends on it.
      signal: new AbortController().signal,
    });
  } catch (error) {
    throw error instanceof TimeoutError && error.cause !== undefined ? error.cause : error;
  }
};

/** A call was sent, its response was lost, and whether it had an effect could not be seen. */
export class EffectUnknownError extends OpsError {}

const effectUnknown = (what: string, error: unknown): EffectUnknownError => {
  const { what: happened, why, next } = asOpsError(error);
  return new EffectUnknownError({
    what: `it is not known whether ${what} took effect.`,
    why: [happened, why].filter(Boolean).join(' '),
    next,
    cause: error,
  });
};

const isAmbiguous = (error: unknown): boolean => awsErrorKind(error) === 'transient';

/**
 * Sends a call that must have its effect once. When its response is lost, `effect` says whether it had one; only when
 * it had none is it sent again, and not once `signal` is aborted. Throws what the call throws, and EffectUnknownError when
 * the effect could not be seen.
 */
export const sendOnce = async <T>(
  clock: Clock,
  what: string,
  send: () => Promise<T>,
  effect: () => Promise<T | undefined>,
  signal?: AbortSignal,
): Promise<T> => {
  const start = clock.now();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await send();
    } catch (error) {
      if (!isAmbiguous(error)) throw error;
      await clock.sleep(Math.min(1_000 * attempt, LONGEST_PAUSE_MS));
      const seen = await lookPatiently(clock, what, effect).catch((blind: unknown) => {
        throw effectUnknown(what, blind);
      });
      if (seen !== undefined) return seen;
      if (isOver(clock, signal)) throw new CancelledError();
      if (clock.now() - start >= (isEmptyAnswer(error) ? EMPTY_PATIENCE_MS : PATIENCE_MS)) throw error;
    }
  }
};

/**
 * Registers a definition once: after a lost response the family's newest revision is taken if it is ours. Rejects with
 * CancelledError when `signal` is aborted before the call had its turn.
 */
export const registerOnce = (
  { ecs, clock }: Applying,
  body: JsonObject,
  signal?: AbortSignal,
): Promise<TaskDefinition> =>
  sendOnce(
    clock,
    'the registration',
    () => ecs.registerTaskDefinition(body, signal),
    async () => {
      try {
        const newest = await ecs.describeTaskDefinition(String(body.family));
        return differences(newest.body, body).length === 0 ? newest : undefined;
      } catch (error) {
        // A family without any revision is a client error here.
        if (awsErrorKind(error) === 'final') return undefined;
        throw error;
      }
    },
    signal,
  );

/** Continues a paused deployment once: after a lost response a hook that does not wait any more is the effect. */
export const continueOnce = ({ ecs, clock }: Applying, deployment: string, hook: string): Promise<unknown> =>
  sendOnce<unknown>(
    clock,
    'the continuation of the hook',
    async () => {
      await ecs.continueServiceDeployment(deployment, hook);
      return true;
    },
    async () => {
      const [seen] = await ecs.describeServiceDeployments([deployment]);
      const state = seen?.hooks.find(({ id }) => id === hook);
      return seen !== undefined && state?.status !== 'AWAITING_ACTION' ? true : undefined;
    },
  );

/**
 * Updates a service once. `before` is the id of its PRIMARY deployment: after a lost response a new deployment with the
 * wanted definition is the effect (of a strategy in stages it need not be PRIMARY yet). Another new PRIMARY is somebody
 * else's, who must not be fought: that is returned as well. An update that makes no deployment may be sent again, it
 * sets what it sets.
 */
export const updateOnce = (
  { ecs, clock }: Applying,
  request: UpdateServiceRequest,
  before: string | undefined,
  signal?: AbortSignal,
): Promise<Service | undefined> =>
  sendOnce<Service | undefined>(
    clock,
    'the update of the service',
    () => ecs.updateService(request, signal),
    async () => {
      const seen = (await ecs.describeServices(request.cluster, [request.service])).found.get(request.service);
      const primary = seen && primaryOf(seen);
      if (seen?.strategy === 'ROLLING' && primary?.id === before) return undefined;
      if (before !== undefined && primary !== undefined && primary.id !== before) return seen;
      const made = seen?.deployments.some(
        ({ id, status, taskDefinition, rolloutState }) =>
          taskDefinition === request.taskDefinition &&
          id !== before &&
          (status === 'PRIMARY' || (seen.strategy !== 'ROLLING' && rolloutState !== 'COMPLETED')),
      );
      return made === true ? seen : undefined;
    },
    signal,
  );
