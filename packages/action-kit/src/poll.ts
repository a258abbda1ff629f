import type { Clock } from './clock.ts';
import { formatDuration } from './duration.ts';
import { CancelledError, TimeoutError } from './errors.ts';

export type Decision<R> = { readonly done: false } | { readonly done: true; readonly value: R };

export interface PollOptions<O, R> {
  /** What is waited for, as it reads in `gave up waiting for …`. */
  readonly what: string;
  observe(): Promise<O>;
  /** Pure. An empty or unknown observation is never an end. */
  decide(observation: O): Decision<R>;
  /** Called for every observation that came, with the one before it, to log what changed. */
  onObservation?(observation: O, previous: O | undefined): void;
  /** Milliseconds to the next observation, by the milliseconds waited so far. Default `quickThenPatient`. */
  readonly interval?: (elapsedMs: number) => number;
  readonly timeoutMs: number;
  /** True for an error of `observe` that another try may cure inside the deadline; all others end the wait. */
  isTransient?(error: unknown): boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * The default schedule: every second at first, when most things end, then ever more patient: 1 s for 20 s, 2 s for the
 * first minute, 5 s until five minutes, 10 s after. Far below the refill rates of the ECS API (20 reads per second).
 */
export const quickThenPatient = (elapsedMs: number): number => {
  if (elapsedMs < 20_000) return 1_000;
  if (elapsedMs < 60_000) return 2_000;
  return elapsedMs < 300_000 ? 5_000 : 10_000;
};

/**
 * Resolves with `work`, or rejects with CancelledError as soon as `signal` is aborted: a call that hangs must not use up
 * the clean-up time. For work that may go on unobserved.
 */
export const unlessAborted = async <T>(work: Promise<T>, signal: AbortSignal): Promise<T> => {
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(new CancelledError());
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
};

/** What `unlessLate` says of work that has not settled in time. */
export const LATE = 'late';

/** Resolves with the value of `work`, or with LATE when it has not settled after `ms` milliseconds; whatever comes later is dropped. */
export const unlessLate = async <T>(
  work: Promise<T>,
  ms: number,
  clock: Clock,
): Promise<{ readonly value: T } | typeof LATE> => {
  const answered = work.then((value) => ({ value }));
  if (clock.deadline === undefined) return answered;
  const done = new AbortController();
  const late = clock.deadline(Math.max(0, ms), done.signal).then(
    (): typeof LATE => LATE,
    (): typeof LATE => LATE,
  );
  answered.catch(() => undefined);
  try {
    return await Promise.race([answered, late]);
  } finally {
    done.abort();
  }
};

/**
 * Resolves with `work`. Throws TimeoutError when it has not settled after `timeoutMs`, and CancelledError when `signal`
 * is aborted: a call that hangs ends nothing by itself. For work that may go on unobserved.
 */
export const within = async <T>(
  work: Promise<T>,
  { what, timeoutMs, clock, signal }: Pick<PollOptions<T, T>, 'what' | 'timeoutMs' | 'clock' | 'signal'>,
): Promise<T> => {
  const answer = await unlessAborted(unlessLate(work, timeoutMs, clock), signal);
  if (answer !== LATE) return answer.value;
  throw new TimeoutError({
    what: `gave up waiting for ${what} after ${formatDuration(timeoutMs / 1000)}.`,
    why: 'an answer never came',
    last: undefined,
  });
};

/** What every wait has at least for its first look: a deadline that is over already is no reason not to look. */
const LOOK_MS = 5_000;

/**
 * Observes until `decide` sees an end and returns its value. Throws TimeoutError with the last observation at the
 * deadline, also when a look hangs (which has five seconds at least), CancelledError when `signal` is aborted, and every error of `observe` that is not transient.
 */
export const poll = async <O, R>(options: PollOptions<O, R>): Promise<R> => {
  const { clock, signal, interval = quickThenPatient } = options;
  const start = clock.now();
  let previous: O | undefined;
  let lastError: unknown;
  let hangs = false;
  for (;;) {
    if (signal.aborted) throw new CancelledError();
    try {
      const left = Math.max(LOOK_MS, start + options.timeoutMs - clock.now());
      const answer = await unlessAborted(unlessLate(options.observe(), left, clock), signal);
      if (answer === LATE) {
        hangs = true;
      } else {
        const observation = answer.value;
        lastError = undefined;
        options.onObservation?.(observation, previous);
        previous = observation;
        const decision = options.decide(observation);
        if (decision.done) return decision.value;
      }
    } catch (error) {
      if (signal.aborted) throw new CancelledError();
      if (!options.isTransient?.(error)) throw error;
      lastError = error;
    }
    const elapsed = clock.now() - start;
    const left = options.timeoutMs - elapsed;
    if (left <= 0 || hangs) {
      const failed = lastError instanceof Error ? `the last look at it failed: ${lastError.message}` : undefined;
      throw new TimeoutError({
        what: `gave up waiting for ${options.what} after ${formatDuration(elapsed / 1000)}.`,
        why: hangs ? 'the last look at it was not answered' : failed,
        last: previous,
        cause: lastError,
      });
    }
    await clock.sleep(Math.min(interval(elapsed), left), signal);
  }
};
