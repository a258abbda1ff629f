import type {
  Check,
  Environment,
  LifecycleHook,
  MetricGate,
  Migrations,
  Pipeline,
  Scalar,
  Service,
  Strategy,
} from './model.ts';

/** As PositionedDocument tells it. */
type Written = (path: readonly string[]) => string | undefined;

/** The file's shape once the schema has passed it; names as in the file. */
export interface RawPipeline {
  readonly project: string;
  readonly 'record-table'?: string;
  readonly 'global-paths'?: readonly string[];
  readonly services: Readonly<Record<string, RawService>>;
  readonly environments: Readonly<Record<string, RawEnvironment>>;
}

interface RawService {
  readonly path: string;
  readonly paths?: readonly string[];
  readonly 'depends-on'?: readonly string[];
  readonly after?: readonly string[];
  readonly dockerfile?: string;
  readonly context?: string;
  readonly target?: string;
  readonly 'build-args'?: Readonly<Record<string, Scalar>>;
  readonly platforms?: readonly string[];
  readonly repository?: string;
  readonly container?: string;
  readonly 'version-variable'?: string;
  readonly migrations?: RawMigrations;
  readonly smoke?: readonly Check[];
}

interface RawMigrations {
  readonly 'task-definition': string;
  readonly command?: string | readonly string[];
  readonly container?: string;
  readonly timeout?: string | number;
}

type RawHook = Omit<LifecycleHook, 'stages'> & { readonly stages: string | readonly string[] };

interface RawStrategy {
  readonly type: Strategy['type'];
  readonly percent?: string | number;
  readonly 'bake-time'?: string | number;
  readonly 'gate-alarms'?: readonly string[];
  readonly 'gate-metrics'?: readonly MetricGate[];
  readonly 'lifecycle-hooks'?: readonly RawHook[];
  readonly 'canary-service'?: string;
  readonly 'listener-rule'?: string;
}

interface RawEnvironment {
  readonly region: string;
  readonly cluster?: string;
  readonly service?: string;
  readonly url?: string | Readonly<Record<string, string>>;
  readonly strategy?: Readonly<Record<string, RawStrategy>>;
  readonly 'bake-time'?: string | number;
  readonly 'promote-from'?: string;
  readonly 'record-table'?: string;
  readonly freeze?: ReadonlyArray<{ readonly from: string; readonly to: string; readonly 'time-zone'?: string }>;
}

/** Returns a path without `./` before it and slashes after it; the root is `.`. */
export const normalizePath = (path: string): string => path.replace(/^(\.\/)+/, '').replace(/\/+$/, '') || '.';

const below = (folder: string, file: string): string => (folder === '.' ? file : `${folder}/${file}`);

const text = (value: Scalar | undefined): string | undefined => (value === undefined ? undefined : String(value));

const toMigrations = (raw: RawMigrations): Migrations => ({
  taskDefinition: raw['task-definition'],
  command: raw.command,
  container: raw.container,
  timeout: text(raw.timeout),
});

const toService = (name: string, raw: RawService, written: Written): Service => {
  const path = normalizePath(raw.path);
  return {
    name,
    path,
    paths: raw.paths ?? [],
    dependsOn: raw['depends-on'] ?? [],
    after: raw.after ?? [],
    build: {
      repository: raw.repository ?? '{project}-{service}',
      context: normalizePath(raw.context ?? '.'),
      dockerfile: normalizePath(raw.dockerfile ?? below(path, 'Dockerfile')),
      target: raw.target,
      buildArgs: Object.fromEntries(
        Object.entries(raw['build-args'] ?? {}).map(([key, value]) => [
          key,
          written(['services', name, 'build-args', key]) ?? String(value),
        ]),
      ),
      platforms: raw.platforms ?? [],
    },
    container: raw.container ?? '{service}',
    versionVariable: raw['version-variable'],
    migrations: raw.migrations && toMigrations(raw.migrations),
    smoke: raw.smoke ?? [],
  };
};

const toStrategy = (raw: RawStrategy, bakeTime: string | undefined): Strategy => ({
  type: raw.type,
  percent: text(raw.percent),
  bakeTime: text(raw['bake-time']) ?? bakeTime,
  gateAlarms: raw['gate-alarms'] ?? [],
  gateMetrics: raw['gate-metrics'] ?? [],
  canaryService: raw['canary-service'],
  listenerRule: raw['listener-rule'],
  hooks: raw['lifecycle-hooks']?.map((hook) => ({ ...hook, stages: [hook.stages].flat() })),
});

const toEnvironment = (name: string, raw: RawEnvironment, recordTable: string | undefined): Environment => {
  const bakeTime = text(raw['bake-time']);
  const strategies = Object.entries(raw.strategy ?? {}).map(
    ([service, strategy]) => [service, toStrategy(strategy, bakeTime)] as const,
  );
  return {
    name,
    region: raw.region,
    cluster: raw.cluster ?? '{project}-{environment}',
    service: raw.service ?? '{project}-{environment}-{service}',
    url: raw.url === undefined || typeof raw.url === 'string' ? raw.url : new Map(Object.entries(raw.url)),
    strategies: new Map(strategies),
    bakeTime,
    promoteFrom: raw['promote-from'],
    recordTable: raw['record-table'] ?? recordTable,
    freeze: (raw.freeze ?? []).map(({ from, to, ...rest }) => ({ from, to, timeZone: rest['time-zone'] ?? 'UTC' })),
  };
};

/** Returns the typed pipeline of a file that fits the schema, defaults applied. */
export const toPipeline = (raw: RawPipeline, written: Written): Pipeline => ({
  project: raw.project,
  globalPaths: raw['global-paths'] ?? [],
  services: new Map(Object.entries(raw.services).map(([name, service]) => [name, toService(name, service, written)])),
  environments: new Map(
    Object.entries(raw.environments).map(([name, environment]) => [
      name,
      toEnvironment(name, environment, raw['record-table']),
    ]),
  ),
});
