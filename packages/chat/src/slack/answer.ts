import type { OpsError } from '@hospital-ops/action-kit/errors';
import type { HttpAnswer } from '../http/port.ts';
import { refusalError } from '../refusal.ts';
import { SLACK_REFUSALS } from './refusals.ts';

export interface SlackAnswer {
  readonly ok: boolean;
  readonly error: string | undefined;
  readonly channel: string | undefined;
  readonly ts: string | undefined;
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/**
 * Returns what Slack said. A webhook says `ok` as plain text or an error code; the Web API says `{"ok": …}`, with status
 * 200 also when it refuses. Anything else, such as a proxy's page, is not ok.
 */
export const parseSlackAnswer = (body: string): SlackAnswer => {
  const plain = body.trim();
  if (plain === 'ok') return { ok: true, error: undefined, channel: undefined, ts: undefined };
  try {
    const parsed: unknown = JSON.parse(plain);
    if (typeof parsed === 'object' && parsed !== null) {
      const { ok, error, channel, ts } = parsed as Readonly<Record<string, unknown>>;
      return { ok: ok === true, error: textOf(error), channel: textOf(channel), ts: textOf(ts) };
    }
  } catch {
    // Plain text: an error code, or nothing that Slack would say.
  }
  return { ok: false, error: /^[a-z][a-z0-9_]{2,63}$/.exec(plain)?.[0], channel: undefined, ts: undefined };
};

/** Returns the error for an answer that is not ok. */
export const slackRefusal = (answer: HttpAnswer, said: SlackAnswer): OpsError =>
  refusalError({ service: 'Slack', status: answer.status, code: said.error, detail: answer.body }, SLACK_REFUSALS);
