import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { NativeWorld } from './native-world.ts';
import { createNativeWorld } from './native-world.ts';

let world: NativeWorld;
beforeAll(async () => {
  world = await createNativeWorld({ strategy: 'ROLLING' });
});
afterAll(() => world.close());

const BLUE_GREEN = { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 1 };
const linear = (linearConfiguration: Record<string, unknown>) => ({ strategy: 'LINEAR', linearConfiguration });
const canary = (canaryConfiguration: Record<string, unknown>) => ({ strategy: 'CANARY', canaryConfiguration });
const early = (criteria: Record<string, unknown>, more = {}) => ({
  ...more,
  earlySuccessCriteria: { enable: true, healthyPercent: 100, sourceServiceRevisionCleanup: 'DEFERRED', ...criteria },
});

const breaker = (thresholdConfiguration: Record<string, unknown>) => ({
  deploymentCircuitBreaker: { enable: true, rollback: true, thresholdConfiguration },
});

const update = (change: Record<string, unknown>) =>
  world.ecs('UpdateService', { cluster: 'c', service: 'api', ...change });

describe('a deployment configuration is refused', () => {
  test.each([
    ['with a canary below 0.1 %', canary({ canaryPercent: 0.05 }), /canaryPercent/],
    ['with a canary above 100 %', canary({ canaryPercent: 100.1 }), /canaryPercent/],
    ['with a canary of hundredths', canary({ canaryPercent: 1.25 }), /canaryPercent/],
    ['with a canary that bakes more than a day', canary({ canaryBakeTimeInMinutes: 1441 }), /canaryBakeTimeInMinutes/],
    ['with steps below 3 %', linear({ stepPercent: 2.9 }), /stepPercent/],
    ['with steps above 100 %', linear({ stepPercent: 101 }), /stepPercent/],
    ['with steps that bake a negative time', linear({ stepBakeTimeInMinutes: -1 }), /stepBakeTimeInMinutes/],
    ['with a bake time of more than a day', { ...BLUE_GREEN, bakeTimeInMinutes: 1441 }, /bakeTimeInMinutes/],
    ['without a bake time for blue/green', { strategy: 'BLUE_GREEN' }, /bakeTimeInMinutes/],
    ['with steps for a canary', { strategy: 'CANARY', linearConfiguration: { stepPercent: 10 } }, /LINEAR/],
    ['with a canary for blue/green', { ...BLUE_GREEN, canaryConfiguration: { canaryPercent: 10 } }, /CANARY/],
    ['with early success for blue/green', early({}, BLUE_GREEN), /ROLLING/],
    ['with early success below the healthy minimum', early({ healthyPercent: 50 }), /minimumHealthyPercent/],
    ['with early success above 100 %', early({ healthyPercent: 101 }), /healthyPercent/],
    ['with a threshold of no task', breaker({ type: 'COUNT', value: 0 }), /thresholdConfiguration/],
    ['with a threshold above 100 %', breaker({ type: 'BOUNDED_PERCENT', value: 101 }), /thresholdConfiguration/],
    ['with no room to replace tasks', { minimumHealthyPercent: 100, maximumPercent: 100 }, /cannot be 100/],
    ['with alarms that are none', { alarms: { alarmNames: [], enable: true, rollback: true } }, /alarmNames/],
  ])('%s', async (_what, deploymentConfiguration, message) => {
    const updated = update({ deploymentConfiguration });
    await expect(updated).rejects.toMatchObject({ code: 'InvalidParameterException' });
    await expect(updated).rejects.toThrow(message);
  });
});

describe('load balancers are refused for blue/green', () => {
  test.each(['alternateTargetGroupArn', 'productionListenerRule', 'roleArn'])('without %s', async (name) => {
    const [given] = world.balancing.loadBalancers;
    const advancedConfiguration = { ...given?.advancedConfiguration };
    delete advancedConfiguration[name];
    const loadBalancers = [{ ...given, advancedConfiguration }];
    await expect(update({ deploymentConfiguration: BLUE_GREEN, loadBalancers })).rejects.toThrow(name);
  });

  test.each([
    ['alternateTargetGroupArn', /target group does not exist/],
    ['productionListenerRule', /listener rule does not exist/],
    ['testListenerRule', /listener rule does not exist/],
  ])('with a %s that is not there', async (name, message) => {
    const [given] = world.balancing.loadBalancers;
    const advancedConfiguration = { ...given?.advancedConfiguration, [name]: 'arn:aws:elasticloadbalancing:::nowhere' };
    const loadBalancers = [{ ...given, advancedConfiguration }];
    await expect(update({ deploymentConfiguration: BLUE_GREEN, loadBalancers })).rejects.toThrow(message);
  });
});

test.each(['LINEAR', 'CANARY'])('a %s deployment needs a load balancer, blue/green does not', async (strategy) => {
  await expect(update({ deploymentConfiguration: { strategy }, loadBalancers: [] })).rejects.toThrow(/load balancer/);
});
