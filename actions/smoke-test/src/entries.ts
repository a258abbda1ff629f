import type { InputReader } from '@hospital-ops/action-kit/inputs';
import { nearest } from '@hospital-ops/action-kit/inputs';
import { isMap } from '@hospital-ops/action-kit/is-map';
import { neutralizeToLine } from '@hospital-ops/action-kit/untrusted';
import type { PositionedDocument } from '@hospital-ops/pipeline/document';
import { parsePositioned } from '@hospital-ops/pipeline/document';
import type { Check } from './check.ts';
import type { Fields, Problem } from './check-fields.ts';
import { ENTRY_KEYS, parseCheck, parseFields } from './check-fields.ts';

const mergeHeaders = (defaults: Fields['headers'] = [], own: Fields['headers'] = []) => {
  const overridden = new Set(own.map(([name]) => name.toLowerCase()));
  return [...defaults.filter(([name]) => !overridden.has(name.toLowerCase())), ...own];
};

const shown = (value: string | undefined): string =>
  value === undefined ? '' : ` is "${neutralizeToLine(value, 200)}"`;

/** An http address has no certificate: what is asked of all of them is not asked of it. */
const forScheme = (defaults: Fields, url: unknown): Fields => {
  if (!/^\s*http:/i.test(String(url))) return defaults;
  const { 'min-certificate-days': _, ...rest } = defaults;
  return rest;
};

interface Entries {
  readonly defaults: Fields;
  readonly versionForAll: string | undefined;
  readonly reader: InputReader;
  lineOf(path: ReadonlyArray<string | number>): number;
}

const parseEntry = (
  raw: unknown,
  index: number,
  { defaults, versionForAll, reader, lineOf }: Entries,
): Check | undefined => {
  if (!isMap(raw)) {
    const place = `line ${lineOf([index])}: entry ${index + 1}`;
    reader.problem('checks', `${place} is not a mapping with at least a url`);
    return undefined;
  }
  const name = typeof raw.name === 'string' && raw.name !== '' ? raw.name : String(raw.url ?? index + 1);
  const problem: Problem = (key, expected, value) => {
    const place = `line ${lineOf([index, key])}: entry ${index + 1} (${neutralizeToLine(name, 200)})`;
    reader.problem('checks', `${place}: ${key}${shown(value)}: ${expected}`);
  };
  for (const key of Object.keys(raw)) {
    if (ENTRY_KEYS.includes(key)) continue;
    const near = nearest(key, ENTRY_KEYS);
    problem(key, `is no property of a check${near === undefined ? '' : `; did you mean ${near}?`}`);
  }
  const own = parseFields(raw, problem);
  const expectVersion = own['expect-version'] ?? (own['version-path'] ? versionForAll : undefined);
  const merged = { ...forScheme(defaults, raw.url), ...own, headers: mergeHeaders(defaults.headers, own.headers) };
  return parseCheck(
    name,
    raw.url,
    { ...merged, ...(expectVersion ? { 'expect-version': expectVersion } : {}) },
    problem,
  );
};

/** Tells an input that was meant for the checks and reaches none of them. */
const checkReach = (raw: readonly unknown[], fields: Fields, reader: InputReader): void => {
  if (fields['expect-version'] !== undefined && !raw.some((entry) => isMap(entry) && 'version-path' in entry)) {
    const how = 'give version-path to each check that answers it, or expect-version to the checks themselves';
    reader.problem('expect-version', `applies to none of the checks; ${how}`);
  }
  const isHttps = (entry: unknown) => isMap(entry) && /^\s*https:/i.test(String(entry.url));
  if (fields['min-certificate-days'] !== undefined && !raw.some(isHttps)) {
    reader.problem('min-certificate-days', 'applies to none of the checks: http has no certificate');
  }
};

/** Returns the checks as they were `written`, so that a version `1.10` stays one, with what `expect-json` expects as `typed`. */
export const withTypedJson = (written: unknown, typed: unknown): unknown => {
  if (!Array.isArray(written) || !Array.isArray(typed)) return written;
  return written.map((entry: unknown, index) => {
    const other: unknown = typed[index];
    const isTyped = isMap(entry) && isMap(other) && isMap(other['expect-json']);
    return isTyped ? { ...entry, 'expect-json': other['expect-json'] } : entry;
  });
};

/**
 * Returns the checks of the input `checks`; `fields` are the inputs that stand for what entries leave out, and `text` is
 * what the list was read from, for its lines.
 */
export const parseEntries = (raw: unknown, text: string, fields: Fields, reader: InputReader): Check[] => {
  if (!Array.isArray(raw) || raw.length === 0) {
    reader.problem('checks', 'expected a list with at least one check');
    return [];
  }
  const { 'expect-version': versionForAll, ...defaults } = fields;
  checkReach(raw, fields, reader);
  let positioned: PositionedDocument | undefined;
  const lineOf = (path: ReadonlyArray<string | number>): number => {
    positioned ??= parsePositioned(text);
    return positioned.lineOf({ path, onKey: true });
  };
  const entries = { defaults, versionForAll, reader, lineOf };
  return raw.flatMap((entry, index) => parseEntry(entry, index, entries) ?? []);
};
