import { formatDuration } from '@hospital-ops/action-kit/duration';
import { neutralizeToLine } from '@hospital-ops/action-kit/untrusted';
import type { Alarm, MetricQuery, MetricReading } from '@hospital-ops/aws/cloudwatch/ports';
import type { GateSettings, MetricGate } from '../inputs/gates.ts';

/** What a look at the alarms and metrics of a service says. */
export type GateVerdict =
  /** Nothing is breached, and every metric had data and traffic enough. */
  | { readonly kind: 'open' }
  /** Nothing is breached as far as is known, and something is not known: too little data or traffic. */
  | { readonly kind: 'waiting'; readonly reason: string }
  /** `reason` names which alarm or metric, its value and its threshold. */
  | { readonly kind: 'breached'; readonly reason: string };

/** What CloudWatch said at one moment. */
export interface GateSight {
  readonly alarms: ReadonlyMap<string, Alarm>;
  /** By the ids of `queriesOf`. */
  readonly readings: ReadonlyMap<string, MetricReading>;
  /** End of the last full period, in milliseconds since the epoch, and how long a period is. */
  readonly to: number;
  readonly resolutionMs: number;
}

/** A value that began more periods than this before the end of the last full one says nothing about now. */
const STALE_PERIODS = 4;
const REASON_LENGTH = 240;
/** Reasons are read in one line: of many only so many are told. */
const MAX_TOLD = 4;

const metricId = (index: number): string => `m${index}`;
const trafficId = (index: number): string => `t${index}`;

/** Returns what to ask CloudWatch for: each metric, and the traffic that it needs. */
export const queriesOf = ({ metrics }: GateSettings): MetricQuery[] =>
  metrics.flatMap(({ expression, minimumTraffic }, index) => [
    { id: metricId(index), expression },
    ...(minimumTraffic === undefined ? [] : [{ id: trafficId(index), expression: minimumTraffic.expression }]),
  ]);

type Finding = GateVerdict;

const OPEN: Finding = { kind: 'open' };
const waiting = (reason: string): Finding => ({ kind: 'waiting', reason: neutralizeToLine(reason, REASON_LENGTH) });
const breached = (reason: string): Finding => ({ kind: 'breached', reason: neutralizeToLine(reason, REASON_LENGTH) });

const judgeAlarm = (name: string, alarm: Alarm | undefined): Finding => {
  const who = `gate alarm "${name}"`;
  if (alarm === undefined) return waiting(`${who} does not exist`);
  switch (alarm.state) {
    case 'OK':
      return OPEN;
    case 'ALARM': {
      const metric = alarm.metric === undefined ? '' : ` on ${alarm.metric}`;
      return breached(`${who}${metric} is in ALARM${alarm.reason === '' ? '' : `: ${alarm.reason}`}`);
    }
    case 'INSUFFICIENT_DATA':
      // Whoever made the alarm has said that no data is a good sign; it only has not been evaluated yet.
      if (alarm.missingData === 'notBreaching') return OPEN;
      return waiting(
        `${who} has no data (INSUFFICIENT_DATA); let it treat missing data as notBreaching if silence is a good sign`,
      );
    default:
      return waiting(`${who} is in a state that is not known ("${alarm.state}")`);
  }
};

const HOLDS: Record<MetricGate['comparison'], (value: number, threshold: number) => boolean> = {
  '>': (value, threshold) => value > threshold,
  '>=': (value, threshold) => value >= threshold,
  '<': (value, threshold) => value < threshold,
  '<=': (value, threshold) => value <= threshold,
};

/** Short, and never rounded to what it is compared with. */
const show = (value: number, threshold: number): string => {
  const short = Number(value.toPrecision(6));
  return String(short === threshold ? value : short);
};

/** Returns the value of a reading that counts, or why there is none. */
const freshValue = (reading: MetricReading | undefined, { to, resolutionMs }: GateSight): number | string => {
  if (reading === undefined || reading.kind === 'no-data') return 'no data yet';
  if (reading.kind === 'incomplete') return `no whole answer: ${reading.reason}`;
  if (Number.isNaN(reading.value)) return 'its value is not a number';
  if (reading.at < to - STALE_PERIODS * resolutionMs) return `no data for ${formatDuration((to - reading.at) / 1000)}`;
  return reading.value;
};

const judgeMetric = (gate: MetricGate, index: number, sight: GateSight): Finding => {
  const who = `gate "${gate.name}"`;
  const { minimumTraffic } = gate;
  if (minimumTraffic !== undefined) {
    const traffic = freshValue(sight.readings.get(trafficId(index)), sight);
    if (typeof traffic === 'string') return waiting(`${who}: traffic: ${traffic}`);
    if (traffic < minimumTraffic.threshold)
      return waiting(
        `${who}: traffic ${show(traffic, minimumTraffic.threshold)} is under its minimum of ${minimumTraffic.threshold}`,
      );
  }
  const value = freshValue(sight.readings.get(metricId(index)), sight);
  if (typeof value === 'string') return waiting(`${who}: ${value}`);
  if (!HOLDS[gate.comparison](value, gate.threshold)) return OPEN;
  return breached(`${who}: ${show(value, gate.threshold)} ${gate.comparison} ${gate.threshold}`);
};

const told = (findings: ReadonlyArray<Exclude<Finding, { kind: 'open' }>>): string => {
  const more = findings.length - MAX_TOLD;
  const reasons = findings.slice(0, MAX_TOLD).map(({ reason }) => reason);
  return [...reasons, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
};

/**
 * Returns what a look means: breached as soon as one alarm fires or one metric is beyond its threshold, open only when
 * every alarm is OK and every metric has a fresh value on the right side of its threshold.
 */
export const decideGate = (settings: GateSettings, sight: GateSight): GateVerdict => {
  const findings = [
    ...settings.alarms.map((name) => judgeAlarm(name, sight.alarms.get(name))),
    ...settings.metrics.map((gate, index) => judgeMetric(gate, index, sight)),
  ];
  const bad = findings.filter((finding) => finding.kind === 'breached');
  if (bad.length > 0) return { kind: 'breached', reason: told(bad) };
  const unknown = findings.filter((finding) => finding.kind === 'waiting');
  return unknown.length > 0 ? { kind: 'waiting', reason: told(unknown) } : OPEN;
};
