import type { Clock } from './clock.ts';

export interface RetryOptions {
  /** True for an error that another try may cure. Required: not every error may be tried again. */
  isRetryable(error: unknown): boolean;
  /** Milliseconds before the second, third … try; their number is the number of further tries. */
  readonly delays: readonly number[];
  readonly clock: Clock;
  readonly signal: AbortSignal;
  onRetry?(error: unknown, attempt: number, delayMs: number): void;
}

/** Runs `operation` until it succeeds, fails for good, or the delays are used up; the last error is thrown unchanged. */
export const retry = async <T>(operation: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await operation(attempt);
    } catch (error) {
      const delay = options.delays[attempt - 1];
      if (delay === undefined || !options.isRetryable(error)) throw error;
      options.onRetry?.(error, attempt, delay);
      await options.clock.sleep(delay, options.signal);
    }
  }
};
