import { CancelledError } from '@hospital-ops/action-kit/errors';
import { decideResponse } from './assertions.ts';
import type { Check, Failure } from './check.ts';
import { refuseDestination } from './destination.ts';
import type { Http, HttpResponse } from './http.ts';
import { NoAnswer } from './http.ts';
import { percentile } from './percentile.ts';
import type { Hop } from './redirects.ts';
import { decideRedirect } from './redirects.ts';
import { statusMatches } from './status-set.ts';

/** What one attempt saw. `permanent` failures stay the same however often they are tried again. */
export interface Attempt {
  readonly failures: readonly Failure[];
  readonly permanent: boolean;
  /** Of the last answer; undefined when none came. */
  readonly response?: HttpResponse | undefined;
  /** Milliseconds of every request that was answered. */
  readonly latencies: readonly number[];
}

const MAX_HOPS = 10;

const failed = (assertion: string, expected: string, got: string, permanent: boolean): Attempt => ({
  failures: [{ assertion, expected, got }],
  permanent,
  latencies: [],
});

/** Follows redirects to the answer; its `ms` is the time of the whole way. Returns a failed attempt when there is none. */
const answerOf = async (check: Check, http: Http, signal: AbortSignal): Promise<HttpResponse | Attempt> => {
  let hop: Hop = check;
  let ms = 0;
  for (let count = 0; count <= MAX_HOPS; count += 1) {
    const refused = refuseDestination(hop.url, await http.addresses(hop.url));
    if (refused !== undefined) return failed('destination', 'an address outside metadata services', refused, true);
    const response = await http.send({ ...hop, timeoutMs: Math.max(1, check.requestTimeoutMs - ms), signal });
    ms += response.ms;
    const isExpected = statusMatches(check.expectStatus, response.status);
    const decision = decideRedirect(
      hop,
      response.status,
      response.headers.get('location'),
      check.redirects,
      isExpected,
    );
    if (decision.kind === 'answer') return { ...response, ms };
    if (decision.kind === 'refuse') {
      const got = `${response.status} ${decision.why}`;
      return failed('redirect', `one that follow-redirects: ${check.redirects} allows`, got, true);
    }
    hop = decision.hop;
  }
  return failed('redirect', `at most ${MAX_HOPS} redirects`, 'more', false);
};

const sample = async (check: Check, http: Http, signal: AbortSignal): Promise<Attempt> => {
  try {
    const answer = await answerOf(check, http, signal);
    if ('failures' in answer) return answer;
    return { failures: decideResponse(check, answer), permanent: false, response: answer, latencies: [answer.ms] };
  } catch (error) {
    if (signal.aborted) throw new CancelledError();
    if (error instanceof NoAnswer) return failed('answer', 'an HTTP answer', error.message, error.permanent);
    throw error;
  }
};

const latencyFailures = (check: Check, latencies: readonly number[]): Failure[] => {
  const p95 = percentile(latencies, 95);
  if (check.maxLatencyP95Ms === undefined || p95 === undefined || p95 <= check.maxLatencyP95Ms) return [];
  const expected = `at most ${check.maxLatencyP95Ms} ms over ${latencies.length}`;
  return [{ assertion: 'latency p95', expected, got: `${Math.ceil(p95)} ms` }];
};

/** Asks the target `check.samples` times, one after the other, and ends at the first answer that is not as expected. */
export const attempt = async (check: Check, http: Http, signal: AbortSignal): Promise<Attempt> => {
  const latencies: number[] = [];
  let last: Attempt | undefined;
  for (let count = 0; count < check.samples; count += 1) {
    last = await sample(check, http, signal);
    latencies.push(...last.latencies);
    if (last.failures.length > 0) return { ...last, latencies };
  }
  return { failures: latencyFailures(check, latencies), permanent: false, response: last?.response, latencies };
};
