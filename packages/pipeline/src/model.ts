/** A value as YAML and JSON have it. */
export type Scalar = string | number | boolean;

/** One entry of `smoke`: the keys of an entry of smoke-test's input `checks`, each as it stands in the file. */
export type Check = Readonly<Record<string, Scalar | Readonly<Record<string, Scalar>>>> & { readonly url: string };

export interface Migrations {
  /** Family or `family:revision`. */
  readonly taskDefinition: string;
  /** Words as they are passed on, or one text that run-migrations splits as a shell would. */
  readonly command: string | readonly string[] | undefined;
  readonly container: string | undefined;
  /** A duration as the suite's inputs take it: `15m`, `900`. */
  readonly timeout: string | undefined;
}

/** One entry of `gate-metrics`: the keys of an entry of ecs-deploy's input of that name. */
export interface MetricGate {
  readonly name: string;
  readonly expression: string;
  readonly threshold: number;
  readonly comparison?: '>' | '>=' | '<' | '<=';
  readonly 'minimum-traffic'?: { readonly expression: string; readonly threshold: number };
}

/** One entry of `lifecycle-hooks`: the keys of an entry of ecs-deploy's input of that name. */
export interface LifecycleHook {
  readonly stages: readonly string[];
  readonly type?: 'pause' | 'lambda';
  readonly target?: string;
  readonly role?: string;
  readonly timeout?: string | number;
  readonly 'on-timeout'?: 'rollback' | 'continue';
}

export interface Strategy {
  readonly type: 'rolling' | 'blue-green' | 'linear' | 'canary' | 'weighted-canary';
  /** One number, or for `weighted-canary` steps with commas between them. */
  readonly percent: string | undefined;
  readonly bakeTime: string | undefined;
  readonly gateAlarms: readonly string[];
  readonly gateMetrics: readonly MetricGate[];
  readonly canaryService: string | undefined;
  readonly listenerRule: string | undefined;
  /** Undefined: the service keeps its hooks. */
  readonly hooks: readonly LifecycleHook[] | undefined;
}

/** How the image of a service is built; the same for every environment. */
export interface Build {
  /** Without the registry. */
  readonly repository: string;
  /** Folder from the root of the repository, `.` for the root. */
  readonly context: string;
  readonly dockerfile: string;
  readonly target: string | undefined;
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly platforms: readonly string[];
}

/** A service as the file has it: defaults applied, placeholders not resolved. */
export interface Service {
  readonly name: string;
  /** Its own folder, without a slash at the end. */
  readonly path: string;
  readonly paths: readonly string[];
  readonly dependsOn: readonly string[];
  /** Services that must be complete before this one begins, when a release holds both. */
  readonly after: readonly string[];
  readonly build: Build;
  readonly container: string;
  readonly versionVariable: string | undefined;
  readonly migrations: Migrations | undefined;
  readonly smoke: readonly Check[];
}

/** A window in which nothing is deployed, as the file has it. */
export interface Freeze {
  readonly from: string;
  readonly to: string;
  readonly timeZone: string;
}

/** An environment as the file has it: defaults applied, placeholders not resolved. */
export interface Environment {
  readonly name: string;
  readonly region: string;
  readonly cluster: string;
  readonly service: string;
  /** One address for all, or by service. */
  readonly url: string | ReadonlyMap<string, string> | undefined;
  readonly strategies: ReadonlyMap<string, Strategy>;
  readonly bakeTime: string | undefined;
  readonly promoteFrom: string | undefined;
  /** Name of the DynamoDB table of locks and records. */
  readonly recordTable: string | undefined;
  readonly freeze: readonly Freeze[];
}

/** The pipeline file, typed. Maps keep the order of the file. */
export interface Pipeline {
  readonly project: string;
  readonly globalPaths: readonly string[];
  readonly services: ReadonlyMap<string, Service>;
  readonly environments: ReadonlyMap<string, Environment>;
}

/** A service in one environment, every placeholder resolved. */
export interface ResolvedService {
  readonly name: string;
  readonly build: Build;
  /** Name of the ECS service. */
  readonly service: string;
  /** Names of the pipeline file, as `name` is. */
  readonly after: readonly string[];
  readonly container: string;
  readonly url: string | undefined;
  readonly versionVariable: string | undefined;
  readonly migrations: Migrations | undefined;
  readonly smoke: readonly Check[];
  readonly strategy: Strategy | undefined;
}

/** One environment, every placeholder resolved. */
export interface ResolvedEnvironment {
  readonly name: string;
  readonly region: string;
  readonly cluster: string;
  /** The environment's own address, or that of its first service that has one. */
  readonly url: string | undefined;
  readonly bakeTime: string | undefined;
  readonly promoteFrom: string | undefined;
  readonly recordTable: string | undefined;
  readonly freeze: readonly Freeze[];
  readonly services: ReadonlyMap<string, ResolvedService>;
}
