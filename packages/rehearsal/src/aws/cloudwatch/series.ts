import { AwsFault } from '../service.ts';
import type { Metric, Sample } from './metric-store.ts';
import { samplesBetween } from './metric-store.ts';
import { statisticOf } from './statistics.ts';

/** Values by the time at which their period begins, in milliseconds since the epoch. */
export type Points = ReadonlyMap<number, number>;

export interface Series {
  readonly label: string;
  /** Seconds, as they were asked for. */
  readonly period: number;
  readonly points: Points;
  /** Id of the query that asked for the metric; undefined for what an expression made. */
  readonly metricId?: string;
}

/** What is looked at. Periods begin at multiples of their length; `minuteMs` says how long a minute is here. */
export interface Span {
  /** Milliseconds since the epoch; inclusive. */
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  readonly minuteMs: number;
  /** What was measured later than this is not to be seen yet; default: everything is. */
  readonly visibleTo?: number;
}

const periodMs = (seconds: number, { minuteMs }: Span): number => (seconds / 60) * minuteMs;

/** "A total of as many as 100,800 data points" (API_GetMetricData). */
const MAX_POINTS = 100_800;

/**
 * Returns the beginnings of all periods of a span; the one in which `from` lies is among them (API_GetMetricData). Throws
 * AwsFault when they are more than CloudWatch answers.
 */
export const periodsOf = (span: Span, seconds: number): number[] => {
  const length = periodMs(seconds, span);
  if ((span.to - span.from) / length > MAX_POINTS)
    throw new AwsFault('ValidationException', `You have requested more than ${MAX_POINTS} data points.`);
  const starts: number[] = [];
  for (let start = Math.floor(span.from / length) * length; start < span.to; start += length) starts.push(start);
  return starts;
};

/** Returns the points of metrics taken together; periods without a measurement have none. */
export const pointsOf = (
  metrics: readonly Metric[],
  stat: string,
  seconds: number,
  span: Span,
  accepts: (sample: Sample) => boolean = () => true,
): Points => {
  const length = periodMs(seconds, span);
  const from = Math.floor(span.from / length) * length;
  const to = Math.min(Math.ceil(span.to / length) * length, span.visibleTo ?? Number.POSITIVE_INFINITY);
  const byPeriod = new Map<number, Sample[]>();
  for (const metric of metrics)
    for (const sample of samplesBetween(metric, from, to)) {
      if (!accepts(sample)) continue;
      const start = Math.floor(sample.at / length) * length;
      const there = byPeriod.get(start);
      if (there === undefined) byPeriod.set(start, [sample]);
      else there.push(sample);
    }
  const points = new Map<number, number>();
  for (const start of [...byPeriod.keys()].sort((a, b) => a - b)) {
    const value = start < span.to ? statisticOf(byPeriod.get(start) ?? [], stat) : undefined;
    if (value !== undefined) points.set(start, value);
  }
  return points;
};
