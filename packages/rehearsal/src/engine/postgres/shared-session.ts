import type { Answer } from './frames.ts';
import type { Session, Settings } from './session.ts';

/** What a client has SET, as far as the session does not hold it; `changed` says that it may have SET more since. */
export interface Holder {
  settings: Settings;
  changed: boolean;
}

export interface SharedSession {
  /** Resolves when it is this holder's turn, to what ends the turn, or to the server's refusal of its settings. */
  take(holder: Holder): Promise<{ readonly end: () => void; readonly refusal?: Answer }>;
}

/** One session for many clients: one after the other, in the order in which they asked, each with its own settings. */
export const shareSession = (session: Session): SharedSession => {
  let last: Promise<void> = Promise.resolve();
  let owner: Holder | undefined;

  const turn = async (): Promise<() => void> => {
    const before = last;
    const { promise, resolve } = Promise.withResolvers<void>();
    last = promise;
    await before;
    return resolve;
  };

  /** Settings are read and set again only where they can differ: most clients never SET anything. */
  const handOver = async (holder: Holder): Promise<Answer | undefined> => {
    if (owner === holder) return undefined;
    const left = owner;
    owner = holder;
    if (left?.changed) {
      left.settings = await session.settings();
      left.changed = false;
    }
    if (!left?.settings.size && holder.settings.size === 0) return undefined;
    return session.restore(holder.settings);
  };

  return {
    take: async (holder) => {
      const end = await turn();
      const refusal = await handOver(holder);
      return { end, ...(refusal && { refusal }) };
    },
  };
};
