import { AwsFault } from '../service.ts';
import type { CreateTaskSetRequest } from './client.ts';
import { createRevision, newDeployment } from './deployments.ts';
import type { Scheduler } from './scheduler.ts';
import type { Service, TaskSet } from './state.ts';
import type { EcsStore } from './store.ts';

export interface TaskSetRequest {
  readonly taskDefinition: string;
  readonly externalId?: string;
  /** Default: those of the service. */
  readonly loadBalancers?: CreateTaskSetRequest['loadBalancers'];
  readonly networkConfiguration?: CreateTaskSetRequest['networkConfiguration'];
  readonly launchType?: CreateTaskSetRequest['launchType'];
  readonly platformVersion?: string;
  /** Percent of the desired count; default 100. */
  readonly scale?: number;
  readonly startedBy?: string;
  readonly tags?: CreateTaskSetRequest['tags'];
}

export type TaskSetControl = ReturnType<typeof taskSetControl>;

/** Returns what controls task sets: the API of ECS and the local CodeDeploy use the same. Sets go by id or ARN. */
export const taskSetControl = (store: EcsStore, scheduler: Scheduler, now: () => number) => {
  const find = (service: Service, idOrArn: string): TaskSet => {
    const found = service.taskSets.find(({ arn, deployment }) => arn === idOrArn || deployment.id === idOrArn);
    const short = service.taskSets.find(({ deployment }) => deployment.id === `ecs-svc/${idOrArn.split('/').at(-1)}`);
    const set = found ?? short;
    if (set === undefined) throw new AwsFault('TaskSetNotFoundException', 'The specified task set does not exist.');
    return set;
  };
  return {
    find,
    create: (service: Service, request: TaskSetRequest): TaskSet => {
      const definition = store.usableTaskDefinition(request.taskDefinition);
      const { loadBalancers, networkConfiguration, launchType, platformVersion } = request;
      const own = { loadBalancers, networkConfiguration, launchType, platformVersion };
      const given = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
      const revision = createRevision(service, definition, now());
      const config = { ...service.config, ...given, taskDefinition: definition.arn };
      const deployment = newDeployment({ ...revision, config }, 0, 0, now());
      const first = service.taskSets.length === 0;
      const set: TaskSet = {
        arn: `${service.arn.replace(':service/', ':task-set/')}/${deployment.id}`,
        externalId: request.externalId,
        startedBy: request.startedBy ?? service.config.deploymentController?.type ?? 'EXTERNAL',
        tags: request.tags ?? [],
        deployment,
        // Only CreateService of a CODE_DEPLOY service makes a PRIMARY one; the others are ACTIVE until promoted.
        status: first && service.config.deploymentController?.type === 'CODE_DEPLOY' ? 'PRIMARY' : 'ACTIVE',
        scale: request.scale ?? 100,
        stable: false,
        stableAt: now(),
      };
      service.taskSets.push(set);
      service.steadyTold = false;
      scheduler.touch(service);
      return set;
    },
    scale: (service: Service, id: string, percent: number): TaskSet => {
      const set = find(service, id);
      set.scale = percent;
      scheduler.touch(service);
      return set;
    },
    /** Makes a task set PRIMARY; the one that was is ACTIVE then. */
    promote: (service: Service, id: string): TaskSet => {
      const set = find(service, id);
      for (const other of service.taskSets) if (other.status === 'PRIMARY') other.status = 'ACTIVE';
      set.status = 'PRIMARY';
      // Describes and updates of the service go by what its PRIMARY task set runs.
      service.config = { ...service.config, taskDefinition: set.deployment.revision.taskDefinition.arn };
      scheduler.touch(service);
      return set;
    },
    /** Stops the tasks of a task set; it is gone when they are. Without `force` it must be scaled to 0 (API_DeleteTaskSet). */
    delete: (service: Service, id: string, force = true): TaskSet => {
      const set = find(service, id);
      if (!force && set.scale > 0)
        throw new AwsFault('InvalidParameterException', 'The task set must be scaled to zero before it is deleted.');
      set.status = 'DRAINING';
      scheduler.touch(service);
      return set;
    },
  };
};
