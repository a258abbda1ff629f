import { CancelledError } from '@hospital-ops/action-kit/errors';
import { unlessAborted } from '@hospital-ops/action-kit/poll';
import { EffectUnknownError } from '@hospital-ops/aws/ecs/once';
import type { Deps } from '../deps.ts';

/** Of the seconds of a cancelled run, what an answer may take to a change that was sent before. */
const ANSWER_MS = 1_000;

/** The answer to a change; one that hangs must not use up the seconds of a cancelled run. */
export const answerOf = async <T>({ clock, signal }: Pick<Deps, 'clock' | 'signal'>, work: Promise<T>): Promise<T> => {
  try {
    return await unlessAborted(work, signal);
  } catch (error) {
    if (!(error instanceof CancelledError)) throw error;
  }
  const done = new AbortController();
  const late = clock.sleep(ANSWER_MS, done.signal).then(() => {
    throw new EffectUnknownError({ what: 'what was sent to deploy it was not answered, and may take effect yet.' });
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    late.catch(() => undefined);
    done.abort();
  }
};
