import { lookup } from 'node:dns/promises';
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Http, HttpRequest, HttpResponse } from './http.ts';
import { NoAnswer } from './http.ts';
import { readBody } from './read-body.ts';

const KNOWN: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was closed before the answer was complete',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the name server did not answer',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ETIMEDOUT: 'the connection timed out',
  CERT_HAS_EXPIRED: 'the certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'the certificate is not signed by an authority that this machine knows',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate is not signed by an authority that this machine knows',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is not for this host',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the server does not speak TLS',
  EPROTO: 'no TLS connection came about',
};

interface Thrown {
  readonly message?: unknown;
  readonly code?: unknown;
  readonly errors?: readonly unknown[];
}

/** Of several addresses an AggregateError tells what happened at each: the first says it. */
const innermost = (error: unknown): Thrown => {
  const thrown = (typeof error === 'object' ? error : undefined) as Thrown | null | undefined;
  const deeper = thrown?.errors?.[0];
  return deeper === undefined ? (thrown ?? { message: String(error) }) : innermost(deeper);
};

const asNoAnswer = (error: unknown): NoAnswer => {
  const { code, message } = innermost(error);
  const known = KNOWN[String(code)];
  return new NoAnswer(known === undefined ? String(message) : `${known} (${String(code)})`, false, error);
};

/**
 * Answers a lookup with the addresses that were looked at: resolved once more, the name could lead elsewhere by then
 * (DNS rebinding).
 */
const pinnedTo = (addresses: readonly string[]): LookupFunction => {
  const all = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_, { all: wantsAll }, callback) => {
    if (wantsAll) callback(null, all);
    else callback(null, all[0]?.address ?? '', all[0]?.family ?? 0);
  };
};

const expiryOf = (answer: IncomingMessage): number | undefined => {
  const socket = answer.socket as Partial<TLSSocket>;
  const expires = Date.parse(socket.getPeerCertificate?.().valid_to ?? '');
  return Number.isNaN(expires) ? undefined : expires;
};

const headersOf = ({ headersDistinct }: IncomingMessage): Map<string, string> =>
  new Map(Object.entries(headersDistinct).map(([name, values = []]) => [name, values.join(', ')]));

const optionsOf = ({ method, headers, addresses }: HttpRequest, signal: AbortSignal): RequestOptions => ({
  method,
  headers: {
    'user-agent': 'hospital-ops-smoke-test',
    'cache-control': 'no-cache',
    ...Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value])),
    // A new connection per request meets a new target behind a load balancer, as a new user does.
    connection: 'close',
  },
  signal,
  // Node's own agent knows the proxies of the environment (NODE_USE_ENV_PROXY).
  ...(addresses.length > 0 && { agent: false, lookup: pinnedTo(addresses) }),
});

const answerTo = (outgoing: ClientRequest, body: string | undefined): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    outgoing.once('response', resolve);
    // 101 Switching Protocols, which nobody asked for: nothing else ever comes of this request.
    outgoing.once('upgrade', (answer, socket) => {
      socket.destroy();
      resolve(answer);
    });
    // Not once: an aborted request may fail again while its answer is read.
    outgoing.on('error', reject);
    outgoing.end(body);
  });

const exchange = async (request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> => {
  const start = performance.now();
  const send = request.url.protocol === 'https:' ? requestHttps : requestHttp;
  const outgoing = send(request.url, optionsOf(request, signal));
  try {
    const answer = await answerTo(outgoing, request.body);
    const certificateExpires = expiryOf(answer);
    const { body, truncated } = await readBody(answer);
    const ms = performance.now() - start;
    return { status: answer.statusCode ?? 0, headers: headersOf(answer), body, truncated, ms, certificateExpires };
  } finally {
    outgoing.destroy();
  }
};

/** Http over Node's own client. `usesProxy` says for which URLs a proxy connects. */
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
