import type { Clock } from '@hospital-ops/action-kit/clock';
import type { Log } from '@hospital-ops/action-kit/log';
import type { Ecs, Service, ServiceDeployment } from '@hospital-ops/aws/ecs/ports';
import { isAccessLost, isTransient } from '@hospital-ops/aws/errors';

/** Looks at services, many looks in one call. */
export interface Observer {
  service(name: string): Promise<Service | undefined>;
  /** Undefined when it is not found, or when reading service deployments is not permitted. */
  deployment(arn: string): Promise<ServiceDeployment | undefined>;
  /** ARN of the task definition of a service deployment's target; undefined when it cannot be known. */
  target(deployment: ServiceDeployment): Promise<string | undefined>;
}

/** Looks that are asked for within this time travel in one call; those who wait together then stay together. */
const WINDOW_MS = 25;

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
  const services = createBatcher(clock, async (names) => (await ecs.describeServices(cluster, names)).found);
  const deployments = createBatcher(
    clock,
    async (arns) => new Map((await ecs.describeServiceDeployments(arns)).map((each) => [each.arn, each])),
  );
  const permitted = async <T>(read: () => Promise<T | undefined>): Promise<T | undefined> => {
    if (!mayRead) return undefined;
    try {
      return await read();
    } catch (error) {
      if (isTransient(error)) throw error;
      if (mayRead && isAccessLost(error)) {
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
    deployment: (arn) => permitted(() => deployments(arn)),
    target: async ({ targetRevision }) =>
      targetRevision === undefined
        ? undefined
        : permitted(async () => (await ecs.revisionTaskDefinitions([targetRevision])).get(targetRevision)),
  };
};
