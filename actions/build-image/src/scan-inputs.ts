import type { InputReader } from '@hospital-ops/action-kit/inputs';
import type { ScanRules } from './scan-rules.ts';
import { GATES } from './scan-rules.ts';

const KEYS = ['id', 'reason', 'expires', 'package'];

const text = (raw: unknown): string => (typeof raw === 'string' || typeof raw === 'number' ? String(raw).trim() : '');

/** The last day on which an entry holds, as the end of that day in UTC, milliseconds. */
const endOfDay = (raw: unknown): number | undefined => {
  const day = raw instanceof Date ? raw.toISOString().slice(0, 10) : text(raw);
  const at = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  const isDay = !Number.isNaN(at) && new Date(at).toISOString().startsWith(day);
  return isDay ? at + 24 * 3_600_000 : undefined;
};

const parseIgnored = (raw: unknown, reader: InputReader): ScanRules['ignored'] => {
  if (raw === undefined) return [];
  if (!Array.isArray(raw)) {
    reader.problem('scan-ignore', 'expected a list of {id, reason, expires}');
    return [];
  }
  return raw.flatMap((entry: unknown, index) => {
    const problem = (what: string) => reader.problem('scan-ignore', `entry ${index + 1}: ${what}`);
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
      problem('expected {id, reason, expires}');
      return [];
    }
    const { id, reason, expires, package: name } = entry as Record<string, unknown>;
    const unknown = Object.keys(entry).find((key) => !KEYS.includes(key));
    if (unknown !== undefined) problem(`"${unknown}" is none of ${KEYS.join(', ')}`);
    const until = endOfDay(expires);
    if (text(id) === '') problem('`id` is required, such as CVE-2026-1234');
    if (text(reason) === '') problem('`reason` is required: why it does not matter here');
    if (until === undefined) problem('`expires` is required, a day such as 2026-12-31: nothing is ignored for ever');
    return [{ id: text(id), reason: text(reason), until: until ?? 0, package: text(name) || undefined }];
  });
};

/** Reads what decides about findings, problems included. */
export const readScanRules = (reader: InputReader): ScanRules => ({
  gate: reader.oneOf('scan-gate', GATES) ?? 'none',
  timeoutMs: (reader.duration('scan-timeout', { min: 1 }) ?? 300) * 1_000,
  fixableOnly: reader.bool('scan-fixable-only'),
  ignored: parseIgnored(reader.structured('scan-ignore'), reader),
});
