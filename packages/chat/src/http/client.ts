import http from 'node:http';
import https from 'node:https';
import { CancelledError } from '@hospital-ops/action-kit/errors';
import type { HttpAnswer, HttpRequest, SendHttp } from './port.ts';
import { HttpFailure } from './port.ts';

const MAX_BODY_BYTES = 64 * 1024;

/** These come before a connection stands, so that nothing can have been posted. */
const BEFORE_SENDING = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ERR_PROXY_TUNNEL',
]);

const CERTIFICATE = /CERT|SIGNATURE|ERR_TLS|ERR_SSL/;

const failureOf = (error: NodeJS.ErrnoException, connected: boolean): HttpFailure => {
  const code = error.code ?? 'no code';
  if (CERTIFICATE.test(code)) {
    return new HttpFailure(`the connection could not be secured (${code})`, false, false);
  }
  return new HttpFailure(`the connection failed (${code})`, connected && !BEFORE_SENDING.has(code));
};

/**
 * Returns a sender over Node's own HTTP client. `env` holds the standard proxy variables (HTTPS_PROXY, NO_PROXY, …), which
 * are honoured also where Node itself was not told to (NODE_USE_ENV_PROXY). Redirects are not followed.
 */
export const createHttpSender = (env: Readonly<Record<string, string | undefined>>): SendHttp => {
  const proxyEnv = { ...env };
  const secure = new https.Agent({ proxyEnv });
  const plain = new http.Agent({ proxyEnv });
  return ({ method, url, headers, body, timeoutMs, signal }: HttpRequest) =>
    new Promise<HttpAnswer>((resolve, reject) => {
      if (signal.aborted) return reject(new CancelledError());
      const [client, agent] = url.protocol === 'https:' ? [https, secure] : [http, plain];
      const content = Buffer.from(body, 'utf8');
      const request = client.request(url, {
        method,
        agent,
        headers: { ...headers, 'content-length': String(content.length), 'user-agent': 'hospital-ops-actions' },
      });
      const connected = () => request.socket !== null && request.socket !== undefined && !request.socket.connecting;
      const end = (settle: () => void) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        settle();
      };
      const fail = (error: Error) => end(() => reject(error));
      const timer = setTimeout(() => {
        const sent = connected();
        fail(new HttpFailure(`no answer came within ${timeoutMs / 1000} s`, sent));
        request.destroy();
      }, timeoutMs);
      const onAbort = () => {
        fail(new CancelledError());
        request.destroy();
      };
      signal.addEventListener('abort', onAbort, { once: true });
      request.on('error', (error) => fail(failureOf(error, connected())));
      request.on('response', (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        const answer = () => ({
          status: response.statusCode ?? 0,
          headers: Object.fromEntries(
            Object.entries(response.headers).map(([key, value]) => [key, String(value ?? '')]),
          ),
          body: Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES).toString('utf8'),
        });
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          size += chunk.length;
          if (size < MAX_BODY_BYTES) return;
          end(() => resolve(answer()));
          response.destroy();
        });
        response.on('end', () => end(() => resolve(answer())));
        response.on('error', (error) => fail(failureOf(error, true)));
        response.on('aborted', () => fail(new HttpFailure('the connection failed in the middle of the answer', true)));
      });
      request.end(content);
    });
};
