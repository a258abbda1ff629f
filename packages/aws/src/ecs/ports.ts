/** Bodies of AWS's JSON protocol as they are on the wire: members that the SDK does not know are kept. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** One of a service's deployments, as DescribeServices tells it (facts of the rolling controller). */
export interface Deployment {
  readonly id: string;
  /** PRIMARY, ACTIVE, INACTIVE; other words are kept as they are. */
  readonly status: string;
  /** ARN. */
  readonly taskDefinition: string;
  readonly desired: number;
  readonly running: number;
  readonly pending: number;
  /** Consecutive failures: ECS sets it back to 0 when a task runs. */
  readonly failedTasks: number;
  /** COMPLETED, FAILED, IN_PROGRESS; undefined behind a Classic Load Balancer and for old services. */
  readonly rolloutState: string | undefined;
  readonly rolloutReason: string | undefined;
}

export interface ServiceEvent {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Foreign text. */
  readonly message: string;
}

export interface NetworkConfiguration {
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  readonly assignPublicIp: boolean;
}

export interface CapacityProvider {
  readonly capacityProvider: string;
  readonly weight: number;
  readonly base: number;
}

/** A target group that a service registers its tasks in. */
export interface ServiceLoadBalancer {
  /** ARN; undefined behind a Classic Load Balancer. */
  readonly targetGroup: string | undefined;
  readonly container: string | undefined;
  readonly port: number | undefined;
}

/** A service as it is now. */
export interface Service {
  readonly arn: string;
  readonly name: string;
  /** ACTIVE, DRAINING, INACTIVE. */
  readonly status: string;
  /** ECS (also when the answer names none), CODE_DEPLOY, EXTERNAL. */
  readonly controller: string;
  /** ROLLING (also when the answer names none), BLUE_GREEN, LINEAR, CANARY. */
  readonly strategy: string;
  /** REPLICA (also when the answer names none), DAEMON. */
  readonly scheduling: string;
  /** True when ECS itself rolls back a deployment that its circuit breaker or an alarm stopped. */
  readonly rollsBackItself: boolean;
  /** Names of the alarms that its deployment configuration has ECS watch. */
  readonly deploymentAlarms: readonly string[];
  /** ARN of the task definition that the service was last told to run. */
  readonly taskDefinition: string | undefined;
  readonly desired: number;
  readonly running: number;
  readonly pending: number;
  /** Of a service whose tasks are in task sets (CODE_DEPLOY), its task sets: the PRIMARY one takes the traffic. */
  readonly deployments: readonly Deployment[];
  /** Newest first; ECS keeps the last 100. */
  readonly events: readonly ServiceEvent[];
  readonly serviceDeployment: string | undefined;
  readonly loadBalancers: readonly ServiceLoadBalancer[];
  readonly network: NetworkConfiguration | undefined;
  readonly launchType: string | undefined;
  readonly platformVersion: string | undefined;
  readonly capacityProviders: readonly CapacityProvider[];
}

/** Answer of a look at services: those found by name, and the names that AWS says are missing. */
export interface ServicesSeen {
  readonly found: ReadonlyMap<string, Service>;
  readonly missing: readonly string[];
}

export interface TaskDefinition {
  readonly arn: string;
  readonly family: string;
  readonly revision: number;
  /** ACTIVE, INACTIVE, DELETE_IN_PROGRESS. */
  readonly status: string;
  /** The whole definition as it came. */
  readonly body: JsonObject;
  /** The definition's tags as they came: they live beside the definition in the answer. */
  readonly tags: readonly unknown[];
}

/** A lifecycle hook of a service deployment that has begun (API_DeploymentLifecycleHookDetail). */
export interface HookState {
  readonly id: string;
  /** AWS_LAMBDA, PAUSE. */
  readonly type: string;
  /** AWAITING_ACTION, IN_PROGRESS, SUCCEEDED, FAILED, TIMED_OUT; other words are kept as they are. */
  readonly status: string;
  /** When it expires, in milliseconds since the epoch, and what ECS does then: ROLLBACK, CONTINUE. */
  readonly expiresAt: number | undefined;
  readonly onTimeout: string | undefined;
}

/** The revision that a service deployment brings out. Counts are undefined where the answer does not name them. */
export interface TargetRevision {
  readonly arn: string;
  readonly requested: number | undefined;
  readonly running: number | undefined;
  readonly pending: number | undefined;
  /** Percent. */
  readonly productionWeight: number | undefined;
  readonly testWeight: number | undefined;
}

export interface ServiceDeployment {
  readonly arn: string;
  /** PENDING, IN_PROGRESS, SUCCESSFUL, STOP_REQUESTED, STOPPED, ROLLBACK_REQUESTED, ROLLBACK_IN_PROGRESS, … */
  readonly status: string;
  readonly statusReason: string | undefined;
  readonly stage: string | undefined;
  readonly targetRevision: string | undefined;
  readonly target: TargetRevision | undefined;
  /** ARNs of the service revisions that ran when it began. */
  readonly sourceRevisions: readonly string[];
  readonly rollbackReason: string | undefined;
  readonly hooks: readonly HookState[];
  /** DISABLED, MONITORING, MONITORING_COMPLETE, TRIGGERED. */
  readonly breaker: { readonly status: string; readonly failures: number; readonly threshold: number } | undefined;
  readonly alarms: { readonly status: string; readonly triggered: readonly string[] } | undefined;
  readonly createdAt: number;
}

export interface ContainerState {
  readonly name: string;
  readonly image: string;
  readonly lastStatus: string;
  /** Undefined when the container never ended by itself: not the same as 0. */
  readonly exitCode: number | undefined;
  readonly reason: string | undefined;
}

export interface Task {
  readonly arn: string;
  readonly taskDefinition: string;
  readonly lastStatus: string;
  readonly desiredStatus: string;
  readonly startedBy: string | undefined;
  /** `service:NAME` for a task that a service keeps, else `family:NAME` unless its starter said otherwise (API_Task). */
  readonly group?: string | undefined;
  readonly stopCode: string | undefined;
  readonly stoppedReason: string | undefined;
  /** Milliseconds since the epoch; undefined while it has not stopped. */
  readonly stoppedAt: number | undefined;
  readonly startedAt: number | undefined;
  /** When its images had been pulled (API_Task). */
  readonly pullStoppedAt?: number | undefined;
  readonly containers: readonly ContainerState[];
}

export interface Failure {
  readonly arn: string;
  readonly reason: string;
  readonly detail: string | undefined;
}

export interface UpdateServiceRequest {
  readonly cluster: string;
  readonly service: string;
  /** Undefined: the service keeps its own. */
  readonly taskDefinition: string | undefined;
  readonly forceNewDeployment: boolean;
  /** Sent as it is, members that the SDK does not know included. */
  readonly deploymentConfiguration?: JsonObject | undefined;
  readonly desiredCount?: number | undefined;
}

export interface RunTaskRequest {
  readonly cluster: string;
  readonly taskDefinition: string;
  /** At most 64 characters (RunTask API reference); equal tokens start one task. */
  readonly clientToken: string;
  readonly startedBy: string;
  readonly network: NetworkConfiguration | undefined;
  readonly launchType: string | undefined;
  readonly platformVersion: string | undefined;
  readonly capacityProviders: readonly CapacityProvider[];
  readonly overrides: {
    readonly container: string;
    readonly command: readonly string[] | undefined;
    readonly environment: ReadonlyArray<readonly [name: string, value: string]>;
  };
}

export interface TasksSeen {
  readonly tasks: readonly Task[];
  readonly failures: readonly Failure[];
}

/**
 * The ECS calls that the suite makes. Every method throws AwsError. Throttling is waited out inside; calls that are not
 * idempotent (`registerTaskDefinition`, `updateService`) are not sent again after a lost response.
 */
export interface Ecs {
  /** Any number of names; asked in batches of 10, which is what the API takes. */
  describeServices(cluster: string, names: readonly string[]): Promise<ServicesSeen>;
  /**
   * `deploymentConfiguration` of each service as it is on the wire, by service name: whoever sends a changed one back
   * keeps the members that the SDK does not know.
   */
  deploymentConfigurations(cluster: string, names: readonly string[]): Promise<ReadonlyMap<string, JsonObject>>;
  /** Family (its latest active revision), `family:revision` or ARN. */
  describeTaskDefinition(reference: string): Promise<TaskDefinition>;
  /** Rejects with CancelledError, and nothing was sent, when `signal` is aborted while it waits for its turn. */
  registerTaskDefinition(body: JsonObject, signal?: AbortSignal): Promise<TaskDefinition>;
  /** Rejects with CancelledError, and nothing was sent, when `signal` is aborted while it waits for its turn. */
  updateService(request: UpdateServiceRequest, signal?: AbortSignal): Promise<Service | undefined>;
  /** Newest first. `statuses` empty: all. */
  listServiceDeployments(
    cluster: string,
    service: string,
    statuses: readonly string[],
  ): Promise<readonly ServiceDeployment[]>;
  /** Any number of ARNs; asked in batches of 20, which is what the API takes. */
  describeServiceDeployments(arns: readonly string[]): Promise<readonly ServiceDeployment[]>;
  /** ARN of the task definition of each service revision. */
  revisionTaskDefinitions(arns: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Tells ECS to go on with a deployment that a PAUSE hook holds. */
  continueServiceDeployment(arn: string, hook: string): Promise<void>;
  /** Asks ECS to roll a service deployment back. */
  rollBackServiceDeployment(arn: string): Promise<void>;
  /** All tasks of a service or a family, page after page; ECS promises no order. */
  listTasks(
    cluster: string,
    of: { readonly service: string } | { readonly family: string },
    desiredStatus: 'RUNNING' | 'STOPPED',
  ): Promise<readonly Task[]>;
  describeTasks(cluster: string, arns: readonly string[]): Promise<TasksSeen>;
  runTask(request: RunTaskRequest): Promise<TasksSeen>;
  stopTask(cluster: string, arn: string, reason: string): Promise<void>;
}
