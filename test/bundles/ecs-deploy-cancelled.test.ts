import { describe, expect, test } from '@jest/globals';
import { from, onStage, serving } from '../support/deploy-stage.ts';

describe('a cancelled run', () => {
  test.concurrent('takes the whole release back within its seconds', () =>
    onStage({ names: ['api', 'web'], timings: { pendingMs: 3_000 } }, async ({ world, cancel }) => {
      const services = JSON.stringify(['api', 'web'].map((service) => ({ service, image: 'v2' })));
      const ran = await cancel({ services }, /api:2 +0\/2 running/);
      expect(ran.ms).toBeLessThan(10_000);
      expect(ran.outputs.outcome).toBe('cancelled');
      expect(await Promise.all(['api', 'web'].map(world.image))).toEqual(['v1', 'v1']);
    }));

  test.concurrent('leaves outputs and summary also when AWS answers no more', () =>
    onStage({ timings: { pendingMs: 8_000 } }, async ({ world, cancel }) => {
      world.mangle(
        'DescribeServices',
        from(() => 'hang', 3),
      );
      const ran = await cancel({ service: 'api', image: 'v2' }, /api:2 +0\/2 running/);
      expect(ran.ms).toBeLessThan(10_000);
      expect(['cancelled', 'unknown', 'rollback-failed']).toContain(ran.outputs.outcome);
      expect(serving(ran).join()).toBe('');
    }));
});
