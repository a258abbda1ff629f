import type { RequestListener } from 'node:http';
import { createDiscord } from './discord.ts';
import type { ChatWorld } from './slack.ts';
import { createSlack } from './slack.ts';
import type { ChatRecord, ChatRequest } from './store.ts';
import { ChatStore } from './store.ts';

export interface ChatOptions {
  /** Milliseconds since the epoch; the system's clock by default. */
  readonly now?: () => number;
  /** False for a webhook (its path) or token that Slack or Discord no longer knows; by default every one is known. */
  readonly knows?: ChatWorld['knows'];
  /** True for a Discord webhook of a forum; by default none is. */
  readonly isForum?: ChatWorld['isForum'];
}

export interface Chat {
  /** Hosts that `route` answers for. */
  readonly hosts: readonly string[];
  /** The handler of a host, or undefined for a host that is no chat's. */
  route(host: string): RequestListener | undefined;
  /** Every message as it stands now, in the order in which they were posted. */
  messages(): readonly ChatRecord[];
  /** Every request that came, also those that were refused. */
  requests(): readonly ChatRequest[];
}

/** A handler that fails answers 500 instead of ending the process. */
const guarded =
  (handler: RequestListener): RequestListener =>
  (request, response) =>
    void Promise.resolve(handler(request, response) as unknown).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' });
      response.end(`the stand-in failed: ${error instanceof Error ? error.message : String(error)}\n`);
    });

/** Starts stand-ins for Slack (incoming webhooks, chat.postMessage, chat.update) and Discord (webhooks). They hold the documented limits. */
export const startChat = ({ now = Date.now, knows = () => true, isForum = () => false }: ChatOptions = {}): Chat => {
  const store = new ChatStore();
  const world: ChatWorld = { store, now, knows, isForum };
  const { webhook, api } = createSlack(world);
  const discord = createDiscord(world);
  const routes = new Map<string, RequestListener>([
    ['hooks.slack.com', guarded(webhook)],
    ['hooks.slack-gov.com', guarded(webhook)],
    ['slack.com', guarded(api)],
    ...['discord.com', 'discordapp.com', 'ptb.discord.com', 'canary.discord.com'].map(
      (host) => [host, guarded(discord)] as const,
    ),
  ]);
  return {
    hosts: [...routes.keys()],
    route: (host) => routes.get(host),
    messages: () => store.messages(),
    requests: () => store.requests(),
  };
};
