import { describe, expect, test } from '@jest/globals';
import { Timeline } from '../../../packages/rehearsal/src/aws/timeline.ts';
import { VirtualClock } from '../../../packages/rehearsal/src/aws/virtual-clock.ts';

const fail = (error: unknown) => {
  throw error;
};

describe('virtual time', () => {
  test('stands still until somebody who drives it sleeps', async () => {
    const clock = new VirtualClock(0);
    let woken = false;
    const follower = clock.background.sleep(10).then(() => {
      woken = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect([woken, clock.now()]).toEqual([false, 0]);
    await clock.advance(10);
    await follower;
    expect([woken, clock.now()]).toEqual([true, 10]);
  });

  test('wakes sleepers in order of time, whoever sleeps', async () => {
    const clock = new VirtualClock(0);
    const seen: string[] = [];
    const sleep = (name: string, ms: number, who: Pick<VirtualClock, 'sleep'> = clock) =>
      who.sleep(ms).then(() => void seen.push(`${name}@${clock.now()}`));
    await Promise.all([sleep('c', 30), sleep('a', 10, clock.background), sleep('b', 20), sleep('d', 40)]);
    expect(seen).toEqual(['a@10', 'b@20', 'c@30', 'd@40']);
  });

  test('does not overtake work that it holds for', async () => {
    const clock = new VirtualClock(0);
    const real = new Promise<void>((resolve) => setTimeout(resolve, 20));
    let done = false;
    void clock.hold(
      real.then(() => {
        done = true;
      }),
    );
    await clock.advance(1_000);
    expect(done).toBe(true);
  });

  test('a sleep ends when its signal does', async () => {
    const clock = new VirtualClock(0);
    const controller = new AbortController();
    const slept = clock.background.sleep(10, controller.signal);
    controller.abort();
    await expect(slept).rejects.toThrow(/cancelled/);
  });
});

describe('a timeline', () => {
  test('runs what is due in order, also what is added on the way and earlier', async () => {
    const clock = new VirtualClock(0);
    const timeline = new Timeline(clock.background, fail);
    const seen: string[] = [];
    const at = (name: string) => () => void seen.push(`${name}@${clock.now()}`);
    timeline.after(50, at('late'));
    timeline.after(20, () => {
      at('first')();
      timeline.after(5, at('added'));
    });
    const cancel = timeline.after(30, at('never'));
    cancel();
    await clock.advance(100);
    expect(seen).toEqual(['first@20', 'added@25', 'late@50']);
    await timeline.close();
  });

  test('runs nothing after it was closed', async () => {
    const clock = new VirtualClock(0);
    const timeline = new Timeline(clock.background, fail);
    timeline.after(5, () => fail(new Error('too late')));
    await timeline.close();
    await clock.advance(10);
  });
});
