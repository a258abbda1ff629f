import { OpsError } from '@hospital-ops/action-kit/errors';
import type { DeliveryPorts } from '../http/deliver.ts';
import { deliver } from '../http/deliver.ts';
import type { Transport } from '../transport.ts';
import type { SlackAnswer } from './answer.ts';
import { parseSlackAnswer, slackRefusal } from './answer.ts';
import type { SlackPayload } from './render.ts';

const API = 'https://slack.com/api/';

/** `C0123ABC/1712345678.000100`: chat.update wants the channel's id beside the time stamp, and its name will not do. */
const MESSAGE_ID = /^([CDG][A-Z0-9]+)\/(\d+\.\d+)$/;

/** Returns true for an id that `post` could have returned. */
export const isSlackMessageId = (id: string): boolean => MESSAGE_ID.test(id);

const placeOf = (id: string): { readonly channel: string; readonly ts: string } => {
  const [, channel, ts] = MESSAGE_ID.exec(id) ?? [];
  if (channel !== undefined && ts !== undefined) return { channel, ts };
  throw new OpsError({ what: 'the message-id is none that this action returned.' });
};

/** Returns a transport over the Web API with a bot token (scope chat:write); `channel` is an id or a name. */
export const createSlackBot = (
  token: string,
  channel: string,
  ports: DeliveryPorts,
  api = API,
): Transport<SlackPayload> => {
  const call = async (method: string, repeatable: boolean, body: object): Promise<SlackAnswer> => {
    const answer = await deliver(
      {
        service: 'Slack',
        repeatable,
        request: {
          method: 'POST',
          url: new URL(method, api),
          headers: { 'content-type': 'application/json; charset=utf-8', authorization: `Bearer ${token}` },
          // chat.update, unlike chat.postMessage, looks for addresses and names in the text unless it is told not to.
          body: JSON.stringify({ ...body, parse: 'none' }),
        },
      },
      ports,
    );
    const said = parseSlackAnswer(answer.body);
    if (answer.status !== 200 || !said.ok) throw slackRefusal(answer, said);
    return said;
  };
  /** Slack names every message that it took; what says `ok` without one may be a proxy's page. */
  const idOf = ({ channel: where, ts }: SlackAnswer): string => {
    if (where !== undefined && ts !== undefined) return `${where}/${ts}`;
    throw new OpsError({
      what: 'it is not known whether Slack took the message.',
      why: 'the answer says ok and names no message.',
      next: 'look into the channel, and at what stands between the runner and slack.com.',
    });
  };
  return {
    post: async (payload) => idOf(await call('chat.postMessage', false, { ...payload, channel })),
    update: async (id, payload) => idOf(await call('chat.update', true, { ...payload, ...placeOf(id) })),
    reply: async (id, payload) => {
      const { channel: where, ts } = placeOf(id);
      return idOf(await call('chat.postMessage', false, { ...payload, channel: where, thread_ts: ts }));
    },
    threads: () => true,
    postedAt: (id) => Number(placeOf(id).ts) * 1000,
  };
};
