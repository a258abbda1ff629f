import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { listenOnLoopback } from '../aws/listen.ts';
import { fieldsOf, parseJson, readBody, sendReply } from '../egress/exchange.ts';
import { artifactService } from './artifact-service.ts';
import { openArtifacts } from './artifacts.ts';
import { createBlobHandler } from './blobs.ts';
import type { CacheMode } from './cache-mode.ts';
import { cacheService } from './cache-service.ts';
import { openCaches } from './caches.ts';
import type { ResultsJob } from './job-token.ts';
import { jobToken } from './job-token.ts';
import type { Methods } from './methods.ts';
import { Refusal } from './refusal.ts';
import { createSigner } from './signed-urls.ts';

export interface ResultsGrant {
  /** What JavaScript actions of the job find in their environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly token: string;
  /** Called when the job has ended. */
  revoke(): void;
}

/** The service behind ACTIONS_RESULTS_URL, for one run. */
export interface ResultsServer {
  grant(job: { readonly ref: string; readonly mode: CacheMode }): ResultsGrant;
  close(): Promise<void>;
}

const PACKAGE = 'github.actions.results.api.v1';

/** Starts the service over the caches and artifacts in `folder`. */
export const startResults = async (folder: string, now: () => number = Date.now): Promise<ResultsServer> => {
  const jobs = new Map<string, ResultsJob>();
  const [secret, run] = [randomBytes(32), randomUUID()];
  const [caches, artifacts] = [openCaches(folder), openArtifacts(folder)];
  let base = '';
  const signer = createSigner(() => base, now);
  const services: Readonly<Record<string, Methods>> = {
    [`${PACKAGE}.CacheService`]: cacheService(caches, signer),
    [`${PACKAGE}.ArtifactService`]: artifactService(artifacts, signer, now),
  };
  const isCommitted = (blob: string) => caches.isCommitted(blob) || artifacts.all().some((one) => one.blob === blob);
  const blobs = createBlobHandler(folder, signer, isCommitted);

  const call = async (request: IncomingMessage, { pathname }: URL) => {
    const [, service = '', method = ''] = /^\/twirp\/([\w.]+)\/(\w+)$/.exec(pathname) ?? [];
    const methods = services[service] ?? {};
    const perform = Object.hasOwn(methods, method) ? methods[method] : undefined;
    const body = fieldsOf(parseJson(await readBody(request)));
    if (perform === undefined || request.method !== 'POST') {
      throw new Refusal('bad_route', `the rehearsal's service has no ${request.method} ${pathname}`);
    }
    const job = jobs.get(/^bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '');
    if (job === undefined) throw new Refusal('unauthenticated', 'the token is of no job that runs');
    if (body === undefined) throw new Refusal('invalid_argument', 'the body is no JSON object');
    return perform(body, job);
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://results.local');
    if (url.pathname.startsWith('/results/')) return blobs(request, response, url);
    try {
      sendReply(response, { status: 200, body: await call(request, url) });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      sendReply(response, { status: error.status, body: { code: error.code, msg: error.message } });
    }
  };
  const server = createServer((request, response) => {
    void answer(request, response).catch((error: unknown) => {
      // What was begun cannot be taken back: the client sees a connection that breaks off.
      if (response.headersSent) return response.destroy();
      return sendReply(response, { status: 500, body: { code: 'internal', msg: String(error) } });
    });
  });
  const listening = await listenOnLoopback(server);
  base = `${listening.url}/`;
  return {
    grant: ({ ref, mode }) => {
      const job = { run, job: randomUUID(), ref, mode };
      const token = jobToken(job, secret, now());
      jobs.set(token, job);
      const env = {
        ACTIONS_RESULTS_URL: base,
        ACTIONS_RUNTIME_TOKEN: token,
        ACTIONS_CACHE_SERVICE_V2: 'True',
        ACTIONS_CACHE_MODE: mode,
      };
      return { env, token, revoke: () => void jobs.delete(token) };
    },
    close: () => listening.close(),
  };
};
