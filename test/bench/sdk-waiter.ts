import { ECSClient, waitUntilServicesStable } from '@aws-sdk/client-ecs';
import type { Clock } from '@hospital-ops/action-kit/clock';

type SetTimeout = (callback: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) => NodeJS.Timeout;

/** The waiter's shortest pause; other timers of its length are told from it by who sets them. */
const SHORTEST_MS = 15_000;

/** Makes the pauses of the SDK's waiters be slept on `clock`; returns a function that ends that. */
const pauseOn = (clock: Clock): (() => void) => {
  const real = globalThis.setTimeout;
  const replaced: SetTimeout = (callback, ms = 0, ...args) => {
    if (ms < SHORTEST_MS || !/util-waiter|waiter/i.test(new Error().stack ?? '')) return real(callback, ms, ...args);
    void clock.sleep(ms).then(() => callback(...args));
    return real(() => undefined, 0);
  };
  globalThis.setTimeout = Object.assign(replaced, real) as typeof setTimeout;
  return () => {
    globalThis.setTimeout = real;
  };
};

/**
 * Waits as the SDK itself does (`waitUntilServicesStable` with its defaults: 15 s at first, growing to 120 s) and returns
 * when it ended by `clock`. On a virtual clock its pauses are slept there, for whose sake setTimeout is replaced.
 */
export const waitLikeTheSdk = async (clock: Clock, virtual: boolean, cluster: string, service: string) => {
  const client = new ECSClient({});
  const restore = virtual ? pauseOn(clock) : () => undefined;
  try {
    await waitUntilServicesStable({ client, maxWaitTime: 7_200 }, { cluster, services: [service] });
    return clock.now();
  } finally {
    restore();
    client.destroy();
  }
};
