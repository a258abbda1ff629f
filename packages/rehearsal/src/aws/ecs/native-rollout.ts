import { completeDeployment, enterStatus, holderOf, primaryOf } from './deployments.ts';
import { failDeployment } from './failures.ts';
import type { HookAnswer, HookCall, HookState } from './hooks.ts';
import { advanceHooks, beginHooks } from './hooks.ts';
import type { StageStep } from './lifecycle-stages.ts';
import type { Look } from './rolling-rollout.ts';
import { tell } from './rollout-events.ts';
import type { Deployment, NativeProgress, Service, ServiceDeployment } from './state.ts';
import type { TrafficControl } from './traffic.ts';
import { hasTestTraffic, shiftTraffic } from './traffic.ts';

export interface NativeOptions {
  readonly traffic: TrafficControl;
  askHook(call: HookCall): HookAnswer;
}

/** A native deployment under way: the parts that each step needs. */
interface Rollout {
  readonly service: Service;
  readonly current: ServiceDeployment;
  readonly progress: NativeProgress;
  readonly look: Look;
  readonly options: NativeOptions;
}

/** The deployment that goes when this one is through: the older ones, or on the way back the new one. */
const leavers = ({ service }: Rollout): Deployment[] => {
  const stays = primaryOf(service);
  return service.deployments.filter((deployment) => deployment !== stays);
};

const gone = ({ look }: Rollout, deployments: readonly Deployment[]): boolean =>
  look
    .tasks()
    .every(
      (task) => task.deployment === undefined || task.status === 'STOPPED' || !deployments.includes(task.deployment),
    );

const shift = (rollout: Rollout, kind: 'production' | 'test', percent: number): void => {
  const { current, options } = rollout;
  const { config } = current.target;
  if (current.traffic === undefined || (kind === 'test' && !hasTestTraffic(config))) return;
  current.traffic[kind] = percent;
  shiftTraffic(options.traffic, config, current.deployment.slot, kind, percent);
};

/** How many healthy tasks a deployment has. */
const strength = ({ service, look }: Rollout, deployment: Deployment | undefined): number => {
  const healthy = look.keeper.healthyOf(service, look.tasks());
  return [...healthy].filter((task) => task.deployment === deployment && task.proven).length;
};

/** Lets the others go once the one that stays has all of its tasks; true when they are gone. */
const dismissed = (rollout: Rollout, stays: Deployment | undefined, others: readonly Deployment[]): boolean => {
  if (strength(rollout, stays) < (stays?.desired ?? 0)) return false;
  for (const deployment of others) deployment.desired = 0;
  return gone(rollout, others);
};

/** What an interrupted deployment has left is taken off the traffic and stopped, once somebody else can take it. */
const reconciled = (rollout: Rollout): boolean => {
  const { service, current } = rollout;
  const holder = holderOf(service);
  if (strength(rollout, holder) < Math.min(1, service.desired)) return false;
  shift(rollout, 'production', 0);
  shift(rollout, 'test', 0);
  const others = service.deployments.filter((one) => one !== holder && one !== current.deployment);
  return dismissed(rollout, holder, others);
};

const enter = (rollout: Rollout, { stage, hookStage, work }: StageStep): void => {
  const { service, current, progress, look } = rollout;
  current.stage = stage;
  current.updatedAt = look.now;
  progress.since = look.now;
  progress.hooksDone = undefined;
  const holder = holderOf(service);
  if (work.kind === 'reconcile' && holder !== undefined) holder.desired = service.desired;
  if (work.kind === 'scale-up') current.deployment.desired = service.desired;
  if (work.kind === 'test-traffic') shift(rollout, 'test', work.percent);
  if (work.kind === 'production-traffic') shift(rollout, 'production', work.percent);
  // From here on there is nobody else to go back to.
  if (work.kind === 'clean-up') service.lastCompleted = primaryOf(service);
  const { deploymentConfiguration } = current.target.config;
  const hooks = beginHooks(deploymentConfiguration, hookStage, look.now, look.timings.minuteMs);
  // Nobody could act on a way back that waits: pause hooks are for the way forward ("Pause hooks …" names no other).
  progress.hooks = current.rollback === undefined ? hooks : hooks.filter(({ targetType }) => targetType !== 'PAUSE');
  current.hooks.push(...progress.hooks);
  look.changed(current);
};

const refuse = (rollout: Rollout, why: string): void => {
  const { service, current, look } = rollout;
  tell(
    service,
    look.now,
    `(deployment ${current.deployment.id}) deployment failed: hook execution failure(s) detected.`,
  );
  const reason = `Service deployment rolled back because ${why}.`;
  const cause = { reason, rollbackReason: reason, rollback: true, prefix: 'ECS deployment failed: ' };
  failDeployment(service, current.deployment, cause, look.now);
  look.changed(current);
  look.touch();
};

/** Lets the hooks of the step go on; true when they are through. */
const passHooks = (rollout: Rollout): boolean => {
  const { service, current, progress, look, options } = rollout;
  const ask = ({ targetArn = '', stage }: HookState) =>
    options.askHook({
      functionArn: targetArn,
      stage,
      service: service.name,
      targetServiceRevisionArn: current.target.arn,
    });
  const verdict = advanceHooks(progress.hooks, ask, look.now, look.timings.minuteMs / 2);
  if (verdict.kind === 'wait') look.touch(Math.max(1, verdict.at - look.now));
  // What a hook's refusal means on the way back has no source; here it does not keep the traffic from going back.
  if (verdict.kind === 'failed' && current.rollback === undefined) refuse(rollout, verdict.reason);
  const through = verdict.kind === 'done' || (verdict.kind === 'failed' && current.rollback !== undefined);
  if (through) progress.hooksDone ??= look.now;
  return through;
};

/** True when the step's own work is done; asks for a look when only time is missing. */
const workDone = (rollout: Rollout, { work }: StageStep): boolean => {
  const { service, current, progress, look } = rollout;
  const since = progress.since ?? look.now;
  const until = (at: number): boolean => {
    if (look.now < at) look.touch(at - look.now);
    return look.now >= at;
  };
  if (!until(since + look.timings.stageMs)) return false;
  switch (work.kind) {
    case 'scale-up':
      return strength(rollout, current.deployment) >= current.deployment.desired;
    case 'recover':
      return strength(rollout, primaryOf(service)) >= Math.min(1, service.desired);
    case 'reconcile':
      return reconciled(rollout);
    case 'production-traffic':
      return until((progress.hooksDone ?? look.now) + work.bakeMinutes * look.timings.minuteMs);
    case 'bake':
      return until((progress.hooksDone ?? look.now) + work.minutes * look.timings.minuteMs);
    case 'clean-up':
      return dismissed(rollout, primaryOf(service), leavers(rollout));
    default:
      return true;
  }
};

const advance = (rollout: Rollout): void => {
  const { service, current, progress, look } = rollout;
  const step = progress.plan[progress.index];
  if (step === undefined) {
    const primary = primaryOf(service);
    if (primary === undefined) return;
    completeDeployment(service, primary, look.now);
    look.changed(current);
    tell(service, look.now, 'has reached a steady state.');
    service.steadyTold = true;
    return;
  }
  if (progress.since === undefined) enter(rollout, step);
  if (!passHooks(rollout) || !workDone(rollout, step)) return;
  progress.index += 1;
  progress.since = undefined;
  progress.hooksDone = undefined;
  progress.hooks = [];
  look.touch(1);
};

/** One look at a blue/green, linear or canary service; `current` is undefined between deployments. */
export const lookAtNative = (
  service: Service,
  current: ServiceDeployment | undefined,
  look: Look,
  options: NativeOptions,
): void => {
  const moves = current?.status === 'IN_PROGRESS' || current?.status === 'ROLLBACK_IN_PROGRESS' || current?.tooLate;
  if (current?.native !== undefined && moves) advance({ service, current, progress: current.native, look, options });
  const healthy = look.keeper.healthyOf(service, look.tasks());
  for (const deployment of [...service.deployments]) look.keeper.level(service, deployment, look.tasks(), healthy);
  const present = look.tasks().filter(({ status }) => status !== 'STOPPED');
  service.deployments = service.deployments.filter(
    (one) => one.status === 'PRIMARY' || one.desired > 0 || present.some((task) => task.deployment === one),
  );
};

/** Ends a rollback as failed where it stands, for whatever reason ECS may have (the reasons have no source). */
export const abandonRollback = (service: Service, current: ServiceDeployment, reason: string, now: number): void => {
  const primary = primaryOf(service);
  if (primary !== undefined) {
    primary.rolloutState = 'FAILED';
    primary.rolloutStateReason = reason;
  }
  enterStatus(current, 'ROLLBACK_FAILED', now, reason);
};
