import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { OUTCOMES } from '../../actions/ecs-deploy/src/outcome.ts';
import { joinReasons, withinBudget } from '../../actions/ecs-deploy/src/report/fit.ts';
import type { RevisionReport, ServiceReport } from '../../actions/ecs-deploy/src/report/report.ts';

const ARN = 'arn:aws:ecs:ap-south-1:123456789012:task-definition/';
const IMAGE = `123456789012.dkr.ecr.ap-south-1.amazonaws.com/rivercare/hospital@sha256:${'0123456789abcdef'.repeat(4)}`;

const revision = (name: string, number: number): RevisionReport => ({
  'task-definition': `${ARN}${name}:${number}`,
  version: '2026.11.20-3',
  images: { [name]: IMAGE, proxy: IMAGE },
});

const report = (i: number, given: Partial<ServiceReport> = {}): ServiceReport => ({
  service: `hospital-production-service-${i}`,
  name: `service-${i}`,
  outcome: 'rolled-back',
  reason: 'why '.repeat(250),
  old: revision(`hospital-production-service-${i}`, 41),
  new: revision(`hospital-production-service-${i}`, 42),
  serving: { 'task-definition': `${ARN}hospital-production-service-${i}:41`, version: '2026.11.20-2' },
  log: Array.from({ length: 20 }, () => `☠ ${'x'.repeat(500)}`),
  'duration-seconds': 192,
  phases: { verify: 3, register: 120, update: 1, rollout: 60, 'roll-back': 8 },
  ...given,
});

const many = (count: number, given: Partial<ServiceReport> = {}) =>
  Array.from({ length: count }, (_, i) => report(i, given));
const bytes = (reports: readonly ServiceReport[]) => Buffer.byteLength(JSON.stringify(reports));

describe('the `services` output', () => {
  test('of one service is whole', () => {
    const whole = [report(0)];
    expect(withinBudget(whole)).toEqual(whole);
  });

  test.each([
    ['200 services that failed with long reasons and long logs', many(200)],
    ['200 services with long reasons', many(200, { log: [] })],
    ['200 services that were deployed', many(200, { outcome: 'deployed', reason: '', log: [] })],
    ['one of 200 that failed', [report(0), ...many(199, { outcome: 'deployed', reason: '', log: [] })]],
    [
      '200 services with ten containers each',
      many(200, {
        new: {
          ...revision('a', 1),
          images: Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`container${i}`, IMAGE])),
        },
      }),
    ],
  ])('of %s fits into one environment variable, and keeps outcomes and revisions', (_, reports) => {
    const kept = withinBudget(reports);
    expect(bytes(kept)).toBeLessThanOrEqual(120_000);
    for (const [i, each] of kept.entries()) {
      const whole = reports[i] ?? report(i);
      expect(each).toMatchObject({ service: whole.service, name: whole.name, outcome: whole.outcome });
      expect(whole.old['task-definition'].endsWith(each.old['task-definition'])).toBe(true);
      expect(whole.serving['task-definition'].endsWith(each.serving['task-definition'])).toBe(true);
      expect(Object.keys(each)).toEqual(Object.keys(whole));
      if (whole.reason !== '') expect(each.reason).toMatch(/^why/);
    }
  });

  test('of one of 200 that failed keeps its reason and its last log lines', () => {
    const [failed] = withinBudget([report(0), ...many(199, { outcome: 'deployed', reason: '', log: [] })]);
    expect(failed?.reason.length).toBeGreaterThanOrEqual(300);
    expect(failed?.log.length).toBeGreaterThan(0);
  });

  test('of whatever services never has more bytes than were given, as long as names leave room', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            outcome: fc.constantFrom(...OUTCOMES),
            reason: fc.string({ unit: 'grapheme', maxLength: 1_000 }),
            log: fc.array(fc.string({ maxLength: 300 }), { maxLength: 20 }),
          }),
          { maxLength: 60 },
        ),
        (services) => {
          const kept = withinBudget(
            services.map((each, i) => report(i, each)),
            60_000,
          );
          expect(bytes(kept)).toBeLessThanOrEqual(60_000);
          expect(kept.map(({ outcome }) => outcome)).toEqual(services.map(({ outcome }) => outcome));
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('reasons in one text', () => {
  test.each([
    ['all of them when they fit', ['a', 'b'], 10, 'a; b'],
    ['as many as fit, and how many are left', ['aaaa', 'bbbb', 'cccc'], 13, 'aaaa; bbbb; … and 1 more'],
    ['none is none', [], 10, ''],
  ])('%s', (_, reasons, limit, text) => {
    expect(joinReasons(reasons, limit)).toBe(text);
  });

  test('one that is too long is cut', () => {
    expect(joinReasons(['x'.repeat(100), 'y'], 20).length).toBeLessThan(60);
  });
});
