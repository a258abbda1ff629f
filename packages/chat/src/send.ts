import { tell } from '@hospital-ops/action-kit/errors';
import type { Log } from '@hospital-ops/action-kit/log';
import type { ChatMessage } from './message.ts';
import { isRefused } from './refusal.ts';
import type { MessageIds, Transport } from './transport.ts';
import { formatMessageIds } from './transport.ts';

/** How a chat shows a message. Each result stays inside the chat's limits whatever the message holds. */
export interface Renderer<Payload> {
  full(message: ChatMessage): Payload;
  /** Text alone, for when the layout was refused. */
  plain(message: ChatMessage): Payload;
  /** Title and mentions alone: tells those who are mentioned of a message that an update changed. */
  call(message: ChatMessage): Payload;
}

export interface SendOptions {
  /** The message to update. */
  readonly ids: MessageIds | undefined;
  /** True when details of a failure are to stand in a thread, where there can be one. */
  readonly thread: boolean;
}

export interface SendDeps<Payload> {
  /** `Slack` or `Discord`. */
  readonly service: string;
  readonly transport: Transport<Payload>;
  readonly render: Renderer<Payload>;
  readonly log: Log;
}

export interface Sent {
  /** The `message-id` output: of the message, and of the one that belongs to it. */
  readonly id: string;
  /** What of the message could not be sent, though it stands there; undefined when all of it was. */
  readonly problem: string | undefined;
}

const hasDetails = ({ services, failedJobs }: ChatMessage): boolean =>
  failedJobs.length > 0 || services.some(({ log }) => log.length > 0);

/** What stays in the channel: everything but logs and failed jobs. */
const briefOf = (message: ChatMessage): ChatMessage => ({
  ...message,
  services: message.services.map((service) => ({ ...service, log: [] })),
  failedJobs: [],
  footer: ['Details are in the thread', message.footer].filter((part) => part !== '').join(' · '),
});

const detailsOf = (message: ChatMessage): ChatMessage => ({
  ...message,
  text: undefined,
  fields: [],
  changelog: undefined,
  footer: '',
});

/**
 * Sends a message: updates the one of `ids`, or posts it where there is none, it is gone or the chat cannot update. An
 * update pings nobody, so those who are mentioned are called by a message of its own, once. A refused layout is sent once
 * more as plain text. Throws when the message itself was not taken; what belongs to it and was not is a `problem`.
 */
export const sendMessage = async <P>(
  message: ChatMessage,
  { ids, thread }: SendOptions,
  { service, transport, render, log }: SendDeps<P>,
): Promise<Sent> => {
  const rendered = async (shown: ChatMessage, deliver: (payload: P) => Promise<string>): Promise<string> => {
    try {
      return await deliver(render.full(shown));
    } catch (error) {
      if (!isRefused(error, 'layout')) throw error;
      log.warning(`${service} refused the layout of the message; it is sent as plain text. ${tell(error)}`);
      return await deliver(render.plain(shown));
    }
  };

  const { update, reply } = transport;
  const apart = (id: string | undefined) => thread && hasDetails(message) && transport.threads(id);
  const shownIn = (id: string | undefined) => (apart(id) ? briefOf(message) : message);

  /** Undefined when there is nothing that can be updated. */
  const updated = async (id: string | undefined, shown: ChatMessage): Promise<string | undefined> => {
    if (id === undefined || update === undefined) return undefined;
    try {
      return await rendered(shown, (payload) => update(id, payload));
    } catch (error) {
      if (!isRefused(error, 'lost')) throw error;
      log.warning(`A message could not be updated, so a new one is posted. ${tell(error)}`);
      return undefined;
    }
  };

  const followed = async (main: string, known: string | undefined, isUpdate: boolean): Promise<string | undefined> => {
    if (reply === undefined || main === '') return known;
    if (apart(main)) {
      // A new message calls those who are mentioned itself.
      const details = { ...detailsOf(message), mentions: isUpdate ? message.mentions : [] };
      return (await updated(known, details)) ?? (await rendered(details, (payload) => reply(main, payload)));
    }
    if (!isUpdate || known !== undefined || message.mentions.length === 0) return known;
    return await reply(main, render.call(message));
  };

  // Who is mentioned is called by the message that follows an update: there the mention would stand without a ping.
  const same = await updated(ids?.main, { ...shownIn(ids?.main), mentions: [] });
  const main = same ?? (await rendered(shownIn(undefined), transport.post));
  const known = same === undefined ? undefined : ids?.follower;
  try {
    const follower = await followed(main, known, same !== undefined);
    return { id: formatMessageIds({ main, follower }), problem: undefined };
  } catch (error) {
    const problem = `The message stands in ${service}, but what belongs to it was not sent: ${tell(error)}`;
    log.warning(problem);
    // Details that are in no thread stand in the message, so that it does not point to where nothing is.
    if (apart(main) && update !== undefined) {
      await rendered({ ...message, mentions: [] }, (payload) => update(main, payload)).catch((failure: unknown) =>
        log.warning(`Its details are missing: ${tell(failure)}`),
      );
    }
    return { id: formatMessageIds({ main, follower: known }), problem };
  }
};
