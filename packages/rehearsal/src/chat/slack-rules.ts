import type { Fields } from '../egress/exchange.ts';
import { fieldsOf } from '../egress/exchange.ts';

/**
 * Slack's documented limits (docs.slack.dev/reference/block-kit and /reference/methods/chat.postMessage). The last one is
 * observed: slackapi/bolt-js#2509.
 */
const BLOCKS = 50;
const ATTACHMENTS = 100;
const HEADER = 150;
const SECTION = 3_000;
const FIELDS = 10;
const FIELD = 2_000;
const CONTEXT = 10;
const BLOCK_ID = 255;
const ALL_BLOCKS = 13_200;
const TEXT = 40_000;

type TextType = 'mrkdwn' | 'plain_text';

const isText = (value: unknown, types: readonly TextType[], limit: number): boolean => {
  const text = fieldsOf(value);
  const type = types.find((candidate) => candidate === text?.type);
  if (text === undefined || type === undefined || typeof text.text !== 'string') return false;
  if (text.text.length < 1 || text.text.length > limit) return false;
  // `emoji` belongs to plain_text, `verbatim` to mrkdwn (composition objects, text object).
  return type === 'mrkdwn' ? text.emoji === undefined : text.verbatim === undefined;
};

const isList = (value: unknown, limit: number, isItem: (item: unknown) => boolean): boolean =>
  Array.isArray(value) && value.length >= 1 && value.length <= limit && value.every(isItem);

const BOTH: readonly TextType[] = ['mrkdwn', 'plain_text'];

const isSection = ({ text, fields }: Fields): boolean => {
  if (text === undefined && fields === undefined) return false;
  if (text !== undefined && !isText(text, BOTH, SECTION)) return false;
  return fields === undefined || isList(fields, FIELDS, (field) => isText(field, BOTH, FIELD));
};

/** Block types that this stand-in knows; another one is refused, as an unknown one is by Slack. */
const RULES: Readonly<Record<string, (block: Fields) => boolean>> = {
  header: ({ text }) => isText(text, ['plain_text'], HEADER),
  section: isSection,
  context: ({ elements }) => isList(elements, CONTEXT, (element) => isText(element, BOTH, SECTION)),
  divider: () => true,
};

const isBlock = (value: unknown): boolean => {
  const block = fieldsOf(value);
  if (block === undefined || typeof block.type !== 'string' || !Object.hasOwn(RULES, block.type)) return false;
  if (block.block_id !== undefined && String(block.block_id).length > BLOCK_ID) return false;
  return RULES[block.type]?.(block) ?? false;
};

const isBlocks = (value: unknown): boolean =>
  value === undefined || (Array.isArray(value) && value.length <= BLOCKS && value.every(isBlock));

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export interface ShownText {
  readonly type: string;
  readonly text: string;
  /** True for a text of a section's `fields`. */
  readonly isField: boolean;
}

const shown = (value: unknown, isField: boolean): ShownText[] => {
  const text = fieldsOf(value);
  return text === undefined ? [] : [{ type: String(text.type), text: String(text.text), isField }];
};

/** Returns every text object of a payload, in the order in which it is shown. */
export const textsOf = (payload: Fields): ShownText[] =>
  [payload.blocks, ...listOf(payload.attachments).map((attachment) => fieldsOf(attachment)?.blocks)]
    .flatMap(listOf)
    .map((block) => fieldsOf(block) ?? {})
    .flatMap(({ text, fields, elements }) => [
      ...shown(text, false),
      ...listOf(fields).flatMap((field) => shown(field, true)),
      ...listOf(elements).flatMap((element) => shown(element, false)),
    ]);

/** Returns Slack's error code for a payload that it would refuse, or undefined when it would post it. */
export const slackProblem = (payload: Fields | undefined): string | undefined => {
  if (payload === undefined) return 'invalid_payload';
  const { text, blocks, attachments } = payload;
  if (text !== undefined && typeof text !== 'string') return 'invalid_payload';
  if (!isBlocks(blocks)) return 'invalid_blocks';
  if (attachments !== undefined && !Array.isArray(attachments)) return 'invalid_attachments';
  if (listOf(attachments).length > ATTACHMENTS) return 'too_many_attachments';
  for (const attachment of listOf(attachments)) {
    const fields = fieldsOf(attachment);
    if (fields === undefined) return 'invalid_attachments';
    if (fields.color !== undefined && !/^(#[0-9a-f]{6}|good|warning|danger)$/i.test(String(fields.color))) {
      return 'invalid_attachments';
    }
    if (!isBlocks(fields.blocks)) return 'invalid_blocks';
  }
  if (!text && listOf(blocks).length === 0 && listOf(attachments).length === 0) return 'no_text';
  if (typeof text === 'string' && text.length > TEXT) return 'msg_too_long';
  const all = textsOf(payload).reduce((sum, object) => sum + object.text.length, 0);
  return all > ALL_BLOCKS ? 'msg_blocks_too_long' : undefined;
};
