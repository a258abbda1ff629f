import type { Return } from './back/go-back.ts';
import type { Ending } from './rollout/watch.ts';

export const OUTCOMES = [
  'deployed',
  'unchanged',
  'started',
  'paused',
  'rolled-back',
  'rollback-failed',
  'superseded',
  'failed',
  'timeout',
  'cancelled',
  'unknown',
] as const;

export type Outcome = (typeof OUTCOMES)[number];

/** How the deploying half ended for a service; the other half is going back. */
export type Phase =
  | Ending
  | { readonly kind: 'unchanged' }
  /** Its turn never came: the release had ended, or a service that it comes after (`waitsFor`) was not complete. */
  | { readonly kind: 'not-started'; readonly waitsFor?: string }
  /** AWS refused the registration or the update: nothing was changed. */
  | { readonly kind: 'refused'; readonly reason: string };

export interface Told {
  readonly outcome: Outcome;
  readonly reason: string;
}

/** True for an end on which services that come after this one may build. */
export const isComplete = ({ kind }: Phase): boolean =>
  kind === 'completed' || kind === 'unchanged' || kind === 'started';

const SUCCESSES: ReadonlySet<Outcome> = new Set(['deployed', 'unchanged', 'started', 'paused']);

/** True for the outcomes with which the step succeeds, and for no other. */
export const isSuccess = (outcome: Outcome): boolean => SUCCESSES.has(outcome);

/** The worst first: what one service ends with decides for the release. */
const WORST_FIRST: readonly Outcome[] = [
  'rollback-failed',
  'unknown',
  'failed',
  'superseded',
  'cancelled',
  'timeout',
  'rolled-back',
  'paused',
  'started',
  'deployed',
  'unchanged',
];

/** Returns the outcome of a release; of an empty one `unknown`, because nothing was seen. */
export const releaseOutcome = (outcomes: readonly Outcome[]): Outcome =>
  WORST_FIRST.find((outcome) => outcomes.includes(outcome)) ?? 'unknown';

const join = (...parts: ReadonlyArray<string | undefined>): string => parts.filter(Boolean).join('; ');

/** What becomes of a service that did well, or whose turn never came, when the release goes back. */
const withRelease = (returned: Return | undefined, why: string, otherwise: Told): Told => {
  switch (returned?.kind) {
    case undefined:
      return otherwise;
    case 'back':
      return { outcome: 'rolled-back', reason: why };
    case 'superseded':
      return { outcome: 'superseded', reason: join(why, returned.reason) };
    case 'unknown':
      return { outcome: 'unknown', reason: join(why, returned.reason) };
    case 'failed':
    case 'late':
      return { outcome: 'rollback-failed', reason: join(why, returned.reason) };
    case 'cancelled':
      return { outcome: 'cancelled', reason: join(why, returned.reason) };
  }
};

/** The outcome that names why the run ended is kept; only a roll-back that went wrong is worse. */
const afterEnd = (ended: Outcome, reason: string, returned: Return | undefined): Told => {
  switch (returned?.kind) {
    case undefined:
      return { outcome: ended, reason };
    case 'back':
      return { outcome: ended, reason: join(reason, 'the old revision serves again') };
    case 'superseded':
    case 'unknown':
    case 'cancelled':
      return { outcome: returned.kind, reason: join(reason, returned.reason) };
    case 'failed':
      return { outcome: 'rollback-failed', reason: join(reason, returned.reason) };
    case 'late':
      // A cancelled run has seconds: that the roll-back was not seen to its end is no failure of the roll-back.
      return { outcome: ended === 'cancelled' ? ended : 'rollback-failed', reason: join(reason, returned.reason) };
  }
};

/**
 * Returns what is said of a service. `returned` is how going back ended, undefined when nobody went back; `cause` names
 * the service for whose sake the release ended.
 */
export const serviceOutcome = (phase: Phase, returned: Return | undefined, cause: string): Told => {
  switch (phase.kind) {
    case 'unchanged':
      return { outcome: 'unchanged', reason: '' };
    case 'completed':
      return withRelease(returned, cause, { outcome: 'deployed', reason: phase.warning ?? '' });
    case 'started':
      return withRelease(returned, cause, { outcome: 'started', reason: '' });
    case 'paused':
      return withRelease(returned, cause, { outcome: 'paused', reason: phase.reason });
    case 'not-started':
      return {
        outcome: 'unchanged',
        reason: join('it was not deployed', phase.waitsFor && `it comes after "${phase.waitsFor}"`, cause),
      };
    case 'interrupted':
      return withRelease(returned, cause, { outcome: 'unknown', reason: join('it was not watched to its end', cause) });
    case 'refused':
      return { outcome: 'failed', reason: phase.reason };
    case 'failed':
      return withRelease(returned, phase.reason, { outcome: 'failed', reason: phase.reason });
    case 'rolled-back':
      return withRelease(returned, phase.reason, { outcome: 'unknown', reason: phase.reason });
    case 'rollback-failed':
      // What ECS could not take back is deployed again, once.
      return withRelease(returned, phase.reason, { outcome: 'rollback-failed', reason: phase.reason });
    case 'superseded':
      return { outcome: 'superseded', reason: phase.reason };
    case 'lost':
      // Whether there was anything to take back is as little known as what became of it.
      if (returned?.kind === 'late') return { outcome: 'unknown', reason: join(phase.reason, returned.reason) };
      return withRelease(returned, join(phase.reason, cause), { outcome: 'unknown', reason: phase.reason });
    case 'timeout':
      return afterEnd('timeout', phase.reason, returned);
    case 'cancelled':
      return afterEnd('cancelled', join('the run was cancelled', phase.reason), returned);
  }
};
