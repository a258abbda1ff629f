import type { KnownRefusal } from '../refusal.ts';

const REVOKED: KnownRefusal = {
  why: 'Discord does not know the webhook any more.',
  next: "create it anew in the channel's integrations and store its address in the secret.",
};

/** JSON error codes of Discord's webhook calls (discord.com/developers/docs/topics/opcodes-and-status-codes). */
export const DISCORD_REFUSALS: Readonly<Record<string, KnownRefusal>> = {
  '10015': REVOKED,
  '50027': REVOKED,
  '10008': {
    why: 'there is no such message.',
    next: 'pass the `message-id` that this action returned.',
    kind: 'lost',
  },
  '10003': {
    why: 'there is no such channel or thread.',
    next: 'check the thread_id in the webhook address.',
    kind: 'lost',
  },
  '50083': { why: 'the thread is archived.', next: 'open the thread again, or post to another.', kind: 'lost' },
  '160005': { why: 'the thread is locked.', next: 'unlock the thread, or post to another.', kind: 'lost' },
  '220001': {
    why: 'the webhook belongs to a forum, where every message needs a thread.',
    next: 'add `?thread_id=<id>` to the webhook address, or use the webhook of a text channel.',
    kind: 'thread',
  },
  '220003': {
    why: 'the channel is no forum, and a webhook opens threads in forums only.',
    next: 'take `thread_name` out of the webhook address.',
  },
  '40067': {
    why: 'the forum wants a tag on every post, which this action does not set.',
    next: "turn the required tag off in the forum's settings, or add `?thread_id=<id>` to the webhook address.",
  },
  '50035': {
    why: 'Discord does not accept the form of the message.',
    next: 'this is a defect of the action; report it with the inputs of the step.',
    kind: 'layout',
  },
};
