import { primaryOf } from './deployments.ts';
import type { Service, ServiceDeployment, Task } from './state.ts';
import type { EcsStore } from './store.ts';

export interface DeploymentSnapshot {
  readonly arn: string;
  /** `family:revision` that was to be brought out. */
  readonly target: string;
  readonly source: string | undefined;
  readonly status: string;
  readonly statusReason: string | undefined;
  readonly rolledBackTo: string | undefined;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number | undefined;
  readonly failedTasks: number;
  /** The lifecycle stage of a blue/green, linear or canary deployment. */
  readonly stage: string | undefined;
  /** Percent of production traffic on the target; undefined where ECS does not shift traffic. */
  readonly productionWeight: number | undefined;
  /** Whether it waits at a hook until somebody continues it. */
  readonly paused: boolean;
  readonly history: ReadonlyArray<{ readonly status: string; readonly at: number }>;
}

export interface ServiceSnapshot {
  readonly cluster: string;
  readonly name: string;
  readonly desired: number;
  readonly running: number;
  /** `family:revision` of the tasks that run and take traffic, newest first; empty when none does. */
  readonly serving: readonly string[];
  /** `family:revision` of the PRIMARY deployment. */
  readonly taskDefinition: string | undefined;
  readonly rolloutState: string | undefined;
  readonly deployments: readonly DeploymentSnapshot[];
  /** Oldest first. */
  readonly events: ReadonlyArray<{ readonly at: number; readonly message: string }>;
}

export interface TaskSnapshot {
  readonly arn: string;
  readonly group: string;
  readonly taskDefinition: string;
  readonly status: string;
  readonly stopCode: string | undefined;
  readonly stoppedReason: string | undefined;
  /** Milliseconds since the epoch. */
  readonly stoppedAt: number | undefined;
  readonly containers: ReadonlyArray<{
    readonly name: string;
    readonly exitCode: number | undefined;
    readonly reason: string | undefined;
  }>;
}

export interface EcsSnapshot {
  readonly services: readonly ServiceSnapshot[];
  readonly tasks: readonly TaskSnapshot[];
}

const label = ({ family, revision }: { family: string; revision: number }): string => `${family}:${revision}`;

/** Returns a service deployment as the live display and the report show it. */
export const deploymentSnapshot = (deployment: ServiceDeployment): DeploymentSnapshot => ({
  arn: deployment.arn,
  target: label(deployment.target.taskDefinition),
  source: deployment.sources[0] && label(deployment.sources[0].taskDefinition),
  status: deployment.status,
  statusReason: deployment.statusReason,
  rolledBackTo: deployment.rollback && label(deployment.rollback.revision.taskDefinition),
  startedAt: deployment.createdAt,
  endedAt: deployment.finishedAt,
  failedTasks: deployment.breaker.failureCount,
  stage: deployment.stage,
  productionWeight: deployment.traffic?.production,
  paused: deployment.finishedAt === undefined && deployment.hooks.some(({ status }) => status === 'AWAITING_ACTION'),
  history: [...deployment.history],
});

export const taskSnapshot = (task: Task): TaskSnapshot => ({
  arn: task.arn,
  group: task.group,
  taskDefinition: label(task.taskDefinition),
  status: task.status,
  stopCode: task.stopCode,
  stoppedReason: task.stoppedReason,
  stoppedAt: task.stoppedAt,
  containers: task.containers.map(({ name, exitCode, reason }) => ({ name, exitCode, reason })),
});

/** Returns a service as the live display and the report show it. `takesTraffic` tells a healthy task from a starting one. */
export const serviceSnapshot = (
  service: Service,
  tasks: readonly Task[],
  takesTraffic: (task: Task) => boolean,
): ServiceSnapshot => {
  const running = tasks.filter((task) => task.status === 'RUNNING');
  const serving = running.filter(takesTraffic).map(({ taskDefinition }) => taskDefinition);
  const primary = primaryOf(service);
  return {
    cluster: service.cluster.name,
    name: service.name,
    desired: service.desired,
    running: running.length,
    serving: [...new Set([...serving].sort((a, b) => b.revision - a.revision).map(label))],
    taskDefinition: primary && label(primary.revision.taskDefinition),
    rolloutState: primary?.rolloutState,
    deployments: service.serviceDeployments.map(deploymentSnapshot),
    events: service.events.map(({ createdAt, message }) => ({ at: createdAt, message })).reverse(),
  };
};

/** Returns everything the local ECS holds at this moment. */
export const ecsSnapshot = (store: EcsStore, takesTraffic: (task: Task) => boolean): EcsSnapshot => ({
  services: [...store.services.values()].map((service) =>
    serviceSnapshot(service, store.tasksOf(service), takesTraffic),
  ),
  tasks: [...store.tasks.values()].map(taskSnapshot),
});
