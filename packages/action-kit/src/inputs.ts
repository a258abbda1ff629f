import { formatDuration, parseDuration } from './duration.ts';
import { InputError } from './errors.ts';
import { parseDecimal, parseInteger } from './numbers.ts';
import type { Pair } from './pairs.ts';
import { parsePairs } from './pairs.ts';
import type { Numbers } from './structured.ts';
import { parseStructured } from './structured.ts';
import { neutralizeToLine } from './untrusted.ts';

/** Inputs by kebab-case name, as the runner passes them. An empty input is an absent input. */
export type RawInputs = ReadonlyMap<string, string>;

export interface Range {
  readonly min?: number;
  readonly max?: number;
}

/**
 * Reads inputs one by one and collects every problem. After a problem a reader returns undefined (or a neutral value
 * where the type has no undefined); `parseInputs` throws before anyone can use it.
 */
export interface InputReader {
  /** The text, trimmed of surrounding white space, or undefined when absent. */
  text(name: string): string | undefined;
  /** The text; its absence is a problem. */
  required(name: string): string;
  /** The text exactly as given, never shown in a message: for secrets. */
  secret(name: string): string | undefined;
  /** The full SHA of a commit, or undefined when absent. */
  commit(name: string): string | undefined;
  /** YAML core schema. Absent is false; defaults live in action.yml. */
  bool(name: string): boolean;
  integer(name: string, range?: Range): number | undefined;
  decimal(name: string, range?: Range): number | undefined;
  /** Seconds. */
  duration(name: string, range?: Range): number | undefined;
  oneOf<const V extends string>(name: string, values: readonly V[]): V | undefined;
  /** Non-empty trimmed lines. */
  lines(name: string): string[];
  /** Words separated by commas or white space. */
  words(name: string): string[];
  /** YAML or JSON text, or the path of a .yml, .yaml or .json file in the workspace; undefined when absent. */
  structured(name: string, numbers?: Numbers): unknown;
  /** `NAME=value` lines and `NAME<<END` blocks in order; values keep every character. */
  pairs(name: string): Pair[];
  /** Records a problem that the action itself found; of `value` so much is shown that it is recognised. */
  problem(name: string, expected: string, value?: string): void;
}

const WORDS = { true: true, True: true, TRUE: true, false: false, False: false, FALSE: false } as const;

/** Text that holds other things' names alone: an ARN, a reference, a path, a number. */
const NAME = /^(?:arn:[\w:/.*+,@-]+|https?:\/\/[^\s@?#=]+|[^\s=:]+(?::\d+)?)$/;
const SHOWN = 40;

/**
 * As much of a refused value as tells which one is meant: a name, else the first word of the first line up to a `=` or
 * `:`. Whatever comes after those may be a secret that was written into the wrong input.
 */
const show = (value: string): string => {
  if (NAME.test(value)) return `"${neutralizeToLine(value, 200)}"`;
  const word = (/^[^\s=:]*[=:]?/.exec(value.trim())?.[0] ?? '').slice(0, SHOWN);
  return `"${neutralizeToLine(word)}…"`;
};

const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

const rangeText = ({ min, max }: Range, show: (value: number) => string): string => {
  if (min !== undefined && max !== undefined) return ` between ${show(min)} and ${show(max)}`;
  if (min !== undefined) return ` of at least ${show(min)}`;
  return max === undefined ? '' : ` of at most ${show(max)}`;
};

/** Reads a workspace file for `structured` inputs; throws when it cannot. */
export type ReadWorkspaceFile = (path: string) => string;

/** Environment variable that carries an input: the runner's rule is upper case and `_` for spaces; hyphens stay. */
const INPUT_PREFIX = 'INPUT_';

/** Returns the inputs that the runner passed in `env`, by lower-case name; empty ones are left out. */
export const rawInputs = (env: Readonly<Record<string, string | undefined>>): RawInputs =>
  new Map(
    Object.entries(env)
      .filter(([key, value]) => key.startsWith(INPUT_PREFIX) && value !== undefined && value.trim() !== '')
      .map(([key, value]) => [key.slice(INPUT_PREFIX.length).toLowerCase(), value ?? '']),
  );

/**
 * Runs `read` over the inputs and returns what it built. Throws one InputError that lists every problem, names of
 * inputs that `read` never asked for among them, each with the nearest known name.
 */
export const parseInputs = <T>(raw: RawInputs, readFile: ReadWorkspaceFile, read: (reader: InputReader) => T): T => {
  const problems: string[] = [];
  const asked = new Set<string>();
  const problem = (name: string, expected: string, value?: string) =>
    void problems.push(`\`${name}\`${value === undefined ? '' : ` is ${show(value)}`}: ${expected}`);
  const get = (name: string) => {
    asked.add(name);
    return raw.get(name);
  };
  const text = (name: string) => get(name)?.trim();
  const number = (name: string, parse: (value: string) => number | undefined, kind: string, range: Range = {}) => {
    const value = text(name);
    if (value === undefined) return undefined;
    const parsed = parse(value);
    const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = range;
    if (parsed !== undefined && parsed >= min && parsed <= max) return parsed;
    problem(
      name,
      `expected ${kind}${rangeText(range, kind.startsWith('a duration') ? formatDuration : String)}`,
      value,
    );
    return undefined;
  };
  const reader: InputReader = {
    text,
    required: (name) => {
      const value = text(name);
      if (value === undefined) problem(name, 'is required');
      return value ?? '';
    },
    commit: (name) => {
      const value = text(name);
      if (value === undefined || COMMIT.test(value)) return value;
      problem(name, 'expected a full commit SHA', value);
      return undefined;
    },
    secret: get,
    bool: (name) => {
      const value = text(name);
      if (value === undefined) return false;
      if (Object.hasOwn(WORDS, value)) return WORDS[value as keyof typeof WORDS];
      problem(name, 'expected true or false', value);
      return false;
    },
    integer: (name, range) => number(name, parseInteger, 'a whole number', range),
    decimal: (name, range) => number(name, parseDecimal, 'a number', range),
    duration: (name, range) => number(name, parseDuration, 'a duration such as 90s, 15m or 1h30m', range),
    oneOf: (name, values) => {
      const value = text(name);
      if (value === undefined) return undefined;
      const found = values.find((candidate) => candidate === value);
      if (found === undefined) problem(name, `expected one of ${values.join(', ')}`, value);
      return found;
    },
    lines: (name) =>
      (text(name) ?? '')
        .split(/\r?\n/)
        .map((line) => line.trim())
        .filter((line) => line !== ''),
    words: (name) => (text(name) ?? '').split(/[\s,]+/).filter((word) => word !== ''),
    structured: (name, numbers) => {
      const value = text(name);
      if (value === undefined) return undefined;
      try {
        return parseStructured(value, readFile, numbers);
      } catch (error) {
        problem(name, error instanceof Error ? error.message : String(error));
        return undefined;
      }
    },
    pairs: (name) => {
      const found = parsePairs(get(name) ?? '');
      for (const each of found.problems) problem(name, each);
      return [...found.pairs];
    },
    problem,
  };
  const result = read(reader);
  for (const name of raw.keys()) {
    if (asked.has(name)) continue;
    const near = nearest(name, [...asked]);
    problem(name, `is no input of this action${near === undefined ? '' : `; did you mean \`${near}\`?`}`);
  }
  if (problems.length > 0) throw new InputError(problems);
  return result;
};

/**
 * Returns the candidate that a typist most likely meant by `word`, or undefined when none is near: by default none within
 * a third of the word's length in edits.
 */
export const nearest = (
  word: string,
  candidates: readonly string[],
  limit = Math.max(1, Math.floor(word.length / 3)),
): string | undefined => {
  const scored = candidates.map((candidate) => ({ candidate, distance: editDistance(word, candidate) }));
  const best = scored.sort((a, b) => a.distance - b.distance)[0];
  return best !== undefined && best.distance <= limit ? best.candidate : undefined;
};

/** Edits between two words; two letters in each other's place are one edit, which is how people mistype. */
const editDistance = (a: string, b: string): number => {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const turned = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const turn = turned ? (before[j - 2] ?? 0) + 1 : swap;
      next.push(Math.min(swap, turn, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
};
