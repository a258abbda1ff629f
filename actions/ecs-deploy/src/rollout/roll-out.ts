import { CancelledError, tell } from '@hospital-ops/action-kit/errors';
import { unlessAborted } from '@hospital-ops/action-kit/poll';
import { continueOnce, EffectUnknownError, updateOnce } from '@hospital-ops/aws/ecs/once';
import type { JsonObject, Service, ServiceDeployment, TaskDefinition } from '@hospital-ops/aws/ecs/ports';
import { primaryOf } from '@hospital-ops/aws/ecs/service';
import { shortName } from '@hospital-ops/aws/ecs/task-definition';
import type { Returned } from '../back/go-back.ts';
import { codeDeployOwn } from '../code-deploy/back.ts';
import { startCodeDeploy, watchCodeDeploy } from '../code-deploy/roll-out.ts';
import type { Deps } from '../deps.ts';
import { createGate, graceOf, resolutionOf } from '../gate/gate.ts';
import { hasGates } from '../inputs/gates.ts';
import type { DeployInputs } from '../inputs.ts';
import type { Phase } from '../outcome.ts';
import type { ServicePlan } from '../plan/plan.ts';
import { isNative } from '../plan/service-change.ts';
import type { Times } from '../report/times.ts';
import { answerOf } from './answer-of.ts';
import type { Board } from './board.ts';
import { OUT_OF_TIME } from './deadline.ts';
import { createFailureCount, earlierOf } from './failure-count.ts';
import type { Observer } from './observe.ts';
import { watchRollout } from './watch.ts';

/** One release on its way: what its services share. */
export interface Release extends Deps {
  readonly inputs: DeployInputs;
  readonly observer: Observer;
  readonly startedAt: number;
  /** Aborted when a service failed and the release goes back. */
  readonly stop: AbortController;
  /** Aborted when no further service may be begun. */
  readonly begun: AbortController;
  /** Not sent any more when `signal` is aborted before its turn has come. */
  register(body: JsonObject, signal: AbortSignal): Promise<TaskDefinition>;
  /** Undefined for a single service, whose progress is told in lines. */
  readonly board: Board | undefined;
  /** The stopwatch of a service. */
  times(service: string): Times;
}

/** What became of a service in the deploying half. */
export interface Rollout {
  readonly plan: ServicePlan;
  readonly phase: Phase;
  /** The definition that the service was told to run; undefined when it was not reached. */
  readonly definition: TaskDefinition | undefined;
  /** True when the service was changed, so that there is something to go back from. */
  readonly updated: boolean;
  readonly deploymentId: string | undefined;
  readonly last: Service | undefined;
  readonly deployment: ServiceDeployment | undefined;
  readonly endedAt: number;
  /** For what is more than one deployment of the one service: how it goes back and what is told of it. */
  readonly own?: OwnRollout;
}

/** How a release ended, as far as each of its services must know. */
export interface ReleaseEnd {
  /** True when every service that was changed goes back. */
  readonly goesBack: boolean;
  /** Names the service for whose sake; empty when all went well. */
  readonly cause: string;
  /** When the run was cancelled, in milliseconds since the epoch. */
  cancelledAt(): number | undefined;
}

/** Replaces the going back of a rollout, and adds to what is told of it. */
export interface OwnRollout {
  /** Takes everything back that the rollout has changed. Never throws. */
  undo(end: ReleaseEnd, turn: Promise<unknown>): Promise<Returned>;
  /** What else is to be said at the end, such as who takes which share; empty when nothing is. */
  note(): string;
  /** Whose stopped tasks tell why it failed. */
  readonly suspect: { readonly service: string; readonly definition: TaskDefinition } | undefined;
}

/** Returns true when an ending takes the whole release back, by the inputs. */
export const endsRelease = (phase: Phase, inputs: DeployInputs): boolean => {
  switch (phase.kind) {
    case 'failed':
    case 'refused':
    case 'superseded':
    case 'rolled-back':
    case 'rollback-failed':
      return inputs.onFailure === 'rollback';
    case 'timeout':
      return inputs.onTimeout === 'rollback';
    case 'cancelled':
      return inputs.onCancel === 'rollback';
    case 'lost':
    case 'interrupted':
    case 'not-started':
    case 'unchanged':
    case 'completed':
    case 'started':
    case 'paused':
      return false;
  }
};

const update = async (
  release: Release,
  plan: ServicePlan,
  definition: TaskDefinition,
  signal: AbortSignal,
): Promise<Service | undefined> => {
  const { inputs, log } = release;
  const { change, target } = plan;
  for (const difference of change.differences) log.info(`${target.name}: ${difference}`);
  const deploys = plan.action === 'deploy';
  if (deploys) log.info(`${target.name}: deploying ${shortName(definition.arn)} (runs ${shortName(plan.live.arn)})`);
  return updateOnce(
    release,
    {
      cluster: inputs.cluster,
      service: target.service,
      taskDefinition: definition.arn,
      forceNewDeployment: deploys && (inputs.force || definition.arn === plan.live.arn),
      deploymentConfiguration: change.configuration,
      desiredCount: change.desiredCount,
    },
    primaryOf(plan.before)?.id,
    signal,
  );
};

/** Id of the deployment that the update made; in stages it need not be the PRIMARY one. */
const newDeploymentOf = (told: Service, { before, change, action }: ServicePlan, ours: string): string | undefined => {
  const primary = primaryOf(told);
  if (primary?.taskDefinition === ours) return primary.id;
  if (!isNative(change.strategy)) return undefined;
  const known = new Set(action === 'deploy' ? before.deployments.map(({ id }) => id) : []);
  return told.deployments.find(({ id, taskDefinition }) => taskDefinition === ours && !known.has(id))?.id;
};

/** True when what is wanted was deployed well once, and has lost all of its tasks since. */
const isEmptied = ({ action, before }: ServicePlan): boolean =>
  action === 'join' && primaryOf(before)?.rolloutState === 'COMPLETED';

/** Deploys one service and waits for its end. Never throws. */
export const rollOut = async (release: Release, plan: ServicePlan): Promise<Rollout> => {
  const { inputs, clock, awsClock, signal, stop } = release;
  const end = (phase: Phase, rest: Partial<Rollout> = {}): Rollout => {
    release.times(plan.target.service).end();
    return {
      plan,
      definition: undefined,
      updated: false,
      deploymentId: undefined,
      last: plan.before,
      deployment: undefined,
      endedAt: clock.now(),
      ...rest,
      phase,
    };
  };
  if (plan.action === 'none') return end({ kind: 'unchanged' }, { definition: plan.live });
  const until = release.startedAt + inputs.timeoutMs;
  const ended = (): Phase | undefined => {
    if (signal.aborted) return { kind: 'cancelled' };
    if (stop.signal.aborted || release.begun.signal.aborted) return { kind: 'not-started' };
    return clock.now() >= until ? OUT_OF_TIME : undefined;
  };
  const ownOf = (revision: TaskDefinition | undefined, id?: string) =>
    plan.codeDeploy === undefined || revision === undefined
      ? {}
      : { own: codeDeployOwn(release, plan, plan.codeDeploy, revision, id) };
  let definition: TaskDefinition | undefined;
  let told: Service | undefined = plan.before;
  let codeDeployment: string | undefined;
  const since = awsClock.now();
  const times = release.times(plan.target.service);
  // A call that waits for its turn among others of its kind is not sent when the release has ended meanwhile.
  const waiting = Object.assign(AbortSignal.any([signal, stop.signal, release.begun.signal]), { until });
  try {
    const early = ended();
    if (early !== undefined) return end(early);
    times.begin('register');
    definition =
      plan.wanted.kind === 'existing'
        ? plan.wanted.definition
        : await unlessAborted(release.register(plan.wanted.body, waiting), waiting);
    // Registering changes nothing that runs: here the last chance to stop without a trace.
    const late = ended();
    if (late !== undefined) return end(late);
    times.begin('update');
    if (plan.codeDeploy !== undefined)
      codeDeployment = await answerOf(
        release,
        startCodeDeploy(release, plan, plan.codeDeploy, { definition: definition.arn, signal: waiting }),
      );
    else if (plan.continued !== undefined)
      await answerOf(release, continueOnce(release, plan.continued.deployment.arn, plan.continued.hook));
    else if (plan.action === 'deploy' || plan.change.differences.length > 0) {
      told = (await answerOf(release, update(release, plan, definition, waiting))) ?? plan.before;
    }
    times.begin('rollout');
  } catch (error) {
    if (error instanceof CancelledError) return end(ended() ?? { kind: 'cancelled' });
    const reason = tell(error);
    if (error instanceof EffectUnknownError) {
      const phase: Phase = signal.aborted
        ? { kind: 'cancelled', reason: reason.replace(/\.$/, '') }
        : { kind: 'lost', reason };
      return end(phase, { definition, updated: true, last: undefined, ...ownOf(definition) });
    }
    return end({ kind: 'refused', reason });
  }
  const deploymentId = codeDeployment ?? newDeploymentOf(told, plan, definition.arn);
  const common = { definition, updated: true, deploymentId, ...ownOf(definition, codeDeployment) };
  if (inputs.waitUntil.kind === 'started') return end({ kind: 'started' }, { ...common, last: told });
  const revision = definition;
  const native = isNative(plan.change.strategy);
  const countFailedTasks = createFailureCount(
    release,
    plan.target.service,
    revision.arn,
    since - 60_000,
    earlierOf(plan, told, deploymentId),
  );
  if (codeDeployment !== undefined) {
    const aim = { ours: revision.arn, previous: plan.old.arn, maxFailedTasks: inputs.maxFailedTasks };
    const { ending, last } = await watchCodeDeploy(release, plan, { id: codeDeployment, aim, countFailedTasks });
    return end(ending, { ...common, last });
  }
  const { gates, bakeMs } = plan.target.strategy;
  const watched = await watchRollout({
    name: plan.target.name,
    service: plan.target.service,
    aim: {
      ours: revision.arn,
      previous: plan.old.arn,
      deploymentId,
      maxFailedTasks: inputs.maxFailedTasks,
      native,
      settingsOnly:
        (plan.action === 'settings' || isEmptied(plan)) && primaryOf(told)?.id === primaryOf(plan.before)?.id,
      stage: inputs.waitUntil.kind === 'stage' ? inputs.waitUntil.stage : undefined,
      continuedHook: plan.continued?.hook,
    },
    serviceDeploymentBefore: plan.action === 'join' ? undefined : plan.before.serviceDeployment,
    serviceDeployment: plan.continued?.deployment,
    since,
    before: plan.before,
    gate: hasGates(gates) ? () => createGate(release, gates, awsClock.now(), resolutionOf(bakeMs)) : undefined,
    bakeMs: native || !hasGates(gates) || plan.action === 'settings' ? 0 : bakeMs,
    graceMs: hasGates(gates) ? graceOf(resolutionOf(bakeMs)) : 0,
    onBake: () => times.begin('bake'),
    observer: release.observer,
    board: release.board,
    countFailedTasks,
    timeoutMs: Math.max(0, until - clock.now()),
    clock,
    log: release.log,
    signal: AbortSignal.any([signal, stop.signal]),
    isCancelled: () => signal.aborted,
  });
  return end(watched.ending, {
    ...common,
    deploymentId: deploymentId ?? watched.last?.deployments.find((each) => each.taskDefinition === revision.arn)?.id,
    last: watched.last,
    deployment: watched.deployment,
  });
};
