import type { Deps } from './deps.ts';
import type { ServiceResult } from './finish.ts';
import { finish } from './finish.ts';
import type { DeployInputs } from './inputs.ts';
import type { Ordered, Standing } from './order.ts';
import { dependentsOf, nextOf } from './order.ts';
import type { Phase } from './outcome.ts';
import { isComplete } from './outcome.ts';
import type { ServicePlan } from './plan/plan.ts';
import type { Times } from './report/times.ts';
import { createTimes } from './report/times.ts';
import { createBoard } from './rollout/board.ts';
import { createObserver } from './rollout/observe.ts';
import { createRegistry } from './rollout/registry.ts';
import type { Release, ReleaseEnd, Rollout } from './rollout/roll-out.ts';
import { endsRelease, rollOut } from './rollout/roll-out.ts';
import { rollOutWeighted } from './weighted/roll-out.ts';

const BAD: ReadonlySet<Phase['kind']> = new Set<Phase['kind']>([
  'failed',
  'refused',
  'superseded',
  'rolled-back',
  'rollback-failed',
  'timeout',
  'cancelled',
  'lost',
]);

const causeOf = (rollouts: readonly Rollout[]): string => {
  const bad = rollouts.filter(({ phase }) => BAD.has(phase.kind)).sort((a, b) => a.endedAt - b.endedAt);
  // Being out of sight ends nothing: whoever failed besides is the cause.
  const first = bad.find(({ phase }) => phase.kind !== 'lost') ?? bad[0];
  if (first === undefined) return '';
  if (first.phase.kind === 'cancelled') return 'the run was cancelled';
  const { name } = first.plan.target;
  switch (first.phase.kind) {
    case 'timeout':
      return `the release ended because "${name}" was not complete in time`;
    case 'lost':
      return `sight of "${name}" was lost`;
    default:
      return `the release ended because "${name}" failed`;
  }
};

const orderOf = (plans: readonly ServicePlan[]): Ordered[] =>
  plans.map(({ target: { service, after } }) => ({ key: service, after }));

const standingOf = ({ phase }: Rollout): Standing => (isComplete(phase) ? 'complete' : 'incomplete');

const notStarted = (plan: ServicePlan, waitsFor: string, endedAt: number): Rollout => ({
  plan,
  phase: { kind: 'not-started', waitsFor },
  definition: undefined,
  updated: false,
  deploymentId: undefined,
  last: plan.before,
  deployment: undefined,
  endedAt,
});

/** Deploys every service when its turn comes, and returns what became of each, by service. */
const deployInOrder = async (
  release: Release,
  plans: readonly ServicePlan[],
): Promise<ReadonlyMap<string, Rollout>> => {
  const { inputs, clock } = release;
  const order = orderOf(plans);
  const planned = new Map(plans.map((plan) => [plan.target.service, plan]));
  const ended = new Map<string, Rollout>();
  const running = new Map<string, Promise<void>>();
  const begin = async (service: string, plan: ServicePlan): Promise<void> => {
    const rollout = await (plan.weighted === undefined ? rollOut(release, plan) : rollOutWeighted(release, plan));
    release.board?.ended(plan.target.name, rollout.phase.kind);
    if (endsRelease(rollout.phase, inputs)) release.stop.abort();
    // When a service is out of sight no other is begun; those on their way go on, nobody goes back on a guess.
    if (rollout.phase.kind === 'lost') release.begun.abort();
    ended.set(service, rollout);
    running.delete(service);
  };
  // What is not to be changed takes nobody's place and waits for nobody.
  await Promise.all(plans.filter(({ action }) => action === 'none').map((plan) => begin(plan.target.service, plan)));
  for (;;) {
    const standings = new Map<string, Standing>([...running.keys()].map((key) => [key, 'running']));
    for (const [key, rollout] of ended) standings.set(key, standingOf(rollout));
    const next = nextOf(order, standings, inputs.maxParallel);
    for (const { key, waitsFor } of next.never) {
      const plan = planned.get(key);
      release.times(key).end();
      if (plan !== undefined) ended.set(key, notStarted(plan, waitsFor, clock.now()));
    }
    for (const key of next.begin) {
      const plan = planned.get(key);
      if (plan !== undefined) running.set(key, begin(key, plan));
    }
    if (running.size > 0) await Promise.race(running.values());
    else if (next.never.length === 0) return ended;
  }
};

/** Every service goes back when those that come after it have; in a cancelled run all at once, there are seconds. */
const finishAll = (
  release: Release,
  plans: readonly ServicePlan[],
  rollouts: readonly Rollout[],
  end: ReleaseEnd,
): Promise<ServiceResult[]> => {
  const dependents = dependentsOf(orderOf(plans));
  const byService = new Map(rollouts.map((rollout) => [rollout.plan.target.service, rollout]));
  const finishing = new Map<string, Promise<ServiceResult>>();
  const cancelled = new Promise<void>((resolve) => {
    if (release.signal.aborted) resolve();
    else release.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const begin = (rollout: Rollout): Promise<ServiceResult> => {
    const { service } = rollout.plan.target;
    const known = finishing.get(service);
    if (known !== undefined) return known;
    const before = (dependents.get(service) ?? []).flatMap((key) => byService.get(key) ?? []).map(begin);
    const result = finish(release, rollout, end, Promise.race([Promise.all(before), cancelled]));
    finishing.set(service, result);
    return result;
  };
  return Promise.all(rollouts.map(begin));
};

/**
 * Deploys the planned services as one release and returns what became of each, in the order of the plans. When one of
 * them fails and the inputs ask for it, every service that was changed goes back to what it ran before, those that come
 * after others first. When sight of one is lost, nothing is known that would justify to change the others: they go on to
 * their own ends, and none is begun; only when another one fails does everything go back, what can be seen of it.
 * Never throws.
 */
export const deployRelease = async (
  inputs: DeployInputs,
  deps: Deps,
  plans: readonly ServicePlan[],
  startedAt: number,
): Promise<ServiceResult[]> => {
  const verifyMs = deps.clock.now() - startedAt;
  const times = new Map<string, Times>(plans.map(({ target }) => [target.service, createTimes(deps.clock, verifyMs)]));
  for (const each of times.values()) each.begin('wait');
  const release: Release = {
    ...deps,
    inputs,
    startedAt,
    observer: createObserver(deps.ecs, inputs.cluster, deps.clock, deps.log),
    stop: new AbortController(),
    begun: new AbortController(),
    register: createRegistry(deps),
    board: plans.length > 1 ? createBoard(plans.length, deps.log, deps.clock) : undefined,
    times: (service) => times.get(service) ?? createTimes(deps.clock),
  };
  let cancelled: number | undefined;
  const onAbort = () => {
    cancelled ??= deps.clock.now();
  };
  if (deps.signal.aborted) onAbort();
  deps.signal.addEventListener('abort', onAbort, { once: true });
  const byService = await deployInOrder(release, plans);
  const rollouts = plans.flatMap(({ target }) => byService.get(target.service) ?? []);
  const goesBack = rollouts.some(({ phase }) => endsRelease(phase, inputs));
  const results = await finishAll(release, plans, rollouts, {
    goesBack,
    cause: causeOf(rollouts),
    cancelledAt: () => cancelled,
  });
  release.board?.flush();
  deps.signal.removeEventListener('abort', onAbort);
  return results;
};
