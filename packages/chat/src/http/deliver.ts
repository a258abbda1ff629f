import type { Clock } from '@hospital-ops/action-kit/clock';
import { formatDuration } from '@hospital-ops/action-kit/duration';
import { OpsError } from '@hospital-ops/action-kit/errors';
import type { HttpAnswer, HttpRequest, SendHttp } from './port.ts';
import { HttpFailure } from './port.ts';
import { retryAfterMs } from './retry-after.ts';

export interface Delivery {
  /** `Slack`, `Discord`: how messages name the other side. */
  readonly service: string;
  readonly request: Omit<HttpRequest, 'timeoutMs' | 'signal'>;
  /** True when sending the same again changes nothing (an edit); false for a post, which would appear twice. */
  readonly repeatable: boolean;
}

export interface DeliveryPorts {
  readonly send: SendHttp;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Milliseconds that are left for everything that a step sends; a minute for each delivery by default. */
  left?(): number;
  onRetry?(why: string, delayMs: number): void;
}

/** Nobody's job is held longer than this for a message. */
export const BUDGET_MS = 60_000;

/** What is only a stage of a release holds it up no longer than this: the next message says more. */
export const STAGE_BUDGET_MS = 10_000;

/** Returns how much is left of `budgetMs` that begin when it is first asked for: what comes before is no waiting for the chat. */
export const createBudget = (clock: Clock, budgetMs = BUDGET_MS): (() => number) => {
  let start: number | undefined;
  return () => {
    start ??= clock.now();
    return budgetMs - (clock.now() - start);
  };
};
const REQUEST_TIMEOUT_MS = 10_000;
/** After a failure of the other side; a rate limit says itself how long to wait. */
const DELAYS = [1_000, 3_000, 9_000] as const;
const RATE_LIMIT_TRIES = 10;
const RATE_LIMIT_DEFAULT_MS = 1_000;
const RATE_LIMIT_LEAST_MS = 100;

/** Gateways that gave up waiting: what stands behind them may have posted the message. */
const AMBIGUOUS_STATUS = new Set([408, 504, 522, 524]);

const mayHaveArrived = (service: string, why: string): OpsError =>
  new OpsError({
    what: `it is not known whether ${service} took the message.`,
    why: `${why}. It was not sent again, as it would stand there twice if it did.`,
    next: 'look into the channel.',
  });

const notReached = (
  service: string,
  why: string,
  next = "check the service's status page, and the runner's network and proxy variables.",
): OpsError => new OpsError({ what: `${service} did not take the message.`, why: `${why}.`, next });

const TOO_MANY = 'send fewer messages through this webhook or token, or use another one.';

/**
 * Sends a message until the other side answers for good, and returns that answer (2xx or 4xx). Waits out rate limits as
 * told, tries again after failures that cannot have posted anything, and gives up after a minute in all. Throws OpsError
 * that says whether the message may have arrived; no error holds the address or the payload.
 */
export const deliver = async (
  { service, request, repeatable }: Delivery,
  ports: DeliveryPorts,
): Promise<HttpAnswer> => {
  const { send, clock, signal, onRetry } = ports;
  const left = ports.left ?? createBudget(clock);
  if (left() <= 0) throw notReached(service, 'the time that a step has for its messages is over');
  let failures = 0;
  let limited = 0;

  const pause = async (why: string, delayMs: number | undefined, giveUp: OpsError) => {
    if (delayMs === undefined || delayMs >= left()) throw giveUp;
    onRetry?.(why, delayMs);
    await clock.sleep(delayMs, signal);
  };

  for (;;) {
    try {
      const timeoutMs = Math.max(1, Math.min(REQUEST_TIMEOUT_MS, left()));
      const answer = await send({ ...request, timeoutMs, signal });
      if (answer.status >= 300 && answer.status < 400) {
        throw new OpsError({
          what: `${service} did not take the message.`,
          why: `it answered with a redirect (HTTP ${answer.status}), which is refused: the message would go elsewhere.`,
          next: 'create the webhook anew and store its address in the secret.',
        });
      }
      if (answer.status === 429) {
        limited += 1;
        const asked = retryAfterMs(answer, clock.now()) ?? RATE_LIMIT_DEFAULT_MS;
        const why = `${service} limits the rate and asks to wait ${formatDuration(Math.ceil(asked / 1000))}`;
        const delay = limited > RATE_LIMIT_TRIES ? undefined : Math.max(asked, RATE_LIMIT_LEAST_MS);
        await pause(why, delay, notReached(service, `${why}, longer than this step waits`, TOO_MANY));
        continue;
      }
      if (AMBIGUOUS_STATUS.has(answer.status) && !repeatable) {
        throw mayHaveArrived(service, `it answered HTTP ${answer.status}`);
      }
      if (answer.status >= 500 || answer.status === 408) {
        const why = `${service} answered HTTP ${answer.status}`;
        failures += 1;
        await pause(why, DELAYS[failures - 1], notReached(service, `${why}, ${failures} times`));
        continue;
      }
      return answer;
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
      if (error.sent && !repeatable) throw mayHaveArrived(service, error.message);
      failures += 1;
      const giveUp = notReached(service, error.message);
      await pause(error.message, error.curable ? DELAYS[failures - 1] : undefined, giveUp);
    }
  }
};
