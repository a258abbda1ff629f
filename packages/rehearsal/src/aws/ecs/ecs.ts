import type { TaskEngine } from '../../engine/task-engine.ts';
import { hexId } from '../ids.ts';
import type { AwsService } from '../service.ts';
import type { Timeline } from '../timeline.ts';
import type { Timings } from '../timings.ts';
import type { Failure } from './client.ts';
import { clusterApi } from './cluster-api.ts';
import type { Health } from './scheduler.ts';
import { Scheduler } from './scheduler.ts';
import { serviceApi } from './service-api.ts';
import { serviceDeploymentApi } from './service-deployment-api.ts';
import type { DeploymentSnapshot, EcsSnapshot, TaskSnapshot } from './snapshot.ts';
import { deploymentSnapshot, ecsSnapshot, taskSnapshot } from './snapshot.ts';
import type { Deployment, Service, Task } from './state.ts';
import { EcsStore } from './store.ts';
import { taskApi } from './task-api.ts';
import { taskDefinitionApi } from './task-definition-api.ts';
import type { Targets } from './task-runner.ts';
import { containersOf, TaskRunner } from './task-runner.ts';

/** Something changed in ECS: for the live display and the report. */
export type EcsEvent =
  | { readonly kind: 'task'; readonly at: number; readonly cluster: string; readonly task: TaskSnapshot }
  | {
      readonly kind: 'deployment';
      readonly at: number;
      readonly cluster: string;
      readonly service: string;
      readonly deployment: DeploymentSnapshot;
    };

export interface EcsOptions {
  readonly engine: TaskEngine;
  readonly timeline: Timeline;
  readonly timings: Timings;
  readonly region: string;
  readonly accountId: string;
  readonly targets: Targets & {
    health(targetGroupArn: string, taskId: string): { readonly state: Health; readonly reason?: string };
    isAttached(targetGroupArn: string): boolean | undefined;
  };
  resolveSecret(valueFrom: string): string;
  openLogs(task: Task): (container: string, line: string) => void;
  emit(event: EcsEvent): void;
}

export interface LocalEcs {
  readonly service: AwsService;
  snapshot(): EcsSnapshot;
  /** The next `times` tasks of RunTask cannot be placed; `reason` is one of "API failure reasons", `RESOURCE:MEMORY`. */
  failPlacement(failure: { readonly reason: string; readonly detail?: string }, times?: number): void;
  /** A target group's health has changed. */
  onTargetChange(taskId: string): void;
  /** Ends every task at once, without drains. */
  close(): Promise<void>;
}

export const createEcs = (options: EcsOptions): LocalEcs => {
  const { timeline, timings, targets } = options;
  const store = new EcsStore();
  const unplaced: Failure[] = [];
  const health = (task: Task): { state: Health; reason?: string } => {
    const states = task.targets.map(({ targetGroupArn }) => targets.health(targetGroupArn, task.id));
    return (
      states.find(({ state }) => state === 'unhealthy') ??
      states.find(({ state }) => state === 'waiting') ?? { state: 'healthy' }
    );
  };
  const runner = new TaskRunner({
    engine: options.engine,
    timeline,
    timings,
    targets,
    resolveSecret: options.resolveSecret,
    openLogs: options.openLogs,
    onChange: (task) => {
      options.emit({ kind: 'task', at: timeline.now(), cluster: task.cluster.name, task: taskSnapshot(task) });
      scheduler.onTaskChange(task);
    },
  });
  const scheduler: Scheduler = new Scheduler({
    store,
    timeline,
    timings,
    createTask: (service, deployment) => createServiceTask(store, service, deployment, options),
    launch: (task) => runner.launch(task),
    stop: (task, code, reason) => runner.stop(task, code, reason),
    health,
    onDeployment: (service, deployment) =>
      options.emit({
        kind: 'deployment',
        at: timeline.now(),
        cluster: service.cluster.name,
        service: service.name,
        deployment: deploymentSnapshot(deployment),
      }),
  });
  const operations = {
    ...clusterApi(store),
    ...taskDefinitionApi(store),
    ...serviceApi({ store, scheduler, isAttached: (arn) => targets.isAttached(arn) }),
    ...serviceDeploymentApi(store, scheduler),
    ...taskApi(store, runner, () => unplaced.shift()),
  };
  return {
    // The dispatcher has held every input against the SDK's model, whose types the operations declare.
    service: {
      name: 'ecs',
      targetPrefix: 'AmazonEC2ContainerServiceV20141113',
      operations: operations as unknown as AwsService['operations'],
    },
    snapshot: () => ecsSnapshot(store, (task) => health(task).state === 'healthy'),
    failPlacement: (failure, times = 1) => unplaced.push(...Array.from({ length: times }, () => failure)),
    onTargetChange: (taskId) => {
      const task = store.tasks.get(taskId);
      if (task !== undefined) scheduler.onTaskChange(task);
    },
    close: async () => {
      await Promise.allSettled([...store.tasks.values()].map((task) => task.running?.stop()));
    },
  };
};

const createServiceTask = (store: EcsStore, service: Service, deployment: Deployment, options: EcsOptions): Task => {
  const id = hexId();
  const { config, taskDefinition } = deployment.revision;
  const tags = config.propagateTags === 'SERVICE' ? service.tags : taskDefinition.tags;
  const task: Task = {
    arn: `arn:aws:ecs:${options.region}:${options.accountId}:task/${service.cluster.name}/${id}`,
    id,
    cluster: service.cluster,
    taskDefinition,
    group: `service:${service.name}`,
    startedBy: deployment.id,
    launchType: config.launchType ?? 'FARGATE',
    overrides: {},
    network: config.networkConfiguration,
    tags: config.propagateTags === undefined || config.propagateTags === 'NONE' ? [] : tags,
    containers: containersOf({ taskDefinition }, () => hexId(10)),
    service,
    deployment,
    targets: (config.loadBalancers ?? []).map(({ targetGroupArn = '', containerName = '', containerPort = 0 }) => ({
      targetGroupArn,
      container: containerName,
      port: containerPort,
    })),
    status: 'PROVISIONING',
    desiredStatus: 'RUNNING',
    running: undefined,
    proven: false,
    counted: false,
    createdAt: options.timeline.now(),
    version: 0,
  };
  store.tasks.set(id, task);
  return task;
};
