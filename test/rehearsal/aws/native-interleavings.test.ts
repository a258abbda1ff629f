import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { exits } from '../../../packages/rehearsal/src/aws/scripted-engine.ts';
import type { NativeWorld } from './native-world.ts';
import { createNativeWorld } from './native-world.ts';

const BREAKER = { deploymentCircuitBreaker: { enable: true, rollback: true } };
const STRATEGIES = {
  rolling: { strategy: 'ROLLING', ...BREAKER },
  green: { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 1, ...BREAKER },
  linear: { strategy: 'LINEAR', linearConfiguration: { stepPercent: 50, stepBakeTimeInMinutes: 1 }, ...BREAKER },
  canary: { strategy: 'CANARY', canaryConfiguration: { canaryPercent: 10, canaryBakeTimeInMinutes: 1 }, ...BREAKER },
};

const STEP = fc.oneof(
  fc.record({
    kind: fc.constant('update' as const),
    image: fc.constantFrom('good', 'crash'),
    strategy: fc.constantFrom(...(Object.keys(STRATEGIES) as Array<keyof typeof STRATEGIES>)),
    waitMs: fc.integer({ min: 0, max: 6_000 }),
  }),
  fc.record({ kind: fc.constant('stop' as const), waitMs: fc.integer({ min: 0, max: 3_000 }) }),
  fc.record({
    kind: fc.constant('scale' as const),
    desiredCount: fc.integer({ min: 1, max: 4 }),
    waitMs: fc.integer({ min: 0, max: 3_000 }),
  }),
);
type Step = typeof STEP extends fc.Arbitrary<infer T> ? T : never;

const take = async (world: NativeWorld, step: Step): Promise<void> => {
  if (step.kind === 'update') await world.update(step.image, { deploymentConfiguration: STRATEGIES[step.strategy] });
  if (step.kind === 'scale')
    await world.ecs('UpdateService', { cluster: 'c', service: 'api', desiredCount: step.desiredCount });
  if (step.kind === 'stop') {
    const { serviceDeploymentArn, status } = await world.deployment();
    if (!/SUCCESSFUL|STOPPED|FAILED/.test(status)) await world.ecs('StopServiceDeployment', { serviceDeploymentArn });
  }
  await world.clock.advance(step.waitMs);
};

test('whatever comes between: requests always find a target, and in the end what was asked for runs, alone', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(STEP, { minLength: 1, maxLength: 5 }), async (steps) => {
      const world = await createNativeWorld(STRATEGIES.green, { crash: exits(1) });
      try {
        const empty = new Set<number>();
        world.aws.onEvent(() => {
          // Ten requests meet every share of the traffic that is there.
          for (let request = 0; request < 10; request += 1)
            if (typeof world.aws.elb.pickTarget('api.example.org', '/') === 'string') empty.add(world.clock.now());
        });
        for (const step of steps) await take(world, step);
        await world.settle();
        await world.clock.advance(30_000);
        const service = await world.service();
        const last = await world.deployment();
        expect([...empty]).toEqual([]);
        // A deployment that went on and one that was taken back end the same way: at the desired count, with one revision.
        expect(last.status).toMatch(/^(ROLLBACK_)?SUCCESSFUL$/);
        expect(service).toMatchObject({
          runningCount: service.desiredCount,
          deployments: [{ rolloutState: 'COMPLETED' }],
        });
        expect(world.aws.ecs.snapshot().services[0]?.serving).toHaveLength(1);
        const weights = await world.balancing.weights();
        expect(Math.max(...weights)).toBe(100);
      } finally {
        await world.close();
      }
    }),
    { numRuns: 20 },
  );
});
