import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createPacer } from '../../packages/aws/src/pacer.ts';
import { TokenBuckets } from '../../packages/rehearsal/src/aws/token-buckets.ts';
import { VirtualClock } from '../../packages/rehearsal/src/aws/virtual-clock.ts';

const RATE = { operations: ['RegisterTaskDefinition'], burst: 20, perSecond: 1 };

/** Sends `count` calls through a pacer into the local AWS's own bucket; returns the refusals and the seconds it took. */
const sendAll = async (count: number, others: readonly number[] = []) => {
  const clock = new VirtualClock();
  const start = clock.now();
  const buckets = new TokenBuckets(start);
  const pacer = createPacer(clock, [RATE]);
  const drains = [...others].sort((a, b) => a - b);
  let refused = 0;
  await Promise.all(
    Array.from({ length: count }, async () => {
      for (;;) {
        await pacer.turn('RegisterTaskDefinition');
        while ((drains[0] ?? Number.POSITIVE_INFINITY) <= clock.now() - start) {
          drains.shift();
          buckets.drain(() => true, clock.now());
        }
        const taken = buckets.take('ecs', 'RegisterTaskDefinition', clock.now());
        pacer.answered('RegisterTaskDefinition', !taken);
        if (taken) return;
        refused += 1;
      }
    }),
  );
  return { refused, seconds: (clock.now() - start) / 1000 };
};

describe('calls that are paced', () => {
  test('are sent at once within the burst', async () => {
    expect(await sendAll(20)).toEqual({ refused: 0, seconds: 0 });
  });

  test('take no longer than the rate asks for, and are never refused', async () => {
    const { refused, seconds } = await sendAll(200);
    expect(refused).toBe(0);
    expect(seconds).toBeGreaterThanOrEqual(180);
    expect(seconds).toBeLessThan(180 * 1.05);
  });

  test('become rarer when others draw on the same bucket, and all come through', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 60_000 }), { maxLength: 5 }), async (others) => {
        const { refused, seconds } = await sendAll(40, others);
        expect(refused).toBeLessThanOrEqual(others.length * 22);
        expect(seconds).toBeLessThan(20 + others.length * 60 + 5);
      }),
      { numRuns: 20 },
    );
  });

  test('wait for nothing when their rate is not known', async () => {
    const clock = new VirtualClock();
    const start = clock.now();
    const pacer = createPacer(clock, [RATE]);
    await Promise.all(Array.from({ length: 500 }, () => pacer.turn('ListTagsForResource')));
    expect(clock.now()).toBe(start);
  });

  test('give up at once when they are not wanted any more, and the others keep their places', async () => {
    const clock = new VirtualClock();
    const start = clock.now();
    const pacer = createPacer(clock, [RATE]);
    const end = new AbortController();
    const waiting = Array.from({ length: 60 }, (_, i) =>
      pacer.turn('RegisterTaskDefinition', i % 2 === 0 ? end.signal : undefined).then(
        () => true,
        () => false,
      ),
    );
    void clock.background.sleep(1_500).then(() => end.abort());
    const sent = (await Promise.all(waiting)).filter(Boolean).length;
    expect(sent).toBeLessThan(45);
    expect(sent).toBeGreaterThanOrEqual(40);
    expect((clock.now() - start) / 1000).toBeLessThan(25);
  });
});
