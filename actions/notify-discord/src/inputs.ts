import type { RawInputs, ReadWorkspaceFile } from '@hospital-ops/action-kit/inputs';
import { parseInputs } from '@hospital-ops/action-kit/inputs';
import type { MessageInputs } from '@hospital-ops/chat/compose';
import { isDiscordMessageId } from '@hospital-ops/chat/discord/webhook';
import type { Mention } from '@hospital-ops/chat/message';
import { readMessageInputs, unusable } from '@hospital-ops/chat/read-inputs';
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

const RULES = {
  mention: parseMention,
  mentionExpected: 'expected ids of users (<id>) or roles (role:<id>)',
  isMessageId: isDiscordMessageId,
};

export const parseDiscordInputs = (raw: RawInputs, readFile: ReadWorkspaceFile): DiscordInputs =>
  parseInputs(raw, readFile, (reader) => {
    const webhookText = reader.secret('webhook-url');
    const webhook = webhookText === undefined ? undefined : parseWebhookUrl('discord', webhookText);
    return {
      webhook: webhook?.url,
      ...readMessageInputs(reader, RULES),
      unusable: unusable({ 'webhook-url': webhook?.problem }),
      token: reader.secret('token')?.trim(),
    };
  });
