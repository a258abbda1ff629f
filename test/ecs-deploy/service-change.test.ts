import { describe, expect, test } from '@jest/globals';
import { bakeOf, serviceChange } from '../../actions/ecs-deploy/src/plan/service-change.ts';
import { serviceProblems } from '../../actions/ecs-deploy/src/plan/strategy-problems.ts';
import { old, service } from './observations.ts';
import { deployInputs } from './release-world.ts';

const SERVICE = service([old({ status: 'PRIMARY' })]);
const LIVE = {
  maximumPercent: 150,
  deploymentCircuitBreaker: { enable: true, rollback: true, newThreshold: 7 },
  alarms: { alarmNames: ['cpu'], enable: true, rollback: true },
  newMember: { a: 1 },
};

const changeOf = (given: Readonly<Record<string, string>>, live: Record<string, unknown> = LIVE, of = SERVICE) => {
  const [target] = deployInputs({ service: 'api', ...given }).targets;
  if (target === undefined) throw new Error('no target');
  return serviceChange(target.strategy, target.desiredCount, of, live);
};

const problemsOf = (given: Readonly<Record<string, string>>, of = SERVICE, live: Record<string, unknown> = LIVE) => {
  const inputs = deployInputs({ service: 'api', ...given });
  const [target] = inputs.targets;
  if (target === undefined) throw new Error('no target');
  return serviceProblems(inputs, target, of, serviceChange(target.strategy, target.desiredCount, of, live));
};

describe('the configuration that is sent', () => {
  test('is none without strategy, whatever the defaults of the other inputs are', () => {
    expect(changeOf({ 'canary-percent': '20', 'bake-time': '9m' }, { ...LIVE, strategy: 'CANARY' })).toMatchObject({
      configuration: undefined,
      desiredCount: undefined,
      differences: [],
      strategy: 'CANARY',
    });
  });
  test.each([
    ['blue-green', { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 3 }],
    [
      'canary',
      {
        strategy: 'CANARY',
        bakeTimeInMinutes: 3,
        canaryConfiguration: { canaryPercent: 20, canaryBakeTimeInMinutes: 3 },
      },
    ],
    [
      'linear',
      { strategy: 'LINEAR', bakeTimeInMinutes: 3, linearConfiguration: { stepPercent: 20, stepBakeTimeInMinutes: 3 } },
    ],
  ])('for %s sets its own and keeps the rest, unknown members included', (strategy, own) => {
    const { configuration, before } = changeOf({ strategy, 'canary-percent': '20', 'bake-time': '3m' });
    expect(configuration).toEqual({ ...LIVE, ...own });
    expect(before.configuration).toBe(LIVE);
  });
  test('is none when the service has all of it', () => {
    const live = { ...LIVE, ...changeOf({ strategy: 'canary' }).configuration };
    expect(changeOf({ strategy: 'canary' }, live).configuration).toBeUndefined();
    expect(changeOf({ strategy: 'canary', 'bake-time': '6m' }, live).differences).toHaveLength(2);
  });
  test('leaves what belongs to the other strategy behind', () => {
    const live = { ...LIVE, ...changeOf({ strategy: 'canary' }).configuration, lifecycleHooks: [] };
    expect(changeOf({ strategy: 'linear' }, live).configuration).not.toHaveProperty('canaryConfiguration');
    expect(changeOf({ strategy: 'rolling' }, live).configuration).toEqual({ ...LIVE, strategy: 'ROLLING' });
  });
  test('for rolling is none when the service is', () => {
    expect(changeOf({ strategy: 'rolling' }).configuration).toBeUndefined();
  });
  const pause = { targetType: 'PAUSE', lifecycleStages: ['POST_SCALE_UP'] };
  test('keeps hooks without the input, takes them away by an empty list, sets those that are given', () => {
    const live = { ...LIVE, strategy: 'BLUE_GREEN', bakeTimeInMinutes: 5, lifecycleHooks: [pause] };
    const hooks = JSON.stringify([
      { type: 'pause', stages: ['POST_SCALE_UP'], timeout: '24h', 'on-timeout': 'rollback' },
    ]);
    expect(changeOf({ strategy: 'blue-green' }, live).configuration).toBeUndefined();
    expect(changeOf({ strategy: 'blue-green', 'lifecycle-hooks': '[]' }, live).configuration).toMatchObject({
      lifecycleHooks: [],
    });
    // The defaults of the API, written out or not, are the same.
    expect(changeOf({ strategy: 'blue-green', 'lifecycle-hooks': hooks }, live).configuration).toBeUndefined();
  });
});

describe('the desired count', () => {
  test('is sent when it is given and differs', () => {
    expect(changeOf({}).desiredCount).toBeUndefined();
    expect(changeOf({ 'desired-count': '2' }).desiredCount).toBeUndefined();
    expect(changeOf({ 'desired-count': '0' })).toMatchObject({ desiredCount: 0, before: { desiredCount: 2 } });
  });
});

describe('the time that a deployment takes at least', () => {
  test.each([
    [{}, 0],
    [{ strategy: 'ROLLING', bakeTimeInMinutes: 9 }, 0],
    [{ strategy: 'BLUE_GREEN', bakeTimeInMinutes: 9 }, 9],
    [{ strategy: 'CANARY', bakeTimeInMinutes: 9, canaryConfiguration: { canaryBakeTimeInMinutes: 4 } }, 13],
    [{ strategy: 'CANARY' }, 10],
    [
      { strategy: 'LINEAR', bakeTimeInMinutes: 1, linearConfiguration: { stepPercent: 30, stepBakeTimeInMinutes: 2 } },
      7,
    ],
    [{ strategy: 'LINEAR' }, 54],
  ])('%j is %d minutes', (configuration, minutes) => {
    expect(bakeOf(configuration)).toBe(minutes * 60_000);
  });
});

describe('what does not go together', () => {
  const codeDeploy = service([old({ status: 'PRIMARY' })], { controller: 'CODE_DEPLOY' });
  const daemon = service([old({ status: 'PRIMARY' })], { scheduling: 'DAEMON' });
  const canary = service([old({ status: 'PRIMARY' })], { strategy: 'CANARY' });
  test.each([
    [{ strategy: 'canary' }, codeDeploy, /does not go with CodeDeploy/],
    [{ 'desired-count': '3' }, codeDeploy, /own scale/],
    [{ 'desired-count': '3' }, daemon, /DAEMON/],
    [{ 'codedeploy-application': 'shop' }, SERVICE, /CodeDeploy does not control it/],
    [{ 'continue-hook': 'h1' }, SERVICE, /continue-hook/],
    [{ 'wait-until': 'BAKE_TIME' }, SERVICE, /lifecycle stage/],
    [{ 'lifecycle-hooks': '[{"stages":["POST_SCALE_UP"]}]' }, SERVICE, /lifecycle-hooks/],
    [
      { strategy: 'weighted-canary', 'canary-service': 'c', 'listener-rule': 'arn:aws:r' },
      canary,
      /needs rolling deployments/,
    ],
    [{ strategy: 'linear' }, SERVICE, /sum up to 50m/],
  ])('%j', (given, of, problem) => {
    expect(problemsOf(given as Record<string, string>, of)).toEqual([expect.stringMatching(problem)]);
  });
  test.each([
    [{}, SERVICE],
    [{ strategy: 'canary', 'wait-until': 'BAKE_TIME' }, SERVICE],
    [{ 'continue-hook': 'h1' }, canary],
    [{ strategy: 'linear', 'wait-until': 'started' }, SERVICE],
  ])('%j goes', (given, of) => {
    expect(problemsOf(given as Record<string, string>, of)).toEqual([]);
  });
});
