import { afterEach, describe, expect, test } from '@jest/globals';
import { trafficSteps } from '../../../packages/rehearsal/src/aws/ecs/lifecycle-stages.ts';
import { exits, NEVER_HEALTHY } from '../../../packages/rehearsal/src/aws/scripted-engine.ts';
import type { NativeWorld } from './native-world.ts';
import { createNativeWorld } from './native-world.ts';
import type { Loose } from './world.ts';

const BLUE_GREEN = { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 2 };
const BREAKER = { deploymentCircuitBreaker: { enable: true, rollback: true } };
const SCRIPTS = { crash: exits(1), sick: NEVER_HEALTHY };
const STAGES = [
  'PRE_SCALE_UP',
  'SCALE_UP',
  'POST_SCALE_UP',
  'TEST_TRAFFIC_SHIFT',
  'POST_TEST_TRAFFIC_SHIFT',
  'PRE_PRODUCTION_TRAFFIC_SHIFT',
  'PRODUCTION_TRAFFIC_SHIFT',
  'POST_PRODUCTION_TRAFFIC_SHIFT',
  'BAKE_TIME',
  'CLEAN_UP',
];

let world: NativeWorld;
const open: NativeWorld[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

const begin = async (...args: Parameters<typeof createNativeWorld>): Promise<void> => {
  world = await createNativeWorld(...args);
  open.push(world);
};

/** What the newest service deployment shows until it has ended, each different picture once. */
const watch = async (): Promise<Loose[]> => {
  const seen: Loose[] = [];
  const started = world.clock.now();
  await world.until(({ lifecycleStage, status, targetServiceRevision, sourceServiceRevisions }) => {
    const picture = {
      stage: lifecycleStage,
      status,
      production: targetServiceRevision.requestedProductionTrafficWeight,
      test: targetServiceRevision.requestedTestTrafficWeight,
      source: sourceServiceRevisions[0]?.requestedProductionTrafficWeight,
    };
    const { at: _at, ...last } = seen.at(-1) ?? {};
    if (JSON.stringify(last) !== JSON.stringify(picture)) seen.push({ ...picture, at: world.clock.now() - started });
    return /SUCCESSFUL|STOPPED|FAILED/.test(status);
  });
  return seen;
};

const serving = () => world.aws.ecs.snapshot().services[0]?.serving;
const unique = (values: unknown[]) => values.filter((value, index) => value !== values[index - 1]);

describe('a blue/green deployment', () => {
  test('goes through its stages, moves test traffic before production traffic, bakes and cleans up', async () => {
    await begin(BLUE_GREEN);
    expect(await world.balancing.weights()).toEqual([100, 0]);
    await world.update('v2');
    const seen = await watch();
    expect(unique(seen.map(({ stage }) => stage).filter(Boolean))).toEqual(STAGES);
    expect(seen.at(-1)).toMatchObject({ status: 'SUCCESSFUL', production: 100, test: 100, source: 0 });
    const baked = seen.find(({ stage }) => stage === 'BAKE_TIME')?.at ?? 0;
    const cleaned = seen.find(({ stage }) => stage === 'CLEAN_UP')?.at ?? 0;
    expect(cleaned - baked).toBeGreaterThanOrEqual(2_000);
    expect(await world.balancing.weights()).toEqual([0, 100]);
    expect(await world.balancing.weights(world.balancing.testRule)).toEqual([0, 100]);
    expect(serving()).toEqual(['api:2']);
    const service = await world.service();
    expect(service).toMatchObject({ runningCount: 2, deployments: [{ status: 'PRIMARY', rolloutState: 'COMPLETED' }] });
  });

  test('keeps both sides running until the traffic has moved, and always has a target', async () => {
    await begin(BLUE_GREEN);
    const empty: unknown[] = [];
    world.aws.onEvent(() => {
      if (typeof world.aws.elb.pickTarget('api.example.org', '/') === 'string') empty.push(world.clock.now());
    });
    await world.update('v2');
    const test = await world.until(({ lifecycleStage }) => lifecycleStage === 'POST_TEST_TRAFFIC_SHIFT');
    expect(test.targetServiceRevision).toMatchObject({
      requestedTaskCount: 2,
      runningTaskCount: 2,
      requestedProductionTrafficWeight: 0,
      requestedTestTrafficWeight: 100,
    });
    expect(test.sourceServiceRevisions).toMatchObject([
      { runningTaskCount: 2, requestedProductionTrafficWeight: 100, requestedTestTrafficWeight: 0 },
    ]);
    expect(await world.balancing.weights(world.balancing.testRule)).toEqual([0, 100]);
    expect(await world.balancing.weights()).toEqual([100, 0]);
    expect(serving()).toEqual(['api:1']);
    const bake = await world.until(({ lifecycleStage }) => lifecycleStage === 'BAKE_TIME');
    expect(bake.sourceServiceRevisions).toMatchObject([{ runningTaskCount: 2 }]);
    expect((await world.service()).deployments.map((each: Loose) => [each.status, each.runningCount])).toEqual([
      ['PRIMARY', 2],
      ['ACTIVE', 2],
    ]);
    await world.settle();
    expect(empty).toEqual([]);
  });

  test('alternates between the target groups', async () => {
    await begin(BLUE_GREEN);
    await world.update('v2');
    await world.settle();
    await world.update('v3');
    await world.settle();
    expect(await world.balancing.weights()).toEqual([100, 0]);
    expect(serving()).toEqual(['api:3']);
  });

  test('without a load balancer shifts no traffic and has no weights', async () => {
    await begin(BLUE_GREEN, {}, {}, { loadBalancers: [] });
    await world.update('v2');
    const seen = await watch();
    expect(unique(seen.map(({ stage }) => stage).filter(Boolean))).toEqual(STAGES);
    expect(new Set(seen.map(({ production }) => production))).toEqual(new Set([undefined]));
    expect(seen.at(-1)?.status).toBe('SUCCESSFUL');
  });

  test.each(['crash', 'sick'])('of tasks that are %s is rolled back before any traffic moves', async (image) => {
    await begin({ ...BLUE_GREEN, ...BREAKER }, SCRIPTS);
    await world.update(image);
    const seen = await watch();
    expect(new Set(seen.map(({ production }) => production))).toEqual(new Set([0]));
    expect(unique(seen.map(({ status }) => status))).toEqual([
      'PENDING',
      'IN_PROGRESS',
      'ROLLBACK_REQUESTED',
      'ROLLBACK_IN_PROGRESS',
      'ROLLBACK_SUCCESSFUL',
    ]);
    expect(await world.deployment()).toMatchObject({ deploymentCircuitBreaker: { status: 'TRIGGERED' } });
    expect(serving()).toEqual(['api:1']);
    expect((await world.service()).taskDefinition).toMatch(/api:1$/);
  });

  test('that is stopped while it bakes gives all traffic back at once and then takes the new tasks away', async () => {
    await begin(BLUE_GREEN);
    const serviceDeploymentArn = await world.update('v2');
    await world.until(({ lifecycleStage }) => lifecycleStage === 'BAKE_TIME');
    await world.ecs('StopServiceDeployment', { serviceDeploymentArn });
    expect((await world.deployment()).status).toBe('ROLLBACK_REQUESTED');
    const seen = await watch();
    expect(seen.at(-1)).toMatchObject({ status: 'ROLLBACK_SUCCESSFUL', production: 0, test: 0, source: 100 });
    expect(await world.balancing.weights()).toEqual([100, 0]);
    expect(serving()).toEqual(['api:1']);
    expect((await world.service()).runningCount).toBe(2);
  });

  test('that is stopped when the old tasks are going already ends SUCCESSFUL all the same', async () => {
    await begin(BLUE_GREEN);
    const serviceDeploymentArn = await world.update('v2');
    await world.until(({ lifecycleStage }) => lifecycleStage === 'CLEAN_UP');
    await world.ecs('StopServiceDeployment', { serviceDeploymentArn });
    const seen = await watch();
    expect(unique(seen.map(({ status }) => status))).toEqual(['ROLLBACK_REQUESTED', 'SUCCESSFUL']);
    expect(serving()).toEqual(['api:2']);
  });

  test('superseded by another begins with RECONCILE_SERVICE and gives the traffic back first', async () => {
    await begin(BLUE_GREEN);
    const first = await world.update('v2');
    await world.until(({ lifecycleStage }) => lifecycleStage === 'BAKE_TIME');
    await world.update('v3');
    const seen = await watch();
    expect(unique(seen.map(({ stage }) => stage).filter(Boolean))).toEqual(['RECONCILE_SERVICE', ...STAGES]);
    expect(seen.filter(({ stage }) => stage === 'SCALE_UP')[0]).toMatchObject({ production: 0, source: 100 });
    const { serviceDeployments } = await world.ecs('DescribeServiceDeployments', { serviceDeploymentArns: [first] });
    expect(serviceDeployments[0].status).toBe('STOPPED');
    expect(serving()).toEqual(['api:3']);
    expect((await world.service()).runningCount).toBe(2);
  });

  test('follows a change of the desired count on both sides', async () => {
    await begin(BLUE_GREEN);
    await world.update('v2');
    await world.until(({ lifecycleStage }) => lifecycleStage === 'BAKE_TIME');
    await world.ecs('UpdateService', { cluster: 'c', service: 'api', desiredCount: 3 });
    await world.settle();
    await world.clock.advance(3_000);
    expect(await world.service()).toMatchObject({ desiredCount: 3, runningCount: 3 });
  });

  test('after which the service is updated by replacing tasks stays where its traffic is', async () => {
    await begin(BLUE_GREEN);
    await world.update('v2');
    await world.settle();
    await world.update('v3', { deploymentConfiguration: { strategy: 'ROLLING' } });
    const seen = await watch();
    expect(new Set(seen.map(({ stage }) => stage))).toEqual(new Set([undefined]));
    expect(world.aws.elb.pickTarget('api.example.org', '/')).toMatchObject({ host: '127.0.0.1' });
    expect(serving()).toEqual(['api:3']);
  });

  test('that is the first of all succeeds, and stalls when its tasks fail', async () => {
    await begin({ ...BLUE_GREEN, ...BREAKER }, SCRIPTS);
    expect((await world.deployment()).status).toBe('SUCCESSFUL');
    await world.ecs('CreateService', {
      cluster: 'c',
      serviceName: 'other',
      taskDefinition: await world.register('crash'),
      desiredCount: 1,
      deploymentConfiguration: { ...BLUE_GREEN, ...BREAKER },
    });
    await world.settle('other');
    expect((await world.service('other')).deployments).toMatchObject([{ rolloutState: 'FAILED' }]);
  });
});

describe('traffic steps', () => {
  const canary = { strategy: 'CANARY', canaryConfiguration: { canaryPercent: 5, canaryBakeTimeInMinutes: 3 } } as const;

  test('a canary gets its share, waits, and gets the rest', async () => {
    await begin({ ...canary, bakeTimeInMinutes: 1 });
    await world.update('v2');
    const seen = await watch();
    expect(unique(seen.map(({ production }) => production))).toEqual([0, 5, 100]);
    const share = seen.find(({ production }) => production === 5)?.at ?? 0;
    const all = seen.find(({ production }) => production === 100)?.at ?? 0;
    expect(all - share).toBeGreaterThanOrEqual(3_000);
    expect(all - share).toBeLessThan(4_500);
    expect(seen.at(-1)?.status).toBe('SUCCESSFUL');
  });

  test('requests follow the weights of a canary', async () => {
    await begin({ ...canary, bakeTimeInMinutes: 1 });
    const before = new Set<number>();
    for (let n = 0; n < 4; n += 1) {
      const place = world.aws.elb.pickTarget('api.example.org', '/');
      if (typeof place === 'object') before.add(place.port);
    }
    await world.update('v2');
    await world.until(({ targetServiceRevision }) => targetServiceRevision.requestedProductionTrafficWeight === 5);
    let fresh = 0;
    for (let n = 0; n < 100; n += 1) {
      const place = world.aws.elb.pickTarget('api.example.org', '/');
      if (typeof place === 'object' && !before.has(place.port)) fresh += 1;
    }
    expect(fresh).toBe(5);
    expect(serving()).toEqual(['api:2', 'api:1']);
  });

  test('a linear deployment goes step by step', async () => {
    const linearConfiguration = { stepPercent: 30, stepBakeTimeInMinutes: 1 };
    await begin({ strategy: 'LINEAR', linearConfiguration, bakeTimeInMinutes: 0 });
    await world.update('v2');
    const seen = await watch();
    expect(unique(seen.map(({ production }) => production))).toEqual([0, 30, 60, 90, 100]);
    expect(unique(seen.map(({ stage }) => stage)).filter((stage) => String(stage).includes('PRODUCTION'))).toEqual([
      ...Array.from({ length: 4 }, () => ['PRE_PRODUCTION_TRAFFIC_SHIFT', 'PRODUCTION_TRAFFIC_SHIFT']).flat(),
      'POST_PRODUCTION_TRAFFIC_SHIFT',
    ]);
  });

  test.each([
    ['10 % steps when nothing is said', { strategy: 'LINEAR' }, [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]],
    [
      'the rest of uneven steps last',
      { strategy: 'LINEAR', linearConfiguration: { stepPercent: 33.3 } },
      [33.3, 66.6, 99.9, 100],
    ],
    ['one step of 100 %', { strategy: 'LINEAR', linearConfiguration: { stepPercent: 100 } }, [100]],
    ['5 % first when nothing is said of a canary', { strategy: 'CANARY' }, [5, 100]],
    ['all at once for blue/green', { strategy: 'BLUE_GREEN' }, [100]],
  ] as const)('are %s', (_what, configuration, percents) => {
    expect(trafficSteps(configuration).map(({ percent }) => percent)).toEqual(percents);
  });
});
