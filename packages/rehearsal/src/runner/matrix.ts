import { isDeepStrictEqual } from 'node:util';
import type { Scope, Value } from './expressions.ts';
import { evaluate, toText } from './expressions.ts';
import type { Template } from './template.ts';
import { find } from './template.ts';
import { WorkflowError } from './workflow-error.ts';

export type Combination = Readonly<Record<string, Value>>;

export interface Strategy {
  /** One per job; a job without a matrix has one, undefined. */
  readonly combinations: ReadonlyArray<Combination | undefined>;
  readonly failFast: boolean;
  readonly maxParallel: number;
}

/** A matrix makes at most 256 jobs (docs: usage limits). */
const MAX_JOBS = 256;

const isObject = (value: Value): value is Record<string, Value> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const asList = (value: Value, key: string): Combination[] => {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.every(isObject)) return value;
  throw new Error(`\`${key}\` of the matrix is no list of mappings`);
};

/** Returns the jobs of a matrix by GitHub's rules for `exclude` and `include`. */
export const expandMatrix = (matrix: Record<string, Value>): Combination[] => {
  const { include, exclude, ...axes } = matrix;
  const keys = Object.keys(axes);
  let combinations: Combination[] = keys.length === 0 ? [] : [{}];
  for (const key of keys) {
    const values = axes[key];
    if (!Array.isArray(values)) throw new Error(`"${key}" of the matrix is no list`);
    if (values.length === 0) throw new Error(`"${key}" of the matrix does not contain any values`);
    combinations = combinations.flatMap((one) => values.map((value: Value) => ({ ...one, [key]: value })));
  }
  const excluded = asList(exclude, 'exclude');
  const fits = (one: Combination, other: Combination, among: readonly string[]) =>
    among.every((key) => isDeepStrictEqual(one[key], other[key]));
  const kept = combinations.filter((one) => !excluded.some((other) => fits(one, other, Object.keys(other))));
  const result: Combination[] = [...kept];
  const originals = kept.length;
  for (const extra of asList(include, 'include')) {
    const shared = Object.keys(extra).filter((key) => keys.includes(key));
    let added = false;
    for (let index = 0; index < originals; index += 1) {
      const original = kept[index];
      // An entry that shares no axis joins every job; what it adds may replace what another entry added.
      if (original === undefined || !fits(original, extra, shared)) continue;
      result[index] = { ...result[index], ...extra };
      added = true;
    }
    if (!added) result.push(extra);
  }
  return result;
};

/** Returns the jobs that a strategy makes. Throws WorkflowError for a matrix without jobs. */
export const planStrategy = (template: Template | undefined, scope: Scope): Strategy => {
  const matrixTemplate = find(template, 'matrix');
  const failFast = find(template, 'fail-fast');
  const maxParallel = find(template, 'max-parallel');
  const parallel = maxParallel === undefined ? 0 : Number(evaluate(maxParallel, scope));
  const common = {
    failFast: failFast === undefined ? true : toText(evaluate(failFast, scope)) === 'true',
    maxParallel: parallel > 0 ? parallel : Number.POSITIVE_INFINITY,
  };
  if (template === undefined || matrixTemplate === undefined) return { combinations: [undefined], ...common };
  const refuse = (sentence: string) => new WorkflowError(matrixTemplate.place, `The matrix is not valid: ${sentence}.`);
  const matrix = evaluate(matrixTemplate, scope);
  if (!isObject(matrix)) throw refuse('it is no mapping');
  let combinations: Combination[];
  try {
    combinations = expandMatrix(matrix);
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : String(error));
  }
  if (combinations.length === 0) throw refuse('it makes no job');
  if (combinations.length > MAX_JOBS) throw refuse(`it makes ${combinations.length} jobs, and ${MAX_JOBS} are allowed`);
  return { combinations, ...common };
};

const flat = (value: Value): string[] =>
  Array.isArray(value) ? value.flatMap(flat) : isObject(value) ? Object.values(value).flatMap(flat) : [toText(value)];

/** Returns ` (a, 1)` for a job's name, empty without a matrix. */
export const matrixSuffix = (combination: Combination | undefined): string =>
  combination === undefined ? '' : ` (${Object.values(combination).flatMap(flat).join(', ')})`;
