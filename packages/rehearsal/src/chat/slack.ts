import type { RequestListener } from 'node:http';
import type { Fields, Reply } from '../egress/exchange.ts';
import { fieldsOf, parseJson, readBody, sendReply } from '../egress/exchange.ts';
import { Buckets } from './bucket.ts';
import { slackPings } from './pings.ts';
import { shownBySlack } from './preview.ts';
import { slackProblem } from './slack-rules.ts';
import type { ChatStore } from './store.ts';

/** What both chat stand-ins work with. */
export interface ChatWorld {
  readonly store: ChatStore;
  now(): number;
  /** False for a webhook or token that was revoked. */
  knows(service: 'slack' | 'discord', credential: string): boolean;
  /** True for a webhook id of Discord whose channel is a forum. */
  isForum(webhook: string): boolean;
}

/** "Around one message per second, short bursts above that are allowed" (docs.slack.dev/apis/web-api/rate-limits). */
const BURST = 3;
const PER_SECOND = 1;

/** HTTP statuses of the webhook's error codes (docs.slack.dev/messaging/sending-messages-using-incoming-webhooks). */
const STATUS: Readonly<Record<string, number>> = { no_service: 404, invalid_token: 403, channel_is_archived: 410 };

/** Returns the handlers of hooks.slack.com and slack.com. */
export const createSlack = ({ store, now, knows }: ChatWorld): { webhook: RequestListener; api: RequestListener } => {
  const buckets = new Buckets(BURST, PER_SECOND);
  let last = 0;

  const stamp = () => {
    last = Math.max(last + 1, now() * 1000);
    return `${Math.floor(last / 1e6)}.${String(last % 1e6).padStart(6, '0')}`;
  };

  const record = (call: string, payload: unknown, { status, body }: Reply, error: string | undefined) => {
    store.record({ service: 'slack', call, payload, status, error, at: now() });
    return { status, body };
  };

  const post = (channel: string, payload: Fields, thread?: string): string => {
    const id = stamp();
    const pinged = slackPings(payload);
    store.put({ service: 'slack', channel, id, pinged, ...shownBySlack(payload), postedAt: now(), updates: 0, thread });
    return id;
  };

  const limited = (key: string): Reply | undefined => {
    const wait = Math.ceil(buckets.take(key, now()) / 1000);
    if (wait === 0) return undefined;
    const body = { ok: false, error: 'ratelimited', retry_after: wait };
    return { status: 429, headers: { 'retry-after': String(wait) }, body };
  };

  const webhook: RequestListener = async (request, response) => {
    const [, path] = /^(\/services\/\w+\/\w+)\/\w+\/?$/.exec(request.url ?? '') ?? [];
    const payload = parseJson(await readBody(request));
    const call = 'POST webhook';
    const refuse = (error: string, status = STATUS[error] ?? 400) =>
      sendReply(response, record(call, payload, { status, body: error }, error));
    if (request.method !== 'POST') return refuse('invalid_method', 405);
    if (path === undefined || !knows('slack', request.url ?? '')) return refuse('no_service');
    const wait = limited(path);
    if (wait) {
      record(call, payload, wait, 'ratelimited');
      return sendReply(response, wait);
    }
    const problem = slackProblem(fieldsOf(payload));
    if (problem !== undefined) return refuse(problem);
    post(path, fieldsOf(payload) ?? {});
    return sendReply(response, record(call, payload, { status: 200, body: 'ok' }, undefined));
  };

  /** Errors of the Web API come with status 200. */
  const method = (name: string, payload: Fields, token: string | undefined): Fields => {
    if (token === undefined) return { ok: false, error: 'not_authed' };
    if (!/^xox[abpe]/.test(token) || !knows('slack', token)) return { ok: false, error: 'invalid_auth' };
    const { channel, ts } = payload;
    if (typeof channel !== 'string' || channel === '') return { ok: false, error: 'channel_not_found' };
    const problem = slackProblem(payload);
    if (problem !== undefined) return { ok: false, error: problem };
    // Names are resolved to an id, which is what chat.update insists on.
    const id = /^[CDG][A-Z0-9]{6,}$/.test(channel)
      ? channel
      : `C${Buffer.from(channel).toString('hex').toUpperCase().padEnd(8, '0').slice(0, 10)}`;
    if (name === 'chat.postMessage') {
      const thread = payload.thread_ts === undefined ? undefined : String(payload.thread_ts);
      if (thread !== undefined && store.get('slack', id, thread) === undefined) {
        return { ok: false, error: 'thread_not_found' };
      }
      return { ok: true, channel: id, ts: post(id, payload, thread), message: payload };
    }
    if (id !== channel) return { ok: false, error: 'channel_not_found' };
    const known = store.get('slack', id, String(ts));
    if (known === undefined) return { ok: false, error: 'message_not_found' };
    // What is not named stays (docs.slack.dev/reference/methods/chat.update).
    const merged = { ...(known.payload as Fields), ...payload };
    store.put({ ...known, ...shownBySlack(merged), updates: known.updates + 1 });
    return { ok: true, channel: id, ts, text: payload.text ?? '' };
  };

  const api: RequestListener = async (request, response) => {
    const [, name = ''] = /^\/api\/([\w.]+)$/.exec(request.url ?? '') ?? [];
    const payload = fieldsOf(parseJson(await readBody(request))) ?? {};
    const [, token] = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '') ?? [];
    if (name !== 'chat.postMessage' && name !== 'chat.update') {
      const body = {
        ok: false,
        error: 'unknown_method',
        detail: `the rehearsal knows no ${request.method} ${request.url}`,
      };
      return sendReply(response, record(name, payload, { status: 501, body }, 'unknown_method'));
    }
    const wait = name === 'chat.postMessage' ? limited(String(payload.channel)) : undefined;
    if (wait) {
      record(name, payload, wait, 'ratelimited');
      return sendReply(response, wait);
    }
    const body = method(name, payload, token);
    return sendReply(response, record(name, payload, { status: 200, body }, body.error as string | undefined));
  };

  return { webhook, api };
};
