import { describe, expect, test } from '@jest/globals';
import { BY_BLUE_GREEN, BY_CANARY, BY_CODE_DEPLOY } from './scenarios.ts';
import { cancelAt, table } from './signals.ts';
import { runsWholly } from './truth.ts';

for (const scenario of [...BY_BLUE_GREEN, ...BY_CANARY, ...BY_CODE_DEPLOY]) {
  const steps = await table(scenario);
  describe(`${scenario.title} is taken back when it is cancelled`, () => {
    test.each(steps)('at $title', async (step) => {
      const { ended, services, late, changed } = await cancelAt(scenario, step);
      expect(ended.outcome).toBe('cancelled');
      if (!changed) expect(late).toEqual([]);
      for (const service of services) expect(runsWholly(service, 'api:1')).toBe(true);
    });
  });
}
