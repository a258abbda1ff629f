import type { KnownRefusal } from '../refusal.ts';

const REVOKED: KnownRefusal = {
  why: 'Slack does not know the webhook or token any more.',
  next: 'create it anew in the Slack app and store it in the secret.',
};

const MALFORMED: KnownRefusal = {
  why: 'Slack does not accept the form of the message.',
  next: 'this is a defect of the action; report it with the inputs of the step.',
  kind: 'layout',
};

/** The message that was to be updated is out of reach; whoever updates posts a new one. */
const lost = (why: string, next: string): KnownRefusal => ({ why, next, kind: 'lost' });

const ARCHIVED: KnownRefusal = {
  why: 'the channel is archived.',
  next: 'choose another channel, or restore this one.',
};

/** Error codes of incoming webhooks and of chat.postMessage and chat.update (docs.slack.dev). */
export const SLACK_REFUSALS: Readonly<Record<string, KnownRefusal>> = {
  no_service: REVOKED,
  no_active_hooks: REVOKED,
  invalid_token: REVOKED,
  no_team: REVOKED,
  team_disabled: REVOKED,
  invalid_auth: REVOKED,
  token_revoked: REVOKED,
  token_expired: REVOKED,
  account_inactive: REVOKED,
  not_authed: REVOKED,
  invalid_blocks: MALFORMED,
  invalid_payload: MALFORMED,
  invalid_attachments: MALFORMED,
  invalid_arguments: MALFORMED,
  msg_too_long: MALFORMED,
  msg_blocks_too_long: MALFORMED,
  invalid_blocks_format: MALFORMED,
  no_text: MALFORMED,
  channel_is_archived: ARCHIVED,
  is_archived: ARCHIVED,
  channel_not_found: {
    why: 'there is no such channel, or the app may not see it.',
    next: 'give the id of the channel (C…), and invite the app to it when it is private.',
  },
  not_in_channel: { why: 'the app is not a member of the channel.', next: 'invite the app to the channel.' },
  missing_scope: {
    why: 'the token lacks a scope.',
    next: 'give the Slack app the scope chat:write and install it again.',
  },
  action_prohibited: {
    why: 'the workspace does not let this app post there.',
    next: 'ask an administrator of the workspace.',
  },
  posting_to_general_channel_denied: {
    why: 'the workspace does not let apps post to #general.',
    next: 'choose another channel.',
  },
  message_not_found: lost('there is no such message.', 'pass the `message-id` that this action returned.'),
  thread_not_found: lost('there is no such message to answer.', 'pass the `message-id` that this action returned.'),
  cant_update_message: lost('the message belongs to someone else.', 'update with the token that posted the message.'),
  edit_window_closed: lost(
    'the workspace does not allow edits after so long a time.',
    'leave `message-id` empty, to post a new message.',
  ),
};
