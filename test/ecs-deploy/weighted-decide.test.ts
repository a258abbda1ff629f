import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ServicePlan, WeightedPlan } from '../../actions/ecs-deploy/src/plan/plan.ts';
import type { Look, WatchAim } from '../../actions/ecs-deploy/src/weighted/decide.ts';
import { decideWatch } from '../../actions/ecs-deploy/src/weighted/decide.ts';
import { describeSteps, shareOf, stepsOf, weightsFor } from '../../actions/ecs-deploy/src/weighted/steps.ts';
import type { ListenerRule } from '../../packages/aws/src/elbv2/ports.ts';
import { deployment, OURS, PREVIOUS, service, THEIRS } from './observations.ts';

const MINUTE = 60_000;
const AIM: WatchAim = {
  canary: OURS,
  main: PREVIOUS,
  mainServes: false,
  percent: 25,
  bakeMs: 5 * MINUTE,
  graceMs: 3 * MINUTE,
  maxFailedTasks: 3,
};

const canary = (given: Parameters<typeof service>[1] = {}) => service([deployment()], { name: 'canary', ...given });
const main = (taskDefinition = PREVIOUS) => service([deployment({ taskDefinition })], { name: 'main' });
const look = (given: Partial<Look> = {}): Look => ({
  gate: { kind: 'open' },
  canary: canary(),
  main: main(),
  failedTasks: 0,
  share: 25,
  elapsedMs: 5 * MINUTE,
  missing: 0,
  ...given,
});

const EMPTY_MAIN = { main: { ...main(), running: 0 } };

describe('a share that is watched', () => {
  test.each<[rule: string, look: Partial<Look>, kind: string, aim?: Partial<WatchAim>]>([
    ['passes when its time is over and the gate is open', {}, 'passed'],
    ['goes on until its time is over', { elapsedMs: 5 * MINUTE - 1 }, 'continue'],
    ['a breach ends it at once', { elapsedMs: 0, gate: { kind: 'breached', reason: 'r' } }, 'failed'],
    ['a gate that has not spoken gets some time more', { gate: { kind: 'waiting', reason: 'r' } }, 'continue'],
    ['time alone never passes it', { elapsedMs: 8 * MINUTE, gate: { kind: 'waiting', reason: 'r' } }, 'failed'],
    ['failed tasks end it', { elapsedMs: 0, failedTasks: 3 }, 'failed'],
    ['failed tasks are left to ECS with 0', { elapsedMs: 0, failedTasks: 9 }, 'continue', { maxFailedTasks: 0 }],
    ['a canary without tasks fails what it takes', { elapsedMs: 0, canary: canary({ running: 0 }) }, 'failed'],
    [
      'a canary that takes nothing needs no task',
      { canary: canary({ running: 0 }), share: 0 },
      'passed',
      { percent: 0 },
    ],
    [
      'another deployment of the canary is not fought',
      { canary: service([deployment({ taskDefinition: THEIRS })]) },
      'superseded',
    ],
    ['another deployment of the main service is not fought', { main: main(THEIRS) }, 'superseded'],
    ['the main service may move while it is deployed', { main: main(THEIRS) }, 'passed', { main: undefined }],
    ['other weights are not fought', { share: 30 }, 'superseded'],
    ['other target groups are not fought', { share: undefined }, 'superseded'],
    ['a share of odd weights is the same share', { share: 25.000_001 }, 'passed'],
    ['a service that is being deleted fails it', { canary: canary({ status: 'DRAINING' }) }, 'failed'],
    ['a main service without tasks that has the new revision fails it', EMPTY_MAIN, 'failed', { mainServes: true }],
    ['a main service that has no tasks by itself is no fault of the canary', EMPTY_MAIN, 'passed'],
    ['an empty answer is no end', { canary: undefined, missing: 1 }, 'continue'],
    ['several empty answers mean that it is out of sight', { main: undefined, missing: 3 }, 'lost'],
  ])('%s', (_rule, given, kind, aim = {}) => {
    expect(decideWatch(look(given), { ...AIM, ...aim }).kind).toBe(kind);
  });
});

const [A, B] = ['arn:main', 'arn:canary'];
const GROUPS = { mainGroup: A, canaryGroup: B };
const rule = (groups: Record<string, number>): ListenerRule => ({
  arn: 'r',
  isDefault: false,
  groups: Object.entries(groups).map(([targetGroup, weight]) => ({ targetGroup, weight })),
  sticky: false,
  stickySeconds: undefined,
  actions: [],
});

describe('shares and weights', () => {
  test.each<[rule: string, groups: Record<string, number>, share: number | undefined]>([
    ['the canary takes its part of the sum', { [A]: 3, [B]: 1 }, 25],
    ['a weight of 0 is no share', { [A]: 1, [B]: 0 }, 0],
    ['weights that are all 0 give nobody a share', { [A]: 0, [B]: 0 }, undefined],
    ['a third target group is another rule', { [A]: 1, [B]: 0, other: 0 }, undefined],
    ['one target group is another rule', { [A]: 1 }, undefined],
    ['other target groups are another rule', { x: 1, y: 1 }, undefined],
  ])('%s', (_rule, groups, share) => {
    expect(shareOf(rule(groups).groups, GROUPS)).toBe(share);
  });

  test('every share is exactly what its weights come to, within what the API takes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 99 }),
        fc.integer({ min: 0, max: 999 }),
        fc.boolean(),
        (percent, main, turned) => {
          const before = rule(turned ? { [B]: 0, [A]: main } : { [A]: main, [B]: 0 });
          const weights = weightsFor(percent, before, GROUPS);
          expect(shareOf(weights, GROUPS)).toBeCloseTo(percent, 9);
          expect(weights.every(({ weight }) => Number.isInteger(weight) && weight >= 0 && weight <= 999)).toBe(true);
          expect(weights.map(({ targetGroup }) => targetGroup)).toEqual(
            before.groups.map(({ targetGroup }) => targetGroup),
          );
          // Nobody is left without a target.
          expect(weights.some(({ weight }) => weight > 0)).toBe(true);
        },
      ),
    );
  });

  test('taking the share back gives the main service the weight that it had', () => {
    expect(weightsFor(0, rule({ [A]: 7, [B]: 0 }), GROUPS).map(({ weight }) => weight)).toEqual([7, 0]);
    expect(weightsFor(0, rule({ [A]: 75, [B]: 25 }), GROUPS).map(({ weight }) => weight)).toEqual([100, 0]);
  });
});

test('the canary comes first, the main service after every share was watched, and the share goes last', () => {
  const kinds = stepsOf([5, 50], MINUTE, false).map((step) =>
    step.kind === 'deploy' ? step.who : step.kind === 'share' ? `${step.percent} %` : 'watch',
  );
  expect(kinds).toEqual(['0 %', 'canary', '5 %', 'watch', '50 %', 'watch', 'main', '0 %', 'watch']);
});

test('a roll-back has no steps', () => {
  expect(stepsOf([5, 50], MINUTE, true).map(({ kind }) => kind)).toEqual(['share', 'deploy', 'watch']);
});

test('the steps are told for people', () => {
  const plan = (name: string) =>
    ({
      target: { service: name, strategy: { steps: [10], bakeMs: MINUTE } },
      live: { arn: `x/${name}:1` },
    }) as unknown as ServicePlan;
  const weighted = { canary: plan('api-canary'), direct: false } as unknown as WeightedPlan;
  expect(describeSteps(plan('api'), weighted)).toEqual([
    'give 0 % of the traffic to "api-canary"',
    'deploy to "api-canary" (runs api-canary:1)',
    'give 10 % of the traffic to "api-canary"',
    'watch for 1m00s',
    'deploy to "api" (runs api:1)',
    'give 0 % of the traffic to "api-canary"',
    'watch for 1m00s',
  ]);
});
