import type { Clock } from '@hospital-ops/action-kit/clock';
import { CancelledError } from '@hospital-ops/action-kit/errors';

interface Due {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

const holds = (clock: Clock): clock is Clock & { hold<T>(work: Promise<T>): Promise<T> } =>
  'hold' in clock && typeof clock.hold === 'function';

/** Runs things when they are due, in order, and sleeps until the next one in between: nothing ticks. */
export class Timeline {
  readonly #clock: Clock;
  #queue: Due[] = [];
  #order = 0;
  #alarm: AbortController | undefined;
  /** Until when the loop sleeps: what it sleeps for may have been called off meanwhile. */
  #wakesAt = Number.NEGATIVE_INFINITY;
  #closed = false;
  readonly #pending = new Set<Promise<unknown>>();
  readonly #onError: (error: unknown) => void;

  constructor(clock: Clock, onError: (error: unknown) => void) {
    this.#clock = clock;
    this.#onError = onError;
  }

  now(): number {
    return this.#clock.now();
  }

  /** Runs `run` after `ms` milliseconds unless the returned function is called before. */
  after(ms: number, run: () => void): () => void {
    if (this.#closed) return () => undefined;
    const due: Due = { at: this.#clock.now() + Math.max(0, ms), order: this.#order++, run };
    this.#queue.push(due);
    this.#queue.sort((a, b) => a.at - b.at || a.order - b.order);
    if (this.#alarm === undefined) void this.#loop();
    else if (due.at < this.#wakesAt) this.#alarm.abort();
    return () => {
      this.#queue = this.#queue.filter((other) => other !== due);
    };
  }

  /** Follows work that time must not overtake: it needs no time of this clock itself. */
  hold(work: Promise<unknown>): void {
    this.track(holds(this.#clock) ? this.#clock.hold(work) : work);
  }

  /** Follows asynchronous work; its failure is reported, never lost. */
  track(work: Promise<unknown>): void {
    const followed = work
      .catch((error) => {
        if (!this.#closed) this.#onError(error);
      })
      .finally(() => this.#pending.delete(followed));
    this.#pending.add(followed);
  }

  async #loop(): Promise<void> {
    // Set before the first wait, so that whoever comes meanwhile does not start a second loop.
    this.#alarm = new AbortController();
    await Promise.resolve();
    while (!this.#closed && this.#queue.length > 0) {
      const [next] = this.#queue;
      if (next === undefined) break;
      const wait = next.at - this.#clock.now();
      if (wait > 0) {
        this.#alarm = new AbortController();
        this.#wakesAt = next.at;
        try {
          await this.#clock.sleep(wait, this.#alarm.signal);
        } catch (error) {
          if (!(error instanceof CancelledError)) throw error;
        }
        this.#wakesAt = Number.NEGATIVE_INFINITY;
        continue;
      }
      this.#queue.shift();
      try {
        next.run();
      } catch (error) {
        this.#onError(error);
      }
    }
    this.#alarm = undefined;
  }

  /** Drops what is due and waits for tracked work to end. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#queue = [];
    this.#alarm?.abort();
    await Promise.allSettled([...this.#pending]);
  }
}
