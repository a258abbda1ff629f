import type { Look } from './rolling-rollout.ts';
import { tell } from './rollout-events.ts';
import type { Service, TaskSet } from './state.ts';

/** Tasks a task set is to have: its percentage of the service's desired count, rounded up (API_Scale). */
const computedDesired = (service: Service, { scale }: TaskSet): number => Math.ceil((service.desired * scale) / 100);

/** One look at a service whose task sets somebody else controls. */
export const lookAtTaskSets = (service: Service, look: Look): void => {
  const healthy = look.keeper.healthyOf(service, look.tasks());
  for (const set of [...service.taskSets]) {
    const { deployment } = set;
    deployment.desired = set.status === 'DRAINING' ? 0 : computedDesired(service, set);
    look.keeper.level(service, deployment, look.tasks(), healthy);
    const present = look.tasks().filter((task) => task.deployment === deployment && task.status !== 'STOPPED');
    const well = [...healthy].filter((task) => task.deployment === deployment && task.proven).length;
    // STEADY_STATE: running count equals the computed desired count, none pending, and all healthy (API_TaskSet).
    const stable = well === deployment.desired && present.length === deployment.desired;
    if (stable !== set.stable) Object.assign(set, { stable, stableAt: look.now });
    if (stable) deployment.rolloutState = 'COMPLETED';
    if (set.status === 'DRAINING' && present.length === 0)
      service.taskSets = service.taskSets.filter((other) => other !== set);
  }
  const all = service.taskSets.every(({ stable }) => stable);
  if (all && !service.steadyTold) tell(service, look.now, 'has reached a steady state.');
  service.steadyTold = all;
};
