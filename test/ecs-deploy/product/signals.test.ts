import { describe, expect, test } from '@jest/globals';
import { CRASH, CRASH_THREE, GOOD, GOOD_THREE } from './scenarios.ts';
import { cancelAt, table } from './signals.ts';
import { runsWholly } from './truth.ts';

for (const scenario of [GOOD, CRASH, GOOD_THREE, CRASH_THREE]) {
  const steps = await table(scenario);
  describe(`${scenario.title} is taken back when it is cancelled`, () => {
    test.each(steps)('at $title', async (step) => {
      const { ended, services, late, changed } = await cancelAt(scenario, step);
      expect(ended.outcome).toBe('cancelled');
      if (!changed) expect(late).toEqual([]);
      for (const service of services) expect(runsWholly(service, `${service.name}:1`)).toBe(true);
    });
  });
}

const steps = await table(GOOD);
describe('a good revision is left to itself with on-cancel: leave', () => {
  test.each(steps)('when it is cancelled at $title', async (step) => {
    const { ended, services, late, changed } = await cancelAt(GOOD, step, { 'on-cancel': 'leave' });
    expect(ended.outcome).toBe('cancelled');
    expect(late).toEqual([]);
    for (const service of services) expect(runsWholly(service, changed ? 'api:2' : 'api:1')).toBe(true);
  });
});
