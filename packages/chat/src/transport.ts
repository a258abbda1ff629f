/** Sends what a renderer made. Throws OpsError, without address or token, when the message was not taken for certain. */
export interface Transport<Payload> {
  /** Returns the id by which the message can be updated, or the empty text where the service gives none. */
  post(payload: Payload): Promise<string>;
  /** Replaces a message that `post` returned the id of; undefined where the service cannot. */
  readonly update: ((id: string, payload: Payload) => Promise<string>) | undefined;
  /** Posts another message that belongs to `id`: in its thread where it has one, else below it; undefined where no id is known. */
  readonly reply: ((id: string, payload: Payload) => Promise<string>) | undefined;
  /** True when a reply to `id` stands in a thread of its own, apart from the channel. Undefined asks for a new post. */
  threads(id: string | undefined): boolean;
  /** Milliseconds since the epoch at which `id` was posted, as far as the id itself tells. */
  postedAt(id: string): number | undefined;
}

/** Stands between the id of a message and the id of the one that belongs to it. */
const JOINT = '+';

export interface MessageIds {
  readonly main: string;
  /** Details in the thread, or the call of those who are mentioned. */
  readonly follower: string | undefined;
}

/** Returns the ids of a `message-id`, or undefined when it is none; `isId` knows how this chat writes one. */
export const parseMessageIds = (text: string, isId: (id: string) => boolean): MessageIds | undefined => {
  const [main = '', follower, ...more] = text.split(JOINT);
  return more.length === 0 && isId(main) && (follower === undefined || isId(follower)) ? { main, follower } : undefined;
};

export const formatMessageIds = ({ main, follower }: MessageIds): string =>
  follower === undefined || follower === '' ? main : main + JOINT + follower;
