import { CLEAN_UP_MS } from '@hospital-ops/action-kit/cancellation';
import { within } from '@hospital-ops/action-kit/poll';
import type { Service } from '@hospital-ops/aws/ecs/ports';
import { registrationBody } from '@hospital-ops/aws/ecs/task-definition';
import type { GoBackOptions, Returned } from './back/go-back.ts';
import { goBack } from './back/go-back.ts';
import { restoreSettings } from './back/restore.ts';
import type { Phase, Told } from './outcome.ts';
import { serviceOutcome } from './outcome.ts';
import { isNative } from './plan/service-change.ts';
import type { Diagnosis } from './report/diagnose.ts';
import { diagnose } from './report/diagnose.ts';
import type { Times } from './report/times.ts';
import type { Release, ReleaseEnd, Rollout } from './rollout/roll-out.ts';
import { servingOf } from './rollout/serving.ts';

/** What is told of a service at the end. */
export interface ServiceResult extends Told {
  readonly rollout: Rollout;
  /** ARN of the definition that takes traffic; undefined when none does or it is not known. */
  readonly serving: string | undefined;
  readonly log: readonly string[];
  readonly durationSeconds: number;
  /** Seconds by phase. */
  readonly phases: ReturnType<Times['seconds']>;
}

/** Of the clean-up time, what is kept for calls that hang at its end, and for writing outputs and summary. */
const WRITE_MS = 2_500;
const HANGING_MS = 800;
/** Of the clean-up time, what a look before the roll-back may take. */
const FIRST_LOOK_MS = 1_500;

const QUIET: Diagnosis = { reason: '', log: [] };

/** Endings about which stopped tasks may tell why. */
const hasStory = ({ kind }: Phase): boolean =>
  kind === 'failed' || kind === 'rolled-back' || kind === 'rollback-failed' || kind === 'timeout';

const isDone = ({ kind }: Phase): boolean => kind === 'superseded';

const backOf = (release: Release, rollout: Rollout, ours: string, start: boolean): GoBackOptions => {
  const { plan } = rollout;
  return {
    ...release,
    cluster: release.inputs.cluster,
    name: plan.target.name,
    service: plan.target.service,
    ours,
    previous: plan.old.arn,
    copy: () => release.register(registrationBody(plan.old.body, plan.old.tags), new AbortController().signal),
    native: isNative(plan.change.strategy),
    start,
    deployment: rollout.deployment,
    deploymentId: rollout.deploymentId,
    configuration: plan.change.effective,
    restore: plan.change.before,
    before: rollout.last,
    timeoutMs: release.inputs.timeoutMs,
  };
};

/** A service that was swapped at once has its own way to deploy again afterwards. Returns what went wrong, if so. */
const endTemporary = async (release: Release, rollout: Rollout, returned: Returned | undefined) => {
  const { plan, definition, updated } = rollout;
  if (!plan.change.temporary || !updated || definition === undefined || returned !== undefined) return undefined;
  const trouble = await restoreSettings(backOf(release, rollout, definition.arn, false), undefined);
  if (trouble !== undefined) release.log.warning(`${plan.target.name}: ${trouble}`);
  return trouble;
};

/** Takes a service back if it is to go back. Returns how that ended, undefined when there was nothing to do. */
export const returning = (
  release: Release,
  rollout: Rollout,
  end: ReleaseEnd,
  turn: Promise<unknown>,
): Promise<Returned | undefined> => inTime(release, end, takingBack(release, rollout, end, turn));

const takingBack = async (
  release: Release,
  rollout: Rollout,
  end: ReleaseEnd,
  turn: Promise<unknown>,
): Promise<Returned | undefined> => {
  const { plan, definition, phase, own } = rollout;
  const byEcs = phase.kind === 'rolled-back';
  if (own !== undefined) {
    return rollout.updated && !isDone(phase) && (end.goesBack || byEcs) ? own.undo(end, turn) : undefined;
  }
  if (!rollout.updated || definition === undefined || isDone(phase) || !(end.goesBack || byEcs)) return undefined;
  // A deployment of the same revision has nothing to go back to but the settings that came with it.
  const sameRevision = definition.arn === plan.old.arn && !byEcs;
  const { before } = plan.change;
  if (sameRevision && before.configuration === undefined && before.desiredCount === undefined) return undefined;
  if (!byEcs) await turn;
  release.times(plan.target.service).begin('roll-back');
  const cancelled = end.cancelledAt();
  const { clock } = release;
  const options = backOf(release, rollout, definition.arn, !byEcs);
  if (sameRevision) {
    const reason = await restoreSettings(options, undefined);
    return { result: reason === undefined ? { kind: 'back' } : { kind: 'failed', reason }, last: undefined };
  }
  if (cancelled === undefined) return goBack(options);
  const timeoutMs = Math.max(0, cancelled + CLEAN_UP_MS - WRITE_MS - clock.now());
  const signal = new AbortController().signal;
  return goBack({ ...options, timeoutMs, interval: () => 500, firstLookMs: FIRST_LOOK_MS, signal });
};

/** What went wrong is known by then; why may be told within this time. */
const STORY_MS = 30_000;

const LATE: Returned = {
  result: { kind: 'late', reason: 'it was not seen in time whether the roll-back has begun' },
  last: undefined,
};

/** A call that hangs may outlast the time of a cancelled run, which must still say what it knows. */
const inTime = async (
  { clock, signal }: Release,
  end: ReleaseEnd,
  going: Promise<Returned | undefined>,
): Promise<Returned | undefined> => {
  const done = new AbortController();
  const over = new Promise<Returned>((resolve) => {
    const begin = () => {
      const now = clock.now();
      const until = (end.cancelledAt() ?? now) + CLEAN_UP_MS - WRITE_MS + HANGING_MS;
      clock.sleep(until - now, done.signal).then(
        () => resolve(LATE),
        () => undefined,
      );
    };
    if (signal.aborted) begin();
    else signal.addEventListener('abort', begin, { once: true, signal: done.signal });
  });
  try {
    return await Promise.race([going, over]);
  } finally {
    done.abort();
  }
};

const servingAtEnd = (rollout: Rollout, returned: Returned | undefined, { outcome }: Told): string | undefined => {
  if (outcome === 'unknown') return undefined;
  // In stages who is PRIMARY, and has how many tasks, says little of who takes the traffic.
  const weight = returned === undefined ? rollout.deployment?.target?.productionWeight : undefined;
  if (weight !== undefined) return weight > 50 ? rollout.definition?.arn : rollout.plan.old.arn;
  // A look from before the roll-back was sent says nothing of what serves after it.
  const seen: Service | undefined = returned === undefined ? rollout.last : returned.last;
  return seen && servingOf(seen, rollout.plan.old.arn);
};

/** Takes a service back if the release does, when its `turn` has come, and returns what is told of it. Never throws. */
export const finish = async (
  release: Release,
  rollout: Rollout,
  end: ReleaseEnd,
  turn: Promise<unknown>,
): Promise<ServiceResult> => {
  const { plan, phase, definition, own } = rollout;
  const since = release.awsClock.of(release.startedAt) - 60_000;
  const known = ('reason' in phase ? phase.reason : undefined) ?? '';
  const suspect = own === undefined ? definition && { service: plan.target.service, definition } : own.suspect;
  const [returned, diagnosis] = await Promise.all([
    returning(release, rollout, end, turn),
    suspect !== undefined && hasStory(phase)
      ? // A cancelled run has seconds: it goes without the story.
        within(
          diagnose(
            release,
            { cluster: release.inputs.cluster, service: suspect.service, since, known },
            suspect.definition,
          ),
          { what: 'the story', timeoutMs: STORY_MS, clock: release.clock, signal: release.signal },
        ).catch(() => QUIET)
      : QUIET,
  ]);
  const unrestored = await endTemporary(release, rollout, returned);
  if (returned !== undefined) release.board?.ended(plan.target.name, returned.result.kind);
  const told = serviceOutcome(phase, returned?.result, end.cause);
  const now = phase.kind === 'unchanged' || returned === undefined ? rollout.endedAt : release.clock.now();
  return {
    ...told,
    reason: [own?.note(), told.reason.replace(/\.$/, ''), diagnosis.reason, unrestored].filter(Boolean).join('; '),
    rollout,
    serving: servingAtEnd(rollout, returned, told),
    log: diagnosis.log,
    durationSeconds: Math.round((now - release.startedAt) / 1000),
    phases: release.times(plan.target.service).seconds(),
  };
};
