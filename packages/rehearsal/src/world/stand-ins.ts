import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { delimiter, join } from 'node:path';
import { createEcrService } from '../aws/ecr.ts';
import { loadBalancerHandler } from '../aws/elbv2/load-balancer.ts';
import type { LocalAws } from '../aws/local-aws.ts';
import { startLocalAws } from '../aws/local-aws.ts';
import type { Chat } from '../chat/chat.ts';
import { startChat } from '../chat/chat.ts';
import type { Egress } from '../egress/proxy.ts';
import { startEgress } from '../egress/proxy.ts';
import type { Database } from '../engine/database.ts';
import { startDatabase } from '../engine/database.ts';
import type { TaskEngine } from '../engine/task-engine.ts';
import type { GitHub } from '../github/server.ts';
import { startGitHub } from '../github/server.ts';
import type { GitHubFacts } from '../github/world.ts';
import { createOidcIssuer, ISSUER } from '../oidc/issuer.ts';
import type { LocalAuthority } from '../oidc/job-authority.ts';
import { startAuthority } from '../oidc/job-authority.ts';
import type { ImageStore } from '../registry/image-store.ts';
import { createImageStore } from '../registry/image-store.ts';
import { startRegistry } from '../registry/registry-server.ts';
import { createRegistryTokens } from '../registry/tokens.ts';

/** A request that the load balancer of an environment answered. */
export interface AccessRecord {
  readonly host: string;
  readonly path: string;
  readonly status: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Everything that stands in for the world outside, up and running. */
export interface StandIns {
  readonly aws: LocalAws;
  readonly authority: LocalAuthority;
  readonly store: ImageStore;
  /** `127.0.0.1:PORT`. */
  readonly registry: string;
  readonly chat: Chat;
  readonly github: GitHub;
  readonly egress: Egress;
  readonly database: Database;
  readonly access: readonly AccessRecord[];
  /** What every step finds in its environment, as on a self-hosted runner behind a proxy. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export interface StandInOptions {
  readonly temp: string;
  readonly accountId: string;
  readonly region: string;
  /** Folder with commands that go before PATH. */
  readonly bin: string;
  /** Hosts of the services' own addresses. */
  readonly hosts: ReadonlySet<string>;
  readonly databaseUrl: string | undefined;
  readonly github: GitHubFacts;
  createEngine(store: ImageStore, registry: string): TaskEngine;
}

const recorded =
  (handler: RequestListener, access: AccessRecord[]) => (request: IncomingMessage, response: ServerResponse) => {
    response.on('finish', () =>
      access.push({
        host: request.headers.host ?? '',
        path: (request.url ?? '/').split('?')[0] ?? '/',
        status: response.statusCode,
        at: Date.now(),
      }),
    );
    handler(request, response);
  };

/** What a minute of AWS lasts: bake times of minutes are over within seconds, and alarms are as quick as they. */
const MINUTE_MS = 400;

/** Starts all stand-ins on free loopback ports; when one cannot start, those that did are closed again. */
export const startStandIns = async (options: StandInOptions): Promise<StandIns> => {
  const closers: Array<() => Promise<void>> = [];
  const started = async <T extends { close(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const one = await starting;
    closers.unshift(() => one.close());
    return one;
  };
  const close = async () => {
    for (const end of closers.splice(0)) await end();
  };
  try {
    const store = createImageStore();
    const tokens = createRegistryTokens();
    const credentials = (user: string, password: string) => tokens.accepts(user, password, Date.now());
    const registry = await started(startRegistry({ store, accountId: options.accountId, credentials }));
    const engine = options.createEngine(store, registry.host);
    const database = await started(Promise.resolve(startDatabase({ url: options.databaseUrl })));
    closers.unshift(() => engine.close());
    const issuer = createOidcIssuer(() => Date.now());
    const authority = await started(startAuthority(issuer));
    const aws = await started(
      startLocalAws({
        engine,
        identityProvider: { issuer: new URL(ISSUER).host, verify: (token) => issuer.verify(token) },
        accountId: options.accountId,
        region: options.region,
        timings: { minuteMs: MINUTE_MS },
        services: [createEcrService({ store, registryHost: registry.host, tokens })],
      }),
    );
    const github = await started(
      startGitHub({ ...options.github, permissionsOf: (token) => authority.permissionsOf(token) }),
    );
    const chat = startChat();
    const access: AccessRecord[] = [];
    const balancer = recorded(loadBalancerHandler(aws), access);
    const egress = await started(
      startEgress({
        temp: join(options.temp, 'egress'),
        routes: (host) => (options.hosts.has(host) ? balancer : chat.route(host)),
      }),
    );
    const env = {
      ...egress.env,
      AWS_ENDPOINT_URL: aws.url,
      GITHUB_API_URL: github.url,
      PATH: `${options.bin}${delimiter}${process.env.PATH ?? ''}`,
    };
    return { aws, authority, store, registry: registry.host, chat, github, egress, database, access, env, close };
  } catch (error) {
    await close();
    throw error;
  }
};
