import type { Clock } from '@hospital-ops/action-kit/clock';
import { CancelledError } from '@hospital-ops/action-kit/errors';
import { LATE, unlessAborted, unlessLate } from '@hospital-ops/action-kit/poll';
import { decideResponse } from './assertions.ts';
import type { Check, Failure } from './check.ts';
import { isLoopback, refuseDestination } from './destination.ts';
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

const earlier = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);

/** Follows redirects to the answer; its `ms` is the time of the whole way. Returns a failed attempt when there is none. */
const answerOf = async (check: Check, { http, signal, clock }: AttemptDeps): Promise<HttpResponse | Attempt> => {
  let hop: Hop = check;
  let ms = 0;
  let certificateExpires: number | undefined;
  let isHere = false;
  for (let count = 0; count <= MAX_HOPS; count += 1) {
    const timeoutMs = Math.max(1, check.requestTimeoutMs - ms);
    // A name server that is silent can be waited for much longer by the system, deaf to a cancellation.
    const found = await unlessAborted(unlessLate(http.addresses(hop.url), timeoutMs, clock), signal);
    if (found === LATE) throw new NoAnswer(`the name server did not answer within ${timeoutMs} ms`);
    const addresses = found.value;
    const refused = refuseDestination(hop.url, addresses);
    if (refused !== undefined) return failed('destination', 'an address outside metadata services', refused, true);
    // A name may resolve to this machine as well as its own address leads there.
    if (count === 0) isHere = isLoopback(hop.url, addresses);
    else if (!isHere && isLoopback(hop.url, addresses)) {
      return failed('redirect', 'one that leads to another machine', `${hop.url.origin} is this machine`, true);
    }
    const response = await http.send({ ...hop, addresses, timeoutMs, signal });
    ms += response.ms;
    certificateExpires = earlier(certificateExpires, response.certificateExpires);
    const isExpected = statusMatches(check.expectStatus, response.status);
    const decision = decideRedirect(
      hop,
      response.status,
      response.headers.get('location'),
      check.redirects,
      isExpected,
    );
    if (decision.kind === 'answer') return { ...response, ms, certificateExpires };
    if (decision.kind === 'refuse') {
      const got = `${response.status} ${decision.why}`;
      return failed('redirect', `one that follow-redirects: ${check.redirects} allows`, got, true);
    }
    hop = decision.hop;
  }
  return failed('redirect', `at most ${MAX_HOPS} redirects`, 'more', false);
};

const sample = async (check: Check, deps: AttemptDeps): Promise<Attempt> => {
  try {
    const answer = await answerOf(check, deps);
    if ('failures' in answer) return answer;
    const failures = decideResponse(check, answer, deps.clock.now());
    return { failures, permanent: false, response: answer, latencies: [answer.ms] };
  } catch (error) {
    if (deps.signal.aborted) throw new CancelledError();
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

export interface AttemptDeps {
  readonly http: Http;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/**
 * Asks the target `check.samples` times, one after the other, and ends at the first answer that is not as expected. No
 * sample but the first begins after `until`: many of them could take hours.
 */
export const attempt = async (check: Check, deps: AttemptDeps, until: number): Promise<Attempt> => {
  const latencies: number[] = [];
  let last: Attempt | undefined;
  for (let count = 0; count < check.samples; count += 1) {
    if (count > 0 && deps.clock.now() >= until) {
      const expected = `${check.samples} within the deadline`;
      const late = failed('samples', expected, `${count} when the deadline came`, false);
      return { ...late, response: last?.response, latencies };
    }
    last = await sample(check, deps);
    latencies.push(...last.latencies);
    if (last.failures.length > 0) return { ...last, latencies };
  }
  return { failures: latencyFailures(check, latencies), permanent: false, response: last?.response, latencies };
};
