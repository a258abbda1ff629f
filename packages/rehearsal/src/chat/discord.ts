import type { RequestListener } from 'node:http';
import type { Fields, Reply } from '../egress/exchange.ts';
import { fieldsOf, parseJson, readBody, sendReply } from '../egress/exchange.ts';
import { Buckets } from './bucket.ts';
import type { Mistake } from './discord-rules.ts';
import { discordMistakes, isEmptyMessage } from './discord-rules.ts';
import { discordPings } from './pings.ts';
import { shownByDiscord } from './preview.ts';
import type { ChatWorld } from './slack.ts';

/** Five requests in two seconds per webhook, as observed (discord/discord-api-docs#367). */
const BURST = 5;
const PER_SECOND = 2.5;

/** Milliseconds; ids count from here (discord.com/developers/docs/reference, snowflakes). */
const EPOCH = 1_420_070_400_000;

/** Name of a thread (docs/resources/channel). */
const THREAD_NAME = 100;

/** Messages of the codes 220001 to 220003 (docs/topics/opcodes-and-status-codes). */
const NO_THREAD = 'Webhooks posted to forum channels must have a thread_name or thread_id';
const BOTH = 'Webhooks posted to forum channels cannot have both a thread_name and thread_id';
const ONLY_FORUMS = 'Webhooks can only create threads in forum channels';

const ROUTE = /^\/api\/(?:v\d+\/)?webhooks\/(\d+)\/([\w-]+)(?:\/messages\/(\d+))?\/?$/;

/** Discord nests mistakes by their place: `{embeds: {0: {title: {_errors: […]}}}}`. */
const nested = (mistakes: readonly Mistake[]): Fields => {
  const root: Record<string, unknown> = {};
  for (const { place, code, message } of mistakes) {
    let node = root;
    for (const key of place.split('.')) {
      node[key] ??= {};
      node = node[key] as Record<string, unknown>;
    }
    node._errors = [...((node._errors as unknown[] | undefined) ?? []), { code, message }];
  }
  return root;
};

const problem = (status: number, code: number, message: string, errors?: Fields): Reply => ({
  status,
  body: { message, code, ...(errors === undefined ? {} : { errors }) },
});

/** Returns the handler of discord.com: executing a webhook, and reading and editing its messages. */
export const createDiscord = ({ store, now, knows, isForum }: ChatWorld): RequestListener => {
  const buckets = new Buckets(BURST, PER_SECOND);
  let sequence = 0;

  const nextId = () => {
    sequence += 1;
    return String((BigInt(now() - EPOCH) << 22n) + BigInt(sequence));
  };

  const messageOf = (webhook: string, id: string, thread: string | undefined, payload: Fields) => ({
    id,
    type: 0,
    webhook_id: webhook,
    channel_id: thread ?? webhook,
    content: payload.content ?? '',
    embeds: payload.embeds ?? [],
    timestamp: new Date(now()).toISOString(),
  });

  const refused = (payload: Fields | undefined): Reply | undefined => {
    if (payload === undefined) return problem(400, 50_109, 'The request body contains invalid JSON.');
    const mistakes = discordMistakes(payload);
    if (mistakes.length > 0) return problem(400, 50_035, 'Invalid Form Body', nested(mistakes));
    return isEmptyMessage(payload) ? problem(400, 50_006, 'Cannot send an empty message') : undefined;
  };

  /** Where a new message goes: into the channel, a thread that is there, or a post that it opens in a forum. */
  const placeOf = (webhook: string, id: string, url: URL, payload: Fields): { thread?: string; refused?: Reply } => {
    const thread = url.searchParams.get('thread_id') ?? undefined;
    const name = payload.thread_name;
    const forum = isForum(webhook);
    if (thread !== undefined && name !== undefined) return { refused: problem(400, 220_002, BOTH) };
    if (thread !== undefined) return { thread };
    if (!forum) return name === undefined ? {} : { refused: problem(400, 220_003, ONLY_FORUMS) };
    if (typeof name !== 'string' || name.trim() === '') return { refused: problem(400, 220_001, NO_THREAD) };
    // The first message of a post has the id of the post.
    return [...name].length > THREAD_NAME ? { refused: problem(400, 50_035, 'Invalid Form Body') } : { thread: id };
  };

  const post = (webhook: string, url: URL, payload: Fields | undefined): Reply => {
    const wait = url.searchParams.get('wait') === 'true';
    const id = nextId();
    const place = placeOf(webhook, id, url, payload ?? {});
    const bad = refused(payload) ?? place.refused;
    // Without `wait` a message that is not saved does not return an error.
    if (bad && (wait || payload === undefined)) return bad;
    if (bad || payload === undefined) return { status: 204 };
    const { thread } = place;
    store.put({
      service: 'discord',
      channel: webhook,
      id,
      pinged: discordPings(payload),
      ...shownByDiscord(payload),
      postedAt: now(),
      updates: 0,
      thread,
    });
    return wait ? { status: 200, body: messageOf(webhook, id, thread, payload) } : { status: 204 };
  };

  const edit = (webhook: string, id: string, url: URL, payload: Fields | undefined): Reply => {
    const known = store.get('discord', webhook, id);
    // A message of a thread is found only where the thread is named.
    const named = url.searchParams.get('thread_id') ?? undefined;
    if (known === undefined || known.thread !== named) return problem(404, 10_008, 'Unknown Message');
    const merged = payload && { ...(known.payload as Fields), ...payload };
    const bad = refused(merged);
    if (bad || merged === undefined) return bad ?? problem(400, 50_109, 'The request body contains invalid JSON.');
    store.put({ ...known, ...shownByDiscord(merged), updates: known.updates + 1 });
    return { status: 200, body: messageOf(webhook, id, known.thread, merged) };
  };

  const answer = (method: string, url: URL, payload: Fields | undefined): Reply => {
    const [, webhook, token, id] = ROUTE.exec(url.pathname) ?? [];
    if (webhook === undefined || token === undefined) {
      return problem(501, 0, `the rehearsal knows no ${method} ${url.pathname} of Discord`);
    }
    if (!knows('discord', url.pathname)) return problem(404, 10_015, 'Unknown Webhook');
    const wait = buckets.take(webhook, now());
    if (wait > 0) {
      const seconds = wait / 1000;
      const headers = { 'retry-after': String(Math.ceil(seconds)), 'x-ratelimit-scope': 'user' };
      const message = 'You are being rate limited.';
      return { status: 429, headers, body: { message, retry_after: seconds, global: false } };
    }
    if (method === 'POST' && id === undefined) return post(webhook, url, payload);
    if (method === 'PATCH' && id !== undefined) return edit(webhook, id, url, payload);
    return problem(501, 0, `the rehearsal knows no ${method} of this address of Discord`);
  };

  return async (request, response) => {
    const payload = fieldsOf(parseJson(await readBody(request)));
    const method = request.method ?? '';
    const reply = answer(method, new URL(request.url ?? '/', 'https://discord.com'), payload);
    const { code, message } = fieldsOf(reply.body) ?? {};
    const error = reply.status < 400 ? undefined : `${code ?? reply.status} ${message ?? ''}`.trim();
    const call = method === 'PATCH' ? 'PATCH message' : `${method} webhook`;
    store.record({ service: 'discord', call, payload, status: reply.status, error, at: now() });
    sendReply(response, reply);
  };
};
