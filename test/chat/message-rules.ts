import type { DiscordPayload } from '@hospital-ops/chat/discord/render';
import { discordRenderer } from '@hospital-ops/chat/discord/render';
import type { ChatMessage } from '@hospital-ops/chat/message';
import type { SlackPayload } from '@hospital-ops/chat/slack/render';
import { slackRenderer } from '@hospital-ops/chat/slack/render';
import { discordMistakes, isEmptyMessage } from '@hospital-ops/rehearsal/chat/discord-rules';
import { discordPings, slackPings } from '@hospital-ops/rehearsal/chat/pings';
import { slackProblem, textsOf } from '@hospital-ops/rehearsal/chat/slack-rules';

type Fields = Record<string, unknown>;

const asSent = (payload: unknown): { readonly json: string; readonly fields: Fields } => {
  const json = JSON.stringify(payload);
  return { json, fields: JSON.parse(json) as Fields };
};

const hostsOf = (message: ChatMessage): Set<string> =>
  new Set(
    [...message.fields, ...message.failedJobs, ...message.links, ...(message.changelog?.entries ?? [])]
      .map(({ url }) => url)
      .concat(message.changelog?.url)
      .flatMap((url) => (url !== undefined && URL.canParse(url) ? [new URL(url).host] : [])),
  );

const asked = (message: ChatMessage): string[] =>
  [...new Set(message.mentions.slice(0, 10).map(({ id }) => id))].sort();

const pinged = (ids: readonly string[]): string[] => [...new Set(ids)].sort();

/** Half a character would be written as an escape of its own. */
const LONE_SURROGATE = /\\ud[89a-f][0-9a-f]{2}/i;

const same = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((x, i) => x === b[i]);

const slackBreaches = (message: ChatMessage, payload: SlackPayload): string[] => {
  const { json, fields } = asSent(payload);
  const hosts = hostsOf(message);
  const found: string[] = [];
  const problem = slackProblem(fields);
  if (problem !== undefined) found.push(`refused: ${problem}`);
  if (LONE_SURROGATE.test(json)) found.push('half a character');
  if (!same(pinged(slackPings(fields)), asked(message))) found.push(`pings ${slackPings(fields)}`);
  const marked = textsOf(fields).flatMap(({ type, text }) => (type === 'mrkdwn' ? [text] : []));
  for (const text of [...marked, String(fields.text)]) {
    // What is left of < and > are mentions that were asked for, and links to addresses that were given as such.
    for (const [, target = ''] of text.matchAll(/<(https?:[^|>]*)(?:\|[^<>]*)?>/g)) {
      if (!hosts.has(new URL(target.replaceAll('&amp;', '&')).host)) found.push(`links to ${target}`);
    }
    const rest = text.replace(/<https?:[^|<>]*\|[^<>]*>|<@\d+>|<!subteam\^\d+>/g, '');
    if (/[<>]|&(?!amp;|lt;|gt;)/.test(rest)) found.push('markup is left');
    if (text.split('```').length % 2 === 0) found.push('a fence is open');
  }
  return found;
};

const everyText = (value: unknown): string[] =>
  typeof value === 'string'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.values(value).flatMap(everyText)
      : [];

const discordBreaches = (message: ChatMessage, sent: DiscordPayload): string[] => {
  const { json, fields } = asSent(sent);
  const { threadName, ...payload } = fields;
  const found = discordMistakes(payload).map(({ place, message: said }) => `refused: ${place} ${said}`);
  if (isEmptyMessage(payload)) found.push('refused: empty');
  const nameLength = [...String(threadName)].length;
  if (nameLength < 1 || nameLength > 100) found.push('refused: name of the thread');
  if (LONE_SURROGATE.test(json)) found.push('half a character');
  if (!same(pinged(discordPings(payload)), asked(message))) found.push(`pings ${discordPings(payload)}`);
  const allowed = payload.allowed_mentions as { parse?: unknown[]; users?: string[]; roles?: string[] } | undefined;
  if (allowed?.parse?.length !== 0) found.push('parses for mentions');
  if (!same(pinged([...(allowed?.users ?? []), ...(allowed?.roles ?? [])]), asked(message)))
    found.push('allows others');
  for (const text of everyText(payload.embeds)) {
    // Nothing is read as markup between fences, and no fence is foreign.
    if (text.split('```').length % 2 === 0) found.push('a fence is open');
    if (/<@|@everyone|@here/.test(text.replace(/```[\s\S]*?```/g, ''))) found.push('a mention is left');
  }
  return found;
};

export const FORMS = ['full', 'plain', 'call'] as const;

/** Returns what of the chats' rules the message breaks in any of `forms`; `secret` may be in none. */
export const breachesOf = (
  message: ChatMessage,
  { secret, forms = FORMS }: { readonly secret?: string; readonly forms?: ReadonlyArray<(typeof FORMS)[number]> } = {},
): string[] =>
  forms.flatMap((form) => {
    const [slack, discord] = [slackRenderer[form](message), discordRenderer[form](message)];
    const leak = secret !== undefined && JSON.stringify([slack, discord]).includes(secret);
    return [
      ...slackBreaches(message, slack).map((breach) => `Slack ${form}: ${breach}`),
      ...discordBreaches(message, discord).map((breach) => `Discord ${form}: ${breach}`),
      ...(leak ? [`${form}: tells the secret`] : []),
    ];
  });
