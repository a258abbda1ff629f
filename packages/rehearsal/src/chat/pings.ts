import type { Fields } from '../egress/exchange.ts';
import { fieldsOf } from '../egress/exchange.ts';
import { textsOf } from './slack-rules.ts';

/** Returns whom Slack would notify: mentions of mrkdwn texts and of the message text (docs.slack.dev, Formatting). */
export const slackPings = (payload: Fields): string[] => {
  const texts = [
    ...textsOf(payload)
      .filter(({ type }) => type === 'mrkdwn')
      .map(({ text }) => text),
    String(payload.text ?? ''),
  ];
  return texts.flatMap((text) =>
    [...text.matchAll(/<(?:@([A-Z0-9]+)|!subteam\^([A-Z0-9]+)|!(here|channel|everyone))[^>]*>/g)].map(
      ([, user, group, all]) => user ?? group ?? `@${all}`,
    ),
  );
};

/**
 * Returns whom Discord would notify: mentions of `content`, never of embeds, as far as `allowed_mentions` lets them;
 * without it everything in the text counts (discord.com/developers/docs/resources/message, allowed mentions).
 */
export const discordPings = (payload: Fields): string[] => {
  const content = String(payload.content ?? '');
  const allowed = fieldsOf(payload.allowed_mentions);
  const list = (name: string) => (Array.isArray(allowed?.[name]) ? (allowed[name] as string[]) : []);
  const may = (kind: string, id: string) =>
    allowed === undefined || list('parse').includes(kind) || list(kind).includes(id);
  return [
    ...[...content.matchAll(/<@!?(\d+)>/g)].flatMap(([, id = '']) => (may('users', id) ? [id] : [])),
    ...[...content.matchAll(/<@&(\d+)>/g)].flatMap(([, id = '']) => (may('roles', id) ? [id] : [])),
    ...[...content.matchAll(/@(?:everyone|here)/g)].flatMap(([all]) => (may('everyone', '') ? [all] : [])),
  ];
};
