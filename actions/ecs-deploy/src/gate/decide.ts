import type { Observation, Verdict } from '../rollout/observation.ts';
import { CONTINUE } from '../rollout/observation.ts';

/**
 * Returns a verdict as the gate leaves it. A breach fails what is under way or complete; what ECS has undone already
 * stays undone. Nothing is complete before it was watched for its time, nor while something the gate asks for is not
 * known: metrics come late, so that is waited for a little longer, and then missing data is not success.
 */
export const throughGate = (
  verdict: Verdict,
  { gate, bakeLeftMs, gateLeftMs }: Pick<Observation, 'gate' | 'bakeLeftMs' | 'gateLeftMs'>,
): Verdict => {
  const open = verdict.kind === 'continue' || verdict.kind === 'completed';
  if (!open && verdict.kind !== 'started' && verdict.kind !== 'paused') return verdict;
  if (gate?.kind === 'breached') return { kind: 'failed', reason: gate.reason };
  if (verdict.kind !== 'completed') return verdict;
  if (bakeLeftMs > 0) return CONTINUE;
  if (gate?.kind !== 'waiting') return verdict;
  return gateLeftMs > 0 ? CONTINUE : { kind: 'failed', reason: gate.reason };
};
