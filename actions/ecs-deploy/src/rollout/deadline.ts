import type { Phase } from '../outcome.ts';

/** The end of a service that was not begun because the release had no time left. */
export const OUT_OF_TIME: Phase = {
  kind: 'timeout',
  reason: 'it was not deployed: the time of the release was over before it was begun',
};
