import type { Fields } from '../egress/exchange.ts';
import { fieldsOf } from '../egress/exchange.ts';
import { textsOf } from './slack-rules.ts';

/** Characters that hold markup apart and are not seen. */
const INVISIBLE = /[\u200b\u2060]/g;

const slackText = ({ type, text }: { readonly type: string; readonly text: string }): string => {
  const plain =
    type === 'mrkdwn'
      ? text
          .replace(/<(https?:[^|>]*)\|([^>]*)>/g, '$2 ($1)')
          .replace(/^```\n?|\n?```$/gm, '')
          .replace(/\*([^*\n]+)\*/g, '$1')
          .replace(/&lt;/g, '<')
          .replace(/&gt;/g, '>')
          .replace(/&amp;/g, '&')
      : text;
  return plain.replace(INVISIBLE, '');
};

const lines = (texts: readonly string[]): string[] =>
  texts.flatMap((text) => text.split('\n')).filter((line) => line !== '');

/** Returns what a reader of Slack sees, one line each; fields of two lines read `name: value`. */
const slackLines = (payload: Fields): string[] => {
  const texts = textsOf(payload);
  if (texts.length === 0) return lines([String(payload.text ?? '')]);
  return lines(
    texts.map((object) => {
      const shown = slackText(object);
      const [name = '', value, ...more] = shown.split('\n');
      return object.isField && value !== undefined && more.length === 0 ? `${name}: ${value}` : shown;
    }),
  );
};

const discordText = (text: unknown): string =>
  String(text ?? '')
    .replace(/```(?:text)?\n?/g, '')
    .replace(/(?<!\\)\[((?:[^\]\\]|\\.)*)\]\((https?:[^)]*)\)/g, '$1 ($2)')
    .replace(/(?<!\\)\*\*([^*\n]+)\*\*/g, '$1')
    .replace(/\\([^0-9A-Za-z\s])/g, '$1')
    .replace(INVISIBLE, '');

/** Returns what a reader of Discord sees, one line each. */
const discordLines = (payload: Fields): string[] => {
  const embeds = (Array.isArray(payload.embeds) ? payload.embeds : []).map((embed) => fieldsOf(embed) ?? {});
  return lines([
    discordText(payload.content),
    ...embeds.flatMap(({ title, description, fields, footer }) => [
      discordText(title),
      discordText(description),
      ...(Array.isArray(fields) ? fields : []).map((field) => {
        const { name, value, inline } = fieldsOf(field) ?? {};
        const [title, said] = [discordText(name), discordText(value)];
        // A title with an emoji heads what stands below it, also where that is one line.
        return inline === true || (!said.includes('\n') && /^[\w ]+$/.test(title))
          ? `${title}: ${said}`
          : `${title}\n${said}`;
      }),
      String(fieldsOf(footer)?.text ?? ''),
    ]),
  ]);
};

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Returns the part of a record that a payload decides. */
export const shownBySlack = (payload: Fields) => {
  const colour = fieldsOf(listOf(payload.attachments)[0])?.color;
  return {
    chat: 'Slack' as const,
    lines: slackLines(payload),
    colour: typeof colour === 'string' ? colour : undefined,
    payload,
  };
};

export const shownByDiscord = (payload: Fields) => {
  const colour = fieldsOf(listOf(payload.embeds)[0])?.color;
  return {
    chat: 'Discord' as const,
    lines: discordLines(payload),
    colour: typeof colour === 'number' ? `#${colour.toString(16).padStart(6, '0')}` : undefined,
    payload,
  };
};
