import type { TaskDefinition } from '@hospital-ops/aws/ecs/ports';
import { createGate, graceOf, resolutionOf } from '../gate/gate.ts';
import type { GateSettings } from '../inputs/gates.ts';
import { hasGates } from '../inputs/gates.ts';
import type { Phase } from '../outcome.ts';
import type { ServicePlan } from '../plan/plan.ts';
import { OUT_OF_TIME } from '../rollout/deadline.ts';
import { createFailureCount } from '../rollout/failure-count.ts';
import type { OwnRollout, Release, Rollout } from '../rollout/roll-out.ts';
import { endsRelease, rollOut } from '../rollout/roll-out.ts';
import type { Course } from './back.ts';
import { noteOf, restoreCount, takeBack, undo } from './back.ts';
import { createShare, ForeignShareError, SET_MS } from './share.ts';
import type { Step } from './steps.ts';
import { shareOf, stepsOf } from './steps.ts';
import { phaseOf, watchShare } from './watch.ts';

const NO_GATES: GateSettings = { alarms: [], metrics: [] };

/** A plain deployment of one of the two services: watching and stepping are done around it. */
const plainPlan = (plan: ServicePlan): ServicePlan => {
  const { weighted: _own, ...rest } = plan;
  const strategy = { ...plan.target.strategy, strategy: undefined, gates: NO_GATES, bakeMs: 0 };
  return { ...rest, target: { ...plan.target, strategy } };
};

const linked = (signal: AbortSignal): AbortController => {
  const controller = new AbortController();
  if (signal.aborted) controller.abort();
  else signal.addEventListener('abort', () => controller.abort(), { once: true });
  return controller;
};

const LATE: Phase = { kind: 'timeout', reason: 'the time of the release was over before its last step was begun' };

const isGood = ({ kind }: Phase): boolean => kind === 'completed' || kind === 'unchanged';

/** The phase of one of the services as the phase of the whole. What ECS rolled back is taken back as a whole too. */
const asWhole = ({ phase, plan }: Rollout): Phase => {
  const who = `service "${plan.target.service}"`;
  switch (phase.kind) {
    case 'rolled-back':
      return { kind: 'failed', reason: `${who}: ${phase.reason}` };
    case 'failed':
    case 'lost':
    case 'timeout':
      return { ...phase, reason: `${who}: ${phase.reason}` };
    case 'started':
    case 'paused':
      return { kind: 'failed', reason: `${who} was not watched to its end` };
    default:
      return phase;
  }
};

const isNowhere = ({ kind }: Phase): boolean => kind === 'refused' || kind === 'not-started';

const deployOne = async (course: Course, who: 'canary' | 'main', release: Release): Promise<Phase | undefined> => {
  const rollout = await rollOut(release, plainPlan(who === 'canary' ? course.weighted.canary : course.plan));
  course[who] = rollout;
  if (who === 'canary') course.canarySeen = rollout.last ?? course.canarySeen;
  return isGood(rollout.phase) ? undefined : asWhole(rollout);
};

const revisionOf = (rollout: Rollout | undefined, plan: ServicePlan): string =>
  rollout?.definition?.arn ?? (plan.wanted.kind === 'existing' ? plan.wanted.definition.arn : plan.live.arn);

/** Watches the share that the canary takes; with `until` for as long as that lasts. */
const watch = async (
  course: Course,
  percent: number,
  bakeMs: number,
  until?: AbortSignal,
): Promise<Phase | undefined> => {
  const { release, plan, weighted } = course;
  const { gates } = plan.target.strategy;
  const resolutionMs = resolutionOf(plan.target.strategy.bakeMs);
  const ours = revisionOf(course.canary, weighted.canary);
  const suspect = percent > 0 || course.main === undefined ? weighted.canary.target.service : plan.target.service;
  const mainNow = course.main === undefined ? plan.live.arn : revisionOf(course.main, plan);
  const signals = [release.signal, release.stop.signal, ...(until === undefined ? [] : [until])];
  const verdict = await watchShare(release, `${plan.target.name} with ${percent} % for the canary`, {
    gate: createGate(release, gates, release.awsClock.now(), resolutionMs),
    share: course.share,
    canary: weighted.canary.target.service,
    main: plan.target.service,
    aim: {
      canary: ours,
      main: until === undefined ? mainNow : undefined,
      mainServes: course.main !== undefined && (plan.target.desiredCount ?? plan.before.desired) > 0,
      percent,
      bakeMs: until === undefined ? bakeMs : Number.POSITIVE_INFINITY,
      graceMs: hasGates(gates) ? graceOf(resolutionMs) : 0,
      maxFailedTasks: release.inputs.maxFailedTasks,
    },
    countFailedTasks: createFailureCount(
      release,
      suspect,
      suspect === plan.target.service ? mainNow : ours,
      release.awsClock.of(release.startedAt) - 60_000,
    ),
    signal: AbortSignal.any(signals),
  });
  return verdict.kind === 'passed' ? undefined : verdict;
};

/** Deploys the main service while the canary still takes its share, and stops it as soon as the gate is breached. */
const deployMain = async (course: Course): Promise<Phase | undefined> => {
  const { release } = course;
  const stop = linked(release.stop.signal);
  const done = new AbortController();
  let breach: Phase | undefined;
  const guard = watch(course, course.share.now() ?? 0, 0, done.signal).then((phase) => {
    if (done.signal.aborted || phase === undefined) return;
    breach = phase;
    stop.abort();
  });
  // What is under way is not held back by a service that is out of sight.
  const phase = await deployOne(course, 'main', { ...release, stop, begun: new AbortController() });
  done.abort();
  await guard;
  return breach ?? phase;
};

const setShare = async ({ release, share, plan }: Course, percent: number): Promise<Phase | undefined> => {
  const { clock, inputs, log } = release;
  const before = share.now();
  const left = release.startedAt + inputs.timeoutMs - clock.now();
  try {
    await share.set(
      percent,
      AbortSignal.any([release.signal, release.stop.signal]),
      Math.max(0, Math.min(SET_MS, left)),
    );
    if (before !== percent) log.info(`${plan.target.name}: the canary takes ${percent} % of the traffic`);
    return undefined;
  } catch (error) {
    if (error instanceof ForeignShareError) return { kind: 'superseded', by: '', reason: error.what };
    const phase = phaseOf(error, release.signal.aborted);
    if (phase.kind !== 'lost') return phase;
    // The services are in sight: what may not be set is a failure, and whether it was set all the same is looked up.
    await share.read().catch(() => undefined);
    return { kind: share.now() === undefined ? 'lost' : 'failed', reason: phase.reason };
  }
};

const carryOut = async (course: Course, step: Step): Promise<Phase | undefined> => {
  const { release } = course;
  if (release.signal.aborted) return { kind: 'cancelled' };
  if (release.stop.signal.aborted) return { kind: course.canary === undefined ? 'not-started' : 'interrupted' };
  const isOver = release.clock.now() >= release.startedAt + release.inputs.timeoutMs;
  if (isOver && step.kind !== 'watch') return course.canary === undefined ? OUT_OF_TIME : LATE;
  switch (step.kind) {
    case 'share':
      return setShare(course, step.percent);
    case 'watch':
      release.times(course.plan.target.service).begin('bake');
      return watch(course, step.percent, step.bakeMs);
    case 'deploy': {
      if (step.who === 'canary') return deployOne(course, 'canary', release);
      if (step.who === 'main') return deployMain(course);
      const ends = await Promise.all([deployOne(course, 'canary', release), deployOne(course, 'main', release)]);
      return ends.find((phase) => phase !== undefined);
    }
  }
};

const suspectOf = ({ canary, main, plan, weighted }: Course): OwnRollout['suspect'] => {
  if (main?.definition !== undefined && !isGood(main.phase))
    return { service: plan.target.service, definition: main.definition };
  return canary?.definition && { service: weighted.canary.target.service, definition: canary.definition };
};

const endOf = (course: Course, phase: Phase): Rollout => {
  const { release, plan, canary, main } = course;
  release.times(plan.target.service).end();
  const sameFamily = canary?.definition !== undefined && canary.definition.family === plan.live.family;
  const definition: TaskDefinition | undefined = main?.definition ?? (sameFamily ? canary?.definition : undefined);
  return {
    plan,
    phase,
    definition,
    updated: [canary, main].some((each) => each?.updated === true),
    deploymentId: main?.deploymentId ?? canary?.deploymentId,
    last: main?.last ?? plan.before,
    deployment: main?.deployment,
    endedAt: release.clock.now(),
    own: { undo: (end, turn) => undo(course, end, turn), note: () => noteOf(course), suspect: suspectOf(course) },
  };
};

/**
 * Brings a service out by a weighted canary: the new revision goes to the canary service, takes its shares one after the
 * other while the gate is watched, then replaces the main service. Whatever ends it early takes the share back at once,
 * before anything else, where the inputs ask for a roll-back. Never throws.
 */
export const rollOutWeighted = async (release: Release, plan: ServicePlan): Promise<Rollout> => {
  const { weighted } = plan;
  if (weighted === undefined) return rollOut(release, plan);
  const isDue = weighted.canary.action !== 'none' || shareOf(weighted.rule.groups, weighted) !== 0;
  if (plan.action === 'none' && !(weighted.direct && isDue)) return rollOut(release, plan);
  const course: Course = {
    release,
    plan,
    weighted,
    share: createShare(release, weighted),
    canary: undefined,
    main: undefined,
    canarySeen: weighted.canary.before,
    keepsShare: undefined,
  };
  const { steps, bakeMs } = plan.target.strategy;
  let phase: Phase | undefined;
  for (const step of stepsOf(steps, bakeMs, weighted.direct)) {
    phase = await carryOut(course, step);
    if (phase !== undefined) break;
  }
  if (phase === undefined) {
    await restoreCount(course);
    return endOf(course, { kind: 'completed', warning: undefined });
  }
  if (isNowhere(phase) && course.main !== undefined)
    phase = { ...phase, kind: 'failed', reason: 'reason' in phase ? phase.reason : '' };
  const blind = phase.kind === 'lost' && course.main === undefined && release.inputs.onFailure === 'rollback';
  if (endsRelease(phase, release.inputs) || phase.kind === 'interrupted' || blind) await takeBack(course);
  return endOf(course, phase);
};
