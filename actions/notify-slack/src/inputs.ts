import type { RawInputs, ReadWorkspaceFile } from '@hospital-ops/action-kit/inputs';
import { parseInputs } from '@hospital-ops/action-kit/inputs';
import type { MessageInputs } from '@hospital-ops/chat/compose';
import type { Mention } from '@hospital-ops/chat/message';
import { readMessageInputs, unusable } from '@hospital-ops/chat/read-inputs';
import { isSlackMessageId } from '@hospital-ops/chat/slack/bot';
import { parseWebhookUrl } from '@hospital-ops/chat/webhook-url';

export interface SlackInputs extends MessageInputs {
  readonly webhook: URL | undefined;
  readonly bot: { readonly token: string; readonly channel: string } | undefined;
  readonly token: string | undefined;
}

/** Users begin with U or W, user groups with S (docs.slack.dev, Formatting message text). */
const parseMention = (id: string): Mention | undefined => {
  if (/^[UW][A-Z0-9]{5,}$/.test(id)) return { kind: 'user', id };
  return /^S[A-Z0-9]{5,}$/.test(id) ? { kind: 'group', id } : undefined;
};

const RULES = {
  mention: parseMention,
  mentionExpected: 'expected ids of users (U…) or groups (S…)',
  isMessageId: isSlackMessageId,
};

export const parseSlackInputs = (raw: RawInputs, readFile: ReadWorkspaceFile): SlackInputs =>
  parseInputs(raw, readFile, (reader) => {
    const webhookText = reader.secret('webhook-url');
    const webhook = webhookText === undefined ? undefined : parseWebhookUrl('slack', webhookText);
    const botToken = reader.secret('bot-token')?.trim();
    const channel = reader.text('channel');
    if (webhookText !== undefined && botToken !== undefined) {
      reader.problem('bot-token', 'give either this or `webhook-url`, not both');
    }
    if (botToken !== undefined && channel === undefined) reader.problem('channel', 'is required with `bot-token`');
    const token = botToken !== undefined && /[^\x21-\x7e]/.test(botToken) ? 'holds no valid token' : undefined;

    return {
      webhook: webhook?.url,
      bot: botToken === undefined || channel === undefined ? undefined : { token: botToken, channel },
      ...readMessageInputs(reader, RULES),
      unusable: unusable({ 'webhook-url': webhook?.problem, 'bot-token': token }),
      token: reader.secret('token')?.trim(),
    };
  });
