/** How many services one second has looks for: half of the 20 calls per second that ECS refills, 10 services in each. */
const SERVICES_PER_SECOND = 100;

const SOON_MS = 20_000;
const SHORT_MS = 120_000;

/**
 * Returns the milliseconds between looks for a wait that has lasted `elapsedMs`, of `services` that are looked at
 * together. Deployments of a few seconds are seen within 1 s, those of under two minutes within 2 s, longer ones within
 * 4 s, as long as the rate of the API has room for it. The periods are multiples of each other.
 */
export const tickPeriod = (elapsedMs: number, services: number): number => {
  const least = 1_000 * Math.max(1, Math.ceil(services / SERVICES_PER_SECOND));
  const wanted = elapsedMs < SOON_MS ? 1_000 : elapsedMs < SHORT_MS ? 2_000 : 4_000;
  return least * Math.max(1, Math.floor(wanted / least));
};

/**
 * Returns the milliseconds from `now` to the next tick. Ticks are counted from `origin`, so that all who share it look
 * at the same moments, however long they have waited and whatever a look takes.
 */
export const untilTick = (now: number, origin: number, period: number): number => period - ((now - origin) % period);
