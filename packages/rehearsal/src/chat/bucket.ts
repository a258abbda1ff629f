/** Token buckets by key: `capacity` at once, refilled at `perSecond`. */
export class Buckets {
  readonly #capacity: number;
  readonly #perSecond: number;
  readonly #state = new Map<string, { tokens: number; at: number }>();

  constructor(capacity: number, perSecond: number) {
    this.#capacity = capacity;
    this.#perSecond = perSecond;
  }

  /** Takes a token and returns 0, or the milliseconds until there is one. */
  take(key: string, now: number): number {
    const { tokens, at } = this.#state.get(key) ?? { tokens: this.#capacity, at: now };
    const filled = Math.min(this.#capacity, tokens + (Math.max(0, now - at) / 1000) * this.#perSecond);
    const allowed = filled >= 1;
    this.#state.set(key, { tokens: allowed ? filled - 1 : filled, at: now });
    return allowed ? 0 : Math.ceil(((1 - filled) / this.#perSecond) * 1000);
  }
}
