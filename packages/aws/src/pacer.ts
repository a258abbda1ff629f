import type { Clock } from '@hospital-ops/action-kit/clock';
import { CancelledError } from '@hospital-ops/action-kit/errors';
import { awsErrorKind, toAwsError } from './errors.ts';

/** Calls that draw on one token bucket: how many at once, and how many per second after that. */
export interface Rate {
  readonly operations: readonly string[];
  readonly burst: number;
  readonly perSecond: number;
}

/** Ends waiting when it is aborted, or when its `until` has passed (milliseconds since the epoch). */
export type GiveUp = AbortSignal & { readonly until?: number };

/** True when nothing may be sent any more that waits under `giveUp`. */
export const isOver = (clock: Clock, giveUp: GiveUp | undefined): boolean =>
  giveUp !== undefined && (giveUp.aborted || clock.now() >= (giveUp.until ?? Number.POSITIVE_INFINITY));

/** Sends calls no faster than AWS takes them. */
export interface Pacer {
  /**
   * Resolves when a call of `operation` may be sent, in the order of the calls; at once for one without a rate. Rejects
   * with CancelledError when `signal` is over first.
   */
  turn(operation: string, signal?: AbortSignal): Promise<void>;
  /** To be told of every answer: others of the account draw on the same bucket, and a refusal is all that tells of it. */
  answered(operation: string, throttled: boolean): void;
}

/** Calls are on their way for different times: exactly at the rate, some would come a moment too early. */
const CAUTION = 0.99;
const MARGIN_MS = 200;
const SLOWER = 0.7;
const SLOWEST = 0.1;
const FASTER = 0.05;

interface Bucket {
  readonly burst: number;
  readonly perSecond: number;
  tokens: number;
  at: number;
  /** Which part of the rate is ours, as far as refusals tell. */
  share: number;
  last: Promise<unknown>;
}

/** Returns a pacer whose buckets are full at first and refill on `clock`. */
export const createPacer = (clock: Clock, rates: readonly Rate[]): Pacer => {
  const buckets = new Map<string, Bucket>();
  for (const { operations, burst, perSecond } of rates) {
    const bucket = { burst, perSecond, tokens: burst, at: clock.now(), share: 1, last: Promise.resolve() };
    for (const operation of operations) buckets.set(operation, bucket);
  }
  const refill = (bucket: Bucket): number => {
    const now = clock.now();
    const perMs = (bucket.perSecond * bucket.share * CAUTION) / 1000;
    if (now <= bucket.at) return perMs;
    bucket.tokens = Math.min(bucket.burst, bucket.tokens + (now - bucket.at) * perMs);
    bucket.at = now;
    return perMs;
  };
  const wait = async (bucket: Bucket, signal: AbortSignal | undefined): Promise<void> => {
    for (let waited = false; ; waited = true) {
      if (isOver(clock, signal)) throw new CancelledError();
      const perMs = refill(bucket);
      if (bucket.tokens >= 1) {
        bucket.tokens -= 1;
        // The burst is used up: from here on every call comes a little later than it might.
        if (!waited && bucket.tokens < 1) bucket.at += MARGIN_MS;
        return;
      }
      await clock.sleep(Math.ceil(bucket.at - clock.now() + (1 - bucket.tokens) / perMs), signal);
    }
  };
  return {
    turn: (operation, signal) => {
      const bucket = buckets.get(operation);
      if (bucket === undefined) return isOver(clock, signal) ? Promise.reject(new CancelledError()) : Promise.resolve();
      const turn = bucket.last.then(() => wait(bucket, signal));
      bucket.last = turn.catch(() => undefined);
      return turn;
    },
    answered: (operation, throttled) => {
      const bucket = buckets.get(operation);
      if (bucket === undefined) return;
      if (!throttled) {
        bucket.share = Math.min(1, bucket.share + FASTER);
        return;
      }
      refill(bucket);
      bucket.tokens = Math.min(bucket.tokens, 0);
      bucket.share = Math.max(SLOWEST, bucket.share * SLOWER);
    },
  };
};

interface Context {
  readonly commandName?: string;
  giveUp?: AbortSignal;
}

type Handler = (args: never) => Promise<unknown>;

/** The parts of a middleware stack that are used here; every SDK client and command has one. */
interface Stack {
  add(middleware: (next: Handler, context: Context) => Handler, options: object): void;
  addRelativeTo(middleware: (next: Handler, context: Context) => Handler, options: object): void;
}

/** Makes every call of an SDK client, each of its tries, wait for its turn. */
export const pace = (client: { readonly middlewareStack: unknown }, pacer: Pacer): void => {
  (client.middlewareStack as Stack).addRelativeTo(
    (next, context) => async (args) => {
      const operation = (context.commandName ?? '').replace(/Command$/, '');
      await pacer.turn(operation, context.giveUp);
      try {
        const answer = await next(args);
        pacer.answered(operation, false);
        return answer;
      } catch (error) {
        pacer.answered(operation, awsErrorKind(toAwsError(operation, '', error)) === 'throttled');
        throw error;
      }
    },
    // Inside of the retries and before the signature, which holds for minutes only.
    { relation: 'after', toMiddleware: 'retryMiddleware', name: 'paceMiddleware' },
  );
};

/** Makes a command give up when `signal` is aborted while it waits for its turn. A call that was sent is not aborted. */
export const giveUpWaiting = (
  command: { readonly middlewareStack: unknown },
  signal: AbortSignal | undefined,
): void => {
  if (signal === undefined) return;
  (command.middlewareStack as Stack).add(
    (next, context) => (args) => {
      context.giveUp = signal;
      return next(args);
    },
    { step: 'initialize', name: 'giveUpWaitingMiddleware' },
  );
};
