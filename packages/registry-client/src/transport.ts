import type { Clock } from '@hospital-ops/action-kit/clock';
import { CancelledError } from '@hospital-ops/action-kit/errors';
import { retry } from '@hospital-ops/action-kit/retry';
import type { Credentials } from './authentication.ts';
import { basicAuthorization, parseChallenge, tokenUrl } from './authentication.ts';
import { isTransientRegistryError, parseProblem, RegistryError } from './errors.ts';
import { registryOrigin } from './reference.ts';

export interface RegistryOptions {
  readonly host: string;
  /** Those of now: asked for each request. */
  credentials?(): Credentials | undefined;
  /** Gets others, where it can, when the registry takes these no more. What it throws is thrown. */
  renew?(): Promise<unknown>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Milliseconds before each further try; the default is patient. */
  readonly delays?: readonly number[];
  /** Milliseconds that one answer may take; default 30 s. */
  readonly timeoutMs?: number;
  /** Told of every try that is repeated. */
  onRetry?(message: string, delayMs: number): void;
}

/** About 16 s: ECR's rates refill by the second, and a registry that restarts is back by then. */
const DELAYS_MS = [250, 500, 1_000, 2_000, 4_000, 8_000];
const TIMEOUT_MS = 30_000;
/** Layers are gigabytes at most, and runners have megabytes per second. */
const BLOB_TIMEOUT_MS = 15 * 60_000;

export interface Call {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  readonly repository: string;
  /** `manifests/1.0.0`, or what a registry named by itself: `/v2/…` or a whole URL. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | ReadableStream<Uint8Array>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
}

/** Sends requests to one registry. Both throw RegistryError, and CancelledError once the run is cancelled. */
export interface Transport {
  /** The answer if its status is 2xx or one of `accepted`; tried again on 429, 5xx and broken connections. */
  exchange(call: Call, accepted?: readonly number[]): Promise<Answer>;
  /** One try, for bodies that can be read once only. The answer's body is not read yet. */
  stream(call: Call): Promise<Response>;
}

export const createTransport = (options: RegistryOptions): Transport => {
  const { host, clock, signal, timeoutMs = TIMEOUT_MS } = options;
  const origin = registryOrigin(host);
  const authorizations = new Map<string, string>();

  const send = async (
    url: string | URL,
    init: RequestInit,
    request: string,
    limitMs = timeoutMs,
  ): Promise<Response> => {
    try {
      return await fetch(url, { ...init, signal: AbortSignal.any([signal, AbortSignal.timeout(limitMs)]) });
    } catch (error) {
      if (signal.aborted) throw new CancelledError();
      const { cause, message } = error as { cause?: { message?: string; code?: string }; message?: string };
      const text = cause?.message || cause?.code || message || 'the connection failed';
      throw new RegistryError(request, { status: 0, code: undefined, message: text }, error);
    }
  };

  const fail = async (request: string, response: Response): Promise<never> => {
    throw new RegistryError(request, parseProblem(response.status, await response.text()));
  };

  const own = (): string | undefined => {
    const credentials = options.credentials?.();
    return credentials && basicAuthorization(credentials);
  };

  /** Returns an Authorization header for what a 401 asks for, or undefined when there is none to give. */
  const authorize = async (
    repository: string,
    response: Response,
    refused: string | undefined,
  ): Promise<string | undefined> => {
    const challenge = parseChallenge(response.headers.get('www-authenticate') ?? '');
    if (challenge?.scheme === 'basic') {
      if (refused === own()) await options.renew?.();
      return own();
    }
    const url = challenge && tokenUrl(challenge, repository, origin);
    if (url === undefined) return undefined;
    const authorization = own();
    const headers = authorization ? { authorization } : {};
    const request = `GET of a token from ${url.host}`;
    const answer = await send(url, { headers }, request);
    if (!answer.ok) return await fail(request, answer);
    const { token, access_token } = (await answer.json()) as { token?: string; access_token?: string };
    const value = token ?? access_token;
    return value === undefined ? undefined : `Bearer ${value}`;
  };

  /** Read to its end here, so that a connection that breaks in the middle is tried again too. */
  const read = async (response: Response, request: string): Promise<Answer> => {
    try {
      const bytes = Buffer.from(await response.arrayBuffer());
      return { status: response.status, headers: response.headers, bytes };
    } catch (error) {
      if (signal.aborted) throw new CancelledError();
      throw new RegistryError(request, { status: 0, code: undefined, message: 'the answer broke off' }, error);
    }
  };

  /** Credentials go to the registry alone: what it names elsewhere (a store of blobs) gets none. */
  const urlOf = ({ path, repository }: Call): URL =>
    /^(?:https?:\/)?\//.test(path) ? new URL(path, origin) : new URL(`${origin}/v2/${repository}/${path}`);

  const once = async (call: Call, request: string, limitMs?: number): Promise<Response> => {
    const url = urlOf(call);
    const { body } = call;
    const ask = (authorization: string | undefined) =>
      send(
        url,
        {
          method: call.method,
          headers: {
            ...call.headers,
            ...(authorization && url.origin === new URL(origin).origin ? { authorization } : {}),
          },
          ...(body instanceof ReadableStream ? { body, duplex: 'half' } : body ? { body: Buffer.from(body) } : {}),
        } as RequestInit,
        request,
        limitMs,
      );
    const known = authorizations.get(call.repository) ?? own();
    const response = await ask(known);
    if (response.status !== 401 || body instanceof ReadableStream) return response;
    const authorization = await authorize(call.repository, response, known);
    if (authorization === undefined || authorization === known) return response;
    authorizations.set(call.repository, authorization);
    await response.body?.cancel();
    return ask(authorization);
  };

  const name = ({ method, repository, path }: Call) => `${method} ${host}/${repository} ${path.replace(/\?.*$/, '')}`;

  const exchange = (call: Call, accepted: readonly number[] = []): Promise<Answer> => {
    const request = name(call);
    return retry(
      async () => {
        const response = await once(call, request);
        return response.ok || accepted.includes(response.status)
          ? await read(response, request)
          : await fail(request, response);
      },
      {
        isRetryable: isTransientRegistryError,
        delays: options.delays ?? DELAYS_MS,
        clock,
        signal,
        onRetry: (error, _, delay) => options.onRetry?.((error as Error).message, delay),
      },
    );
  };

  return {
    exchange,
    stream: async (call) => {
      const response = await once(call, name(call), BLOB_TIMEOUT_MS);
      return response.ok ? response : await fail(name(call), response);
    },
  };
};
