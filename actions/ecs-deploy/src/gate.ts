import type { MetricWindow } from '@hospital-ops/aws/cloudwatch/ports';
import type { Deps } from './deps.ts';
import type { GateSettings } from './gate-input.ts';
import { hasGates } from './gate-input.ts';
import type { GateVerdict } from './gate-verdict.ts';
import { decideGate, queriesOf } from './gate-verdict.ts';

export type { GateVerdict } from './gate-verdict.ts';

/** Watches what must hold while a release goes on. Throws AwsError when it cannot look. */
export interface Gate {
  look(): Promise<GateVerdict>;
}

/** CloudWatch's metrics of AWS services have a point per minute; a partial minute would be read as too little. */
const MINUTE_MS = 60_000;
/** Looks between are answered from the last one: nothing new can be known, and DescribeAlarms takes 9 calls per second. */
const LOOK_MS = 10_000;

/**
 * Returns the gate of a service that began to take traffic at `since` (milliseconds since the epoch): what was measured
 * before that says nothing about it. Without any alarm or metric it is always open and asks nobody.
 */
export const createGate = (
  { cloudWatch, clock }: Pick<Deps, 'cloudWatch' | 'clock'>,
  settings: GateSettings,
  since: number,
): Gate => {
  if (!hasGates(settings)) return { look: async () => ({ kind: 'open' }) };
  const queries = queriesOf(settings);
  const from = Math.ceil(since / MINUTE_MS) * MINUTE_MS;

  const look = async (): Promise<GateVerdict> => {
    const to = Math.floor(clock.now() / MINUTE_MS) * MINUTE_MS;
    const window: MetricWindow = { from, to, periodSeconds: MINUTE_MS / 1000 };
    const [alarms, readings] = await Promise.all([
      settings.alarms.length > 0 ? cloudWatch.alarms(settings.alarms) : new Map(),
      queries.length > 0 && to > from ? cloudWatch.evaluate(queries, window) : new Map(),
    ]);
    return decideGate(settings, { alarms, readings, to });
  };

  let last: { readonly at: number; readonly verdict: Promise<GateVerdict> } | undefined;
  return {
    look: () => {
      const now = clock.now();
      if (last !== undefined && now - last.at < LOOK_MS) return last.verdict;
      const verdict = look();
      const current = { at: now, verdict };
      last = current;
      // A look that failed is no answer for the next one.
      verdict.catch(() => {
        if (last === current) last = undefined;
      });
      return verdict;
    },
  };
};
