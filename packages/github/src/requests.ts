import { getOctokit } from '@actions/github';
import type { Clock } from '@hospital-ops/action-kit/clock';
import { retry } from '@hospital-ops/action-kit/retry';
import type { Repository } from './context.ts';
import { explainGitHubError, statusOf } from './errors.ts';

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
  /** Tried three times, or once more after each of `delays` (ms), when GitHub fails or cannot be reached. */
  read(purpose: Purpose, route: string, parameters?: Parameters, delays?: readonly number[]): Promise<unknown>;
  /**
   * Sent once: whether a request that got no answer was carried out is not known. Sent again after each of `delays` (ms)
   * where twice does no harm.
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

export const createRequests = (options: GitHubClientOptions): Requests => {
  const { repository, clock, signal, timeoutMs = 10_000 } = options;
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
      throw explainGitHubError(what, permission, error);
    };
  const again = (request: string, parameters: Parameters, delays: readonly number[]): Promise<unknown> =>
    retry(() => call(request, parameters), {
      isRetryable: (error) => !signal.aborted && (statusOf(error) ?? 500) >= 500,
      delays,
      clock,
      signal,
    });
  return {
    read: (purpose, route, parameters = {}, delays = RETRY_DELAYS) =>
      again(`GET ${route}`, parameters, delays).catch(explained(purpose)),
    send: (purpose, method, route, parameters, delays = []) =>
      again(`${method} ${route}`, parameters, delays).catch(explained(purpose)),
  };
};
