export interface HttpRequest {
  readonly method: 'POST' | 'PATCH';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Milliseconds until the whole answer must be here. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** At most 64 KiB of it. */
  readonly body: string;
}

/** Sends one request, once, and follows nothing. Throws HttpFailure when no whole answer came. */
export type SendHttp = (request: HttpRequest) => Promise<HttpAnswer>;

/** No answer. `sent` is false only when it is certain that the request did not reach the other side. */
export class HttpFailure extends Error {
  readonly sent: boolean;
  /** False when another try cannot help, as for a certificate that is not trusted. */
  readonly curable: boolean;

  /** `reason` names neither address nor payload. */
  constructor(reason: string, sent: boolean, curable = true) {
    super(reason);
    this.name = 'HttpFailure';
    this.sent = sent;
    this.curable = curable;
  }
}
