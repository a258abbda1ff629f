import type { Timings } from '../timings.ts';
import { completeDeployment, currentOf, primaryOf } from './deployments.ts';
import { planRollout } from './plan-rollout.ts';
import { tell } from './rollout-events.ts';
import type { Deployment, Service, ServiceDeployment, Task } from './state.ts';
import { isLive } from './state.ts';
import type { TaskKeeper } from './task-keeper.ts';

/** What a look at a service works with. */
export interface Look {
  readonly now: number;
  readonly timings: Timings;
  readonly keeper: TaskKeeper;
  /** All tasks of the service, those that are gone too. */
  tasks(): Task[];
  touch(afterMs?: number): void;
  changed(deployment: ServiceDeployment): void;
}

/** API_DeploymentConfiguration: a DAEMON service stops tasks before it starts their successors. */
const limitsOf = (service: Service): { minimumHealthyPercent: number; maximumPercent: number } => {
  const daemon = service.config.schedulingStrategy === 'DAEMON';
  const { minimumHealthyPercent = daemon ? 0 : 100, maximumPercent = daemon ? 100 : 200 } =
    service.config.deploymentConfiguration ?? {};
  return { minimumHealthyPercent, maximumPercent };
};

/** How long the alarms are watched once the service is steady. */
const bakeMs = (service: Service, current: ServiceDeployment | undefined, timings: Timings): number => {
  const minutes = service.config.deploymentConfiguration?.bakeTimeInMinutes;
  if (minutes !== undefined) return minutes * timings.minuteMs;
  return current?.alarms.status === 'MONITORING' ? timings.alarmBakeMs : 0;
};

/** True when enough of the new tasks are healthy for earlySuccessCriteria (API_DeploymentEarlySuccessCriteria). */
const succeedsEarly = (service: Service, primary: Deployment, healthy: ReadonlySet<Task>): boolean => {
  const criteria = service.config.deploymentConfiguration?.earlySuccessCriteria;
  if (criteria?.enable !== true || primary.rolloutState !== 'IN_PROGRESS' || service.desired === 0) return false;
  const proven = [...healthy].filter((task) => task.deployment === primary && task.proven).length;
  return proven >= Math.ceil((service.desired * (criteria.healthyPercent ?? 100)) / 100);
};

const settle = (service: Service, primary: Deployment, steady: boolean, early: boolean, look: Look): void => {
  const { now, timings } = look;
  if (!steady && !early) {
    primary.steadySince = undefined;
    primary.bakeSince = undefined;
    if (primary.rolloutState === 'IN_PROGRESS') service.steadyTold = false;
    return;
  }
  primary.steadySince ??= now;
  const steadyAt = early ? now : primary.steadySince + timings.steadyMs;
  if (now < steadyAt) {
    look.touch(steadyAt - now);
    return;
  }
  const current = currentOf(service);
  if (primary.rolloutState === 'IN_PROGRESS') {
    primary.bakeSince ??= now;
    const bakedAt = primary.bakeSince + bakeMs(service, current, timings);
    if (now < bakedAt) {
      look.touch(bakedAt - now);
      return;
    }
    const others = service.deployments.filter((deployment) => deployment !== primary);
    completeDeployment(service, primary, now, others);
    if (current !== undefined) look.changed(current);
    service.steadyTold = false;
    if (early) look.touch();
  }
  if (steady && !service.steadyTold) {
    tell(service, now, 'has reached a steady state.');
    service.steadyTold = true;
  }
};

/** One look at a service that is updated by replacing tasks, or that has only to be kept up. */
export const lookAtRolling = (service: Service, look: Look): void => {
  const { keeper } = look;
  const well = keeper.healthyOf(service, look.tasks());
  const primary = primaryOf(service);
  if (primary === undefined) return;
  // Those that an interrupted blue/green deployment has left behind its other target group serve nobody.
  const healthy = new Set([...well].filter((task) => task.deployment?.slot === primary.slot));
  const tasks = look.tasks();
  const live = tasks.filter(isLive);
  const early = succeedsEarly(service, primary, healthy);
  const cleanUp = service.config.deploymentConfiguration?.earlySuccessCriteria?.sourceServiceRevisionCleanup;
  const plan = planRollout({
    desired: service.desired,
    ...limitsOf(service),
    tasks: live.map((task) => ({ id: task.id, primary: task.deployment === primary, healthy: healthy.has(task) })),
    mayStart: keeper.mayStart(service, primary),
  });
  const ousted = early && cleanUp === 'BLOCKING' ? live.filter((task) => task.deployment !== primary) : [];
  const stopped = live.filter((task) => plan.stop.includes(task.id) || ousted.includes(task));
  keeper.start(service, primary, plan.start);
  keeper.stop(service, primary, stopped);
  const others = tasks.filter((task) => task.status !== 'STOPPED' && task.deployment !== primary);
  // An older deployment leaves the list with its last task, before the PRIMARY one is COMPLETED.
  service.deployments = service.deployments.filter(
    (deployment) => deployment === primary || others.some((task) => task.deployment === deployment),
  );
  const full = healthy.size === service.desired && live.length === service.desired && others.length === 0;
  const steady = full && plan.start === 0 && stopped.length === 0;
  settle(service, primary, steady, early && (cleanUp !== 'BLOCKING' || others.length === 0), look);
};
