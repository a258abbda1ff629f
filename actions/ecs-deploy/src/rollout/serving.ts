import type { Service } from '@hospital-ops/aws/ecs/ports';
import { primaryOf } from '@hospital-ops/aws/ecs/service';

/**
 * Returns the ARN of the task definition that takes traffic: the PRIMARY when it is complete, else the one with most
 * running tasks, at a tie the one that served before. Undefined when no task runs.
 */
export const servingOf = (service: Service, previous: string | undefined): string | undefined => {
  const primary = primaryOf(service);
  if (primary?.rolloutState === 'COMPLETED' && primary.running > 0) return primary.taskDefinition;
  const running = service.deployments.filter((deployment) => deployment.running > 0);
  return running.sort(
    (a, b) => b.running - a.running || Number(b.taskDefinition === previous) - Number(a.taskDefinition === previous),
  )[0]?.taskDefinition;
};
