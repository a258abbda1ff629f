import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Ordered, Standing } from '../../actions/ecs-deploy/src/order.ts';
import { dependentsOf, nextOf } from '../../actions/ecs-deploy/src/order.ts';

const order = (text: string): Ordered[] =>
  text.split(' ').map((each) => {
    const [key = '', after] = each.split('<');
    return { key, after: after?.split(',') ?? [] };
  });

const standings = (text: string): Map<string, Standing> =>
  new Map(
    text
      .split(' ')
      .filter(Boolean)
      .map((each) => {
        const word = { '…': 'running', '✓': 'complete', '✗': 'incomplete' } as const;
        return [each.slice(0, -1), word[each.slice(-1) as '…' | '✓' | '✗']];
      }),
  );

describe('what happens next in a release', () => {
  test.each([
    ['services without order begin together', 'a b c', '', 9, 'a b c', ''],
    ['no more than there are places, the first of the inputs first', 'a b c', '', 2, 'a b', ''],
    ['running services hold their places', 'a b c', 'a… b…', 2, '', ''],
    ['a place that is free again is taken', 'a b c', 'a✓ b…', 2, 'c', ''],
    ['a failed service holds no place', 'a b c', 'a✗ b…', 2, 'c', ''],
    ['one that comes after another waits for it', 'a b<a c', '', 9, 'a c', ''],
    ['and while it runs', 'a b<a', 'a…', 9, '', ''],
    ['and begins when it is complete', 'a b<a', 'a✓', 9, 'b', ''],
    ['one that comes after two waits for both', 'a b c<a,b', 'a✓ b…', 9, '', ''],
    ['one that comes after a failed one never begins', 'a b<a', 'a✗', 9, '', 'b:a'],
    ['nor does one that comes after that', 'a b<a c<b', 'a✗', 9, '', 'b:a c:b'],
    ['in whatever order they stand', 'c<b b<a a', 'a✗', 9, '', 'b:a c:b'],
    ['one bad of two is enough', 'a b c<a,b', 'a✓ b✗', 9, '', 'c:b'],
    ['others go on', 'a b<a c', 'a✗', 9, 'c', 'b:a'],
    ['a name that is not in the release holds nobody up', 'b<ghost', '', 9, 'b', ''],
    ['names of the language are names', '__proto__ b<__proto__ constructor<b', '__proto__✓', 9, 'b', ''],
    ['when all have ended, nothing', 'a b', 'a✓ b✗', 9, '', ''],
  ])('%s', (_, all, now, places, begin, never) => {
    const next = nextOf(order(all), standings(now), places);
    expect(next.begin.join(' ')).toBe(begin);
    expect(next.never.map(({ key, waitsFor }) => `${key}:${waitsFor}`).join(' ')).toBe(never);
  });

  test('those that come after a service go back before it', () => {
    expect(dependentsOf(order('a b<a c<a,b'))).toEqual(
      new Map([
        ['a', ['b', 'c']],
        ['b', ['c']],
        ['c', []],
      ]),
    );
  });
});

/** A release without circles: everyone may only come after those of lower number. */
const release = fc
  .array(fc.record({ after: fc.array(fc.nat(30), { maxLength: 4 }), good: fc.boolean() }), {
    minLength: 1,
    maxLength: 25,
  })
  .map((services) =>
    services.map(({ after, good }, i) => ({
      key: `s${i}`,
      good,
      after: i === 0 ? [] : [...new Set(after.map((other) => `s${other % i}`))],
    })),
  );

describe('any release without circles', () => {
  test('comes to its end, begins everything once, in order and within its places', () => {
    fc.assert(
      fc.property(release, fc.integer({ min: 1, max: 5 }), fc.infiniteStream(fc.nat()), (services, places, choice) => {
        const now = new Map<string, Standing>();
        const begun: string[] = [];
        const never = new Map<string, string>();
        for (let step = 0; step < 200; step += 1) {
          const next = nextOf(services, now, places);
          for (const { key, waitsFor } of next.never) {
            expect(now.get(waitsFor) === 'incomplete' || next.never.some((other) => other.key === waitsFor)).toBe(true);
            never.set(key, waitsFor);
            now.set(key, 'incomplete');
          }
          for (const key of next.begin) {
            expect(begun).not.toContain(key);
            begun.push(key);
            for (const other of services.find((each) => each.key === key)?.after ?? [])
              expect(now.get(other)).toBe('complete');
            now.set(key, 'running');
          }
          const running = [...now].filter(([, standing]) => standing === 'running').map(([key]) => key);
          expect(running.length).toBeLessThanOrEqual(places);
          if (running.length === 0 && next.never.length === 0) break;
          const ends = running[choice.next().value % Math.max(1, running.length)];
          const service = services.find(({ key }) => key === ends);
          if (service !== undefined) now.set(service.key, service.good ? 'complete' : 'incomplete');
        }
        expect(now.size).toBe(services.length);
        expect(begun.length + never.size).toBe(services.length);
        for (const { key, good, after } of services) {
          const stands = after.every((other) => now.get(other) === 'complete');
          expect(now.get(key)).toBe(stands && good ? 'complete' : 'incomplete');
          expect(never.has(key)).toBe(!stands);
        }
      }),
    );
  });
});
