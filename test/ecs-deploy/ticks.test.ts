import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { tickPeriod, untilTick } from '../../actions/ecs-deploy/src/rollout/ticks.ts';

const MINUTE = 60_000;

describe('how often a release looks', () => {
  test.each([
    ['a deployment of seconds every second', 5_000, 1, 1_000],
    ['one of a minute every two', MINUTE, 1, 2_000],
    ['a longer one every four', 10 * MINUTE, 1, 4_000],
    ['up to a hundred services as often as one', 5_000, 100, 1_000],
    ['two hundred every two seconds', 5_000, 200, 2_000],
    ['two hundred for long every four', 10 * MINUTE, 200, 4_000],
  ])('%s', (_, elapsed, services, period) => {
    expect(tickPeriod(elapsed, services)).toBe(period);
  });

  test('stays within half of what ECS refills, for however many services', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 8 }), fc.integer({ min: 1, max: 1_000 }), (elapsed, services) => {
        const callsPerSecond = Math.ceil(services / 10) / (tickPeriod(elapsed, services) / 1_000);
        expect(callsPerSecond).toBeLessThanOrEqual(10);
      }),
    );
  });

  test('is never later than six seconds behind for two hundred services', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 8 }), fc.integer({ min: 1, max: 200 }), (elapsed, services) => {
        expect(tickPeriod(elapsed, services)).toBeLessThanOrEqual(elapsed < 2 * MINUTE ? 2_000 : 5_000);
      }),
    );
  });

  test('is at the same moments for all, whenever they began and whatever a look takes', () => {
    fc.assert(
      fc.property(fc.nat(10 ** 9), fc.nat(10 ** 6), fc.constantFrom(1_000, 2_000, 4_000), (origin, since, period) => {
        const now = origin + since;
        const wait = untilTick(now, origin, period);
        expect(wait).toBeGreaterThan(0);
        expect(wait).toBeLessThanOrEqual(period);
        expect((now + wait - origin) % period).toBe(0);
      }),
    );
  });
});
