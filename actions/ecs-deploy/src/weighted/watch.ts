import { asOpsError, CancelledError, TimeoutError, tell } from '@hospital-ops/action-kit/errors';
import { poll } from '@hospital-ops/action-kit/poll';
import { isTransient } from '@hospital-ops/aws/errors';
import type { Gate } from '../gate/gate.ts';
import type { GateVerdict } from '../gate/verdict.ts';
import type { Phase } from '../outcome.ts';
import type { Release } from '../rollout/roll-out.ts';
import type { Look, WatchAim, WatchVerdict } from './decide.ts';
import { decideWatch } from './decide.ts';
import type { Share } from './share.ts';

/** Between looks; a gate has nothing new earlier. */
const INTERVAL_MS = 10_000;

export interface Watched {
  readonly gate: Gate;
  readonly share: Share;
  readonly canary: string;
  readonly main: string;
  readonly aim: WatchAim;
  countFailedTasks(): Promise<number>;
  /** Ends the watch. */
  readonly signal: AbortSignal;
}

/** A gate that nobody may look at is breached: what cannot be watched is not let through. */
const lookAt = async (gate: Gate, isLast: boolean): Promise<GateVerdict> => {
  try {
    return await gate.look(isLast);
  } catch (error) {
    if (isTransient(error))
      return { kind: 'waiting', reason: `the gate could not be looked at: ${asOpsError(error).what}` };
    return { kind: 'breached', reason: `the gate cannot be watched: ${tell(error)}` };
  }
};

/** What an error that ended a wait means for the release. */
export const phaseOf = (error: unknown, isCancelled: boolean): Phase => {
  if (error instanceof CancelledError) return { kind: isCancelled ? 'cancelled' : 'interrupted' };
  const late = error instanceof TimeoutError && error.last !== undefined;
  return { kind: late ? 'timeout' : 'lost', reason: tell(error) };
};

/** Watches until the verdict is another than to go on, and returns it; a phase when the wait itself ended. Never throws. */
export const watchShare = async (
  release: Release,
  what: string,
  { gate, share, aim, ...watched }: Watched,
): Promise<Exclude<WatchVerdict, { kind: 'continue' }> | Phase> => {
  const { clock, log, observer, inputs } = release;
  const began = clock.now();
  let told = '';
  let missing = 0;
  const observe = async (): Promise<Look> => {
    const elapsedMs = clock.now() - began;
    const [verdict, canary, main, failedTasks, percent] = await Promise.all([
      // The end is not let through by a look that is some seconds old.
      lookAt(gate, elapsedMs >= aim.bakeMs),
      observer.service(watched.canary),
      observer.service(watched.main),
      aim.maxFailedTasks > 0 ? watched.countFailedTasks() : 0,
      share.read(),
    ]);
    missing = canary === undefined || main === undefined ? missing + 1 : 0;
    const now = verdict.kind === 'open' ? 'the gate is open' : verdict.reason;
    if (now !== told && verdict.kind !== 'open') log.info(`${what}: ${now}`);
    told = now;
    return { gate: verdict, canary, main, failedTasks, share: percent, elapsedMs, missing };
  };
  try {
    return await poll<Look, Exclude<WatchVerdict, { kind: 'continue' }>>({
      what,
      observe,
      decide: (look) => {
        const verdict = decideWatch(look, aim);
        return verdict.kind === 'continue' ? { done: false } : { done: true, value: verdict };
      },
      interval: (elapsed) => {
        const left = aim.bakeMs - elapsed;
        return left > 0 ? Math.min(INTERVAL_MS, left) : INTERVAL_MS;
      },
      timeoutMs: Math.max(0, release.startedAt + inputs.timeoutMs - clock.now()),
      isTransient,
      clock,
      signal: watched.signal,
    });
  } catch (error) {
    return phaseOf(error, release.signal.aborted);
  }
};
