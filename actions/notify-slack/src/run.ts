import type { ActionResult } from '@hospital-ops/action-kit/run-action';
import type { NotifyDeps } from '@hospital-ops/chat/notify';
import { NOTIFY_OUTPUTS, notify } from '@hospital-ops/chat/notify';
import type { SlackPayload } from '@hospital-ops/chat/slack/render';
import { slackRenderer } from '@hospital-ops/chat/slack/render';
import type { SlackInputs } from './inputs.ts';

export const outputs = NOTIFY_OUTPUTS;

export type SlackDeps = Omit<NotifyDeps<SlackPayload>, 'service' | 'render'>;

/** Sends the message to Slack; see `notify` for what a failure comes to. */
export const runNotifySlack = (inputs: SlackInputs, deps: SlackDeps): Promise<ActionResult> =>
  notify(inputs, { ...deps, service: 'Slack', render: slackRenderer });
