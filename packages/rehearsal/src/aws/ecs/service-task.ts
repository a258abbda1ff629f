import { hexId } from '../ids.ts';
import type { Deployment, Service, Task } from './state.ts';
import type { EcsStore } from './store.ts';
import { containersOf } from './task-runner.ts';
import { placesOf } from './traffic.ts';

/** Returns a task of a service's deployment, known to the store and not started yet. */
export const createServiceTask = (
  store: EcsStore,
  service: Service,
  deployment: Deployment,
  place: { readonly region: string; readonly accountId: string; readonly now: number },
): Task => {
  const id = hexId();
  const { config, taskDefinition } = deployment.revision;
  const tags = config.propagateTags === 'SERVICE' ? service.tags : taskDefinition.tags;
  const task: Task = {
    arn: `arn:aws:ecs:${place.region}:${place.accountId}:task/${service.cluster.name}/${id}`,
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
    targets: placesOf(config, deployment.slot),
    status: 'PROVISIONING',
    desiredStatus: 'RUNNING',
    running: undefined,
    proven: false,
    counted: false,
    createdAt: place.now,
    version: 0,
  };
  store.tasks.set(id, task);
  return task;
};
