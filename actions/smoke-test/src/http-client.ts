import { lookup } from 'node:dns/promises';
import type { Http, HttpRequest, HttpResponse } from './http.ts';
import { MAX_BODY_BYTES, NoAnswer } from './http.ts';

const KNOWN: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  UND_ERR_SOCKET: 'the connection was closed before the answer was complete',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the name server did not answer',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ETIMEDOUT: 'the connection timed out',
  UND_ERR_CONNECT_TIMEOUT: 'the connection timed out',
  CERT_HAS_EXPIRED: 'the certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is not for this host',
};

interface Thrown {
  readonly message?: unknown;
  readonly code?: unknown;
  readonly cause?: unknown;
  readonly errors?: readonly unknown[];
}

/** fetch wraps what happened: the cause says it, and an AggregateError (one per address) says it one level deeper. */
const innermost = (error: unknown): Thrown => {
  const thrown = (typeof error === 'object' ? error : undefined) as Thrown | null | undefined;
  const deeper = thrown?.errors?.[0] ?? thrown?.cause;
  return deeper === undefined ? (thrown ?? { message: String(error) }) : innermost(deeper);
};

const asNoAnswer = (error: unknown): NoAnswer => {
  const { code, message } = innermost(error);
  const known = KNOWN[String(code)];
  const text = known === undefined ? String(message) : `${known} (${String(code)})`;
  return new NoAnswer(text, message === 'bad port', error);
};

const readBody = async (response: Response): Promise<{ body: string; truncated: boolean }> => {
  const reader = response.body?.getReader();
  if (reader === undefined) return { body: '', truncated: false };
  const parts: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { body: Buffer.concat(parts).toString('utf8'), truncated: false };
    parts.push(value);
    size += value.byteLength;
    if (size > MAX_BODY_BYTES) break;
  }
  await reader.cancel();
  return { body: Buffer.concat(parts).subarray(0, MAX_BODY_BYTES).toString('utf8'), truncated: true };
};

const exchange = async (request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> => {
  const start = performance.now();
  const headers = new Headers([
    ['user-agent', 'hospital-ops-smoke-test'],
    ['cache-control', 'no-cache'],
  ]);
  for (const [name, value] of request.headers) headers.set(name, value);
  // A new connection per request meets a new target behind a load balancer, as a new user does.
  headers.set('connection', 'close');
  const response = await fetch(request.url, {
    method: request.method,
    headers,
    redirect: 'manual',
    signal,
    ...(request.body === undefined ? {} : { body: request.body }),
  });
  const { body, truncated } = await readBody(response);
  return {
    status: response.status,
    headers: new Map(response.headers),
    body,
    truncated,
    ms: performance.now() - start,
  };
};

/** Http over Node's fetch. `usesProxy` says for which URLs fetch goes through a proxy. */
export const createHttp = (usesProxy: (url: URL) => boolean): Http => ({
  send: async (request) => {
    // AbortSignal.timeout would keep its timer after the answer; this one is cleared.
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), request.timeoutMs);
    try {
      return await exchange(request, AbortSignal.any([timeout.signal, request.signal]));
    } catch (error) {
      if (timeout.signal.aborted) throw new NoAnswer(`no complete answer within ${request.timeoutMs} ms`, false, error);
      throw asNoAnswer(error);
    } finally {
      clearTimeout(timer);
    }
  },
  addresses: async (url) => {
    if (usesProxy(url)) return [];
    try {
      const found = await lookup(url.hostname.replace(/^\[|\]$/g, ''), { all: true });
      return found.map(({ address }) => address);
    } catch (error) {
      throw asNoAnswer(error);
    }
  },
});
