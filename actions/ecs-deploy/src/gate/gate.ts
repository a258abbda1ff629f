import type { MetricWindow } from '@hospital-ops/aws/cloudwatch/ports';
import type { Deps } from '../deps.ts';
import type { GateSettings } from '../inputs/gates.ts';
import { hasGates } from '../inputs/gates.ts';
import type { GateVerdict } from './verdict.ts';
import { decideGate, queriesOf } from './verdict.ts';

export type { GateVerdict } from './verdict.ts';

/** Watches what must hold while a release goes on. Throws AwsError when it cannot look. */
export interface Gate {
  /** With `fresh` nothing that was seen before counts: for the last look of all. */
  look(fresh?: boolean): Promise<GateVerdict>;
}

/** Metrics of AWS services have a point per minute; a part of a minute would be read as too little. */
const MINUTE_MS = 60_000;
/** Periods of high-resolution metrics (API_PutMetricData), longest first. */
const SHORT_MS = [30_000, 10_000, 5_000, 1_000];

/**
 * Returns how long a period is, in milliseconds, of which whole ones are looked at: a minute, which most metrics have.
 * Whoever watches for less than a minute has metrics of a higher resolution, else there could be nothing to see.
 */
export const resolutionOf = (bakeMs: number): number =>
  bakeMs <= 0 || bakeMs >= MINUTE_MS ? MINUTE_MS : (SHORT_MS.find((period) => period * 2 <= bakeMs) ?? 1_000);

/** Metrics come with some delay after their period. */
const GRACE_PERIODS = 3;

/** Returns for how many milliseconds a gate that has not spoken at the end of its time is waited for. */
export const graceOf = (resolutionMs = MINUTE_MS): number => GRACE_PERIODS * resolutionMs;

/** Looks between are answered from the last one: nothing new can be known, and DescribeAlarms takes 9 calls per second. */
const LOOK_MS = 10_000;

/**
 * Returns the gate of a service that began to take traffic at `since` (AWS's time): what was measured
 * before that says nothing about it. Without any alarm or metric it is always open and asks nobody. `resolutionMs` is that
 * of `resolutionOf`.
 */
export const createGate = (
  { cloudWatch, clock, awsClock }: Pick<Deps, 'cloudWatch' | 'clock' | 'awsClock'>,
  settings: GateSettings,
  since: number,
  resolutionMs = MINUTE_MS,
): Gate => {
  if (!hasGates(settings)) return { look: async () => ({ kind: 'open' }) };
  const queries = queriesOf(settings);
  const from = Math.ceil(since / resolutionMs) * resolutionMs;

  const look = async (): Promise<GateVerdict> => {
    const to = Math.floor(awsClock.now() / resolutionMs) * resolutionMs;
    const window: MetricWindow = { from, to, periodSeconds: resolutionMs / 1000 };
    const [alarms, readings] = await Promise.all([
      settings.alarms.length > 0 ? cloudWatch.alarms(settings.alarms) : new Map(),
      queries.length > 0 && to > from ? cloudWatch.evaluate(queries, window) : new Map(),
    ]);
    return decideGate(settings, { alarms, readings, to, resolutionMs });
  };

  let last: { readonly at: number; readonly verdict: Promise<GateVerdict> } | undefined;
  return {
    look: (fresh = false) => {
      const now = clock.now();
      if (!fresh && last !== undefined && now - last.at < Math.min(LOOK_MS, resolutionMs)) return last.verdict;
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
