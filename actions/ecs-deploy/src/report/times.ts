import type { Clock } from '@hospital-ops/action-kit/clock';

/**
 * What a service's time goes into, in the order in which it does. `verify` is common to the release and holds every look
 * before the first change; `wait` is for its turn.
 */
export const PHASES = ['verify', 'wait', 'register', 'update', 'rollout', 'bake', 'roll-back'] as const;

export type PhaseName = (typeof PHASES)[number];

/** Measures how long a service is in which phase. */
export interface Times {
  /** Ends the phase that runs, if another does; the same phase again goes on. */
  begin(phase: PhaseName): void;
  end(): void;
  /** Whole seconds by phase, those that never were left out. */
  seconds(): Partial<Record<PhaseName, number>>;
}

/** `verifyMs`: what was spent before the release began. */
export const createTimes = (clock: Pick<Clock, 'now'>, verifyMs = 0): Times => {
  const spent = new Map<PhaseName, number>([['verify', verifyMs]]);
  let running: { readonly phase: PhaseName; readonly since: number } | undefined;
  const end = () => {
    if (running === undefined) return;
    spent.set(running.phase, (spent.get(running.phase) ?? 0) + clock.now() - running.since);
    running = undefined;
  };
  return {
    begin: (phase) => {
      if (running?.phase === phase) return;
      end();
      running = { phase, since: clock.now() };
    },
    end,
    seconds: () => {
      end();
      return Object.fromEntries(
        PHASES.flatMap((phase) => {
          const ms = spent.get(phase);
          return ms === undefined ? [] : [[phase, Math.round(ms / 1000)] as const];
        }),
      );
    },
  };
};
