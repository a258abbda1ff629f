/** A job or run that asks for a concurrency group. */
export interface Contender {
  /** Called when another one cancels it, waiting or running. */
  cancel(reason: string): void;
}

export interface Claim {
  readonly group: string;
  readonly cancelInProgress: boolean;
  /** `max` lets up to 100 wait in line; else a newer one cancels the one that waits. */
  readonly queue: 'single' | 'max';
}

interface Group {
  running: Contender | undefined;
  readonly waiting: Array<{ contender: Contender; start(admitted: boolean): void }>;
}

/** Waiting runs of a group with `queue: max` (GitHub changelog, 2026-05-07). */
const MAX_QUEUE = 100;

/** The concurrency groups of one repository. Names are compared without regard to case. */
export class ConcurrencyGroups {
  readonly #groups = new Map<string, Group>();

  /** Resolves with true when it is the contender's turn, with false when it was cancelled while it waited. */
  enter(claim: Claim, contender: Contender): Promise<boolean> {
    const key = claim.group.toLowerCase();
    const group = this.#groups.get(key) ?? { running: undefined, waiting: [] };
    this.#groups.set(key, group);
    if (group.running === undefined) {
      group.running = contender;
      return Promise.resolve(true);
    }
    const keep = claim.queue === 'max' ? MAX_QUEUE - 1 : 0;
    while (group.waiting.length > keep) {
      const older = group.waiting.shift();
      older?.contender.cancel(`Canceling since a higher priority waiting request for '${claim.group}' exists`);
      older?.start(false);
    }
    if (claim.cancelInProgress) {
      group.running.cancel(`Canceling since a higher priority waiting request for '${claim.group}' exists`);
    }
    return new Promise((resolve) => group.waiting.push({ contender, start: resolve }));
  }

  /** Takes a contender that was cancelled out of the line. */
  withdraw(groupName: string, contender: Contender): void {
    const group = this.#groups.get(groupName.toLowerCase());
    const index = group?.waiting.findIndex((one) => one.contender === contender) ?? -1;
    if (index >= 0) for (const { start } of group?.waiting.splice(index, 1) ?? []) start(false);
  }

  leave(groupName: string, contender: Contender): void {
    const key = groupName.toLowerCase();
    const group = this.#groups.get(key);
    if (group?.running !== contender) return;
    const next = group.waiting.shift();
    group.running = next?.contender;
    if (next === undefined) this.#groups.delete(key);
    else next.start(true);
  }
}
