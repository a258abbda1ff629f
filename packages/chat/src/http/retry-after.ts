import { parseDecimal } from '@hospital-ops/action-kit/numbers';
import type { HttpAnswer } from './port.ts';

const headerMs = (value: string | undefined, now: number): number | undefined => {
  if (value === undefined) return undefined;
  const seconds = parseDecimal(value.trim());
  if (seconds !== undefined) return Math.max(0, seconds * 1000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
};

const bodyMs = (body: string): number | undefined => {
  try {
    const parsed: unknown = JSON.parse(body);
    const seconds =
      typeof parsed === 'object' && parsed !== null && 'retry_after' in parsed ? parsed.retry_after : undefined;
    return typeof seconds === 'number' && Number.isFinite(seconds) ? Math.max(0, seconds * 1000) : undefined;
  } catch {
    return undefined;
  }
};

/**
 * Returns the milliseconds that a 429 asks to wait, or undefined when it does not say. Slack and Discord say it in
 * `Retry-After` (seconds, a float, or an HTTP date) or in the body (`retry_after`, seconds); the longer of the two counts.
 */
export const retryAfterMs = (answer: HttpAnswer, now: number): number | undefined => {
  const said = [headerMs(answer.headers['retry-after'], now), bodyMs(answer.body)].filter((ms) => ms !== undefined);
  return said.length === 0 ? undefined : Math.ceil(Math.max(...said));
};
