import type { Points, Series } from '../series.ts';
import { MathError } from './tokens.ts';
import type { Value } from './values.ts';
import { derived, many, mapSeries, one, pointsFrom, scalar, timesOf } from './values.ts';

export interface MathContext {
  /** Beginnings of the periods that are looked at. */
  grid(seconds: number): readonly number[];
  /** The metrics of the request, expressions not among them. */
  readonly metrics: readonly Series[];
  /** Seconds; for series that come from no metric. */
  readonly period: number;
}

export type MathFunction = (args: readonly Value[], context: MathContext) => Value;

const wrong = (name: string): MathError => new MathError(`Function '${name}' was called with the wrong arguments`);

const arrayOf = (value: Value | undefined, name: string): readonly Series[] => {
  if (value?.kind === 'array') return value.array;
  if (value?.kind === 'series') return [value.series];
  throw wrong(name);
};

const numberOf = (value: Value | undefined, name: string): number => {
  if (value?.kind === 'scalar') return value.value;
  throw wrong(name);
};

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
const average = (values: readonly number[]): number => sum(values) / values.length;
const deviation = (values: readonly number[]): number =>
  Math.sqrt(average(values.map((value) => (value - average(values)) ** 2)));

/** Of one series a number; of an array a series, in which the values that one of them lacks count as 0. */
const aggregate =
  (name: string, work: (values: readonly number[]) => number): MathFunction =>
  ([value]) => {
    if (value?.kind === 'series') return scalar(work([...value.series.points.values()]));
    const array = arrayOf(value, name);
    const points = pointsFrom(
      timesOf(array).map((at) => [at, work(array.map((series) => series.points.get(at) ?? 0))]),
    );
    return one({ label: name, period: array[0]?.period ?? 60, points });
  };

const pointwise =
  (name: string, work: (value: number) => number): MathFunction =>
  ([value]) => {
    if (value?.kind !== 'series' && value?.kind !== 'array') throw wrong(name);
    return mapSeries(value, ({ points }) => pointsFrom([...points].map(([at, number]) => [at, work(number)])));
  };

const fillWith = (series: Series, filler: Value, context: MathContext): Points => {
  const grid = [...new Set([...context.grid(series.period), ...series.points.keys()])].sort((a, b) => a - b);
  const known = [...series.points].sort(([a], [b]) => a - b);
  const value = (at: number): number => {
    const there = series.points.get(at);
    if (there !== undefined) return there;
    if (filler.kind === 'scalar') return filler.value;
    if (filler.kind === 'series') return filler.series.points.get(at) ?? Number.NaN;
    const before = known.findLast(([time]) => time < at);
    const after = known.find(([time]) => time > at);
    if (filler.kind !== 'text' || before === undefined) return Number.NaN;
    if (filler.value === 'REPEAT') return before[1];
    if (after === undefined) return Number.NaN;
    return before[1] + ((after[1] - before[1]) * (at - before[0])) / (after[0] - before[0]);
  };
  return pointsFrom(grid.map((at) => [at, value(at)]));
};

/** The value of an operand at a time; a second operand that lacks one counts as 0, a third as missing. */
const at = (value: Value | undefined, time: number): number | undefined => {
  if (value?.kind === 'scalar') return value.value;
  return value?.kind === 'series' ? value.series.points.get(time) : undefined;
};

const choose: MathFunction = ([condition, whenTrue, whenFalse], context) => {
  if (condition?.kind === 'scalar') {
    const chosen = condition.value !== 0 ? whenTrue : whenFalse;
    return chosen ?? one({ label: 'IF', period: context.period, points: new Map() });
  }
  if (condition?.kind !== 'series' || whenTrue === undefined) throw wrong('IF');
  const times = timesOf([condition.series, ...(whenFalse?.kind === 'scalar' ? metricOf(whenTrue) : [])]);
  const points = times.map((time): [number, number] => {
    const holds = (condition.series.points.get(time) ?? 0) !== 0;
    return [time, holds ? (at(whenTrue, time) ?? 0) : (at(whenFalse, time) ?? Number.NaN)];
  });
  return one(derived(condition.series, pointsFrom(points)));
};

const metricOf = (value: Value): Series[] => (value.kind === 'series' ? [value.series] : []);

const rate = ({ points }: Series): Points => {
  const ordered = [...points];
  return pointsFrom(
    ordered.flatMap(([time, value], index): Array<[number, number]> => {
      const before = ordered[index - 1];
      return before === undefined ? [] : [[time, (value - before[1]) / ((time - before[0]) / 1000)]];
    }),
  );
};

/** "Functions supported for metric math" and "Using IF expressions". SEARCH stands with the searches. */
export const FUNCTIONS: Readonly<Record<string, MathFunction>> = {
  ABS: pointwise('ABS', Math.abs),
  CEIL: pointwise('CEIL', Math.ceil),
  FLOOR: pointwise('FLOOR', Math.floor),
  AVG: aggregate('AVG', average),
  SUM: aggregate('SUM', sum),
  MIN: aggregate('MIN', (values) => values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)),
  MAX: aggregate('MAX', (values) => values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)),
  STDDEV: aggregate('STDDEV', deviation),
  FILL: ([value, filler], context) => {
    if (value === undefined || value.kind === 'scalar' || filler === undefined) throw wrong('FILL');
    return mapSeries(value, (series) => fillWith(series, filler, context));
  },
  IF: choose,
  METRICS: ([part], { metrics }) => {
    if (part !== undefined && part.kind !== 'text') throw wrong('METRICS');
    return many(metrics.filter(({ metricId }) => part === undefined || metricId?.includes(part.value)));
  },
  METRIC_COUNT: ([value]) => scalar(arrayOf(value, 'METRIC_COUNT').length),
  PERIOD: ([value]) => scalar(arrayOf(value, 'PERIOD')[0]?.period ?? Number.NaN),
  RATE: ([value]) => {
    if (value === undefined) throw wrong('RATE');
    return mapSeries(value, rate);
  },
  REMOVE_EMPTY: ([value]) => many(arrayOf(value, 'REMOVE_EMPTY').filter(({ points }) => points.size > 0)),
  FIRST: ([value], { period }) => one(arrayOf(value, 'FIRST')[0] ?? { label: 'FIRST', period, points: new Map() }),
  LAST: ([value], { period }) => one(arrayOf(value, 'LAST').at(-1) ?? { label: 'LAST', period, points: new Map() }),
  TIME_SERIES: ([value], { grid, period }) => {
    const number = numberOf(value, 'TIME_SERIES');
    return one({ label: String(number), period, points: pointsFrom(grid(period).map((time) => [time, number])) });
  },
};

/** What CloudWatch has and this stand-in does not: said, instead of passed off as unknown. */
export const MISSING_FUNCTIONS: readonly string[] = [
  'ANOMALY_DETECTION_BAND',
  'DATAPOINT_COUNT',
  'DATE',
  'DAY',
  'DB_PERF_INSIGHTS',
  'DIFF',
  'DIFF_TIME',
  'EPOCH',
  'HOUR',
  'INSIGHT_RULE_METRIC',
  'LAMBDA',
  'LOG',
  'LOG10',
  'MINUTE',
  'MONTH',
  'RUNNING_SUM',
  'SERVICE_QUOTA',
  'SLICE',
  'SORT',
  'YEAR',
];
