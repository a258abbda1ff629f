import { parseDecimal } from '@hospital-ops/action-kit/numbers';
import { statusOf } from './errors.ts';
import { at, textAt } from './json.ts';

/** For a limit that does not say how long it lasts (docs.github.com, rate limits for the REST API: "at least one minute"). */
const UNSAID_MS = 60_000;
const LEAST_MS = 1_000;

const LIMITED = new Set([403, 429]);

const headerOf = (error: unknown, name: string): string | undefined => {
  const value = at(error, 'response', 'headers', name);
  return typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : undefined;
};

/** `Retry-After` is told in seconds or as an HTTP date. */
const retryAfterMs = (error: unknown, now: number): number | undefined => {
  const value = headerOf(error, 'retry-after');
  if (value === undefined) return undefined;
  const seconds = parseDecimal(value);
  const until = seconds === undefined ? Date.parse(value) : now + seconds * 1000;
  return Number.isNaN(until) ? undefined : until - now;
};

const resetMs = (error: unknown, now: number): number | undefined => {
  if (headerOf(error, 'x-ratelimit-remaining') !== '0') return undefined;
  const seconds = parseDecimal(headerOf(error, 'x-ratelimit-reset') ?? '');
  return seconds === undefined ? UNSAID_MS : seconds * 1000 - now;
};

/**
 * Returns the milliseconds to wait before GitHub takes a request again, a second at least, or undefined when `error` of
 * the API client is no rate limit: a 403 is one only where it says so. What was refused so was not carried out.
 */
export const rateLimitMs = (error: unknown, now: number): number | undefined => {
  const status = statusOf(error);
  if (status === undefined || !LIMITED.has(status)) return undefined;
  const isSaid = status === 429 || /rate limit/i.test(textAt(error, 'message') ?? '');
  const ms = retryAfterMs(error, now) ?? resetMs(error, now) ?? (isSaid ? UNSAID_MS : undefined);
  return ms === undefined ? undefined : Math.max(LEAST_MS, Math.ceil(ms));
};
