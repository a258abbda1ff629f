import { CancelledError, TimeoutError } from '@hospital-ops/action-kit/errors';
import { FakeClock } from '@hospital-ops/action-kit/fake-clock';
import type { PollOptions } from '@hospital-ops/action-kit/poll';
import { poll, quickThenPatient } from '@hospital-ops/action-kit/poll';
import { retry } from '@hospital-ops/action-kit/retry';
import { describe, expect, test } from '@jest/globals';

const never = new AbortController().signal;

const options = (clock: FakeClock, values: Array<number | Error>): PollOptions<number, string> => ({
  what: 'the number 3',
  observe: async () => {
    const value = values.shift() ?? 0;
    if (value instanceof Error) throw value;
    return value;
  },
  decide: (value) => (value === 3 ? { done: true, value: 'three' } : { done: false }),
  isTransient: (error) => error instanceof Error && error.message === 'throttled',
  timeoutMs: 10_000,
  clock,
  signal: never,
});

describe('poll', () => {
  test('returns what decide saw', async () => {
    expect(await poll(options(new FakeClock(), [1, 2, 3]))).toBe('three');
  });

  test('gives up at the deadline with the last observation', async () => {
    const clock = new FakeClock();
    const start = clock.now();
    const error = await poll(options(clock, [])).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ last: 0, what: 'gave up waiting for the number 3 after 10s.' });
    expect(clock.now() - start).toBe(10_000);
  });

  test('a transient error is looked past, and named when it was the last word', async () => {
    expect(await poll(options(new FakeClock(), [new Error('throttled'), 3]))).toBe('three');
    const throttled = Array.from({ length: 20 }, () => new Error('throttled'));
    await expect(poll(options(new FakeClock(), throttled))).rejects.toMatchObject({
      why: expect.stringContaining('throttled'),
    });
  });

  test('any other error ends the wait at once', async () => {
    const clock = new FakeClock();
    await expect(poll(options(clock, [new Error('denied')]))).rejects.toThrow('denied');
    expect(clock.sleeps).toEqual([]);
  });

  test('a cancelled run stops waiting', async () => {
    const controller = new AbortController();
    const clock = new FakeClock();
    const waiting = poll({ ...options(clock, []), signal: controller.signal, timeoutMs: 1e9 });
    controller.abort();
    await expect(waiting).rejects.toBeInstanceOf(CancelledError);
  });

  test('a look that hangs does not keep a cancelled run', async () => {
    const controller = new AbortController();
    const waiting = poll({
      ...options(new FakeClock(), []),
      observe: () => new Promise<number>(() => undefined),
      signal: controller.signal,
    });
    controller.abort();
    await expect(waiting).rejects.toBeInstanceOf(CancelledError);
  });

  test('looks often at first and stays below one look a second', () => {
    expect([0, 30_000, 120_000, 3_600_000].map(quickThenPatient)).toEqual([1_000, 2_000, 5_000, 10_000]);
  });
});

describe('retry', () => {
  const run = (failures: number, isRetryable: (error: unknown) => boolean, clock = new FakeClock()) => {
    let calls = 0;
    const result = retry(
      async () => {
        calls += 1;
        if (calls <= failures) throw new Error(`failure ${calls}`);
        return calls;
      },
      { isRetryable, delays: [100, 200], clock, signal: never },
    );
    return { result, clock };
  };

  test('tries again after each delay', async () => {
    const { result, clock } = run(2, () => true);
    expect(await result).toBe(3);
    expect(clock.sleeps).toEqual([100, 200]);
  });

  test('the last error leaves unchanged, and nobody sleeps after it', async () => {
    const { result, clock } = run(9, () => true);
    await expect(result).rejects.toThrow('failure 3');
    expect(clock.sleeps).toEqual([100, 200]);
  });

  test('what cannot be cured is not tried again', async () => {
    const { result, clock } = run(1, () => false);
    await expect(result).rejects.toThrow('failure 1');
    expect(clock.sleeps).toEqual([]);
  });
});
