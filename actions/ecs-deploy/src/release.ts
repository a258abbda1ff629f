import { CLEAN_UP_MS } from '@hospital-ops/action-kit/cancellation';
import { createLimit } from '@hospital-ops/action-kit/limit';
import type { Service } from '@hospital-ops/aws/ecs/ports';
import { servingOf } from './decide.ts';
import type { Deps } from './deps.ts';
import type { Diagnosis } from './diagnose.ts';
import { diagnose } from './diagnose.ts';
import type { Returned } from './go-back.ts';
import { goBack } from './go-back.ts';
import type { DeployInputs } from './inputs.ts';
import { createObserver } from './observe.ts';
import type { Phase, Told } from './outcome.ts';
import { serviceOutcome } from './outcome.ts';
import type { ServicePlan } from './plan.ts';
import type { Release, Rollout } from './roll-out.ts';
import { createRegistry, endsRelease, rollOut } from './roll-out.ts';

/** What is told of a service at the end. */
export interface ServiceResult extends Told {
  readonly rollout: Rollout;
  /** ARN of the definition that takes traffic; undefined when none does or it is not known. */
  readonly serving: string | undefined;
  readonly log: readonly string[];
  readonly durationSeconds: number;
}

/** Of the clean-up time, what is kept for writing outputs and summary. */
const WRITE_MS = 1_500;

const QUIET: Diagnosis = { reason: '', log: [] };

/** Endings about which stopped tasks may tell why. */
const hasStory = ({ kind }: Phase): boolean =>
  kind === 'failed' || kind === 'rolled-back' || kind === 'rollback-failed' || kind === 'timeout';

const isDone = ({ kind }: Phase): boolean => kind === 'superseded' || kind === 'lost' || kind === 'rollback-failed';

const returning = async (
  release: Release,
  rollout: Rollout,
  goesBack: boolean,
  cancelledAt: () => number | undefined,
): Promise<Returned | undefined> => {
  const { plan, definition, phase } = rollout;
  const byEcs = phase.kind === 'rolled-back';
  if (!rollout.updated || definition === undefined || isDone(phase) || !(goesBack || byEcs)) return undefined;
  // A forced deployment of the same revision has nothing else to go back to.
  if (definition.arn === plan.old.arn && !byEcs) return undefined;
  const cancelled = cancelledAt();
  const { clock, inputs } = release;
  return goBack({
    ...release,
    cluster: inputs.cluster,
    name: plan.target.name,
    service: plan.target.service,
    ours: definition.arn,
    previous: plan.old.arn,
    start: !byEcs,
    deployment: rollout.deployment,
    before: rollout.last,
    timeoutMs:
      cancelled === undefined ? inputs.timeoutMs : Math.max(0, cancelled + CLEAN_UP_MS - WRITE_MS - clock.now()),
    ...(cancelled !== undefined && { interval: () => 500 }),
    signal: cancelled === undefined ? release.signal : new AbortController().signal,
  });
};

const servingAtEnd = (rollout: Rollout, returned: Returned | undefined, { outcome }: Told): string | undefined => {
  if (outcome === 'unknown') return undefined;
  const seen: Service | undefined = returned === undefined ? rollout.last : (returned.last ?? rollout.last);
  return seen && servingOf(seen, rollout.plan.old.arn);
};

const finish = async (
  release: Release,
  rollout: Rollout,
  goesBack: boolean,
  cause: string,
  cancelledAt: () => number | undefined,
): Promise<ServiceResult> => {
  const { plan, phase, definition } = rollout;
  const since = release.startedAt - 60_000;
  const where = { cluster: release.inputs.cluster, service: plan.target.service, since };
  const [returned, diagnosis] = await Promise.all([
    returning(release, rollout, goesBack, cancelledAt),
    definition !== undefined && hasStory(phase) ? diagnose(release, where, definition) : QUIET,
  ]);
  const told = serviceOutcome(phase, returned?.result, cause);
  const now = phase.kind === 'unchanged' || returned === undefined ? rollout.endedAt : release.clock.now();
  return {
    ...told,
    reason: [told.reason.replace(/\.$/, ''), diagnosis.reason].filter(Boolean).join('; '),
    rollout,
    serving: servingAtEnd(rollout, returned, told),
    log: diagnosis.log,
    durationSeconds: Math.round((now - release.startedAt) / 1000),
  };
};

const BAD = new Set([
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
  const bad = rollouts.filter(({ phase }) => BAD.has(phase.kind)).sort((a, b) => a.endedAt - b.endedAt)[0];
  if (bad === undefined) return '';
  if (bad.phase.kind === 'cancelled') return 'the run was cancelled';
  const { name } = bad.plan.target;
  return bad.phase.kind === 'timeout'
    ? `the release ended because "${name}" was not complete in time`
    : `the release ended because "${name}" failed`;
};

/**
 * Deploys the planned services as one release and returns what became of each, in the order of the plans. When one of
 * them fails and the inputs ask for it, every service that was changed goes back to what it ran before. Never throws.
 */
export const deployRelease = async (
  inputs: DeployInputs,
  deps: Deps,
  plans: readonly ServicePlan[],
  startedAt: number,
): Promise<ServiceResult[]> => {
  const release: Release = {
    ...deps,
    inputs,
    startedAt,
    observer: createObserver(deps.ecs, inputs.cluster, deps.clock, deps.log),
    stop: new AbortController(),
    begun: new AbortController(),
    register: createRegistry(deps),
  };
  let cancelled: number | undefined;
  const onAbort = () => {
    cancelled ??= deps.clock.now();
  };
  if (deps.signal.aborted) onAbort();
  deps.signal.addEventListener('abort', onAbort, { once: true });
  const limit = createLimit(inputs.maxParallel);
  const rollouts = await Promise.all(
    plans.map((plan) =>
      limit(async () => {
        const rollout = await rollOut(release, plan);
        if (endsRelease(rollout.phase, inputs)) release.stop.abort();
        // When a service is out of sight no other is begun; those on their way go on, nobody goes back on a guess.
        if (rollout.phase.kind === 'lost') release.begun.abort();
        return rollout;
      }),
    ),
  );
  const goesBack = rollouts.some(({ phase }) => endsRelease(phase, inputs));
  const cause = causeOf(rollouts);
  const results = await Promise.all(
    rollouts.map((rollout) => finish(release, rollout, goesBack, cause, () => cancelled)),
  );
  deps.signal.removeEventListener('abort', onAbort);
  return results;
};
