import type { Clock } from '@hospital-ops/action-kit/clock';
import { systemClock } from '@hospital-ops/action-kit/clock';
import type { startLocalAws } from '../../packages/rehearsal/src/aws/local-aws.ts';
import { REALISTIC } from '../../packages/rehearsal/src/aws/timings.ts';
import { createReleaseWorld } from '../ecs-deploy/release-world.ts';
import { createJob, startBundle } from '../support/bundle.ts';
import type { Loose } from '../support/bundle-aws.ts';
import { startBundleAws } from '../support/bundle-aws.ts';
import { median, seconds } from './figures.ts';
import { waitLikeTheSdk } from './sdk-waiter.ts';

export interface Lag {
  readonly lastedMs: number;
  /** From the completion of the service deployment to the end of the step. */
  readonly lagMs: number;
  /** The SDK's own waiter beside it: from the moment at which what it waits for was so to its end. */
  readonly sdkLagMs: number;
  /** How long before the completion the waiter ended; negative when after it. */
  readonly sdkEarlyMs: number;
}

type Aws = Awaited<ReturnType<typeof startLocalAws>>;

const completionOf = (aws: Aws, name: string): { startedAt: number; endedAt: number } => {
  const deployment = aws.ecs
    .snapshot()
    .services.find((service) => service.name === name)
    ?.deployments.at(-1);
  if (deployment?.status !== 'SUCCESSFUL') throw new Error(`the deployment of ${name} is ${deployment?.status}`);
  return { startedAt: deployment.startedAt, endedAt: deployment.endedAt ?? Number.NaN };
};

/** Returns when a service looked first as the SDK's waiter wants it: one deployment, with all of its tasks. */
const firstStable = async (aws: Aws, name: string, clock: Clock): Promise<number> => {
  for (;;) {
    await clock.sleep(100);
    const { services } = await aws.call('ecs', 'DescribeServices', { cluster: 'c', services: [name] });
    const [service] = services as Loose[];
    if (service?.deployments.length === 1 && service.runningCount === service.desiredCount) return clock.now();
  }
};

/** Real deployments by the built bundle, in real time, in which a deployment takes seconds: all at once, one each. */
const lagOfBatch = async (count: number, provisioningMs: number): Promise<Lag[]> => {
  const names = Array.from({ length: count }, (_, i) => `svc${i}`);
  const world = await startBundleAws({}, names, { timings: { provisioningMs, pendingMs: 500, steadyMs: 1_500 } });
  const job = createJob();
  Object.assign(process.env, world.env);
  try {
    return await Promise.all(
      names.map(async (name): Promise<Lag> => {
        const running = startBundle('ecs-deploy', job, {
          inputs: { cluster: 'c', service: name, image: 'v2' },
          env: world.env,
        });
        await running.seen(/:2 \d\/\d running/);
        const stable = firstStable(world.aws, name, systemClock);
        const waiter = waitLikeTheSdk(systemClock, false, 'c', name);
        const { outputs } = await running.ended;
        const now = Date.now();
        if (outputs.outcome !== 'deployed') throw new Error(`${name} is ${outputs.outcome}: ${outputs.reason}`);
        const { startedAt, endedAt } = completionOf(world.aws, name);
        const sdk = await waiter;
        return {
          lastedMs: endedAt - startedAt,
          lagMs: now - endedAt,
          sdkLagMs: sdk - (await stable),
          sdkEarlyMs: endedAt - sdk,
        };
      }),
    );
  } finally {
    await world.close();
    job.remove();
  }
};

const AT_ONCE = 3;
const PROVISIONING_MS = [230, 1_410, 2_790, 4_870];

/** Twelve deployments of different lengths. */
export const lagOfBundles = async (): Promise<Lag[]> => {
  const lags: Lag[] = [];
  for (const provisioningMs of PROVISIONING_MS) lags.push(...(await lagOfBatch(AT_ONCE, provisioningMs)));
  return lags;
};

/** Deployments that take minutes, on a virtual clock with the times of Fargate. */
export const lagOnVirtualTime = async (steadyMs: readonly number[]): Promise<Lag[]> => {
  const lags: Lag[] = [];
  for (const steady of steadyMs) {
    const world = await createReleaseWorld({}, ['api'], { timings: { ...REALISTIC, steadyMs: steady } });
    try {
      const waiting = Promise.withResolvers<number>();
      const stable = Promise.withResolvers<number>();
      const off = world.aws.onEvent((event) => {
        if (event.kind !== 'deployment') return;
        off();
        firstStable(world.aws, 'api', world.clock.background).then(stable.resolve, stable.reject);
        waitLikeTheSdk(world.clock, true, 'c', 'api').then(waiting.resolve, waiting.reject);
      });
      const { outputs } = await world.deploy({ service: 'api', image: 'v2', timeout: '2h' });
      const now = world.clock.now();
      if (outputs.outcome !== 'deployed') throw new Error(`it is ${outputs.outcome}: ${outputs.reason}`);
      const { startedAt, endedAt } = completionOf(world.aws, 'api');
      const sdk = await waiting.promise;
      lags.push({
        lastedMs: endedAt - startedAt,
        lagMs: now - endedAt,
        sdkLagMs: sdk - (await stable.promise),
        sdkEarlyMs: endedAt - sdk,
      });
    } finally {
      await world.close();
    }
  }
  return lags;
};

const span = (values: readonly number[]): string =>
  `${seconds(Math.min(...values))} to ${seconds(Math.max(...values))}`;

const middle = (values: readonly number[]): string =>
  `${seconds(median(values))} (worst ${seconds(Math.max(...values))})`;

export const LAG_HEADER = [
  'deployments',
  'number',
  'lasted',
  'lag of the step: median',
  'target',
  "lag of the SDK's waiter behind what it waits for",
  'which is before the completion by',
];

export const lagRow = (what: string, lags: readonly Lag[], target: string): string[] => [
  what,
  String(lags.length),
  span(lags.map(({ lastedMs }) => lastedMs)),
  middle(lags.map(({ lagMs }) => lagMs)),
  target,
  middle(lags.map(({ sdkLagMs }) => sdkLagMs)),
  seconds(median(lags.map(({ sdkLagMs, sdkEarlyMs }) => sdkEarlyMs + sdkLagMs))),
];
