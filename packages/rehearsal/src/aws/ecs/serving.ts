import type { Task } from './state.ts';

/** Whether production traffic is meant to reach a healthy task: not those that wait for a traffic shift. */
export const takesTraffic = ({ service, deployment }: Task): boolean => {
  if (service === undefined || deployment === undefined) return true;
  const set = service.taskSets.find((candidate) => candidate.deployment === deployment);
  if (set !== undefined) return set.status === 'PRIMARY';
  // The rules stay as the last deployment has left them.
  const last = service.serviceDeployments.at(-1);
  const traffic = last?.traffic;
  if (traffic === undefined) return true;
  return last?.deployment === deployment ? traffic.production > 0 : traffic.production < 100;
};
