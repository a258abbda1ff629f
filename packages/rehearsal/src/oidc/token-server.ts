import { createServer } from 'node:http';
import { listenOnLoopback } from '../aws/listen.ts';
import type { Reply } from '../egress/exchange.ts';
import { sendReply } from '../egress/exchange.ts';
import type { JobIdentity } from './claims.ts';
import { claimsOf } from './claims.ts';
import type { OidcIssuer } from './issuer.ts';
import { ISSUER } from './issuer.ts';

export interface TokenServer {
  /** For ACTIONS_ID_TOKEN_REQUEST_URL; clients add `&audience=`. */
  readonly url: string;
  close(): Promise<void>;
}

/** Starts the endpoint at which a job asks for its ID token; `jobOf` knows the request tokens of jobs that may. */
export const startTokenServer = async (
  issuer: OidcIssuer,
  jobOf: (requestToken: string) => JobIdentity | undefined,
): Promise<TokenServer> => {
  const answer = async (target: string, authorization: string | undefined): Promise<Reply> => {
    const { pathname, searchParams } = new URL(target, 'http://oidc.local');
    if (pathname === '/.well-known/jwks') return { status: 200, body: await issuer.keys() };
    if (pathname === '/.well-known/openid-configuration') {
      return { status: 200, body: { issuer: ISSUER, jwks_uri: `${ISSUER}/.well-known/jwks` } };
    }
    if (pathname !== '/idtoken') return { status: 404, body: { message: 'Not Found' } };
    const job = jobOf(/^bearer (\S+)$/i.exec(authorization ?? '')?.[1] ?? '');
    if (job === undefined) return { status: 401, body: { message: 'The job may not ask for an ID token.' } };
    return { status: 200, body: { value: await issuer.sign(claimsOf(job, searchParams.get('audience') ?? '')) } };
  };
  const server = createServer((request, response) => {
    void answer(request.url ?? '/', request.headers.authorization)
      .catch((error: unknown) => ({ status: 500, body: { message: String(error) } }))
      .then((reply) => sendReply(response, reply));
  });
  const listening = await listenOnLoopback(server);
  return { url: `${listening.url}/idtoken?api-version=2.0`, close: () => listening.close() };
};
