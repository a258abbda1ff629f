import type { Header } from './check.ts';

export interface HttpRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: readonly Header[];
  readonly body?: string | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** The addresses that were looked at: the connection goes to one of them. Empty: whoever connects resolves the host. */
  readonly addresses: readonly string[];
}

export interface HttpResponse {
  readonly status: number;
  /** Lower-case names; the values of a repeated header are joined by `, `. */
  readonly headers: ReadonlyMap<string, string>;
  /** At most MAX_BODY_BYTES of the body, as UTF-8 text. */
  readonly body: string;
  readonly truncated: boolean;
  /** From the request to the end of what was read of the body. */
  readonly ms: number;
  /** When the server's certificate expires, in milliseconds since the epoch; undefined without TLS. */
  readonly certificateExpires?: number | undefined;
}

/** What is read of a body; enough for every health and version answer, and flat memory for hostile ones. */
export const MAX_BODY_BYTES = 64 * 1024;

/** A request that got no answer. `permanent` ones fail in the same way however often they are repeated. */
export class NoAnswer extends Error {
  readonly permanent: boolean;

  constructor(message: string, permanent = false, cause?: unknown) {
    super(message, { cause });
    this.name = 'NoAnswer';
    this.permanent = permanent;
  }
}

/** The network as a check sees it. */
export interface Http {
  /** One request, no redirect followed, the connection closed after it. Throws NoAnswer. */
  send(request: HttpRequest): Promise<HttpResponse>;
  /** The addresses that the host of `url` resolves to; empty where a proxy connects instead of this machine. */
  addresses(url: URL): Promise<readonly string[]>;
}
