import type { Clock } from '@hospital-ops/action-kit/clock';

/** AWS's time, as far as its answers tell; milliseconds since the epoch. That of the runner where none has come yet. */
export interface AwsClock {
  now(): number;
  /** Returns a moment of the runner's clock as AWS's clock showed it. */
  of(moment: number): number;
}

/** An AwsClock that learns from answers. */
export interface LearningClock extends AwsClock {
  /** `date` is the header of an answer that was sent for at `sent` and came at `received`, both by the runner's clock. */
  learn(date: string | undefined, sent: number, received: number): void;
}

/** The header has whole seconds (RFC 9110, section 5.6.7). */
const SECOND_MS = 1_000;

/**
 * Returns a clock that follows AWS's: each answer says in which range the difference of the two lies, all of them
 * together leave a small one. A difference that may be none is none. One that contradicts what was known before replaces
 * it: the runner's clock was set.
 */
export const createAwsClock = (clock: Pick<Clock, 'now'>): LearningClock => {
  let least = Number.NEGATIVE_INFINITY;
  let most = Number.POSITIVE_INFINITY;
  const offset = () => (least <= 0 && most >= 0 ? 0 : (least + most) / 2);
  return {
    now: () => clock.now() + offset(),
    of: (moment) => moment + offset(),
    learn: (date, sent, received) => {
      const told = Date.parse(date ?? '');
      if (Number.isNaN(told)) return;
      const [low, high] = [told - received, told + SECOND_MS - sent];
      const fits = low <= most && high >= least;
      least = fits ? Math.max(least, low) : low;
      most = fits ? Math.min(most, high) : high;
    },
  };
};
