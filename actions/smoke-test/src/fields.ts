import { parseDuration } from '@hospital-ops/action-kit/duration';
import { isMap } from '@hospital-ops/action-kit/is-map';
import { parseInteger } from '@hospital-ops/action-kit/numbers';
import type { Header, JsonExpectation, JsonPath, JsonValue, RedirectPolicy } from './check.ts';
import { parseJsonPath } from './json-path.ts';
import type { StatusSet } from './status-set.ts';
import { parseStatusSet } from './status-set.ts';

/** A value that was read, or what would have been accepted instead. */
export type Parsed<T> = { readonly value: T } | { readonly expected: string };

/** Reads one field: text from an input, or any value from YAML. */
export type FieldParser<T> = (raw: unknown) => Parsed<T>;

const scalar = (raw: unknown): string | undefined =>
  typeof raw === 'string' || typeof raw === 'number' || typeof raw === 'boolean' ? String(raw) : undefined;

const linesOf = (raw: string): string[] => raw.split(/\r?\n/).filter((line) => line.trim() !== '');

/** All values, or the first problem. */
const collect = <T>(items: readonly Parsed<T>[]): Parsed<readonly T[]> => {
  const values: T[] = [];
  for (const item of items) {
    if ('expected' in item) return item;
    values.push(item.value);
  }
  return { value: values };
};

export const textField: FieldParser<string> = (raw) => {
  const value = scalar(raw);
  return value === undefined || value === '' ? { expected: 'expected text' } : { value };
};

export const statusField: FieldParser<StatusSet> = (raw) => {
  const value = parseStatusSet(scalar(raw) ?? '');
  return value ? { value } : { expected: 'expected statuses from 100 to 599 such as 200-299 or 200,204,301-302' };
};

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

export const methodField: FieldParser<string> = (raw) => {
  const value = METHODS.find((method) => method === scalar(raw)?.toUpperCase());
  return value ? { value } : { expected: `expected one of ${METHODS.join(', ')}` };
};

const POLICIES: readonly RedirectPolicy[] = ['none', 'same-host', 'any'];

export const redirectField: FieldParser<RedirectPolicy> = (raw) => {
  const value = POLICIES.find((policy) => policy === raw);
  return value ? { value } : { expected: `expected one of ${POLICIES.join(', ')}` };
};

export const countField =
  (max: number): FieldParser<number> =>
  (raw) => {
    const value = parseInteger(scalar(raw) ?? '');
    return value !== undefined && value >= 1 && value <= max
      ? { value }
      : { expected: `expected a whole number between 1 and ${max}` };
  };

/** Milliseconds; `250ms` is accepted beside the suite's durations. */
export const timeField =
  (min: number): FieldParser<number> =>
  (raw) => {
    const given = scalar(raw) ?? '';
    const milliseconds = /^(\d{1,9})ms$/.exec(given);
    const seconds = parseDuration(given);
    const value = milliseconds ? Number(milliseconds[1]) : seconds === undefined ? undefined : seconds * 1_000;
    return value !== undefined && value >= min && value <= 86_400_000
      ? { value }
      : { expected: `expected a duration such as 500ms, 10s or 2m, of at least ${min} ms` };
  };

/** A bare number would be seconds elsewhere and is nearly always meant as milliseconds here: it is refused. */
export const latencyField: FieldParser<number> = (raw) =>
  /^\d+$/.test(scalar(raw) ?? '')
    ? { expected: 'expected a time with its unit, such as 500ms or 2s' }
    : timeField(1)(raw);

const header = (name: string, raw: unknown): Parsed<Header> => {
  const value = scalar(raw)?.trim();
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) return { expected: `"${name}" is no name of a header` };
  return value !== undefined && /^[\t\x20-\x7e\x80-\xff]*$/.test(value)
    ? { value: [name, value] }
    : { expected: `the value of header ${name} must be one line of text` };
};

/** `name: value` lines, or a mapping. A problem names the header and never its value. */
export const headersField: FieldParser<readonly Header[]> = (raw) => {
  if (isMap(raw)) return collect(Object.entries(raw).map(([name, value]) => header(name, value)));
  if (typeof raw !== 'string') return { expected: 'expected `name: value` lines or a mapping' };
  return collect(
    linesOf(raw).map((line, index) => {
      const at = line.indexOf(':');
      if (at < 1) return { expected: `line ${index + 1} is not \`name: value\`` };
      return header(line.slice(0, at).trim(), line.slice(at + 1));
    }),
  );
};

export const jsonPathField: FieldParser<JsonPath> = (raw) => {
  const path = parseJsonPath(scalar(raw) ?? '');
  return typeof path === 'string'
    ? { expected: `expected a JSONPath (RFC 9535) such as $.version: ${path}` }
    : { value: path };
};

/** JSON where the text is JSON, so that `3` and `true` are typed; text otherwise. */
const typed = (value: string): JsonValue => {
  try {
    return JSON.parse(value) as JsonValue;
  } catch {
    return value;
  }
};

/** A path may hold `=` in its filters: it ends at the first `=` before which the text is a path. */
const jsonLine = (line: string): Parsed<JsonExpectation> => {
  for (let at = line.indexOf('='); at !== -1; at = line.indexOf('=', at + 1)) {
    const path = parseJsonPath(line.slice(0, at).trim());
    if (typeof path !== 'string') return { value: { path, expected: typed(line.slice(at + 1).trim()) } };
  }
  return { expected: `"${line.trim()}" is not path=value with a JSONPath (RFC 9535) such as $.status=ok` };
};

/** `path=value` lines, or a mapping of paths to values of any type. */
export const jsonField: FieldParser<readonly JsonExpectation[]> = (raw) => {
  if (typeof raw === 'string') return collect(linesOf(raw).map(jsonLine));
  if (!isMap(raw)) return { expected: 'expected path=value lines or a mapping' };
  return collect(
    Object.entries(raw).map(([text, expected]) => {
      const path = jsonPathField(text);
      return 'expected' in path ? path : { value: { path: path.value, expected: expected as JsonValue } };
    }),
  );
};
