import { getOctokit } from '@actions/github';
import type { Clock } from '@hospital-ops/action-kit/clock';
import { formatDuration } from '@hospital-ops/action-kit/duration';
import { CancelledError } from '@hospital-ops/action-kit/errors';
import type { Log } from '@hospital-ops/action-kit/log';
import { retry } from '@hospital-ops/action-kit/retry';
import type { Repository } from './context.ts';
import { explainGitHubError, statusOf } from './errors.ts';
import { rateLimitMs } from './rate-limit.ts';

export interface GitHubClientOptions {
  readonly token: string;
  readonly repository: Repository;
  /** `GITHUB_API_URL`; the proxy variables are honoured. */
  readonly apiUrl: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Milliseconds for one request. */
  readonly timeoutMs?: number;
  /** Whether requests go on after `signal` was aborted: for what cleans up. */
  readonly survivesCancellation?: boolean;
  /** Milliseconds in all that rate limits are waited out; two minutes by default. */
  readonly patienceMs?: number;
  /** Told of each such wait. */
  readonly log: Pick<Log, 'info'>;
}

/** What a request is for: how its failure is told, and the permission that it takes. */
export interface Purpose {
  /** Starts the sentence: `cannot list the jobs of this run`. */
  readonly what: string;
  /** `actions: read` */
  readonly permission: string;
}

type Parameters = Readonly<Record<string, unknown>>;

/** Requests to one repository, by routes with `{owner}` and `{repo}`. Each returns the answer's JSON, or throws OpsError that names the missing permission. */
export interface Requests {
  /**
   * Tried three times, or once more after each of `delays` (ms), when GitHub fails or cannot be reached. A rate limit is
   * waited out, but where `delays` are empty: that is asked once.
   */
  read(purpose: Purpose, route: string, parameters?: Parameters, delays?: readonly number[]): Promise<unknown>;
  /**
   * Sent once: whether a request that got no answer was carried out is not known. Sent again after each of `delays` (ms)
   * where twice does no harm, and after a rate limit, which refuses what it meets.
   */
  send(
    purpose: Purpose,
    method: 'POST' | 'PATCH' | 'PUT',
    route: string,
    parameters: Parameters,
    delays?: readonly number[],
  ): Promise<unknown>;
}

const RETRY_DELAYS = [500, 2_000] as const;
/** GitHub asks for a minute where it does not say how long (docs.github.com, rate limits for the REST API). */
const PATIENCE_MS = 120_000;

export const createRequests = (options: GitHubClientOptions): Requests => {
  const { repository, clock, signal, log, timeoutMs = 10_000, patienceMs = PATIENCE_MS } = options;
  const octokit = getOctokit(options.token, { baseUrl: options.apiUrl });
  const target = { owner: repository.owner, repo: repository.name };
  const ends = options.survivesCancellation === true ? [] : [signal];
  const call = async (request: string, parameters: Parameters): Promise<unknown> => {
    const limits = { signal: AbortSignal.any([...ends, AbortSignal.timeout(timeoutMs)]) };
    return (await octokit.request(request, { ...target, ...parameters, request: limits })).data;
  };
  const explained =
    ({ what, permission }: Purpose) =>
    (error: unknown) => {
      throw error instanceof CancelledError ? error : explainGitHubError(what, permission, error);
    };
  const tried = (request: string, parameters: Parameters, delays: readonly number[]): Promise<unknown> =>
    retry(() => call(request, parameters), {
      isRetryable: (error) => !signal.aborted && (statusOf(error) ?? 500) >= 500,
      delays,
      clock,
      signal,
    });
  let waited = 0;
  const again = async (request: string, parameters: Parameters, delays: readonly number[]): Promise<unknown> => {
    for (;;) {
      try {
        return await tried(request, parameters, delays);
      } catch (error) {
        const delay = rateLimitMs(error, clock.now());
        if (delay === undefined || signal.aborted || waited + delay > patienceMs) throw error;
        waited += delay;
        log.info(`GitHub's rate limit is used up; the next try is in ${formatDuration(Math.ceil(delay / 1000))}.`);
        await clock.sleep(delay, signal);
      }
    }
  };
  return {
    read: (purpose, route, parameters = {}, delays = RETRY_DELAYS) =>
      (delays.length === 0 ? tried : again)(`GET ${route}`, parameters, delays).catch(explained(purpose)),
    send: (purpose, method, route, parameters, delays = []) =>
      again(`${method} ${route}`, parameters, delays).catch(explained(purpose)),
  };
};
