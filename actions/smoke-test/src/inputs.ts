import type { InputReader, RawInputs, ReadWorkspaceFile } from '@hospital-ops/action-kit/inputs';
import { nearest, parseInputs } from '@hospital-ops/action-kit/inputs';
import { neutralizeToLine } from '@hospital-ops/action-kit/untrusted';
import type { Check } from './check.ts';
import { refuseDestination } from './destination.ts';
import * as field from './fields.ts';

export interface SmokeTestInputs {
  /** Never empty. */
  readonly checks: readonly Check[];
  /** Requests in flight at once. */
  readonly concurrency: number;
}

/** How each property of a check is read, from an input of this name and from an entry of `checks`. */
const PARSERS = {
  method: field.methodField,
  body: field.textField,
  headers: field.headersField,
  'expect-status': field.statusField,
  'expect-body': field.textField,
  'expect-json': field.jsonField,
  'expect-headers': field.headersField,
  'expect-version': field.textField,
  'version-path': field.jsonPathField,
  consecutive: field.countField(100),
  deadline: field.timeField(0),
  interval: field.timeField(50),
  'request-timeout': field.timeField(50),
  samples: field.countField(1_000),
  'max-latency-p95': field.latencyField,
  'follow-redirects': field.redirectField,
} as const;

type Key = keyof typeof PARSERS;
type Fields = { readonly [K in Key]?: (typeof PARSERS)[K] extends field.FieldParser<infer T> ? T : never };
type Problem = (key: string, expected: string, value?: string) => void;

/** Values of these may hold secrets and are never shown. */
const HIDDEN: readonly string[] = ['headers', 'body'];

const SAMPLES_FOR_LATENCY = 10;

const parseFields = (raw: Readonly<Record<string, unknown>>, problem: Problem): Fields => {
  const fields: Record<string, unknown> = {};
  for (const [key, parse] of Object.entries(PARSERS)) {
    const given = raw[key];
    if (given === undefined || given === null || given === '') continue;
    const parsed: field.Parsed<unknown> = parse(given);
    if ('value' in parsed) fields[key] = parsed.value;
    else problem(key, parsed.expected, HIDDEN.includes(key) || typeof given === 'object' ? undefined : String(given));
  }
  return fields as Fields;
};

const parseUrl = (raw: unknown, problem: Problem): URL | undefined => {
  const given = typeof raw === 'string' ? raw.trim() : '';
  if (!URL.canParse(given)) {
    problem('url', 'expected an http or https URL', given);
    return undefined;
  }
  const url = new URL(given);
  if (url.username !== '' || url.password !== '') {
    problem('url', 'holds credentials; send them as a header instead (`headers`)');
    return undefined;
  }
  const refused = refuseDestination(url, []);
  if (refused === undefined) return url;
  problem('url', refused, given);
  return undefined;
};

const parseCheck = (name: string, rawUrl: unknown, fields: Fields, problem: Problem): Check | undefined => {
  const url = parseUrl(rawUrl, problem);
  const method = fields.method ?? 'GET';
  const { 'expect-status': status, deadline = 0, interval = 0, consecutive = 1, 'request-timeout': timeout } = fields;
  const maxLatency = fields['max-latency-p95'];
  const version = fields['expect-version'];
  const path = fields['version-path'];
  if (deadline > 0 && deadline < interval) problem('deadline', 'is shorter than the interval');
  if (deadline === 0 && consecutive > 1) problem('deadline', `leaves no time for ${consecutive} successes in a row`);
  if (fields.body !== undefined && (method === 'GET' || method === 'HEAD')) problem('body', `is not sent by ${method}`);
  const wantsBody = fields['expect-body'] ?? fields['expect-json'] ?? version;
  if (method === 'HEAD' && wantsBody !== undefined) problem('method', 'HEAD has no body to look at');
  if (url === undefined || status === undefined || timeout === undefined) return undefined;
  return {
    name,
    url,
    method,
    headers: fields.headers ?? [],
    body: fields.body,
    expectStatus: status,
    expectBody: fields['expect-body'],
    expectJson: fields['expect-json'] ?? [],
    expectHeaders: fields['expect-headers'] ?? [],
    expectVersion: version === undefined || path === undefined ? undefined : { path, expected: version },
    consecutive,
    deadlineMs: deadline,
    intervalMs: interval,
    requestTimeoutMs: timeout,
    samples: fields.samples ?? (maxLatency === undefined ? 1 : SAMPLES_FOR_LATENCY),
    maxLatencyP95Ms: maxLatency,
    redirects: fields['follow-redirects'] ?? 'same-host',
  };
};

const isMapping = (raw: unknown): raw is Readonly<Record<string, unknown>> =>
  typeof raw === 'object' && raw !== null && !Array.isArray(raw);

const mergeHeaders = (defaults: Fields['headers'] = [], own: Fields['headers'] = []) => {
  const overridden = new Set(own.map(([name]) => name.toLowerCase()));
  return [...defaults.filter(([name]) => !overridden.has(name.toLowerCase())), ...own];
};

const shown = (value: string | undefined): string =>
  value === undefined ? '' : ` is "${neutralizeToLine(value, 200)}"`;

const ENTRY_KEYS = ['name', 'url', ...Object.keys(PARSERS)];

const parseEntry = (
  raw: unknown,
  index: number,
  defaults: Fields,
  versionForAll: string | undefined,
  reader: InputReader,
): Check | undefined => {
  if (!isMapping(raw)) {
    reader.problem('checks', `entry ${index + 1} is not a mapping with at least a url`);
    return undefined;
  }
  const name = typeof raw.name === 'string' && raw.name !== '' ? raw.name : String(raw.url ?? index + 1);
  const problem: Problem = (key, expected, value) =>
    reader.problem('checks', `entry ${index + 1} (${name}): ${key}${shown(value)}: ${expected}`);
  for (const key of Object.keys(raw)) {
    if (ENTRY_KEYS.includes(key)) continue;
    const near = nearest(key, ENTRY_KEYS);
    problem(key, `is no property of a check${near === undefined ? '' : `; did you mean ${near}?`}`);
  }
  const own = parseFields(raw, problem);
  const expectVersion = own['expect-version'] ?? (own['version-path'] ? versionForAll : undefined);
  const merged = { ...defaults, ...own, headers: mergeHeaders(defaults.headers, own.headers) };
  return parseCheck(
    name,
    raw.url,
    { ...merged, ...(expectVersion ? { 'expect-version': expectVersion } : {}) },
    problem,
  );
};

const parseEntries = (raw: unknown, fields: Fields, reader: InputReader): Check[] => {
  if (!Array.isArray(raw) || raw.length === 0) {
    reader.problem('checks', 'expected a list with at least one check');
    return [];
  }
  const { 'expect-version': version, ...defaults } = fields;
  if (version !== undefined && !raw.some((entry) => isMapping(entry) && 'version-path' in entry)) {
    const how = 'give version-path to each check that answers it, or expect-version to the checks themselves';
    reader.problem('expect-version', `applies to none of the checks; ${how}`);
  }
  return raw.flatMap((entry, index) => parseEntry(entry, index, defaults, version, reader) ?? []);
};

const read = (reader: InputReader): SmokeTestInputs => {
  const url = reader.text('url');
  const entries = reader.structured('checks');
  const fields = parseFields(
    {
      'expect-status': reader.text('expect-status'),
      'expect-body': reader.text('expect-body'),
      'expect-json': reader.text('expect-json'),
      'expect-headers': reader.text('expect-headers'),
      'expect-version': reader.text('expect-version'),
      'version-path': reader.text('version-path'),
      consecutive: reader.text('consecutive'),
      deadline: reader.text('deadline'),
      interval: reader.text('interval'),
      'request-timeout': reader.text('request-timeout'),
      samples: reader.text('samples'),
      'max-latency-p95': reader.text('max-latency-p95'),
      headers: reader.secret('headers'),
      'follow-redirects': reader.text('follow-redirects'),
    },
    reader.problem,
  );
  const concurrency = reader.integer('concurrency', { min: 1, max: 100 }) ?? 1;
  if (url !== undefined && entries !== undefined) reader.problem('checks', 'give either url or checks');
  if (entries !== undefined) return { checks: parseEntries(entries, fields, reader), concurrency };
  if (url === undefined) {
    reader.problem('url', 'is required where there are no checks');
    return { checks: [], concurrency };
  }
  const check = parseCheck(url, url, fields, reader.problem);
  return { checks: check ? [check] : [], concurrency };
};

/** Returns at least one check, or throws an InputError with every problem found. */
export const parseSmokeTestInputs = (raw: RawInputs, readFile: ReadWorkspaceFile): SmokeTestInputs =>
  parseInputs(raw, readFile, read);
