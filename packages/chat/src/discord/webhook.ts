import type { DeliveryPorts } from '../http/deliver.ts';
import { deliver } from '../http/deliver.ts';
import type { HttpAnswer } from '../http/port.ts';
import { refusalError } from '../refusal.ts';
import type { Transport } from '../transport.ts';
import { DISCORD_REFUSALS } from './refusals.ts';
import type { DiscordPayload } from './render.ts';

/** Returns true for an id that `post` could have returned. */
export const isDiscordMessageId = (id: string): boolean => /^\d{15,21}$/.test(id);

const parsed = (body: string): Readonly<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
};

const idFrom = (answer: HttpAnswer): string => {
  const { id, code, message } = parsed(answer.body);
  if (answer.status >= 200 && answer.status < 300 && typeof id === 'string') return id;
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
 * tells no id, and no error for a message that it dropped. A `thread_id` in the address is kept, also for updates.
 */
export const createDiscordWebhook = (webhook: URL, ports: DeliveryPorts): Transport<DiscordPayload> => {
  const address = (suffix: string, wait: boolean) => {
    const url = new URL(webhook);
    url.pathname = url.pathname.replace(/\/+$/, '') + suffix;
    url.search = '';
    const thread = webhook.searchParams.get('thread_id');
    if (thread !== null) url.searchParams.set('thread_id', thread);
    if (wait) url.searchParams.set('wait', 'true');
    return url;
  };
  const headers = { 'content-type': 'application/json' };
  return {
    post: async (payload) => {
      const request = { method: 'POST' as const, url: address('', true), headers, body: JSON.stringify(payload) };
      return idFrom(await deliver({ service: 'Discord', repeatable: false, request }, ports));
    },
    update: async (id, payload) => {
      const url = address(`/messages/${id}`, false);
      const request = { method: 'PATCH' as const, url, headers, body: JSON.stringify(payload) };
      return idFrom(await deliver({ service: 'Discord', repeatable: true, request }, ports));
    },
  };
};
