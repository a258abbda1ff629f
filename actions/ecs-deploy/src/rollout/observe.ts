import type { Clock } from '@hospital-ops/action-kit/clock';
import type { Log } from '@hospital-ops/action-kit/log';
import type { Ecs, Service, ServiceDeployment } from '@hospital-ops/aws/ecs/ports';
import { isAccessLost, isTransient } from '@hospital-ops/aws/errors';
import { tickPeriod, untilTick } from './ticks.ts';

/** Looks at services, many looks in one call. */
export interface Observer {
  service(name: string): Promise<Service | undefined>;
  /** Undefined when it is not found, or when reading service deployments is not permitted. */
  deployment(arn: string): Promise<ServiceDeployment | undefined>;
  /** The service deployments of a service, newest first; empty when they may not be read. */
  deployments(service: string): Promise<readonly ServiceDeployment[]>;
  /** False once reading service deployments was refused. */
  mayReadDeployments(): boolean;
  /** ARN of the task definition of a service deployment's target; undefined when it cannot be known. */
  target(deployment: ServiceDeployment): Promise<string | undefined>;
  /** Milliseconds to the next look of a wait that has lasted `elapsedMs`: everybody looks at the same moments. */
  interval(elapsedMs: number): number;
}

/** Looks that are asked for within this time travel in one call; those who wait together then stay together. */
const WINDOW_MS = 25;

/** For how long reading service deployments may fail before the service is watched without. */
const PATIENCE_MS = 60_000;

/** Returns a function that gathers the keys of a moment and asks for all of them at once. */
const createBatcher = <V>(clock: Clock, ask: (keys: string[]) => Promise<ReadonlyMap<string, V>>) => {
  let gathering: { keys: Set<string>; answer: Promise<ReadonlyMap<string, V>> } | undefined;
  return async (key: string): Promise<V | undefined> => {
    if (gathering === undefined) {
      const keys = new Set<string>();
      const answer = clock.sleep(WINDOW_MS).then(() => {
        gathering = undefined;
        return ask([...keys]);
      });
      gathering = { keys, answer };
    }
    gathering.keys.add(key);
    return (await gathering.answer).get(key);
  };
};

export const createObserver = (ecs: Ecs, cluster: string, clock: Clock, log: Log): Observer => {
  let mayRead = true;
  let failingSince: number | undefined;
  const origin = clock.now();
  let together = 1;
  const services = createBatcher(clock, async (names) => {
    together = names.length;
    return (await ecs.describeServices(cluster, names)).found;
  });
  const deployments = createBatcher(
    clock,
    async (arns) => new Map((await ecs.describeServiceDeployments(arns)).map((each) => [each.arn, each])),
  );
  const targets = createBatcher(clock, (revisions) => ecs.revisionTaskDefinitions(revisions));
  const permitted = async <T>(read: () => Promise<T | undefined>): Promise<T | undefined> => {
    if (!mayRead) return undefined;
    try {
      const seen = await read();
      failingSince = undefined;
      return seen;
    } catch (error) {
      failingSince ??= clock.now();
      if (isTransient(error) && clock.now() - failingSince < PATIENCE_MS) throw error;
      if (mayRead && (isAccessLost(error) || isTransient(error))) {
        log.warning(
          `${error instanceof Error ? error.message : String(error)} The deployment is watched by ecs:DescribeServices alone, which sees alarms and roll-backs later.`,
        );
      }
      mayRead = false;
      return undefined;
    }
  };
  return {
    service: services,
    interval: (elapsedMs) => untilTick(clock.now(), origin, tickPeriod(elapsedMs, together)),
    deployment: (arn) => permitted(() => deployments(arn)),
    deployments: async (service) => (await permitted(() => ecs.listServiceDeployments(cluster, service, []))) ?? [],
    mayReadDeployments: () => mayRead,
    target: async ({ targetRevision }) =>
      targetRevision === undefined ? undefined : permitted(() => targets(targetRevision)),
  };
};
