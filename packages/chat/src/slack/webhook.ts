import type { DeliveryPorts } from '../http/deliver.ts';
import { deliver } from '../http/deliver.ts';
import type { Transport } from '../transport.ts';
import { parseSlackAnswer, slackRefusal } from './answer.ts';
import type { SlackPayload } from './render.ts';

/** Returns a transport over an incoming webhook. Slack gives no id there, so a message can neither be updated nor answered. */
export const createSlackWebhook = (url: URL, ports: DeliveryPorts): Transport<SlackPayload> => ({
  post: async (payload) => {
    const answer = await deliver(
      {
        service: 'Slack',
        repeatable: false,
        request: {
          method: 'POST',
          url,
          headers: { 'content-type': 'application/json; charset=utf-8' },
          body: JSON.stringify(payload),
        },
      },
      ports,
    );
    const said = parseSlackAnswer(answer.body);
    if (answer.status !== 200 || !said.ok) throw slackRefusal(answer, said);
    return '';
  },
  update: undefined,
  reply: undefined,
  threads: () => false,
  postedAt: () => undefined,
});
