import type { Clock } from '@hospital-ops/action-kit/clock';
import { CancelledError, causeOf, TimeoutError, tell } from '@hospital-ops/action-kit/errors';
import type { Log } from '@hospital-ops/action-kit/log';
import { LATE, poll, unlessLate } from '@hospital-ops/action-kit/poll';
import type { AwsClock } from '@hospital-ops/aws/aws-clock';
import type { Ecs, JsonObject, Service, ServiceDeployment, TaskDefinition } from '@hospital-ops/aws/ecs/ports';
import { primaryOf } from '@hospital-ops/aws/ecs/service';
import { shortName } from '@hospital-ops/aws/ecs/task-definition';
import { isAccessLost, isTransient } from '@hospital-ops/aws/errors';
import type { Board } from '../rollout/board.ts';
import { createFinder } from '../rollout/find-deployment.ts';
import { createLooks } from '../rollout/looks.ts';
import type { Observation } from '../rollout/observation.ts';
import { BEGIN_LOOKS } from '../rollout/observation.ts';
import type { Observer } from '../rollout/observe.ts';
import { createProgress } from '../rollout/progress.ts';
import type { BackVerdict } from './decide.ts';
import { decideGoBack } from './decide.ts';
import { restoreSettings } from './restore.ts';
import type { Begun } from './start-back.ts';
import { deployPrevious, startGoingBack } from './start-back.ts';

export type Return =
  | { readonly kind: 'back' }
  | { readonly kind: 'superseded'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string }
  /** Started, and not complete when its time was over. */
  | { readonly kind: 'late'; readonly reason: string }
  /** Started, and not complete when the run was cancelled. */
  | { readonly kind: 'cancelled'; readonly reason: string }
  | { readonly kind: 'unknown'; readonly reason: string };

export interface Returned {
  readonly result: Return;
  /** The last look since the last change that was sent for the way back; undefined when none came. */
  readonly last: Service | undefined;
}

export interface GoBackOptions {
  readonly cluster: string;
  readonly name: string;
  readonly service: string;
  readonly ours: string;
  readonly previous: string;
  /** Registers the previous revision once more, for where it was deregistered meanwhile. */
  copy(): Promise<TaskDefinition>;
  /** True when ECS deploys the service by blue/green, linear or canary. */
  readonly native: boolean;
  /** False when ECS rolls back by itself and there is only to see that it does. */
  readonly start: boolean;
  readonly deployment: ServiceDeployment | undefined;
  /** Id of our deployment in DescribeServices, as the update's own answer named it. */
  readonly deploymentId: string | undefined;
  /** The service's deployment configuration as the release has left it. */
  readonly configuration: JsonObject;
  /** Settings that the release changed, as they were. */
  readonly restore: { readonly configuration: JsonObject | undefined; readonly desiredCount: number | undefined };
  readonly timeoutMs: number;
  /** How long a look before the roll-back may take; after that it is begun by what is known already. */
  readonly firstLookMs?: number;
  /** Milliseconds between looks; default: the observer's. */
  readonly interval?: () => number;
  /** The last look before: its events are old news. */
  readonly before: Service | undefined;
  readonly ecs: Ecs;
  readonly observer: Observer;
  readonly clock: Clock;
  readonly awsClock: AwsClock;
  readonly log: Log;
  readonly board?: Board | undefined;
  readonly signal: AbortSignal;
}

/** A look that takes longer is not waited for: the roll-back is begun by what is known already. */
const HANGING_LOOK_MS = 30_000;
const GOES_ON = 'the run was cancelled; the roll-back goes on';

type Look = (deployed: Begun | undefined) => () => Promise<Observation>;

/** The revision that serves when it is back. */
const aimedAt = ({ previous }: GoBackOptions, begun: Begun | undefined): string =>
  begun?.kind === 'deployed' ? begun.definition : previous;

/** A look at the service and at the service deployment that takes it back: ECS's own, or the one we asked for. */
const createLook = (options: GoBackOptions, saw: (service: Service) => void): Look => {
  const { observer, clock } = options;
  return (begun) => {
    const looks = createLooks(aimedAt(options, begun));
    const find =
      begun?.kind === 'deployed'
        ? createFinder(observer, clock, {
            service: options.service,
            definition: begun.definition,
            before: begun.before,
            known: undefined,
            since: begun.since,
            native: options.native,
            expected: true,
          })
        : undefined;
    return async () => {
      const service = await observer.service(options.service);
      if (service !== undefined) saw(service);
      const own = begun?.kind !== 'deployed' && options.deployment;
      const found =
        find === undefined
          ? { deployment: own ? await observer.deployment(own.arn) : undefined, sight: 'none' as const }
          : service === undefined
            ? { deployment: undefined, sight: 'looking' as const }
            : await find(service);
      return {
        service,
        ...found,
        failedTasks: 0,
        looks: looks(service),
        gate: undefined,
        bakeLeftMs: 0,
        gateLeftMs: 0,
      };
    };
  };
};

/**
 * Returns a function that tells whether a look shows the state of before our update, as reads are eventually consistent:
 * its PRIMARY is not the deployment that the update's own answer named. Believed after all when it stays so.
 */
const createOldLooks = (options: GoBackOptions, begun: Begun | undefined) => {
  const { native } = options;
  const previous = aimedAt(options, begun);
  const made = begun?.kind === 'deployed' ? begun.primary : undefined;
  let looks = 0;
  return (service: Service | undefined): boolean => {
    const primary = service && primaryOf(service);
    const isOld = !native && made !== undefined && primary?.taskDefinition === previous && primary.id !== made;
    looks = isOld ? looks + 1 : 0;
    return isOld && looks < BEGIN_LOOKS;
  };
};

const toReturn = (verdict: Exclude<BackVerdict, { kind: 'continue' }>): Return =>
  verdict.kind === 'lost' ? { kind: 'unknown', reason: verdict.reason } : verdict;

/** Takes a service back to its previous revision and waits until that really serves. Never throws. */
export const goBack = async (options: GoBackOptions): Promise<Returned> => {
  const { observer, clock, signal, log } = options;
  const progress = createProgress(options.name, options.previous, options.before, log, options.board);
  const end = clock.now() + options.timeoutMs;
  let last: Service | undefined;
  let fresh: Service | undefined;
  let sent = false;
  const look = createLook(options, (service) => {
    last = service;
    fresh = service;
  });
  /** From here on a look that came before says nothing of what serves. */
  const sending = () => {
    sent = true;
    fresh = undefined;
  };
  const returned = (result: Return): Returned => ({ result, last: sent ? fresh : (fresh ?? options.before) });
  const waitFor = <R>(
    what: string,
    until: AbortSignal,
    observe: () => Promise<Observation>,
    decide: (seen: Observation) => R | undefined,
  ) =>
    poll<Observation, R>({
      what,
      observe,
      onObservation: (observation) => progress(observation),
      decide: (observation) => {
        const value = decide(observation);
        return value === undefined ? { done: false } : { done: true, value };
      },
      interval: options.interval ?? observer.interval,
      timeoutMs: Math.max(0, end - clock.now()),
      isTransient,
      clock,
      signal: until,
    });

  /**
   * A fresh look first: what somebody else has deployed meanwhile is never fought. When it does not come in time, what
   * was seen last decides: a look that hangs must not keep the roll-back from being sent. Cancelling does not stop it.
   */
  const firstLook = async (): Promise<Observation | undefined> => {
    if (options.firstLookMs === undefined) {
      const [what, never, see] = ['a look at the service', new AbortController().signal, look(undefined)];
      let hangs = false;
      const soon = async () => {
        const answer = await unlessLate(see(), Math.min(HANGING_LOOK_MS, options.timeoutMs / 3), clock);
        if (answer !== LATE) return answer.value;
        hangs = true;
        throw new CancelledError();
      };
      return waitFor(what, never, soon, (seen) => seen).catch((error: unknown) => {
        if (hangs) return undefined;
        throw error;
      });
    }
    const [patience, done] = [new AbortController(), new AbortController()];
    const patient = clock.sleep(options.firstLookMs, done.signal).then(
      () => patience.abort(),
      () => undefined,
    );
    try {
      return await waitFor('a look at the service', patience.signal, look(undefined), (seen) => seen);
    } catch (error) {
      if (error instanceof CancelledError || error instanceof TimeoutError) return undefined;
      throw error;
    } finally {
      done.abort();
      await patient;
    }
  };

  const waitBack = (begun: Begun | undefined): Promise<Return> => {
    const aim = { ...options, previous: aimedAt(options, begun), deployed: begun?.kind === 'deployed' };
    const what = `service "${options.service}" to go back to ${shortName(options.previous)}`;
    const isOld = createOldLooks(options, begun);
    return waitFor(what, signal, look(begun), (seen) => {
      if (isOld(seen.service)) return undefined;
      const verdict = decideGoBack(seen, aim);
      return verdict.kind === 'continue' ? undefined : toReturn(verdict);
    });
  };

  let begun: Begun | undefined;
  let restored: Promise<string | undefined> | undefined;
  /** A cancelled run has no later, and one that was late cannot wait: what was changed goes back while ECS does. */
  const restoreNow = () => {
    if (begun === undefined ? !options.start : begun.kind !== 'refused')
      restored ??= restoreSettings(options, begun, true);
    return restored;
  };

  const goAndWait = async (): Promise<Return> => {
    if (options.start) {
      const first = await firstLook();
      const service = first === undefined ? options.before : first.service;
      begun = await startGoingBack({ ...options, sending }, service, first?.deployment ?? options.deployment);
      if (begun.kind === 'refused') return begun.result;
    }
    const hasSeconds = options.firstLookMs !== undefined;
    if (hasSeconds) await restoreNow();
    let result = await waitBack(begun);
    if (result.kind === 'failed' && begun?.kind !== 'deployed' && !signal.aborted) {
      // What ECS could not take back is deployed, once.
      log.warning(`${options.name}: ${result.reason}`);
      begun = await deployPrevious({ ...options, sending }, last);
      restored = undefined;
      if (hasSeconds) await restoreNow();
      result = await waitBack(begun);
    }
    if (result.kind !== 'back') return result;
    const isDone = restored !== undefined && (await restored) === undefined;
    const trouble = isDone ? undefined : await restoreSettings(options, begun);
    return trouble === undefined ? result : { kind: 'failed', reason: trouble };
  };

  try {
    return returned(await goAndWait());
  } catch (error) {
    const left = error instanceof CancelledError || error instanceof TimeoutError ? await restoreNow() : undefined;
    const reason = [causeOf(error), left].filter(Boolean).join('; ');
    if (error instanceof CancelledError)
      return returned({ kind: 'cancelled', reason: [GOES_ON, left].filter(Boolean).join('; ') });
    if (error instanceof TimeoutError) {
      // A cancelled run has sent its roll-back unseen: what is not seen in its seconds is late.
      const unseen = last === undefined && options.firstLookMs === undefined;
      return returned({ kind: unseen ? 'unknown' : 'late', reason });
    }
    // What went wrong decides what may be said: without sight nothing, without the update that it failed.
    const blind = await look(undefined)().then(
      (seen) => seen.service === undefined,
      () => true,
    );
    const told = isAccessLost(error) ? tell(error) : reason;
    return blind
      ? { result: { kind: 'unknown', reason: told }, last: undefined }
      : returned({ kind: 'failed', reason: told });
  }
};
