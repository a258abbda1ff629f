import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FakeClock } from '@hospital-ops/action-kit/fake-clock';
import { createMemoryLog } from '@hospital-ops/action-kit/log';
import { discordRenderer } from '@hospital-ops/chat/discord/render';
import { createDiscordWebhook, isDiscordMessageId } from '@hospital-ops/chat/discord/webhook';
import { createHttpSender } from '@hospital-ops/chat/http/client';
import type { HttpAnswer, HttpRequest, SendHttp } from '@hospital-ops/chat/http/port';
import type { ChatMessage } from '@hospital-ops/chat/message';
import type { Sent } from '@hospital-ops/chat/send';
import { sendMessage } from '@hospital-ops/chat/send';
import { createSlackBot, isSlackMessageId } from '@hospital-ops/chat/slack/bot';
import { slackRenderer } from '@hospital-ops/chat/slack/render';
import { parseMessageIds } from '@hospital-ops/chat/transport';
import type { Chat, ChatOptions } from '@hospital-ops/rehearsal/chat/chat';
import { startChat } from '@hospital-ops/rehearsal/chat/chat';

export const WEBHOOK = '123456789012345678';

export interface Conversation {
  readonly chat: Chat;
  readonly log: ReturnType<typeof createMemoryLog>;
  /** Sends as the actions do; `id` is the `message-id` of an earlier answer. */
  send(message: ChatMessage, options?: { readonly id?: string; readonly thread?: boolean }): Promise<Sent>;
  close(): Promise<void>;
}

export interface ConversationOptions extends ChatOptions {
  /** Added to Discord's webhook. */
  readonly search?: string;
  /** What is answered instead of the stand-in, if anything. */
  readonly instead?: (request: HttpRequest) => Partial<HttpAnswer> | undefined;
}

/** Starts a chat's stand-in and returns what speaks to it. */
export const startConversation = async (
  service: 'Slack' | 'Discord',
  { search = '', instead, ...options }: ConversationOptions = {},
): Promise<Conversation> => {
  const clock = new FakeClock();
  const chat = startChat({ now: clock.now.bind(clock), ...options });
  const server = createServer(chat.route(service === 'Slack' ? 'slack.com' : 'discord.com'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const sender = createHttpSender({});
  const send: SendHttp = async (request) => {
    const other = instead?.(request);
    return other === undefined ? sender(request) : { status: 200, headers: {}, body: '', ...other };
  };
  const ports = { send, clock, signal: new AbortController().signal };
  const log = createMemoryLog();
  return {
    chat,
    log,
    send: (message, { id, thread = false } = {}) => {
      const isId = service === 'Slack' ? isSlackMessageId : isDiscordMessageId;
      const to = { ids: id === undefined ? undefined : parseMessageIds(id, isId), thread };
      if (service === 'Slack') {
        const transport = createSlackBot('xoxb-1', 'C0123ABCD', ports, `${base}/api/`);
        return sendMessage(message, to, { service, transport, render: slackRenderer, log });
      }
      const url = new URL(`${base}/api/webhooks/${WEBHOOK}/token${search}`);
      const transport = createDiscordWebhook(url, ports);
      return sendMessage(message, to, { service, transport, render: discordRenderer, log });
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
