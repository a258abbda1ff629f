import { CancelledError } from '@hospital-ops/action-kit/errors';
import { attempt } from './attempt.ts';
import type { CheckResult, WatchDeps } from './watch.ts';

/**
 * Goes on asking what has passed, for `forMs` more. A check fails once as many attempts in a row fail as had to succeed,
 * and ends the watch for all: whoever waits for the verdict has to go back. One that fails when the time is over is asked
 * until that is decided.
 */
export const hold = async (
  results: readonly CheckResult[],
  forMs: number,
  { http, clock, signal, limit, onAttempt }: WatchDeps,
): Promise<CheckResult[]> => {
  const start = clock.now();
  const asking = { http, signal, clock };
  let isOver = false;
  const holdOne = async (passed: CheckResult): Promise<CheckResult> => {
    const { check } = passed;
    let result = passed;
    let failing = 0;
    const took = () => ({ durationMs: passed.durationMs + clock.now() - start, watchedMs: clock.now() - start });
    try {
      for (;;) {
        const left = start + forMs - clock.now();
        if (isOver || (left <= 0 && failing === 0)) return { ...result, ...took() };
        await clock.sleep(left > 0 ? Math.min(check.intervalMs, left) : check.intervalMs, signal);
        const last = await limit(() => attempt(check, asking, Number.POSITIVE_INFINITY));
        failing = last.failures.length === 0 ? 0 : failing + 1;
        const attempts = result.attempts + 1;
        const { response, latencies } = last;
        const inARow = failing === 0 ? result.inARow + 1 : 0;
        result = { ...result, attempts, inARow, response, latencies };
        onAttempt(check, attempts, last);
        if (failing >= check.consecutive || (failing > 0 && last.permanent)) {
          isOver = true;
          return { ...result, ...took(), outcome: 'failed', failures: last.failures };
        }
      }
    } catch (error) {
      if (error instanceof CancelledError) return { ...result, ...took(), outcome: 'cancelled' };
      throw error;
    }
  };
  return Promise.all(results.map(holdOne));
};
