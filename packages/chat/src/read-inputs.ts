import type { InputReader } from '@hospital-ops/action-kit/inputs';
import type { MessageInputs } from './compose.ts';
import type { Mention } from './message.ts';
import { parseFields, parseStatus } from './parse-inputs.ts';

/** How a chat writes whom to mention. */
export interface MentionRule {
  /** Undefined for a word that is no id of this chat. */
  parse(word: string): Mention | undefined;
  readonly expected: string;
}

/** Reads the inputs that every notify action has; `message-id` is read by the action, whose chat knows its form. */
export const readMessageInputs = (reader: InputReader, mention: MentionRule): Omit<MessageInputs, 'messageId'> => {
  const statusText = reader.text('status');
  const status = parseStatus(statusText);
  if (status.problem !== undefined) reader.problem('status', status.problem, statusText);
  const fields = parseFields(reader.structured('fields'));
  if (fields.problem !== undefined) reader.problem('fields', fields.problem);
  const mentions = reader.words('mention-on-failure').flatMap((word) => {
    const parsed = mention.parse(word);
    if (parsed === undefined) reader.problem('mention-on-failure', mention.expected, word);
    return parsed === undefined ? [] : [parsed];
  });
  return {
    status: 'value' in status ? status.value : 'unknown',
    title: reader.text('title'),
    text: reader.text('text'),
    fields: 'value' in fields ? fields.value : [],
    environment: reader.text('environment'),
    version: reader.text('version'),
    url: reader.text('url'),
    result: reader.text('result'),
    mentions,
    changelogFrom: reader.text('changelog-from'),
    failedJobs: reader.bool('failed-jobs'),
    failOnError: reader.bool('fail-on-error'),
  };
};
