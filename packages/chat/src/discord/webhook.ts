import type { DeliveryPorts } from '../http/deliver.ts';
import { deliver } from '../http/deliver.ts';
import type { HttpAnswer } from '../http/port.ts';
import { isRefused, refusalError } from '../refusal.ts';
import type { Transport } from '../transport.ts';
import { DISCORD_REFUSALS } from './refusals.ts';
import type { DiscordPayload } from './render.ts';

/** `<message>`, or `<thread>/<message>` for a post of a forum: an edit must name the thread again. */
const MESSAGE_ID = /^(?:(\d{15,21})\/)?(\d{15,21})$/;

/** Milliseconds; ids count from here (discord.com/developers/docs/reference, snowflakes). */
const EPOCH = 1_420_070_400_000;

/** Returns true for an id that `post` could have returned. */
export const isDiscordMessageId = (id: string): boolean => MESSAGE_ID.test(id);

const partsOf = (id: string) => {
  const [, thread, message = ''] = MESSAGE_ID.exec(id) ?? [];
  return { thread, message };
};

const parsed = (body: string): Readonly<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
};

const savedIn = (answer: HttpAnswer): { readonly id: string; readonly channel: string | undefined } => {
  const { id, channel_id: channel, code, message } = parsed(answer.body);
  if (answer.status >= 200 && answer.status < 300 && typeof id === 'string') {
    return { id, channel: typeof channel === 'string' ? channel : undefined };
  }
  throw refusalError(
    {
      service: 'Discord',
      status: answer.status,
      code: typeof code === 'number' ? String(code) : undefined,
      detail: typeof message === 'string' ? message : '',
    },
    DISCORD_REFUSALS,
  );
};

/**
 * Returns a transport over a webhook. `wait` is always asked for: without it Discord answers before the message is saved,
 * tells no id, and no error for a message that it dropped. A `thread_id` in the address is kept, also for updates. In a
 * forum, which takes messages in threads only, every new message opens one that carries its title.
 */
export const createDiscordWebhook = (webhook: URL, ports: DeliveryPorts): Transport<DiscordPayload> => {
  const ownThread = webhook.searchParams.get('thread_id') ?? undefined;
  const address = (suffix: string, wait: boolean, thread: string | undefined) => {
    const url = new URL(webhook);
    url.pathname = url.pathname.replace(/\/+$/, '') + suffix;
    url.search = '';
    if (thread !== undefined) url.searchParams.set('thread_id', thread);
    if (wait) url.searchParams.set('wait', 'true');
    return url;
  };
  const call = async (method: 'POST' | 'PATCH', url: URL, body: object) => {
    const request = { method, url, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    return savedIn(await deliver({ service: 'Discord', repeatable: method === 'PATCH', request }, ports));
  };
  const postTo = async (thread: string | undefined, { threadName, ...payload }: DiscordPayload): Promise<string> => {
    try {
      const { id } = await call('POST', address('', true, thread), payload);
      return thread === undefined || thread === ownThread ? id : `${thread}/${id}`;
    } catch (error) {
      if (thread !== undefined || !isRefused(error, 'thread')) throw error;
      const { id, channel } = await call('POST', address('', true, undefined), { ...payload, thread_name: threadName });
      return channel === undefined ? id : `${channel}/${id}`;
    }
  };
  return {
    post: (payload) => postTo(ownThread, payload),
    update: async (id, { threadName: _, ...payload }) => {
      const { thread, message } = partsOf(id);
      await call('PATCH', address(`/messages/${message}`, false, thread ?? ownThread), payload);
      return id;
    },
    reply: (id, payload) => postTo(partsOf(id).thread ?? ownThread, payload),
    threads: (id) => ownThread !== undefined || (id !== undefined && partsOf(id).thread !== undefined),
    postedAt: (id) => Number(BigInt(partsOf(id).message || 0) >> 22n) + EPOCH,
  };
};
