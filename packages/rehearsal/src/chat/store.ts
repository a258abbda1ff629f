export type ChatService = 'slack' | 'discord';

/** A message as it stands now, after every update. */
export interface ChatRecord {
  readonly service: ChatService;
  /** Webhook or channel that it was posted to, without any token. */
  readonly channel: string;
  /** Discord's id, Slack's time stamp; Slack tells it to bot tokens only. */
  readonly id: string;
  readonly payload: unknown;
  /** The service's name as people write it. */
  readonly chat: 'Slack' | 'Discord';
  /** What a reader sees, markup resolved, one line each; the title first. */
  readonly lines: readonly string[];
  /** `#rrggbb` of the message's edge, or undefined. */
  readonly colour: string | undefined;
  /** Whom it notified when it was posted: user and role ids, or `@everyone`, `@here`, `@channel`. */
  readonly pinged: readonly string[];
  /** Milliseconds since the epoch. */
  readonly postedAt: number;
  readonly updates: number;
  /** The thread that it stands in: the id of the message that it answers, or of a forum's post; undefined in the channel itself. */
  readonly thread: string | undefined;
}

/** A request as it came, with what was answered. Tokens are left out. */
export interface ChatRequest {
  readonly service: ChatService;
  /** `POST webhook`, `PATCH message`, `chat.postMessage`, … */
  readonly call: string;
  readonly payload: unknown;
  readonly status: number;
  /** The error code that was answered, or undefined. */
  readonly error: string | undefined;
  readonly at: number;
}

/** Everything that was sent in a run, and every message as it stands. */
export class ChatStore {
  readonly #messages = new Map<string, ChatRecord>();
  readonly #requests: ChatRequest[] = [];

  record(request: ChatRequest): void {
    this.#requests.push(request);
  }

  put(message: ChatRecord): void {
    this.#messages.set(`${message.service} ${message.channel} ${message.id}`, message);
  }

  get(service: ChatService, channel: string, id: string): ChatRecord | undefined {
    return this.#messages.get(`${service} ${channel} ${id}`);
  }

  messages(): readonly ChatRecord[] {
    return [...this.#messages.values()];
  }

  requests(): readonly ChatRequest[] {
    return [...this.#requests];
  }
}
