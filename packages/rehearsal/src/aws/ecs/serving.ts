import { currentOf } from './deployments.ts';
import type { Task } from './state.ts';

/** Whether production traffic is meant to reach a healthy task: not those that wait for a traffic shift. */
export const takesTraffic = ({ service, deployment }: Task): boolean => {
  if (service === undefined || deployment === undefined) return true;
  const set = service.taskSets.find((candidate) => candidate.deployment === deployment);
  if (set !== undefined) return set.status === 'PRIMARY';
  const traffic = currentOf(service)?.traffic;
  if (traffic === undefined) return true;
  const isTarget = currentOf(service)?.deployment === deployment;
  return isTarget ? traffic.production > 0 : traffic.production < 100;
};
