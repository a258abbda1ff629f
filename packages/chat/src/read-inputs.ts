import type { InputReader } from '@hospital-ops/action-kit/inputs';
import type { MessageInputs } from './compose.ts';
import type { Mention } from './message.ts';
import { parseFields, parseStatus } from './parse-inputs.ts';
import { parseMessageIds } from './transport.ts';

/** How a chat writes its ids. */
export interface IdRules {
  /** Undefined for a word that is no id of someone to mention. */
  mention(word: string): Mention | undefined;
  readonly mentionExpected: string;
  isMessageId(id: string): boolean;
}

/**
 * Returns why nothing can be sent, from what is wrong with each credential. A secret that was changed for the worse must
 * not fail a release, so it is no problem of the inputs: the message is not sent, as when the service refuses it.
 */
export const unusable = (problems: Readonly<Record<string, string | undefined>>): string | undefined => {
  const found = Object.entries(problems).flatMap(([name, problem]) =>
    problem === undefined ? [] : [`\`${name}\` ${problem}.`],
  );
  return found.length === 0 ? undefined : found.join(' ');
};

/**
 * Reads the inputs that every notify action has. A `message-id` that is none is a doubt and no problem: it comes from an
 * earlier step, and a message that cannot be updated is posted anew.
 */
export const readMessageInputs = (reader: InputReader, rules: IdRules): Omit<MessageInputs, 'unusable'> => {
  const statusText = reader.text('status');
  const status = parseStatus(statusText);
  if (status.problem !== undefined) reader.problem('status', status.problem, statusText);
  const fields = parseFields(reader.structured('fields', 'as-written'));
  if (fields.problem !== undefined) reader.problem('fields', fields.problem);
  const mentions = reader.words('mention-on-failure').flatMap((word) => {
    const parsed = rules.mention(word);
    if (parsed === undefined) reader.problem('mention-on-failure', rules.mentionExpected, word);
    return parsed === undefined ? [] : [parsed];
  });
  const messageId = reader.text('message-id');
  const messageIds = messageId === undefined ? undefined : parseMessageIds(messageId, rules.isMessageId);
  return {
    status: 'value' in status ? status.value : 'unknown',
    stage: reader.text('stage')?.replace(/\s+/g, ' '),
    title: reader.text('title'),
    text: reader.text('text'),
    fields: 'value' in fields ? fields.value : [],
    environment: reader.text('environment'),
    version: reader.text('version'),
    sha: reader.commit('sha'),
    url: reader.text('url'),
    result: reader.text('result'),
    mentions,
    messageIds,
    doubts:
      messageId !== undefined && messageIds === undefined
        ? ['`message-id` is none that this action returned, so a new message is posted.']
        : [],
    thread: reader.bool('thread'),
    changelogFrom: reader.text('changelog-from'),
    duration: reader.duration('duration'),
    failedJobs: reader.bool('failed-jobs'),
    failOnError: reader.bool('fail-on-error'),
  };
};
