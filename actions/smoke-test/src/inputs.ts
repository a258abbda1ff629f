import type { InputReader, RawInputs, ReadWorkspaceFile } from '@hospital-ops/action-kit/inputs';
import { parseInputs } from '@hospital-ops/action-kit/inputs';
import { readStructuredText } from '@hospital-ops/action-kit/structured';
import type { Check } from './check.ts';
import { parseCheck, parseFields } from './check-fields.ts';
import { parseEntries, withTypedJson } from './entries.ts';

export interface SmokeTestInputs {
  /** Never empty. */
  readonly checks: readonly Check[];
  /** Requests in flight at once. */
  readonly concurrency: number;
  /** How long what has passed is asked on. */
  readonly watchForMs: number;
  /** Path of the JUnit file. */
  readonly junit: string | undefined;
}

const read = (reader: InputReader, readFile: ReadWorkspaceFile, hasChecks: boolean): SmokeTestInputs => {
  const url = reader.text('url');
  const written = reader.structured('checks', 'as-written');
  const entries = written === undefined ? undefined : withTypedJson(written, reader.structured('checks'));
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
      'min-certificate-days': reader.text('min-certificate-days'),
    },
    reader.problem,
  );
  const concurrency = reader.integer('concurrency', { min: 1, max: 100 }) ?? 1;
  const watchForMs = (reader.duration('watch-for', { min: 0, max: 86_400 }) ?? 0) * 1_000;
  if (url !== undefined && entries !== undefined) reader.problem('checks', 'give either url or checks');
  const junit = reader.text('junit');
  if (entries !== undefined) {
    const text = readStructuredText(reader.text('checks') ?? '', readFile);
    return { checks: parseEntries(entries, text, fields, reader), concurrency, watchForMs, junit };
  }
  if (url === undefined) {
    // Checks that are there and cannot be read are a problem of their own.
    if (!hasChecks) reader.problem('url', 'is required where there are no checks; give `url` or `checks`');
    return { checks: [], concurrency, watchForMs, junit };
  }
  const check = parseCheck(url, url, fields, reader.problem);
  return { checks: check ? [check] : [], concurrency, watchForMs, junit };
};

/** Returns at least one check, or throws an InputError with every problem found. */
export const parseSmokeTestInputs = (raw: RawInputs, readFile: ReadWorkspaceFile): SmokeTestInputs =>
  parseInputs(raw, readFile, (reader) => read(reader, readFile, raw.has('checks')));
