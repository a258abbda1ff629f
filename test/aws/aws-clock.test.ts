import { createAwsClock } from '@hospital-ops/aws/aws-clock';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

const NOW = Date.UTC(2026, 0, 1, 12);
const header = (time: number) => new Date(time).toUTCString();

describe('the time of AWS', () => {
  test.each<[rule: string, answers: ReadonlyArray<string | undefined>, expected: number]>([
    ['is the time of the runner before any answer', [], NOW],
    ['is the time of the runner where answers say none', [undefined, 'yesterday'], NOW],
    ['is the time of the runner when they differ by less than the header can tell', [header(NOW)], NOW],
    ['is that of the answer, to half a second', [header(NOW - 600_000)], NOW - 599_500],
    ['is what is said last after a clock was set', [header(NOW + 600_000), header(NOW)], NOW],
  ])('%s', (_, answers, expected) => {
    const clock = createAwsClock({ now: () => NOW });
    for (const answer of answers) clock.learn(answer, NOW, NOW);
    expect(clock.now()).toBe(expected);
  });

  test('is never further off than a second and the time that an answer took, and moments of the past shift alike', () => {
    const answers = fc.array(fc.tuple(fc.nat(60_000), fc.nat(5_000), fc.nat(5_000)), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.integer({ min: -3_600_000, max: 3_600_000 }), answers, (ahead, list) => {
        let now = NOW;
        const clock = createAwsClock({ now: () => now });
        let best = Number.POSITIVE_INFINITY;
        for (const [pause, there, back] of list) {
          now += pause;
          const sent = now;
          now += there + back;
          clock.learn(header(sent + there - ahead), sent, now);
          best = Math.min(best, there + back);
        }
        expect(Math.abs(clock.now() - (now - ahead))).toBeLessThanOrEqual(1_000 + best);
        expect(clock.of(NOW) - NOW).toBe(clock.now() - now);
      }),
    );
  });
});
