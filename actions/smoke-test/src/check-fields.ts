import type { Check } from './check.ts';
import { refuseDestination } from './destination.ts';
import * as field from './fields.ts';

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
  'min-certificate-days': field.countField(3_650),
} as const;

type Key = keyof typeof PARSERS;
export type Fields = { readonly [K in Key]?: (typeof PARSERS)[K] extends field.FieldParser<infer T> ? T : never };
export type Problem = (key: string, expected: string, value?: string) => void;

/** Values of these may hold secrets and are never shown. */
const HIDDEN: readonly string[] = ['headers', 'body'];

const SAMPLES_FOR_LATENCY = 10;

/** Reads what is given of the properties of a check. */
export const parseFields = (raw: Readonly<Record<string, unknown>>, problem: Problem): Fields => {
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

/** Returns the check that its fields make, or undefined after a problem. */
export const parseCheck = (name: string, rawUrl: unknown, fields: Fields, problem: Problem): Check | undefined => {
  const url = parseUrl(rawUrl, problem);
  const method = fields.method ?? 'GET';
  const { 'expect-status': status, deadline = 0, interval = 0, consecutive = 1, 'request-timeout': timeout } = fields;
  const maxLatency = fields['max-latency-p95'];
  const version = fields['expect-version'];
  const path = fields['version-path'];
  if (deadline > 0 && deadline < interval) {
    problem('deadline', `is shorter than the interval (${interval} ms): give a longer deadline or a shorter interval`);
  }
  if (deadline === 0 && consecutive > 1) problem('deadline', `leaves no time for ${consecutive} successes in a row`);
  if (fields.body !== undefined && (method === 'GET' || method === 'HEAD')) problem('body', `is not sent by ${method}`);
  const wantsBody = fields['expect-body'] ?? fields['expect-json'] ?? version;
  if (method === 'HEAD' && wantsBody !== undefined) problem('method', 'HEAD has no body to look at');
  const days = fields['min-certificate-days'];
  if (days !== undefined && url?.protocol === 'http:') problem('min-certificate-days', 'http has no certificate');
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
    minCertificateDays: days,
  };
};

/** The properties that an entry of `checks` may have. */
export const ENTRY_KEYS: readonly string[] = ['name', 'url', ...Object.keys(PARSERS)];
