import type { TaskSetAnswer } from './client.ts';
import { countsOf } from './counts.ts';
import type { Service, Task, TaskSet } from './state.ts';

/** Returns a task set as DescribeTaskSets shows it. */
export const taskSetAnswer = (service: Service, set: TaskSet, all: readonly Task[]): TaskSetAnswer => {
  const { deployment } = set;
  const { running, pending } = countsOf(all.filter((task) => task.deployment === deployment));
  const { config, taskDefinition } = deployment.revision;
  return {
    id: deployment.id,
    taskSetArn: set.arn,
    serviceArn: service.arn,
    clusterArn: service.cluster.arn,
    startedBy: set.startedBy,
    ...(set.externalId === undefined ? {} : { externalId: set.externalId }),
    status: set.status,
    taskDefinition: taskDefinition.arn,
    computedDesiredCount: deployment.desired,
    pendingCount: pending,
    runningCount: running,
    createdAt: new Date(deployment.createdAt),
    updatedAt: new Date(deployment.updatedAt),
    launchType: config.launchType,
    platformVersion: config.platformVersion,
    networkConfiguration: config.networkConfiguration,
    loadBalancers: config.loadBalancers ?? [],
    serviceRegistries: config.serviceRegistries ?? [],
    scale: { value: set.scale, unit: 'PERCENT' },
    stabilityStatus: set.stable ? 'STEADY_STATE' : 'STABILIZING',
    stabilityStatusAt: new Date(set.stableAt),
    tags: [...set.tags],
  };
};
