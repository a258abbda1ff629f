import { ECSClient, waitUntilServicesStable } from '@aws-sdk/client-ecs';
import type { Clock } from '@hospital-ops/action-kit/clock';

/** The waiter's shortest pause; no other timer of an SDK client is as long. */
const SHORTEST_MS = 15_000;

/**
 * Waits as the SDK itself does (`waitUntilServicesStable` with its defaults: 15 s at first, growing to 120 s) and returns
 * when it ended by `clock`. Its pauses are slept on that clock, for whose sake setTimeout is replaced meanwhile.
 */
export const waitLikeTheSdk = async (clock: Clock, cluster: string, service: string): Promise<number> => {
  const client = new ECSClient({});
  const real = globalThis.setTimeout;
  const replaced = (callback: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => {
    if (ms < SHORTEST_MS) return real(callback, ms, ...args);
    void clock.sleep(ms).then(() => callback(...args));
    return real(() => undefined, 0);
  };
  globalThis.setTimeout = Object.assign(replaced, real) as typeof setTimeout;
  try {
    await waitUntilServicesStable({ client, maxWaitTime: 7_200 }, { cluster, services: [service] });
    return clock.now();
  } finally {
    globalThis.setTimeout = real;
    client.destroy();
  }
};
