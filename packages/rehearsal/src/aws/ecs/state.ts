import type { RunningTask } from '../../engine/task-engine.ts';
import type {
  CreateServiceRequest,
  NetworkConfiguration,
  RegisterTaskDefinitionRequest,
  ServiceDeploymentStatus,
  Tag,
  TaskOverride,
} from './client.ts';
import type { HookState } from './hooks.ts';
import type { LifecycleStage, StageStep } from './lifecycle-stages.ts';

/** What the local ECS knows. Times are milliseconds since the epoch. */
export interface TaskDefinition {
  readonly arn: string;
  readonly family: string;
  readonly revision: number;
  /** The request, verbatim: what is not interpreted here is still given back. */
  readonly request: RegisterTaskDefinitionRequest;
  readonly tags: readonly Tag[];
  readonly registeredAt: number;
  deregisteredAt?: number;
}

export interface Cluster {
  readonly arn: string;
  readonly name: string;
  status: 'ACTIVE' | 'INACTIVE';
  readonly tags: readonly Tag[];
  readonly request: Readonly<Record<string, unknown>>;
}

/** What a deployment of a service brings out; immutable ("Amazon ECS service revisions"). */
export interface ServiceRevision {
  readonly arn: string;
  readonly taskDefinition: TaskDefinition;
  readonly config: ServiceConfig;
  readonly createdAt: number;
}

export type ServiceConfig = Omit<
  CreateServiceRequest,
  'serviceName' | 'cluster' | 'clientToken' | 'tags' | 'desiredCount'
>;

export type RolloutState = 'IN_PROGRESS' | 'COMPLETED' | 'FAILED';

export interface Deployment {
  /** `ecs-svc/…`. */
  readonly id: string;
  readonly revision: ServiceRevision;
  /** Which target group of each load balancer its tasks register in: 0 the declared one, 1 the alternate one. */
  readonly slot: Slot;
  status: 'PRIMARY' | 'ACTIVE' | 'INACTIVE';
  desired: number;
  readonly createdAt: number;
  updatedAt: number;
  rolloutState: RolloutState;
  rolloutStateReason: string;
  /** Consecutive failures, as `failedTasks` shows them and the circuit breaker counts them. */
  failedTasks: number;
  /** Failures since the deployment began, for the wait between launches. */
  failures: number;
  retryAt: number;
  steadySince: number | undefined;
  bakeSince: number | undefined;
  everCompleted: boolean;
}

export type Slot = 0 | 1;

export type MonitorStatus = 'DISABLED' | 'MONITORING' | 'MONITORING_COMPLETE' | 'TRIGGERED';

/** Where a blue/green, linear or canary deployment stands. */
export interface NativeProgress {
  plan: readonly StageStep[];
  index: number;
  /** When the present step began; undefined before it has. */
  since: number | undefined;
  /** When its hooks were through, from where its bake time counts. */
  hooksDone: number | undefined;
  /** Of the present step. */
  hooks: readonly HookState[];
}

export interface Rollback {
  readonly reason: string;
  readonly startedAt: number;
  readonly revision: ServiceRevision;
}

/** One attempt to bring a revision out, its rollback included ("View service history using service deployments"). */
export interface ServiceDeployment {
  readonly arn: string;
  readonly deployment: Deployment;
  readonly sources: readonly ServiceRevision[];
  readonly target: ServiceRevision;
  status: ServiceDeploymentStatus;
  statusReason?: string;
  rollback?: Rollback;
  breaker: { status: MonitorStatus; failureCount: number };
  alarms: { status: MonitorStatus; readonly names: readonly string[]; triggered: readonly string[] };
  stage?: LifecycleStage;
  /** Undefined for rolling updates. */
  readonly native: NativeProgress | undefined;
  /** Every hook that has begun, oldest first. */
  hooks: HookState[];
  /** Percent of the traffic that goes to the target; undefined where ECS does not shift traffic. */
  readonly traffic: { production: number; test: number } | undefined;
  /** A rollback was asked for when it could not be made any more: it ends SUCCESSFUL. */
  tooLate: boolean;
  readonly createdAt: number;
  startedAt?: number;
  stoppedAt?: number;
  finishedAt?: number;
  updatedAt: number;
  /** Every status with the time it began. */
  readonly history: Array<{ readonly status: ServiceDeploymentStatus; readonly at: number }>;
}

/** A task set: a deployment that somebody else controls (API_TaskSet). */
export interface TaskSet {
  readonly arn: string;
  readonly externalId: string | undefined;
  readonly startedBy: string;
  readonly tags: readonly Tag[];
  /** Its id and tasks; not among the deployments of the service. */
  readonly deployment: Deployment;
  status: 'PRIMARY' | 'ACTIVE' | 'DRAINING';
  /** Percent of the desired count. */
  scale: number;
  stable: boolean;
  stableAt: number;
}

export interface Service {
  readonly arn: string;
  readonly name: string;
  readonly cluster: Cluster;
  status: 'ACTIVE' | 'DRAINING' | 'INACTIVE';
  config: ServiceConfig;
  desired: number;
  tags: readonly Tag[];
  deployments: Deployment[];
  lastCompleted: Deployment | undefined;
  readonly serviceDeployments: ServiceDeployment[];
  /** Of services whose deployment controller is CODE_DEPLOY or EXTERNAL. */
  taskSets: TaskSet[];
  events: Array<{ readonly id: string; readonly createdAt: number; readonly message: string }>;
  readonly createdAt: number;
  steadyTold: boolean;
}

export type TaskStatus =
  | 'PROVISIONING'
  | 'PENDING'
  | 'RUNNING'
  | 'DEACTIVATING'
  | 'STOPPING'
  | 'DEPROVISIONING'
  | 'STOPPED';

export type StopCode =
  | 'TaskFailedToStart'
  | 'EssentialContainerExited'
  | 'UserInitiated'
  | 'ServiceSchedulerInitiated'
  | 'SpotInterruption'
  | 'TerminationNotice';

export interface ContainerState {
  readonly name: string;
  readonly image: string;
  readonly essential: boolean;
  status: 'PENDING' | 'RUNNING' | 'STOPPED';
  exitCode?: number;
  reason?: string;
  readonly runtimeId: string;
}

export interface TargetPlace {
  readonly targetGroupArn: string;
  readonly container: string;
  readonly port: number;
}

export interface Task {
  readonly arn: string;
  readonly id: string;
  readonly cluster: Cluster;
  readonly taskDefinition: TaskDefinition;
  readonly group: string;
  readonly startedBy: string | undefined;
  readonly launchType: string;
  readonly overrides: TaskOverride;
  readonly network: NetworkConfiguration | undefined;
  readonly tags: readonly Tag[];
  readonly containers: readonly ContainerState[];
  readonly service: Service | undefined;
  readonly deployment: Deployment | undefined;
  readonly targets: readonly TargetPlace[];
  status: TaskStatus;
  desiredStatus: 'RUNNING' | 'STOPPED';
  running: RunningTask | undefined;
  /** Ran long enough, or was healthy in its target groups: from here on its end is no failure to start. */
  proven: boolean;
  /** Its failure to start is counted. */
  counted: boolean;
  stopCode?: StopCode;
  stoppedReason?: string;
  readonly createdAt: number;
  pullStartedAt?: number;
  pullStoppedAt?: number;
  startedAt?: number;
  stoppingAt?: number;
  executionStoppedAt?: number;
  stoppedAt?: number;
  version: number;
}

/** True until the task begins to go. */
export const isLive = (task: Task): boolean => task.desiredStatus === 'RUNNING' && task.status !== 'STOPPED';
