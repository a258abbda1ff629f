import { isMap } from '@hospital-ops/action-kit/is-map';
import type { Ecs, JsonObject, Service } from '@hospital-ops/aws/ecs/ports';
import { hasGates } from '../inputs/gates.ts';
import type { LifecycleHook } from '../inputs/hooks.ts';
import type { StrategyName, StrategySettings } from '../inputs/strategy.ts';
import type { Target } from '../inputs/target.ts';
import type { DeployInputs } from '../inputs.ts';

/** What changes of a service beside its task definition. */
export interface ServiceChange {
  /** By which strategy of ECS it will be deployed: ROLLING, BLUE_GREEN, LINEAR, CANARY. */
  readonly strategy: string;
  /** The whole deployment configuration to send, with what the service has and nobody sets; undefined leaves it. */
  readonly configuration: JsonObject | undefined;
  /** The deployment configuration that the service then has; empty where nobody asked for it. */
  readonly effective: JsonObject;
  readonly desiredCount: number | undefined;
  /** What the two were, where they change. */
  readonly before: { readonly configuration: JsonObject | undefined; readonly desiredCount: number | undefined };
  /** True when the service is to have its own configuration again once the deployment has ended. */
  readonly temporary: boolean;
  /** For people, one line each. */
  readonly differences: readonly string[];
  /** Milliseconds that the deployment takes at least, because something is watched for so long. */
  readonly leastMs: number;
}

/** How the API calls the strategies of the inputs; `weighted-canary` is made of rolling deployments. */
export const STRATEGY_OF_ECS: Readonly<Record<StrategyName, string>> = {
  rolling: 'ROLLING',
  'blue-green': 'BLUE_GREEN',
  linear: 'LINEAR',
  canary: 'CANARY',
  'weighted-canary': 'ROLLING',
};

export const isNative = (strategy: string): boolean => strategy !== 'ROLLING';

/** Returns a value in a form in which equal ones are equal text. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    isMap(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  ) ?? '';

const hookBody = (hook: LifecycleHook): JsonObject => {
  const timeout =
    hook.timeoutMinutes === undefined && hook.onTimeout === undefined
      ? undefined
      : {
          ...(hook.timeoutMinutes !== undefined && { timeoutInMinutes: hook.timeoutMinutes }),
          ...(hook.onTimeout !== undefined && { action: hook.onTimeout.toUpperCase() }),
        };
  return {
    targetType: hook.type === 'pause' ? 'PAUSE' : 'AWS_LAMBDA',
    ...(hook.target !== undefined && { hookTargetArn: hook.target }),
    ...(hook.role !== undefined && { roleArn: hook.role }),
    lifecycleStages: hook.stages,
    ...(timeout !== undefined && { timeoutConfiguration: timeout }),
  };
};

/** A hook with the defaults of the API written out (API_DeploymentLifecycleHook and its timeout configuration). */
const wholeHook = (hook: unknown): unknown => {
  if (!isMap(hook)) return hook;
  const timeout = isMap(hook.timeoutConfiguration) ? hook.timeoutConfiguration : {};
  return {
    targetType: 'AWS_LAMBDA',
    ...hook,
    timeoutConfiguration: { timeoutInMinutes: 1440, action: 'ROLLBACK', ...timeout },
  };
};

const comparable = (key: string, value: unknown): string =>
  canonical(key === 'lifecycleHooks' && Array.isArray(value) ? value.map(wholeHook) : value);

const partOf = (configuration: JsonObject, key: string): JsonObject => {
  const part = configuration[key];
  return isMap(part) ? part : {};
};

/** Members that belong to one strategy: another one does not take them. */
const OF_ONE: Readonly<Record<string, string>> = { LINEAR: 'linearConfiguration', CANARY: 'canaryConfiguration' };
/** Members that a rolling deployment has no use for. */
const OF_STAGES = ['bakeTimeInMinutes', 'lifecycleHooks'];

/** Returns the members that the inputs ask for. */
const asked = ({ strategy, steps, bakeMs, hooks }: StrategySettings, live: JsonObject): JsonObject => {
  const hooked = hooks === undefined ? {} : { lifecycleHooks: hooks.map(hookBody) };
  if (strategy === undefined || strategy === 'weighted-canary') return hooked;
  const minutes = Math.round(bakeMs / 60_000);
  const ecs = STRATEGY_OF_ECS[strategy];
  const percent = steps[0];
  return {
    ...hooked,
    strategy: ecs,
    ...(isNative(ecs) && { bakeTimeInMinutes: minutes }),
    ...(strategy === 'linear' && {
      linearConfiguration: {
        ...partOf(live, 'linearConfiguration'),
        ...(percent !== undefined && { stepPercent: percent }),
        stepBakeTimeInMinutes: minutes,
      },
    }),
    ...(strategy === 'canary' && {
      canaryConfiguration: {
        ...partOf(live, 'canaryConfiguration'),
        ...(percent !== undefined && { canaryPercent: percent }),
        canaryBakeTimeInMinutes: minutes,
      },
    }),
  };
};

const configure = (live: JsonObject, members: JsonObject): JsonObject => {
  const strategy = String(members.strategy ?? live.strategy ?? 'ROLLING');
  const foreign = new Set(Object.entries(OF_ONE).flatMap(([owner, key]) => (owner === strategy ? [] : [key])));
  if (strategy === 'ROLLING') for (const key of OF_STAGES) foreign.add(key);
  return Object.fromEntries(
    Object.entries({ ...live, ...members }).filter(([key]) => key in members || !foreign.has(key)),
  );
};

const AT_ONCE = { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 0, lifecycleHooks: [] };

/**
 * Returns a configuration by which a revision takes the traffic at once: blue/green without bake and without hooks. A
 * canary or linear way back would leave people with a revision that failed for as long as its steps take, and a pause hook
 * would hold it; ROLLING is not taken, because the target groups of a strategy in stages are not those of a rolling
 * service.
 */
export const directly = (configuration: JsonObject): JsonObject => {
  const { canaryConfiguration, linearConfiguration, ...rest } = configuration;
  return { ...rest, ...AT_ONCE };
};

/** Who goes back to an earlier revision, and says nothing of how, goes at once. */
const goesAtOnce = ({ strategy, hooks }: StrategySettings, service: Service, rollbackTo: string | undefined): boolean =>
  rollbackTo !== undefined &&
  service.controller === 'ECS' &&
  isNative(service.strategy) &&
  strategy === undefined &&
  hooks === undefined;

const minutesOf = (value: unknown, otherwise: number): number =>
  (typeof value === 'number' ? value : otherwise) * 60_000;

/**
 * Returns how long ECS watches a deployment by this configuration, in milliseconds: the bake at the end, and the time of
 * each step before the last. Defaults are those of API_LinearConfiguration and API_CanaryConfiguration.
 */
export const bakeOf = (configuration: JsonObject): number => {
  const atEnd = minutesOf(configuration.bakeTimeInMinutes, 0);
  switch (configuration.strategy) {
    case 'BLUE_GREEN':
      return atEnd;
    case 'CANARY':
      return atEnd + minutesOf(partOf(configuration, 'canaryConfiguration').canaryBakeTimeInMinutes, 10);
    case 'LINEAR': {
      const { stepPercent, stepBakeTimeInMinutes } = partOf(configuration, 'linearConfiguration');
      const steps = Math.ceil(100 / (typeof stepPercent === 'number' && stepPercent > 0 ? stepPercent : 10));
      return atEnd + (steps - 1) * minutesOf(stepBakeTimeInMinutes, 6);
    }
    default:
      return 0;
  }
};

const differencesOf = (live: JsonObject, members: JsonObject): string[] =>
  Object.entries(members)
    .filter(([key, value]) => {
      const now = live[key] ?? (key === 'strategy' ? 'ROLLING' : key === 'lifecycleHooks' ? [] : undefined);
      return comparable(key, now) !== comparable(key, value);
    })
    .map(([key, value]) => `${key}: ${canonical(live[key]) || 'unset'} → ${canonical(value)}`);

/**
 * Returns what is to change of a service. `live` is its deployment configuration as it is on the wire; without
 * `strategy` and `lifecycle-hooks` nothing of it is sent, and without `desired-count` the count is left alone.
 */
export const serviceChange = (
  settings: StrategySettings,
  desiredCount: number | undefined,
  service: Service,
  live: JsonObject,
  rollbackTo?: string,
): ServiceChange => {
  const atOnce = goesAtOnce(settings, service, rollbackTo);
  const members = atOnce ? AT_ONCE : service.controller === 'ECS' ? asked(settings, live) : {};
  const changed = differencesOf(live, members);
  const changes = atOnce ? directly(live) : configure(live, members);
  const configuration = changed.length === 0 ? undefined : changes;
  const count = desiredCount === service.desired ? undefined : desiredCount;
  const effective = configuration ?? live;
  const strategy = String(effective.strategy ?? 'ROLLING');
  const watched = !isNative(strategy) && hasGates(settings.gates) ? settings.bakeMs : 0;
  return {
    strategy,
    configuration,
    effective,
    desiredCount: count,
    before: {
      configuration: configuration === undefined ? undefined : live,
      desiredCount: count === undefined ? undefined : service.desired,
    },
    temporary: atOnce && configuration !== undefined,
    differences: [
      ...(atOnce ? changed.map((each) => `${each} (for this deployment)`) : changed),
      ...(count === undefined ? [] : [`desired count: ${service.desired} → ${count}`]),
    ],
    leastMs: bakeOf(effective) + watched,
  };
};

/** Returns the change of a service, with a look at its configuration where that is needed to tell. */
export const changeOf = async (
  ecs: Ecs,
  { cluster, rollbackTo }: DeployInputs,
  { service, strategy, desiredCount, rollbackTo: own }: Target,
  before: Service,
): Promise<ServiceChange> => {
  const concerned = strategy.strategy !== undefined || strategy.hooks !== undefined || isNative(before.strategy);
  const configurations = concerned ? await ecs.deploymentConfigurations(cluster, [service]) : new Map();
  return serviceChange(strategy, desiredCount, before, configurations.get(service) ?? {}, own ?? rollbackTo);
};
