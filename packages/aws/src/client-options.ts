import type { Clock } from '@hospital-ops/action-kit/clock';
import type { LearningClock } from './aws-clock.ts';
import { kindOf } from './errors.ts';

/** Time and cancellation of the run that a client works for. */
export interface ClientContext {
  readonly clock: Clock;
  /** Once aborted, waits between tries become short: clean-up has seconds, not minutes. */
  readonly signal: AbortSignal;
  /** A number in [0, 1); default Math.random. */
  readonly random?: () => number;
  /** Told of the time that every answer says. */
  readonly awsClock?: LearningClock;
}

/**
 * Which failed calls are sent again. `any`: throttling, 5xx and broken connections. `rejected-only`: throttling alone,
 * for calls that are not idempotent: after a lost response the caller looks before it sends again. `brief`: as `any`, but
 * for some seconds only, for looks that the caller can do without.
 */
export type Retries = 'any' | 'brief' | 'rejected-only';

interface RetryInfo {
  readonly errorType: 'TRANSIENT' | 'THROTTLING' | 'SERVER_ERROR' | 'CLIENT_ERROR';
  readonly error?: unknown;
}

/** What the SDK keeps of an error; `clockSkewCorrected` when the runner's clock is minutes off, whatever the error is. */
interface Refusal {
  readonly name?: string;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly clockSkewCorrected?: boolean };
}

/** Refusals of a signature, which a corrected clock cures (the SDK's own list). */
const CLOCK_CODES =
  /^(AuthFailure|InvalidSignature|RequestExpired|RequestInTheFuture|RequestTimeTooSkewed|SignatureDoesNotMatch)/;

/** True for a refusal that the SDK would send again only because the clock is off: the answer would be the same. */
const isRefusal = ({ error }: RetryInfo): boolean => {
  const { name = '', $metadata = {} } = (error ?? {}) as Refusal;
  if ($metadata.clockSkewCorrected !== true || CLOCK_CODES.test(name)) return false;
  return ['denied', 'credentials', 'final'].includes(kindOf(name, $metadata.httpStatusCode ?? 0));
};

interface RetryToken {
  getRetryCount(): number;
  getRetryDelay(): number;
}

interface Schedule {
  readonly baseMs: number;
  readonly capMs: number;
  readonly attempts: number;
}

/**
 * The SDK's own three tries give up after 1.3 s of throttling. RegisterTaskDefinition refills at 1 call per second per
 * account (ECS developer guide, request throttling), so a release of many services needs a minute of patience.
 */
const THROTTLED: Schedule = { baseMs: 500, capMs: 10_000, attempts: 14 };
/** About 20 s: longer outages are ridden out by whoever polls. */
const BROKEN: Schedule = { baseMs: 100, capMs: 5_000, attempts: 10 };
/** About 10 s of throttling, 4 s of the rest. */
const BRIEF: Schedule = { baseMs: 250, capMs: 4_000, attempts: 7 };
const BRIEF_BROKEN: Schedule = { baseMs: 100, capMs: 2_000, attempts: 7 };
const WHEN_CANCELLED_MS = 500;

const scheduleOf = (info: RetryInfo, retries: Retries): Schedule | undefined => {
  const { errorType } = info;
  const isBrief = retries === 'brief';
  if (errorType === 'THROTTLING') return isBrief ? BRIEF : THROTTLED;
  if (retries === 'rejected-only' || errorType === 'CLIENT_ERROR' || isRefusal(info)) return undefined;
  return isBrief ? BRIEF_BROKEN : BROKEN;
};

const tokenAt = (count: number): RetryToken => ({ getRetryCount: () => count, getRetryDelay: () => 0 });

/**
 * Returns a retry strategy for AWS SDK clients (`retryStrategy`): exponential delays with jitter between half and all of
 * each, slept on the run's clock. Errors that another try cannot cure are passed on at once.
 */
export const createRetryStrategy = ({ clock, signal, random = Math.random }: ClientContext, retries: Retries) => ({
  acquireInitialRetryToken: async () => tokenAt(0),
  refreshRetryTokenForRetry: async (token: RetryToken, info: RetryInfo): Promise<RetryToken> => {
    const schedule = scheduleOf(info, retries);
    const count = token.getRetryCount() + 1;
    if (schedule === undefined || count >= schedule.attempts) throw new Error('this call is not tried again');
    const full = Math.min(schedule.capMs, schedule.baseMs * 2 ** (count - 1));
    const delay = full * (0.5 + random() / 2);
    // A cancellation ends the wait, not the tries: the call may be part of the clean-up.
    if (signal.aborted) await clock.sleep(Math.min(delay, WHEN_CANCELLED_MS));
    else await clock.sleep(delay, signal).catch(() => undefined);
    return tokenAt(count);
  },
  recordSuccess: () => undefined,
});

interface Handler {
  handle(
    request: never,
    options?: never,
  ): Promise<{ readonly response: { readonly headers: Readonly<Record<string, string>> } }>;
}

/** Listens to the answers of a client: its handler is its own, made from the options below. */
const clockExtension = ({ clock, awsClock }: ClientContext) => ({
  configure: (client: { httpHandler(): Handler }): void => {
    if (awsClock === undefined) return;
    const handler = client.httpHandler();
    const send = handler.handle.bind(handler);
    handler.handle = async (request, options) => {
      const sent = clock.now();
      const answer = await send(request, options);
      awsClock.learn(answer.response.headers.date, sent, clock.now());
      return answer;
    };
  },
});

/**
 * Returns the options that every AWS client of the suite is created with. Region, credentials and endpoints come from
 * the default chain (`AWS_REGION`, `AWS_ENDPOINT_URL`, …). Timeouts are in milliseconds.
 */
export const clientOptions = (context: ClientContext, retries: Retries = 'any') => ({
  retryStrategy: createRetryStrategy(context, retries),
  requestHandler: { connectionTimeout: 5_000, requestTimeout: 20_000, throwOnRequestTimeout: true },
  extensions: [clockExtension(context)],
});
