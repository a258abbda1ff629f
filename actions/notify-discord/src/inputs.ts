import type { RawInputs, ReadWorkspaceFile } from '@hospital-ops/action-kit/inputs';
import { parseInputs } from '@hospital-ops/action-kit/inputs';
import type { MessageInputs } from '@hospital-ops/chat/compose';
import { isDiscordMessageId } from '@hospital-ops/chat/discord/webhook';
import type { Mention } from '@hospital-ops/chat/message';
import { parseFields, parseStatus } from '@hospital-ops/chat/parse-inputs';
import { parseWebhookUrl } from '@hospital-ops/chat/webhook-url';

export interface DiscordInputs extends MessageInputs {
  readonly webhook: URL | undefined;
  readonly token: string | undefined;
}

/** Users and roles look alike; a role is written `role:<id>`. */
const parseMention = (word: string): Mention | undefined => {
  const [, role, id] = /^(role:|&)?(\d{15,21})$/.exec(word) ?? [];
  return id === undefined ? undefined : { kind: role === undefined ? 'user' : 'group', id };
};

export const parseDiscordInputs = (raw: RawInputs, readFile: ReadWorkspaceFile): DiscordInputs =>
  parseInputs(raw, readFile, (reader) => {
    const webhookText = reader.secret('webhook-url');
    const webhook = webhookText === undefined ? undefined : parseWebhookUrl('discord', webhookText);
    if (webhook?.problem !== undefined) reader.problem('webhook-url', webhook.problem);

    const statusText = reader.text('status');
    const status = parseStatus(statusText);
    if (status.problem !== undefined) reader.problem('status', status.problem, statusText);
    const fields = parseFields(reader.structured('fields'));
    if (fields.problem !== undefined) reader.problem('fields', fields.problem);

    const messageId = reader.text('message-id');
    if (messageId !== undefined && !isDiscordMessageId(messageId)) {
      reader.problem('message-id', 'expected the `message-id` output of this action', messageId);
    }

    const mentions = reader.words('mention-on-failure').flatMap((word) => {
      const mention = parseMention(word);
      if (mention === undefined)
        reader.problem('mention-on-failure', 'expected ids of users (<id>) or roles (role:<id>)', word);
      return mention === undefined ? [] : [mention];
    });
    return {
      webhook: webhook?.url,
      status: 'value' in status ? status.value : 'unknown',
      title: reader.text('title'),
      text: reader.text('text'),
      fields: 'value' in fields ? fields.value : [],
      environment: reader.text('environment'),
      version: reader.text('version'),
      url: reader.text('url'),
      result: reader.text('result'),
      messageId,
      mentions,
      changelogFrom: reader.text('changelog-from'),
      failedJobs: reader.bool('failed-jobs'),
      failOnError: reader.bool('fail-on-error'),
      token: reader.secret('token')?.trim(),
    };
  });
