import type { Points, Series } from '../series.ts';
import { MathError } from './tokens.ts';

/** S, TS and TS[] of "Metric math syntax and functions", and text for arguments. */
export type Value =
  | { readonly kind: 'scalar'; readonly value: number }
  | { readonly kind: 'series'; readonly series: Series }
  | { readonly kind: 'array'; readonly array: readonly Series[] }
  | { readonly kind: 'text'; readonly value: string };

export const scalar = (value: number): Value => ({ kind: 'scalar', value });
export const one = (series: Series): Value => ({ kind: 'series', series });
export const many = (array: readonly Series[]): Value => ({ kind: 'array', array });

const truth = (yes: boolean): number => (yes ? 1 : 0);

const OPERATIONS: Readonly<Record<string, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => (right === 0 ? Number.NaN : left / right),
  '^': (left, right) => left ** right,
  '==': (left, right) => truth(left === right),
  '!=': (left, right) => truth(left !== right),
  '<=': (left, right) => truth(left <= right),
  '>=': (left, right) => truth(left >= right),
  '<': (left, right) => truth(left < right),
  '>': (left, right) => truth(left > right),
  AND: (left, right) => truth(left !== 0 && right !== 0),
  OR: (left, right) => truth(left !== 0 || right !== 0),
};

/** What the arithmetic cannot give (a division by zero) is no data point. */
export const pointsFrom = (entries: Iterable<readonly [number, number]>): Points =>
  new Map([...entries].filter(([, value]) => Number.isFinite(value)).sort(([a], [b]) => a - b));

export const timesOf = (all: readonly Series[]): number[] => [
  ...new Set(all.flatMap(({ points }) => [...points.keys()])),
];

export const mapSeries = (value: Value, change: (series: Series) => Points): Value => {
  if (value.kind === 'series') return one(derived(value.series, change(value.series)));
  if (value.kind === 'array') return many(value.array.map((series) => derived(series, change(series))));
  throw new MathError('Unsupported operand type(s)');
};

export const derived = ({ label, period }: Series, points: Points): Series => ({ label, period, points });

/** Of two series, a value that only one of them has is met by 0 in the other ("Basic arithmetic functions"). */
const combine = (left: Series, right: Series, work: (left: number, right: number) => number): Points =>
  pointsFrom(timesOf([left, right]).map((at) => [at, work(left.points.get(at) ?? 0, right.points.get(at) ?? 0)]));

const eachPoint = (series: Series, work: (value: number) => number): Points =>
  pointsFrom([...series.points].map(([at, value]) => [at, work(value)]));

/** Works out `left sign right`; throws MathError for kinds that do not go together. */
export const operate = (sign: string, left: Value, right: Value): Value => {
  const work = OPERATIONS[sign];
  if (work === undefined || left.kind === 'text' || right.kind === 'text')
    throw new MathError(`Unsupported operand type(s) for ${sign}`);
  if (left.kind === 'scalar' && right.kind === 'scalar') return scalar(work(left.value, right.value));
  if (left.kind === 'scalar')
    return mapSeries(right, (series) => eachPoint(series, (value) => work(left.value, value)));
  if (right.kind === 'scalar')
    return mapSeries(left, (series) => eachPoint(series, (value) => work(value, right.value)));
  if (right.kind === 'series') return mapSeries(left, (series) => combine(series, right.series, work));
  if (left.kind === 'series') return mapSeries(right, (series) => combine(left.series, series, work));
  if (left.array.length !== right.array.length) throw new MathError(`Unsupported operand type(s) for ${sign}`);
  return many(left.array.map((series, index) => derived(series, combine(series, right.array[index] ?? series, work))));
};
