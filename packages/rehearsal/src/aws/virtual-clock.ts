import type { Clock } from '@hospital-ops/action-kit/clock';
import { CancelledError } from '@hospital-ops/action-kit/errors';

interface Sleeper {
  readonly due: number;
  readonly order: number;
  readonly driver: boolean;
  wake(): void;
}

/** A clock that also knows of work that time must not overtake. */
export interface HoldingClock extends Clock {
  /** Time stands still until `work` has settled; returns `work`. */
  hold<T>(work: Promise<T>): Promise<T>;
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/**
 * A clock on which time passes only while somebody who drives it sleeps: then it leaps from one due sleeper to the
 * next, in order of time. The local AWS sleeps on `background`, which never drives; an action under test, or the test by
 * `advance`, does. So a rollout of hours takes as long as its steps need to compute.
 */
export class VirtualClock implements HoldingClock {
  #now: number;
  #order = 0;
  #held = 0;
  #leaping = false;
  #sleepers: Sleeper[] = [];
  /** The same time for those who follow it; pass this one to `startLocalAws`. */
  readonly background: HoldingClock;

  constructor(start = Date.UTC(2026, 0, 1)) {
    this.#now = start;
    this.background = {
      now: () => this.#now,
      sleep: (ms, signal) => this.#enter(ms, false, signal),
      hold: (work) => this.hold(work),
    };
  }

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#enter(ms, true, signal);
  }

  deadline(ms: number, signal: AbortSignal): Promise<void> {
    return this.#enter(ms, false, signal);
  }

  /** Lets `ms` milliseconds pass and everything in them happen. */
  async advance(ms: number): Promise<void> {
    await this.sleep(ms);
    await this.#settle();
  }

  /** Lets time pass in steps of `stepMs` until `done()`; throws after `limitMs`. */
  async advanceUntil(done: () => boolean, limitMs = 3_600_000, stepMs = 50): Promise<void> {
    const end = this.#now + limitMs;
    while (!done()) {
      if (this.#now >= end) throw new Error(`nothing came of it within ${limitMs} ms of virtual time`);
      await this.advance(stepMs);
    }
  }

  async hold<T>(work: Promise<T>): Promise<T> {
    this.#held += 1;
    try {
      return await work;
    } finally {
      this.#held -= 1;
    }
  }

  #enter(ms: number, driver: boolean, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(new CancelledError());
      const onAbort = () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(new CancelledError());
      };
      const sleeper: Sleeper = {
        due: this.#now + Math.max(0, ms),
        order: this.#order++,
        driver,
        wake: () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#sleepers.push(sleeper);
      if (driver) void this.#leap();
    });
  }

  /** Promise chains and loopback answers need a few turns of the event loop before the next sleeper is known. */
  async #settle(): Promise<void> {
    for (let quiet = 0; quiet < 4; quiet += 1) {
      await turn();
      while (this.#held > 0) {
        await turn();
        quiet = 0;
      }
    }
  }

  async #leap(): Promise<void> {
    if (this.#leaping) return;
    this.#leaping = true;
    try {
      for (;;) {
        await this.#settle();
        if (!this.#sleepers.some((sleeper) => sleeper.driver)) return;
        const next = this.#sleepers.reduce((a, b) => (b.due < a.due || (b.due === a.due && b.order < a.order) ? b : a));
        this.#sleepers = this.#sleepers.filter((sleeper) => sleeper !== next);
        this.#now = Math.max(this.#now, next.due);
        next.wake();
      }
    } finally {
      this.#leaping = false;
    }
  }
}
