import type { InputReader } from '@hospital-ops/action-kit/inputs';
import { isMap } from '@hospital-ops/action-kit/is-map';

export const COMPARISONS = ['>', '>=', '<', '<='] as const;

/** A metric that must not be `comparison` than `threshold`: when it is, the gate is breached. */
export interface MetricGate {
  readonly name: string;
  /** CloudWatch metric math. */
  readonly expression: string;
  readonly threshold: number;
  readonly comparison: (typeof COMPARISONS)[number];
  /** Below so much traffic the metric says nothing yet. */
  readonly minimumTraffic: { readonly expression: string; readonly threshold: number } | undefined;
}

/** What must hold while a release is watched. */
export interface GateSettings {
  readonly alarms: readonly string[];
  readonly metrics: readonly MetricGate[];
}

const KEYS = ['name', 'expression', 'threshold', 'comparison', 'minimum-traffic'];

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const numberOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;

const parseMetric = (entry: unknown, index: number, reader: InputReader): MetricGate[] => {
  const problem = (expected: string) => reader.problem('gate-metrics', `entry ${index + 1}: ${expected}`);
  if (!isMap(entry)) {
    problem('expected a map with `name`, `expression` and `threshold`');
    return [];
  }
  for (const key of Object.keys(entry))
    if (!KEYS.includes(key)) problem(`"${key}" is not known; known are ${KEYS.join(', ')}`);
  const name = textOf(entry.name);
  const expression = textOf(entry.expression);
  const threshold = numberOf(entry.threshold);
  const comparison = COMPARISONS.find((one) => one === (entry.comparison ?? '>'));
  if (name === undefined) problem('`name` is required');
  if (expression === undefined) problem('`expression` is required');
  if (threshold === undefined) problem('`threshold` must be a number');
  if (comparison === undefined) problem(`\`comparison\` must be one of ${COMPARISONS.join(', ')}`);
  const traffic = entry['minimum-traffic'];
  const least = isMap(traffic)
    ? { expression: textOf(traffic.expression), threshold: numberOf(traffic.threshold) }
    : undefined;
  if (traffic !== undefined && (least?.expression === undefined || least.threshold === undefined))
    problem('`minimum-traffic` must be a map with `expression` and a number `threshold`');
  if (name === undefined || expression === undefined || threshold === undefined || comparison === undefined) return [];
  const minimumTraffic =
    least?.expression === undefined || least.threshold === undefined
      ? undefined
      : { expression: least.expression, threshold: least.threshold };
  return [{ name, expression, threshold, comparison, minimumTraffic }];
};

/** Reads `gate-alarms` and `gate-metrics`. */
export const parseGates = (reader: InputReader): GateSettings => {
  const metrics = reader.structured('gate-metrics');
  if (metrics !== undefined && !Array.isArray(metrics)) reader.problem('gate-metrics', 'expected a list');
  return {
    alarms: [...new Set(reader.lines('gate-alarms'))],
    metrics: (Array.isArray(metrics) ? metrics : []).flatMap((entry, index) => parseMetric(entry, index, reader)),
  };
};

export const hasGates = ({ alarms, metrics }: GateSettings): boolean => alarms.length > 0 || metrics.length > 0;
