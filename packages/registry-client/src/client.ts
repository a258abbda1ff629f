import type { Clock } from '@hospital-ops/action-kit/clock';
import { CancelledError } from '@hospital-ops/action-kit/errors';
import { retry } from '@hospital-ops/action-kit/retry';
import type { Credentials } from './authentication.ts';
import { basicAuthorization, parseChallenge, tokenUrl } from './authentication.ts';
import { isTransientRegistryError, parseProblem, RegistryError } from './errors.ts';
import type { Manifest } from './manifest.ts';
import { digestOf, MANIFEST_TYPES, targetOf } from './manifest.ts';
import { isDigest, registryOrigin } from './reference.ts';

/** An OCI registry (distribution specification 1.1) as the suite uses it. Every call throws RegistryError. */
export interface Registry {
  /** `host` or `host:port`. */
  readonly host: string;
  /** The digest that a tag or digest has here, or undefined when the repository holds no such manifest. */
  digest(repository: string, reference: string): Promise<string | undefined>;
  manifest(repository: string, reference: string): Promise<Manifest | undefined>;
  /** Puts the very bytes of a manifest under a tag. */
  putManifest(repository: string, tag: string, manifest: Manifest): Promise<void>;
  /** The labels of an image, or of the first image of an index. */
  labels(repository: string, manifest: Manifest): Promise<Readonly<Record<string, string>>>;
}

export interface RegistryOptions {
  readonly host: string;
  readonly credentials?: Credentials | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told of every try that is repeated. */
  onRetry?(message: string, delayMs: number): void;
}

/** About 16 s: ECR's rates refill by the second, and a registry that restarts is back by then. */
const DELAYS_MS = [250, 500, 1_000, 2_000, 4_000, 8_000];
const TIMEOUT_MS = 30_000;

interface Call {
  readonly method: 'GET' | 'HEAD' | 'PUT';
  readonly repository: string;
  /** `manifests/1.0.0` */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
}

const accept = { accept: MANIFEST_TYPES.join(', ') };

/** Returns a client of one registry. Reads and writes are tried again on 429, 5xx and broken connections, never on others. */
export const createRegistry = (options: RegistryOptions): Registry => {
  const { host, credentials, clock, signal } = options;
  const origin = registryOrigin(host);
  const authorizations = new Map<string, string>();

  const send = async (url: string | URL, init: RequestInit, request: string): Promise<Response> => {
    try {
      return await fetch(url, { ...init, signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]) });
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

  /** Returns an Authorization header for what a 401 asks for, or undefined when there is none to give. */
  const authorize = async (repository: string, response: Response): Promise<string | undefined> => {
    const challenge = parseChallenge(response.headers.get('www-authenticate') ?? '');
    if (challenge?.scheme === 'basic') return credentials && basicAuthorization(credentials);
    const url = challenge && tokenUrl(challenge, repository, origin);
    if (url === undefined) return undefined;
    const headers = credentials ? { authorization: basicAuthorization(credentials) } : {};
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

  const once = async (call: Call, request: string): Promise<Response> => {
    const url = `${origin}/v2/${call.repository}/${call.path}`;
    const ask = (authorization: string | undefined) =>
      send(
        url,
        {
          method: call.method,
          headers: { ...call.headers, ...(authorization ? { authorization } : {}) },
          ...(call.body ? { body: Buffer.from(call.body) } : {}),
        },
        request,
      );
    const known = authorizations.get(call.repository) ?? (credentials && basicAuthorization(credentials));
    const response = await ask(known);
    if (response.status !== 401) return response;
    const authorization = await authorize(call.repository, response);
    if (authorization === undefined || authorization === known) return response;
    authorizations.set(call.repository, authorization);
    await response.body?.cancel();
    return ask(authorization);
  };

  /** The answer if its status is 2xx or one of `accepted`. */
  const exchange = (call: Call, accepted: readonly number[] = []): Promise<Answer> => {
    const request = `${call.method} ${host}/${call.repository} ${call.path}`;
    return retry(
      async () => {
        const response = await once(call, request);
        return response.ok || accepted.includes(response.status)
          ? await read(response, request)
          : await fail(request, response);
      },
      {
        isRetryable: isTransientRegistryError,
        delays: DELAYS_MS,
        clock,
        signal,
        onRetry: (error, _, delay) => options.onRetry?.((error as Error).message, delay),
      },
    );
  };

  const manifest = async (repository: string, reference: string): Promise<Manifest | undefined> => {
    const response = await exchange(
      { method: 'GET', repository, path: `manifests/${reference}`, headers: accept },
      [404],
    );
    const { bytes } = response;
    if (response.status === 404) return undefined;
    const digest = digestOf(bytes);
    const told = isDigest(reference) ? reference : response.headers.get('docker-content-digest');
    if (told !== null && told !== digest) {
      const message = `it answered for ${told} with bytes whose digest is ${digest}`;
      throw new RegistryError(`GET ${host}/${repository} manifests/${reference}`, {
        status: 200,
        code: undefined,
        message,
      });
    }
    const mediaType = response.headers.get('content-type')?.split(';')[0]?.trim();
    return { digest, mediaType: mediaType || MANIFEST_TYPES[0], bytes };
  };

  const labels = async (repository: string, of: Manifest): Promise<Readonly<Record<string, string>>> => {
    const target = targetOf(of);
    if (target === undefined) return {};
    if (target.kind === 'manifest') {
      const image = await manifest(repository, target.digest);
      return image ? labels(repository, image) : {};
    }
    const response = await exchange({ method: 'GET', repository, path: `blobs/${target.digest}` });
    const { config } = JSON.parse(response.bytes.toString('utf8')) as {
      config?: { Labels?: Record<string, string> | null };
    };
    return config?.Labels ?? {};
  };

  return {
    host,
    manifest,
    labels,
    digest: async (repository, reference) => {
      const path = `manifests/${reference}`;
      const response = await exchange({ method: 'HEAD', repository, path, headers: accept }, [404]);
      if (response.status === 404) return undefined;
      return response.headers.get('docker-content-digest') ?? (await manifest(repository, reference))?.digest;
    },
    putManifest: async (repository, tag, { mediaType, bytes }) => {
      const headers = { 'content-type': mediaType };
      await exchange({ method: 'PUT', repository, path: `manifests/${tag}`, headers, body: bytes });
    },
  };
};
