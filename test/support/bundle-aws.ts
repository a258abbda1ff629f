import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '@hospital-ops/action-kit/clock';
import type { LocalAws, LocalAwsOptions } from '../../packages/rehearsal/src/aws/local-aws.ts';
import { startLocalAws } from '../../packages/rehearsal/src/aws/local-aws.ts';
import type { Script, ScriptedEngine } from '../../packages/rehearsal/src/aws/scripted-engine.ts';
import { createScriptedEngine, RUNS } from '../../packages/rehearsal/src/aws/scripted-engine.ts';
import type { Timings } from '../../packages/rehearsal/src/aws/timings.ts';

/** An answer as it came from the local AWS. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

/**
 * What a man in the middle makes of an answer: another one, `hang` for none at all, `cut` for a body that ends too early.
 * The call has had its effect by then. `headers` are those of the request.
 */
export type Mangle = (
  answer: Answer,
  count: number,
  headers: IncomingMessage['headers'],
) => (Answer & { readonly type?: string }) | 'hang' | 'cut';

export interface BundleAws {
  readonly aws: LocalAws;
  readonly engine: ScriptedEngine;
  /** What a step's environment holds on a runner with credentials. */
  readonly env: Readonly<Record<string, string>>;
  /** Every answer to `operation` goes through `how` from now on. */
  mangle(operation: string, how: Mangle): void;
  /** The next `times` calls of `operation` reach nobody, and are never answered. */
  swallow(operation: string, times?: number): void;
  ecs(operation: string, input?: Record<string, unknown>): Promise<Loose>;
  service(name?: string): Promise<Loose>;
  /** Image of a service's PRIMARY deployment. */
  image(name?: string): Promise<string>;
  until(what: string, done: () => boolean | Promise<boolean>): Promise<void>;
  close(): Promise<void>;
}

// biome-ignore lint/suspicious/noExplicitAny: the answers' own types are checked by the SDK's models
export type Loose = Record<string, any>;

/** Real time, and little of it. */
const SWIFT: Partial<Timings> = {
  provisioningMs: 20,
  pendingMs: 20,
  stoppingMs: 20,
  deprovisioningMs: 10,
  steadyMs: 150,
  retryMs: 40,
  maximumRetryMs: 200,
};

export const SECRETS = {
  AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  AWS_SESSION_TOKEN: 'FwoGZXIvYXdzEJr-session_token/with+all=of.them',
} as const;

const startMiddle = async (
  target: string,
  mangles: Map<string, Mangle>,
  swallowed: Map<string, number>,
): Promise<Server> => {
  const counts = new Map<string, number>();
  const server = createServer((incoming: IncomingMessage, outgoing: ServerResponse) => {
    const operation =
      String(incoming.headers['x-amz-target'] ?? '')
        .split('.')
        .at(-1) ?? '';
    const gone = swallowed.get(operation) ?? 0;
    swallowed.set(operation, gone - 1);
    if (gone > 0) return;
    const forward = request(target + incoming.url, { method: incoming.method, headers: incoming.headers }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('end', () => {
        const body = Buffer.concat(parts);
        const how = mangles.get(operation);
        const count = (counts.get(operation) ?? 0) + 1;
        counts.set(operation, count);
        const status = answer.statusCode ?? 500;
        const changed = how?.({ status, body: body.toString('utf8') }, count, incoming.headers);
        if (changed === 'hang') return;
        if (changed === 'cut') {
          outgoing.writeHead(status, {
            'content-type': 'application/x-amz-json-1.1',
            'content-length': body.length + 50,
          });
          outgoing.write(body, () => outgoing.destroy());
          return;
        }
        const content = changed === undefined ? body : Buffer.from(changed.body);
        const type = changed?.type ?? answer.headers['content-type'] ?? 'application/x-amz-json-1.1';
        outgoing.writeHead(changed?.status ?? status, { 'content-type': type, 'content-length': content.length });
        outgoing.end(content);
      });
    });
    forward.on('error', () => outgoing.destroy());
    incoming.pipe(forward);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return server;
};

/**
 * Starts a local AWS in real time, with services (2 tasks of image `v1`) and the family `migrate`. Containers play
 * `scripts` by image; one without a script runs for ever.
 */
export const startBundleAws = async (
  scripts: Readonly<Record<string, Script>> = {},
  names: readonly string[] = ['api'],
  options: Partial<LocalAwsOptions> & { readonly createService?: Record<string, unknown> } = {},
): Promise<BundleAws> => {
  const { createService = {}, ...rest } = options;
  const engine = createScriptedEngine(systemClock, ({ image }) => scripts[image] ?? RUNS);
  const aws = await startLocalAws({
    engine,
    probe: engine.probe,
    region: 'ap-south-1',
    throttling: false,
    ...rest,
    timings: { ...SWIFT, ...rest.timings },
  });
  const mangles = new Map<string, Mangle>();
  const swallowed = new Map<string, number>();
  const middle = await startMiddle(aws.url, mangles, swallowed);
  const ecs = (operation: string, input: Record<string, unknown> = {}): Promise<Loose> =>
    aws.call('ecs', operation, input);
  const until = async (what: string, done: () => boolean | Promise<boolean>) => {
    const end = Date.now() + 60_000;
    while (!(await done())) {
      if (Date.now() > end) throw new Error(`gave up waiting until ${what}`);
      await pause(20);
    }
  };
  const service = async (name = 'api'): Promise<Loose> =>
    (await ecs('DescribeServices', { cluster: 'c', services: [name] })).services[0] ?? {};
  const primary = async (name?: string): Promise<Loose> =>
    (await service(name)).deployments.find((each: Loose) => each.status === 'PRIMARY');
  await ecs('CreateCluster', { clusterName: 'c' });
  aws.iam.createRole('x');
  await aws.call('logs', 'CreateLogGroup', { logGroupName: '/ecs/app' });
  const logConfiguration = {
    logDriver: 'awslogs',
    options: { 'awslogs-group': '/ecs/app', 'awslogs-region': aws.region, 'awslogs-stream-prefix': 'ecs' },
  };
  const register = (family: string) =>
    ecs('RegisterTaskDefinition', {
      family,
      executionRoleArn: 'arn:aws:iam::123456789012:role/x',
      containerDefinitions: [
        {
          name: family,
          image: 'v1',
          memory: 128,
          environment: [
            { name: 'APP_VERSION', value: 'v1' },
            { name: 'PASSPHRASE', value: 'env-value-not-to-be-seen' },
          ],
          logConfiguration,
        },
      ],
    });
  await register('migrate');
  for (const name of names) {
    await register(name);
    await ecs('CreateService', {
      cluster: 'c',
      serviceName: name,
      taskDefinition: name,
      desiredCount: 2,
      ...createService,
    });
  }
  for (const name of names) {
    await until(`${name} is steady`, async () => (await primary(name)).rolloutState === 'COMPLETED');
  }
  return {
    aws,
    engine,
    ecs,
    service,
    until,
    env: {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(middle.address() as AddressInfo).port}`,
      AWS_REGION: aws.region,
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      ...SECRETS,
    },
    mangle: (operation, how) => void mangles.set(operation, how),
    swallow: (operation, times = Number.POSITIVE_INFINITY) => void swallowed.set(operation, times),
    image: async (name) => {
      const { taskDefinition } = await primary(name);
      const found = await ecs('DescribeTaskDefinition', { taskDefinition });
      return found.taskDefinition.containerDefinitions[0].image;
    },
    close: async () => {
      middle.closeAllConnections();
      await new Promise((done) => middle.close(done));
      await aws.close();
      await engine.close();
    },
  };
};
