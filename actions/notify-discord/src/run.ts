import type { ActionResult } from '@hospital-ops/action-kit/run-action';
import type { DiscordPayload } from '@hospital-ops/chat/discord/render';
import { discordRenderer } from '@hospital-ops/chat/discord/render';
import type { NotifyDeps } from '@hospital-ops/chat/notify';
import { NOTIFY_OUTPUTS, notify } from '@hospital-ops/chat/notify';
import type { DiscordInputs } from './inputs.ts';

export const outputs = NOTIFY_OUTPUTS;

export type DiscordDeps = Omit<NotifyDeps<DiscordPayload>, 'service' | 'render'>;

/** Sends the message to Discord; see `notify` for what a failure comes to. */
export const runNotifyDiscord = (inputs: DiscordInputs, deps: DiscordDeps): Promise<ActionResult> =>
  notify(inputs, { ...deps, service: 'Discord', render: discordRenderer });
