/** Sends what a renderer made. Throws OpsError, without address or token, when the message was not taken for certain. */
export interface Transport<Payload> {
  /** Returns the id by which the message can be updated, or the empty text where the service gives none. */
  post(payload: Payload): Promise<string>;
  /** Replaces a message that `post` returned the id of; undefined where the service cannot. */
  readonly update: ((id: string, payload: Payload) => Promise<string>) | undefined;
}
