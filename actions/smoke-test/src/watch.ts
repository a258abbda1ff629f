import type { Clock } from '@hospital-ops/action-kit/clock';
import { CancelledError } from '@hospital-ops/action-kit/errors';
import type { Limit } from '@hospital-ops/action-kit/limit';
import type { Attempt } from './attempt.ts';
import { attempt } from './attempt.ts';
import type { Check, Failure } from './check.ts';
import type { Http, HttpResponse } from './http.ts';

/** What became of a check. `latencies` are those of the successes in a row, or of the last attempt when it failed. */
export interface CheckResult {
  readonly check: Check;
  readonly outcome: 'passed' | 'failed' | 'cancelled';
  readonly attempts: number;
  readonly inARow: number;
  readonly failures: readonly Failure[];
  readonly response?: HttpResponse | undefined;
  readonly latencies: readonly number[];
  readonly durationMs: number;
  /** How long it was asked on after it had passed. */
  readonly watchedMs?: number;
}

export interface WatchDeps {
  readonly http: Http;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Holds back requests, not checks: a check that waits for its next attempt keeps no other from its own. */
  readonly limit: Limit;
  onAttempt(check: Check, attempts: number, result: Attempt): void;
}

export type Verdict = 'passed' | 'failed' | 'again';

/** Returns whether an attempt settles its check. No attempt starts after the deadline; one that started may end. */
export const decideCheck = (check: Check, result: Attempt, inARow: number, elapsedMs: number): Verdict => {
  if (result.failures.length === 0 && inARow >= check.consecutive) return 'passed';
  return result.permanent || elapsedMs >= check.deadlineMs ? 'failed' : 'again';
};

const FIRST_PAUSE_MS = 250;
/** The last pause ends at the deadline; a timer may be so late. */
const OVERSLEPT_MS = 100;

/** Quick after every change, doubling up to the interval: what is nearly ready is not waited for without need. */
export const pauseMs = (intervalMs: number, attemptsAlike: number): number =>
  Math.min(intervalMs, FIRST_PAUSE_MS * 2 ** Math.min(attemptsAlike - 1, 20));

const tooFew = (check: Check, inARow: number): Failure => ({
  assertion: 'consecutive',
  expected: `${check.consecutive} successes in a row`,
  got: `${inARow} when the deadline came`,
});

/** Tries a check until it has passed often enough in a row, cannot pass any more, or its deadline has come. */
export const watch = async (check: Check, deps: WatchDeps): Promise<CheckResult> => {
  const start = deps.clock.now();
  // A deadline of 0 is one attempt, of which the samples are all.
  const until = check.deadlineMs === 0 ? Number.POSITIVE_INFINITY : start + check.deadlineMs;
  const asking = { http: deps.http, signal: deps.signal, clock: deps.clock };
  let attempts = 0;
  let inARow = 0;
  let alike = 0;
  let latencies: number[] = [];
  let last: Attempt = { failures: [], permanent: false, latencies: [] };
  const end = (outcome: CheckResult['outcome']): CheckResult => {
    const failures = outcome === 'failed' && inARow > 0 ? [tooFew(check, inARow)] : last.failures;
    const durationMs = deps.clock.now() - start;
    return { check, outcome, attempts, inARow, failures, response: last.response, latencies, durationMs };
  };
  try {
    for (;;) {
      const succeeded = inARow > 0;
      // A check is asked once at least; whose turn to be asked again comes after the deadline has had its time.
      const isLate = () => attempts > 0 && deps.clock.now() > until + OVERSLEPT_MS;
      const next = await deps.limit(async () => (isLate() ? undefined : attempt(check, asking, until)));
      if (next === undefined) return end('failed');
      last = next;
      attempts += 1;
      inARow = last.failures.length === 0 ? inARow + 1 : 0;
      alike = succeeded === inARow > 0 ? alike + 1 : 1;
      latencies = inARow > 1 ? [...latencies, ...last.latencies] : [...last.latencies];
      deps.onAttempt(check, attempts, last);
      const elapsed = deps.clock.now() - start;
      const verdict = decideCheck(check, last, inARow, elapsed);
      if (verdict !== 'again') return end(verdict);
      await deps.clock.sleep(Math.min(pauseMs(check.intervalMs, alike), check.deadlineMs - elapsed), deps.signal);
    }
  } catch (error) {
    if (error instanceof CancelledError) return end('cancelled');
    throw error;
  }
};
