import type { Fields } from '../egress/exchange.ts';
import { fieldsOf } from '../egress/exchange.ts';

/** One thing that is wrong: its place (`embeds.0.title`), Discord's code for it, and the message. */
export interface Mistake {
  readonly place: string;
  readonly code: string;
  readonly message: string;
}

/** Discord's documented limits (discord.com/developers/docs/resources/message, embed limits; and /webhook). */
const CONTENT = 2_000;
const EMBEDS = 10;
const EMBED_TOTAL = 6_000;
const FIELDS = 25;
const LENGTHS = { title: 256, description: 4_096, footer: 2_048, author: 256, name: 256, value: 1_024 } as const;
const MAX_COLOUR = 0xff_ff_ff;
const MENTIONS = 100;

/** Lengths count characters after white space at the ends is gone. */
const lengthOf = (text: unknown): number => (typeof text === 'string' ? [...text.trim()].length : 0);

const required = (place: string): Mistake => ({
  place,
  code: 'BASE_TYPE_REQUIRED',
  message: 'This field is required',
});

const tooLong = (place: string, limit: number): Mistake => ({
  place,
  code: 'BASE_TYPE_MAX_LENGTH',
  message: `Must be ${limit} or fewer in length.`,
});

const textMistakes = (place: string, value: unknown, limit: number, needed = false): Mistake[] => {
  if (value === undefined || value === null) return needed ? [required(place)] : [];
  if (typeof value !== 'string')
    return [{ place, code: 'STRING_TYPE_CONVERT', message: 'Could not interpret as string.' }];
  if (needed && lengthOf(value) === 0) return [required(place)];
  return lengthOf(value) > limit ? [tooLong(place, limit)] : [];
};

const urlMistakes = (place: string, value: unknown): Mistake[] =>
  value === undefined || (typeof value === 'string' && /^(https?|discord):\/\/\S+$/.test(value))
    ? []
    : [{ place, code: 'URL_TYPE_INVALID_URL', message: 'Not a well formed URL.' }];

const fieldMistakes = (place: string, value: unknown): Mistake[] => {
  const { name, value: text } = fieldsOf(value) ?? {};
  return [
    ...textMistakes(`${place}.name`, name, LENGTHS.name, true),
    ...textMistakes(`${place}.value`, text, LENGTHS.value, true),
  ];
};

const embedMistakes = (place: string, embed: Fields): Mistake[] => {
  const { fields = [], color } = embed;
  const colourIsFine =
    color === undefined || (typeof color === 'number' && Number.isInteger(color) && color >= 0 && color <= MAX_COLOUR);
  return [
    ...textMistakes(`${place}.title`, embed.title, LENGTHS.title),
    ...textMistakes(`${place}.description`, embed.description, LENGTHS.description),
    ...textMistakes(`${place}.footer.text`, fieldsOf(embed.footer)?.text, LENGTHS.footer),
    ...textMistakes(`${place}.author.name`, fieldsOf(embed.author)?.name, LENGTHS.author),
    ...urlMistakes(`${place}.url`, embed.url),
    ...(colourIsFine
      ? []
      : [{ place: `${place}.color`, code: 'NUMBER_TYPE_MAX', message: 'int value is out of range.' }]),
    ...(Array.isArray(fields) && fields.length <= FIELDS
      ? fields.flatMap((field, index) => fieldMistakes(`${place}.fields.${index}`, field))
      : [tooLong(`${place}.fields`, FIELDS)]),
  ];
};

const embedSize = (embed: Fields): number =>
  [embed.title, embed.description, fieldsOf(embed.footer)?.text, fieldsOf(embed.author)?.name]
    .concat((Array.isArray(embed.fields) ? embed.fields : []).flatMap((f) => [fieldsOf(f)?.name, fieldsOf(f)?.value]))
    .reduce<number>((sum, text) => sum + lengthOf(text), 0);

const mentionMistakes = (value: unknown): Mistake[] => {
  if (value === undefined || value === null) return [];
  const { parse = [], users = [], roles = [] } = fieldsOf(value) ?? {};
  const place = 'allowed_mentions';
  const lists = [parse, users, roles];
  if (!lists.every(Array.isArray))
    return [{ place, code: 'LIST_TYPE_CONVERT', message: 'Only iterables may be used.' }];
  const [kinds = [], userIds = [], roleIds = []] = lists as string[][];
  // "parse" and an explicit list of the same kind exclude each other.
  const clash = (kinds.includes('users') && userIds.length > 0) || (kinds.includes('roles') && roleIds.length > 0);
  return [
    ...(clash
      ? [{ place, code: 'MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE', message: 'parse and ids are exclusive.' }]
      : []),
    ...(userIds.length > MENTIONS ? [tooLong(`${place}.users`, MENTIONS)] : []),
    ...(roleIds.length > MENTIONS ? [tooLong(`${place}.roles`, MENTIONS)] : []),
  ];
};

/** Returns everything for which Discord would refuse the payload; an empty list when it would take it. */
export const discordMistakes = (payload: Fields): Mistake[] => {
  const { content, embeds = [] } = payload;
  if (!Array.isArray(embeds)) {
    return [{ place: 'embeds', code: 'LIST_TYPE_CONVERT', message: 'Only iterables may be used in a ListType' }];
  }
  const all = embeds.map((embed) => fieldsOf(embed) ?? {});
  const total = all.reduce((sum, embed) => sum + embedSize(embed), 0);
  return [
    ...textMistakes('content', content, CONTENT),
    ...(embeds.length > EMBEDS ? [tooLong('embeds', EMBEDS)] : []),
    ...all.flatMap((embed, index) => embedMistakes(`embeds.${index}`, embed)),
    ...(total > EMBED_TOTAL
      ? [
          {
            place: 'embeds',
            code: 'MAX_EMBED_SIZE_EXCEEDED',
            message: `Embed size exceeds maximum size of ${EMBED_TOTAL}`,
          },
        ]
      : []),
    ...mentionMistakes(payload.allowed_mentions),
  ];
};

/** Returns true for a message that shows nothing: Discord answers 50006. */
export const isEmptyMessage = ({ content, embeds }: Fields): boolean =>
  lengthOf(content) === 0 && (!Array.isArray(embeds) || embeds.length === 0);
