import type { TaskEngine } from '../../engine/task-engine.ts';
import type { AwsService } from '../service.ts';
import type { Timeline } from '../timeline.ts';
import type { Timings } from '../timings.ts';
import type { AlarmReader } from './alarms.ts';
import type { Failure, TaskSetAnswer } from './client.ts';
import { clusterApi } from './cluster-api.ts';
import type { EcsPlay } from './play.ts';
import { Play } from './play.ts';
import type { Health } from './scheduler.ts';
import { Scheduler } from './scheduler.ts';
import { serviceApi } from './service-api.ts';
import { serviceDeploymentApi } from './service-deployment-api.ts';
import type { Balancers } from './service-rules.ts';
import { createServiceTask } from './service-task.ts';
import { takesTraffic } from './serving.ts';
import type { DeploymentSnapshot, EcsSnapshot, TaskSnapshot } from './snapshot.ts';
import { deploymentSnapshot, ecsSnapshot, taskSnapshot } from './snapshot.ts';
import type { Service, StopCode, Task, TaskSet } from './state.ts';
import { EcsStore } from './store.ts';
import { taskApi } from './task-api.ts';
import { taskDefinitionApi } from './task-definition-api.ts';
import type { Targets } from './task-runner.ts';
import { TaskRunner } from './task-runner.ts';
import { taskSetAnswer } from './task-set-answer.ts';
import { taskSetApi } from './task-set-api.ts';
import type { TaskSetRequest } from './task-set-control.ts';
import { taskSetControl } from './task-set-control.ts';
import type { TrafficControl } from './traffic.ts';

/** Task sets of services by name or ARN; what a CODE_DEPLOY controller works with. Errors are those of the ECS API. */
export interface TaskSets {
  list(cluster: string, service: string): TaskSetAnswer[];
  create(cluster: string, service: string, request: TaskSetRequest): TaskSetAnswer;
  /** `percent` of the service's desired count. */
  scale(cluster: string, service: string, taskSet: string, percent: number): TaskSetAnswer;
  /** Makes a task set PRIMARY. It does not move traffic. */
  promote(cluster: string, service: string, taskSet: string): TaskSetAnswer;
  /** Stops its tasks; the task set is gone with the last of them. */
  delete(cluster: string, service: string, taskSet: string): TaskSetAnswer;
}

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
  } & Balancers &
    TrafficControl;
  /** Alarms that deployments are watched by; default: there are none. */
  readonly alarms?: AlarmReader;
  resolveSecret(valueFrom: string): string;
  openLogs(task: Task): (container: string, line: string) => void;
  emit(event: EcsEvent): void;
}

export interface LocalEcs {
  readonly service: AwsService;
  snapshot(): EcsSnapshot;
  /** Hooks, failing rollbacks and late answers, for rehearsals and tests. */
  readonly play: EcsPlay;
  /** For what controls the deployments of CODE_DEPLOY services. */
  readonly taskSets: TaskSets;
  /** The next `times` tasks of RunTask cannot be placed; `reason` is one of "API failure reasons", `RESOURCE:MEMORY`. */
  failPlacement(failure: { readonly reason: string; readonly detail?: string }, times?: number): void;
  /** Stops a task as something else than a person or a scheduler does: Spot takes its host back, the host is retired. */
  interrupt(taskArn: string, code: StopCode, reason: string): void;
  /** A target group's health has changed. */
  onTargetChange(taskId: string): void;
  /** Ends every task at once, without drains. */
  close(): Promise<void>;
}

export const createEcs = (options: EcsOptions): LocalEcs => {
  const { timeline, timings, targets } = options;
  const store = new EcsStore();
  const play = new Play();
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
    createTask: (service, deployment) =>
      createServiceTask(store, service, deployment, {
        region: options.region,
        accountId: options.accountId,
        now: timeline.now(),
      }),
    traffic: targets,
    alarms: options.alarms ?? { state: () => undefined },
    askHook: (call) => play.askHook(call),
    rollbackFails: (service) => play.rollbackFails(service),
    rollbackTooLate: (service) => play.rollbackTooLate(service),
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
  const control = taskSetControl(store, scheduler, () => timeline.now());
  const taskSet = (cluster: string, name: string, act: (service: Service) => TaskSet): TaskSetAnswer => {
    const service = store.service(store.cluster(cluster), name);
    return taskSetAnswer(service, act(service), store.tasksOf(service));
  };
  const operations = {
    ...clusterApi(store),
    ...taskDefinitionApi(store),
    ...serviceApi({ store, scheduler, balancers: targets, taskSets: control, play }),
    ...serviceDeploymentApi(store, scheduler, play),
    ...taskSetApi(store, control),
    ...taskApi(store, runner, () => unplaced.shift()),
  };
  return {
    // The dispatcher has held every input against the SDK's model, whose types the operations declare.
    service: {
      name: 'ecs',
      targetPrefix: 'AmazonEC2ContainerServiceV20141113',
      operations: operations as unknown as AwsService['operations'],
    },
    snapshot: () => ecsSnapshot(store, (task) => health(task).state === 'healthy' && takesTraffic(task)),
    play,
    taskSets: {
      list: (cluster, name) => {
        const service = store.service(store.cluster(cluster), name);
        return service.taskSets.map((set) => taskSetAnswer(service, set, store.tasksOf(service)));
      },
      create: (cluster, name, request) => taskSet(cluster, name, (service) => control.create(service, request)),
      scale: (cluster, name, id, percent) => taskSet(cluster, name, (service) => control.scale(service, id, percent)),
      promote: (cluster, name, id) => taskSet(cluster, name, (service) => control.promote(service, id)),
      delete: (cluster, name, id) => taskSet(cluster, name, (service) => control.delete(service, id)),
    },
    failPlacement: (failure, times = 1) => unplaced.push(...Array.from({ length: times }, () => failure)),
    interrupt: (arn, code, reason) => {
      const task = [...store.tasks.values()].find((each) => each.arn === arn);
      if (task !== undefined) runner.stop(task, code, reason);
    },
    onTargetChange: (taskId) => {
      const task = store.tasks.get(taskId);
      if (task !== undefined) scheduler.onTaskChange(task);
    },
    close: async () => {
      await Promise.allSettled([...store.tasks.values()].map((task) => task.running?.stop()));
    },
  };
};
