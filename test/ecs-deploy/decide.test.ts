import { DeploymentRolloutState, ServiceDeploymentStatus } from '@aws-sdk/client-ecs';
import type { Deployment } from '@hospital-ops/aws/ecs/ports';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decideGoBack } from '../../actions/ecs-deploy/src/back/decide.ts';
import { decideRollout } from '../../actions/ecs-deploy/src/rollout/decide.ts';
import type { Observation } from '../../actions/ecs-deploy/src/rollout/observation.ts';
import { servingOf } from '../../actions/ecs-deploy/src/rollout/serving.ts';
import type { Given } from './observations.ts';
import {
  AIM,
  deployment,
  hook,
  OURS,
  observed,
  old,
  PREVIOUS,
  service,
  serviceDeployment,
  THEIRS,
} from './observations.ts';

const kindOf = (observation: Observation, aim = AIM) => decideRollout(observation, aim).kind;

describe('a rollout, by what the service deployment says', () => {
  const rows: Readonly<Record<keyof typeof ServiceDeploymentStatus, string>> = {
    PENDING: 'continue',
    IN_PROGRESS: 'continue',
    SUCCESSFUL: 'completed',
    STOP_REQUESTED: 'continue',
    STOPPED: 'failed',
    ROLLBACK_REQUESTED: 'continue',
    ROLLBACK_IN_PROGRESS: 'rolled-back',
    ROLLBACK_SUCCESSFUL: 'rolled-back',
    ROLLBACK_FAILED: 'rollback-failed',
  };
  test('every status of the API has its row', () => {
    expect(Object.keys(rows).sort()).toEqual(Object.values(ServiceDeploymentStatus).sort());
  });
  test.each(Object.entries(rows))('%s is %s', (status, kind) => {
    expect(kindOf(observed(service([deployment(), old()]), { deployment: serviceDeployment(status) }))).toBe(kind);
  });
  test.each(['', 'BAKING', 'successful'])('the word "%s", which nobody knows, is no end', (status) => {
    const steady = service([deployment({ rolloutState: 'COMPLETED' })]);
    expect(kindOf(observed(steady, { deployment: serviceDeployment(status), looks: { steady: 9 } }))).toBe('continue');
  });
  test('IN_PROGRESS with a hook that waits is paused', () => {
    const paused = serviceDeployment('IN_PROGRESS', { hooks: [hook('h1', 'AWAITING_ACTION')] });
    expect(decideRollout(observed(service([deployment(), old()]), { deployment: paused }), AIM)).toMatchObject({
      kind: 'paused',
      reason: expect.stringMatching(/h1/),
    });
  });
  test('SUCCESSFUL is no success when another revision is PRIMARY', () => {
    const taken = service([deployment({ id: 'ecs-svc/7', taskDefinition: THEIRS }), deployment({ status: 'ACTIVE' })]);
    expect(kindOf(observed(taken, { deployment: serviceDeployment('SUCCESSFUL') }))).toBe('superseded');
  });
  test('STOPPED is superseded when another revision is PRIMARY', () => {
    const taken = service([deployment({ id: 'ecs-svc/7', taskDefinition: THEIRS })]);
    expect(kindOf(observed(taken, { deployment: serviceDeployment('STOPPED') }))).toBe('superseded');
  });
  test('the reason of the roll-back is told', () => {
    const back = serviceDeployment('ROLLBACK_IN_PROGRESS', { rollbackReason: 'alarm api-5xx' });
    expect(decideRollout(observed(service([deployment()]), { deployment: back }), AIM)).toMatchObject({
      reason: 'alarm api-5xx',
    });
  });
});

describe('a rollout, by DescribeServices alone', () => {
  const rows: Readonly<Record<keyof typeof DeploymentRolloutState, string>> = {
    COMPLETED: 'completed',
    FAILED: 'failed',
    IN_PROGRESS: 'continue',
  };
  test('every rollout state of the API has its row', () => {
    expect(Object.keys(rows).sort()).toEqual(Object.values(DeploymentRolloutState).sort());
  });
  test.each(Object.entries(rows))('%s is %s', (rolloutState, kind) => {
    expect(kindOf(observed(service([deployment({ rolloutState })])))).toBe(kind);
  });
  test.each<[string, readonly Deployment[], Given, string]>([
    ['no deployment at all is no end', [], {}, 'continue'],
    [
      'two PRIMARY deployments are no end',
      [deployment(), deployment({ id: 'x' })],
      { looks: { steady: 9 } },
      'continue',
    ],
    [
      'an unknown rollout state is no end',
      [deployment({ rolloutState: 'DONE' })],
      { looks: { steady: 9 } },
      'continue',
    ],
    [
      'without a rollout state one steady look is no end',
      [deployment({ rolloutState: undefined })],
      { looks: { steady: 1 } },
      'continue',
    ],
    [
      'without a rollout state two steady looks complete it',
      [deployment({ rolloutState: undefined })],
      { looks: { steady: 2 } },
      'completed',
    ],
    ['three failed tasks by count of ECS fail it', [deployment({ failedTasks: 3 }), old()], {}, 'failed'],
    ['three failed tasks that were seen stopped fail it', [deployment(), old()], { failedTasks: 3 }, 'failed'],
    ['two failed tasks do not', [deployment({ failedTasks: 2 }), old()], { failedTasks: 2 }, 'continue'],
    [
      'COMPLETED counts more than earlier failures',
      [deployment({ rolloutState: 'COMPLETED', failedTasks: 5 })],
      {},
      'completed',
    ],
    [
      'COMPLETED without a running task serves nobody: no end',
      [deployment({ rolloutState: 'COMPLETED', running: 0 })],
      { looks: { short: 99 } },
      'continue',
    ],
    [
      'COMPLETED while its tasks fail to start fails',
      [deployment({ rolloutState: 'COMPLETED', running: 0, failedTasks: 3 })],
      {},
      'failed',
    ],
    [
      'COMPLETED with a task missing is waited with',
      [deployment({ rolloutState: 'COMPLETED', running: 1 })],
      { looks: { short: 9 } },
      'continue',
    ],
    [
      'COMPLETED with a task missing for long is an end',
      [deployment({ rolloutState: 'COMPLETED', running: 1 })],
      { looks: { short: 10 } },
      'completed',
    ],
    [
      'tasks that were seen to fail after COMPLETED fail it',
      [deployment({ rolloutState: 'COMPLETED' })],
      { failedTasks: 3 },
      'failed',
    ],
    [
      'the old revision as PRIMARY over ours is a roll-back',
      [old({ status: 'PRIMARY', id: 'ecs-svc/3' }), deployment({ status: 'ACTIVE' })],
      {},
      'rolled-back',
    ],
    [
      'the old revision alone may be what DescribeServices showed before the update',
      [old({ status: 'PRIMARY', id: 'ecs-svc/3' })],
      { looks: { other: 29 } },
      'continue',
    ],
    [
      'the old revision alone, look after look, is a roll-back',
      [old({ status: 'PRIMARY', id: 'ecs-svc/3' })],
      { looks: { other: 30 } },
      'rolled-back',
    ],
  ])('%s', (_, deployments, given, kind) => {
    expect(kindOf(observed(service(deployments), given))).toBe(kind);
  });
  test('FAILED of a service that rolls back itself is waited with for a few looks', () => {
    const failed = service([deployment({ rolloutState: 'FAILED' }), old()], { rollsBackItself: true });
    expect(kindOf(observed(failed, { looks: { failed: 1 } }))).toBe('continue');
    expect(kindOf(observed(failed, { looks: { failed: 5 } }))).toBe('failed');
  });
  test('max-failed-tasks: 0 leaves failures to ECS', () => {
    const many = observed(service([deployment({ failedTasks: 99 }), old()]));
    expect(kindOf(many, { ...AIM, maxFailedTasks: 0 })).toBe('continue');
  });
  test.each(['DRAINING', 'INACTIVE', ''])('a service that is "%s" fails', (status) => {
    expect(kindOf(observed(service([deployment({ rolloutState: 'COMPLETED' })], { status })))).toBe('failed');
  });
});

describe('faults of other tools', () => {
  test('S1: only the old revision is left: rolled back, with the reason of ECS', () => {
    const events = [{ id: '1', at: 0, message: '(service api) was unable to place a task' }];
    const seen = observed(service([old({ status: 'PRIMARY' })], { events }), { looks: { other: 30 } });
    expect(decideRollout(seen, AIM)).toEqual({
      kind: 'rolled-back',
      reason: '(service api) was unable to place a task',
    });
  });
  test('S2: one deployment, running equals desired, IN_PROGRESS (alarm bake): not deployed yet', () => {
    expect(kindOf(observed(service([deployment()]), { looks: { steady: 99 } }))).toBe('continue');
  });
  test('S3: a desired count of 0 is complete, with a warning that nothing ever ran', () => {
    const none = deployment({ desired: 0, running: 0, rolloutState: 'COMPLETED' });
    expect(decideRollout(observed(service([none], { desired: 0 })), AIM)).toMatchObject({
      kind: 'completed',
      warning: expect.stringMatching(/no task of the new revision has ever run/),
    });
  });
  test('S4: FAILED without a roll-back by ECS fails on the first look, with its reason', () => {
    const failed = deployment({ rolloutState: 'FAILED', rolloutReason: 'tasks failed to start' });
    expect(decideRollout(observed(service([failed, old()]), { looks: { failed: 1 } }), AIM)).toEqual({
      kind: 'failed',
      reason: 'tasks failed to start',
    });
  });
  test('S10: another revision as PRIMARY is superseded, and says by what', () => {
    const seen = observed(service([deployment({ id: 'ecs-svc/7', taskDefinition: THEIRS }), old()]));
    expect(decideRollout(seen, AIM)).toMatchObject({
      kind: 'superseded',
      by: THEIRS,
      reason: expect.stringMatching(/api:7/),
    });
  });
  test('S14: a service that is not in the answer is lost, when it was not in three answers in a row', () => {
    expect(kindOf(observed(undefined, { looks: { missing: 1 } }))).toBe('continue');
    expect(kindOf(observed(undefined, { looks: { missing: 3 } }))).toBe('lost');
  });
});

describe('going back', () => {
  const AIMED = { ours: OURS, previous: PREVIOUS, native: false, deployed: false };
  const primary = (given: Partial<Deployment>) => old({ status: 'PRIMARY', id: 'ecs-svc/3', ...given });
  test.each<[string, Observation, string]>([
    ['the old revision, COMPLETED and whole, is back', observed(service([primary({})])), 'back'],
    ['COMPLETED with a task missing is not yet', observed(service([primary({ running: 1 })])), 'continue'],
    ['IN_PROGRESS is not yet', observed(service([primary({ rolloutState: 'IN_PROGRESS' })])), 'continue'],
    ['FAILED has failed', observed(service([primary({ rolloutState: 'FAILED' })])), 'failed'],
    ['our revision as PRIMARY is not yet', observed(service([deployment(), old()])), 'continue'],
    [
      'our revision as PRIMARY has failed when ECS says so',
      observed(service([deployment()]), { deployment: serviceDeployment('ROLLBACK_FAILED') }),
      'failed',
    ],
    ['a third revision is superseded', observed(service([deployment({ taskDefinition: THEIRS })])), 'superseded'],
    ['no PRIMARY is not yet', observed(service([])), 'continue'],
    ['one answer without the service is no end', observed(undefined, { looks: { missing: 1 } }), 'continue'],
    ['three in a row are lost', observed(undefined, { looks: { missing: 3 } }), 'lost'],
    [
      'a steady service without rollout state needs two looks',
      observed(service([primary({ rolloutState: undefined })]), { looks: { steady: 1 } }),
      'continue',
    ],
    ['and has them', observed(service([primary({ rolloutState: undefined })]), { looks: { steady: 2 } }), 'back'],
  ])('%s', (_, observation, kind) => {
    expect(decideGoBack(observation, AIMED).kind).toBe(kind);
  });
});

describe('what serves', () => {
  test.each<[string, readonly Deployment[], string | undefined]>([
    ['is the PRIMARY when it is complete', [deployment({ rolloutState: 'COMPLETED' }), old()], OURS],
    ['is the old revision while the new one starts', [deployment({ running: 0 }), old()], PREVIOUS],
    ['is the one with more tasks', [deployment({ running: 2 }), old({ running: 1 })], OURS],
    ['is the old one at a tie', [deployment({ running: 1 }), old({ running: 1 })], PREVIOUS],
    ['is nothing when no task runs', [deployment({ running: 0, rolloutState: 'COMPLETED' })], undefined],
    ['is nothing without deployments', [], undefined],
  ])('%s', (_, deployments, serving) => {
    expect(servingOf(service(deployments), PREVIOUS)).toBe(serving);
  });
});

test('success is said of nothing but a PRIMARY of our revision in an ACTIVE service', () => {
  const word = fc.constantFrom('PRIMARY', 'ACTIVE', 'INACTIVE', 'COMPLETED', 'FAILED', 'IN_PROGRESS', '', 'NEW');
  const anyDeployment = fc.record({
    id: fc.constantFrom('ecs-svc/1', 'ecs-svc/2', 'ecs-svc/7'),
    status: word,
    taskDefinition: fc.constantFrom(OURS, PREVIOUS, THEIRS),
    desired: fc.nat(3),
    running: fc.nat(3),
    pending: fc.nat(3),
    failedTasks: fc.nat(5),
    rolloutState: fc.option(word, { nil: undefined }),
    rolloutReason: fc.constant(undefined),
  });
  const statuses = fc.constantFrom(...Object.values(ServiceDeploymentStatus), '', 'NEW');
  fc.assert(
    fc.property(
      fc.array(anyDeployment, { maxLength: 3 }),
      word,
      fc.option(statuses),
      fc.nat(3),
      (all, status, told, steadyLooks) => {
        const seen = service(all, { status });
        const verdict = decideRollout(
          observed(seen, {
            deployment: told === null ? undefined : serviceDeployment(told),
            looks: { steady: steadyLooks },
          }),
          AIM,
        );
        if (verdict.kind !== 'completed') return;
        const primaries = all.filter((each) => each.status === 'PRIMARY');
        expect(status).toBe('ACTIVE');
        expect(primaries[0]?.running).toBeGreaterThan(0);
        expect(primaries).toHaveLength(1);
        expect(primaries.every(({ id, taskDefinition }) => taskDefinition === OURS || id === AIM.deploymentId)).toBe(
          true,
        );
      },
    ),
  );
});
