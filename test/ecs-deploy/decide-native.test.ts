import {
  DeploymentLifecycleHookStatus,
  ServiceDeploymentLifecycleStage,
  ServiceDeploymentRollbackMonitorsStatus,
  ServiceDeploymentStatus,
} from '@aws-sdk/client-ecs';
import type { Deployment } from '@hospital-ops/aws/ecs/ports';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decideGoBack } from '../../actions/ecs-deploy/src/back/decide.ts';
import { STAGES } from '../../actions/ecs-deploy/src/inputs/stages.ts';
import { decideRollout } from '../../actions/ecs-deploy/src/rollout/decide.ts';
import { hasReached } from '../../actions/ecs-deploy/src/rollout/decide-service-deployment.ts';
import type { Aim } from '../../actions/ecs-deploy/src/rollout/observation.ts';
import { whyStopped } from '../../actions/ecs-deploy/src/rollout/reasons.ts';
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

const NATIVE: Aim = { ...AIM, native: true };
const decide = (deployments: readonly Deployment[], given: Given, aim: Partial<Aim> = {}) =>
  decideRollout(observed(service(deployments, { strategy: 'BLUE_GREEN' }), given), { ...NATIVE, ...aim });

const GREEN = deployment({ status: 'ACTIVE' });
const BLUE = old({ status: 'PRIMARY' });
/** Who is PRIMARY while a deployment in stages goes on is not documented. */
const BOTH = [BLUE, GREEN];
const SWITCHED = [deployment({ rolloutState: 'COMPLETED' }), old()];

describe('a deployment in stages, by its service deployment', () => {
  type Row = readonly [withOldPrimary: string, withOursPrimary: string];
  const rows: Readonly<Record<keyof typeof ServiceDeploymentStatus, Row>> = {
    PENDING: ['continue', 'continue'],
    IN_PROGRESS: ['continue', 'continue'],
    SUCCESSFUL: ['continue', 'completed'],
    STOP_REQUESTED: ['continue', 'continue'],
    STOPPED: ['failed', 'failed'],
    ROLLBACK_REQUESTED: ['continue', 'continue'],
    ROLLBACK_IN_PROGRESS: ['rolled-back', 'rolled-back'],
    ROLLBACK_SUCCESSFUL: ['rolled-back', 'rolled-back'],
    ROLLBACK_FAILED: ['rollback-failed', 'rollback-failed'],
  };
  test('every status of the API has its row', () => {
    expect(Object.keys(rows).sort()).toEqual(Object.values(ServiceDeploymentStatus).sort());
  });
  test.each(Object.entries(rows))('%s is %j with the old or the new revision as PRIMARY', (status, [before, after]) => {
    const given = { deployment: serviceDeployment(status) };
    expect([decide(BOTH, given).kind, decide(SWITCHED, given).kind]).toEqual([before, after]);
  });
  test('SUCCESSFUL is believed to be taken back when the old revision stays PRIMARY', () => {
    expect(decide(BOTH, { deployment: serviceDeployment('SUCCESSFUL'), looks: { other: 5 } }).kind).toBe('rolled-back');
  });
  test.each(['', 'BAKING', 'Successful'])('the word "%s", which nobody knows, is no end', (status) => {
    expect(decide(SWITCHED, { deployment: serviceDeployment(status), looks: { steady: 9 } }).kind).toBe('continue');
  });
  test.each([...Object.values(ServiceDeploymentLifecycleStage), 'NEW_STAGE', undefined])(
    'IN_PROGRESS at %s is no end',
    (stage) => {
      const going = { deployment: serviceDeployment('IN_PROGRESS', { stage }), looks: { steady: 9 } };
      expect(decide(SWITCHED, going).kind).toBe('continue');
    },
  );
  test('too many failed tasks fail it', () => {
    expect(decide(BOTH, { deployment: serviceDeployment('IN_PROGRESS'), failedTasks: 3 }).kind).toBe('failed');
  });
  test('nothing else is believed while it may yet appear', () => {
    const alone = [deployment({ rolloutState: 'COMPLETED' })];
    expect(decide(alone, { sight: 'looking', looks: { steady: 9 } }).kind).toBe('continue');
  });
});

describe('hooks', () => {
  const rows: Readonly<Record<keyof typeof DeploymentLifecycleHookStatus, string>> = {
    AWAITING_ACTION: 'paused',
    IN_PROGRESS: 'continue',
    SUCCEEDED: 'continue',
    FAILED: 'continue',
    TIMED_OUT: 'continue',
  };
  test('every status of the API has its row', () => {
    expect(Object.keys(rows).sort()).toEqual(Object.values(DeploymentLifecycleHookStatus).sort());
  });
  test.each(Object.entries(rows))('%s is %s', (status, kind) => {
    expect(decide(BOTH, { deployment: serviceDeployment('IN_PROGRESS', { hooks: [hook('h1', status)] }) }).kind).toBe(
      kind,
    );
  });
  test('the reason of a pause names the hook, the stage, and what happens when nobody answers', () => {
    const hooks = [hook('h1', 'AWAITING_ACTION', { expiresAt: Date.UTC(2026, 0, 2), onTimeout: 'ROLLBACK' })];
    const paused = serviceDeployment('IN_PROGRESS', { stage: 'POST_SCALE_UP', hooks });
    expect(decide(BOTH, { deployment: paused })).toEqual({
      kind: 'paused',
      reason:
        '`continue-hook: h1` continues it; it waits at POST_SCALE_UP until 2026-01-02T00:00:00.000Z, then ECS does ROLLBACK',
    });
  });
  test('one that was continued does not pause again, another one does', () => {
    const one = serviceDeployment('IN_PROGRESS', { hooks: [hook('h1', 'AWAITING_ACTION')] });
    const two = serviceDeployment('IN_PROGRESS', { hooks: [hook('h1', 'SUCCEEDED'), hook('h2', 'AWAITING_ACTION')] });
    expect(decide(BOTH, { deployment: one }, { continuedHook: 'h1' }).kind).toBe('continue');
    expect(decide(BOTH, { deployment: two }, { continuedHook: 'h1' })).toMatchObject({
      reason: expect.stringMatching(/h2/),
    });
  });
  test.each(['ROLLBACK_REQUESTED', 'STOP_REQUESTED'])('nobody is asked to continue what is %s', (status) => {
    const doomed = serviceDeployment(status, { hooks: [hook('h1', 'AWAITING_ACTION')] });
    expect(decide(BOTH, { deployment: doomed }).kind).toBe('continue');
  });
});

describe('waiting for a stage', () => {
  test('knows every stage of the API', () => {
    expect(
      Object.values(ServiceDeploymentLifecycleStage).filter((stage) => !STAGES.some((one) => one === stage)),
    ).toEqual([]);
  });
  test.each(STAGES.map((stage, index) => [stage, index] as const))(
    '%s is reached by itself and what follows',
    (stage, at) => {
      expect(STAGES.filter((now) => hasReached(now, stage))).toEqual(STAGES.slice(at));
      expect([hasReached(undefined, stage), hasReached('NEW_STAGE', stage)]).toEqual([false, false]);
    },
  );
  test.each([
    ['IN_PROGRESS', 'started'],
    ['PENDING', 'started'],
    ['ROLLBACK_REQUESTED', 'continue'],
    ['ROLLBACK_IN_PROGRESS', 'rolled-back'],
    ['SUCCESSFUL', 'completed'],
  ])('ends %s at the stage as %s', (status, kind) => {
    const at = serviceDeployment(status, { stage: 'BAKE_TIME' });
    expect(decide(SWITCHED, { deployment: at }, { stage: 'BAKE_TIME' }).kind).toBe(kind);
  });
});

describe('why ECS stopped a deployment', () => {
  const rows: Readonly<Record<keyof typeof ServiceDeploymentRollbackMonitorsStatus, RegExp>> = {
    TRIGGERED: /alarms fired: api-5xx/,
    MONITORING: /gave no reason/,
    MONITORING_COMPLETE: /gave no reason/,
    DISABLED: /gave no reason/,
  };
  test('every status of alarms and breaker has its row', () => {
    expect(Object.keys(rows).sort()).toEqual(Object.values(ServiceDeploymentRollbackMonitorsStatus).sort());
  });
  test.each(Object.entries(rows))('alarms that are %s', (status, reason) => {
    const stopped = serviceDeployment('STOPPED', { alarms: { status, triggered: ['api-5xx'] } });
    expect(whyStopped(stopped, undefined)).toMatch(reason);
  });
  test('names the breaker, and the hook', () => {
    const breaker = serviceDeployment('STOPPED', { breaker: { status: 'TRIGGERED', failures: 4, threshold: 3 } });
    const failed = serviceDeployment('STOPPED', { statusReason: 'stopped', hooks: [hook('h1', 'TIMED_OUT')] });
    expect(whyStopped(breaker, undefined)).toMatch(/circuit breaker .* 4 failures/);
    expect(whyStopped(failed, undefined)).toBe('stopped (lifecycle hook h1 was not answered in time)');
  });
});

describe('a deployment in stages whose service deployment cannot be read', () => {
  test.each<[string, readonly Deployment[], Given, string]>([
    ['goes on while both revisions are there', SWITCHED, { looks: { steady: 9 } }, 'continue'],
    [
      'is complete when ours alone is left, twice',
      [deployment({ rolloutState: undefined })],
      { looks: { steady: 2 } },
      'completed',
    ],
    [
      'is not complete at the first such look',
      [deployment({ rolloutState: 'COMPLETED' })],
      { looks: { steady: 1 } },
      'continue',
    ],
    ['is not complete while ECS says IN_PROGRESS', [deployment()], { looks: { steady: 9 } }, 'continue'],
    ['is rolled back when ours is gone for three looks', [BLUE], { looks: { other: 3 } }, 'rolled-back'],
    ['is not rolled back at the first such look', [BLUE], { looks: { other: 1 } }, 'continue'],
    [
      'is superseded by a third revision',
      [old({ status: 'PRIMARY', taskDefinition: THEIRS }), GREEN],
      {},
      'superseded',
    ],
    [
      'has failed when ECS says so five times',
      [BLUE, { ...GREEN, rolloutState: 'FAILED' }],
      { looks: { failed: 5 } },
      'failed',
    ],
  ])('%s', (_, deployments, given, kind) => {
    expect(decide(deployments, given).kind).toBe(kind);
  });
});

describe('the gate', () => {
  const going = { deployment: serviceDeployment('IN_PROGRESS') };
  const done = { deployment: serviceDeployment('SUCCESSFUL') };
  const breached = { kind: 'breached', reason: 'api-5xx is in ALARM' } as const;
  const waiting = { kind: 'waiting', reason: 'errors has no data' } as const;
  test.each<[string, Given, string]>([
    ['fails what is under way when it is breached', { ...going, gate: breached }, 'failed'],
    ['fails what is complete when it is breached', { ...done, gate: breached }, 'failed'],
    ['lets go on what has too little data', { ...going, gate: waiting }, 'continue'],
    ['lets nothing through without data', { ...done, gate: waiting }, 'failed'],
    ['waits a little longer for data that come late', { ...done, gate: waiting, gateLeftMs: 1 }, 'continue'],
    ['waits no longer for what is breached', { ...done, gate: breached, gateLeftMs: 1 }, 'failed'],
    ['keeps nobody waiting who is open', { ...done, gate: { kind: 'open' }, gateLeftMs: 1 }, 'completed'],
    ['keeps what is complete in sight for its time', { ...done, gate: { kind: 'open' }, bakeLeftMs: 1 }, 'continue'],
    ['lets through what is open', { ...done, gate: { kind: 'open' } }, 'completed'],
    [
      'has no word on what ECS takes back',
      { deployment: serviceDeployment('ROLLBACK_IN_PROGRESS'), gate: breached },
      'rolled-back',
    ],
  ])('%s', (_, given, kind) => {
    expect(decide(SWITCHED, given).kind).toBe(kind);
  });
});

describe('settings alone', () => {
  test.each<[string, Deployment, string]>([
    ['are made when the service has all of its tasks', deployment({ taskDefinition: OURS }), 'completed'],
    ['are not while tasks are missing', deployment({ running: 1 }), 'continue'],
    ['are superseded by another revision', deployment({ taskDefinition: THEIRS }), 'superseded'],
  ])('%s', (_, primary, kind) => {
    expect(decide([primary], {}, { settingsOnly: true }).kind).toBe(kind);
  });
});

describe('going back in stages', () => {
  const aim = { ours: OURS, previous: PREVIOUS, native: true, deployed: false };
  const seen = (deployments: readonly Deployment[], given: Given) =>
    observed(service(deployments, { strategy: 'CANARY' }), given);
  type Row = readonly [byEcs: string, byDeployment: string];
  const rows: Readonly<Record<keyof typeof ServiceDeploymentStatus, Row>> = {
    PENDING: ['continue', 'continue'],
    IN_PROGRESS: ['continue', 'continue'],
    SUCCESSFUL: ['failed', 'back'],
    STOP_REQUESTED: ['continue', 'continue'],
    STOPPED: ['back', 'failed'],
    ROLLBACK_REQUESTED: ['continue', 'continue'],
    ROLLBACK_IN_PROGRESS: ['continue', 'continue'],
    ROLLBACK_SUCCESSFUL: ['back', 'failed'],
    ROLLBACK_FAILED: ['failed', 'failed'],
  };
  test('every status of the API has its row', () => {
    expect(Object.keys(rows).sort()).toEqual(Object.values(ServiceDeploymentStatus).sort());
  });
  test.each(Object.entries(rows))('%s is %j by ECS or by a deployment of the old revision', (status, [byEcs, byUs]) => {
    const look = seen([BLUE], { deployment: serviceDeployment(status) });
    expect([decideGoBack(look, aim).kind, decideGoBack(look, { ...aim, deployed: true }).kind]).toEqual([byEcs, byUs]);
  });
  test('the old revision as PRIMARY is not back while ours may take traffic', () => {
    expect(decideGoBack(seen(BOTH, {}), aim).kind).toBe('continue');
  });
  test('STOPPED with ours as PRIMARY is not back', () => {
    expect(decideGoBack(seen(SWITCHED, { deployment: serviceDeployment('STOPPED') }), aim).kind).toBe('failed');
  });
});

test('in stages success needs SUCCESSFUL where it is in sight, and our revision as PRIMARY', () => {
  const word = fc.constantFrom('PRIMARY', 'ACTIVE', 'COMPLETED', 'FAILED', 'IN_PROGRESS', '');
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
    fc.property(fc.array(anyDeployment, { maxLength: 3 }), statuses, fc.nat(6), (all, status, count) => {
      const looks = { steady: count, failed: count, other: count, missing: 0 };
      const verdict = decide(all, { deployment: serviceDeployment(status), looks });
      if (verdict.kind !== 'completed') return;
      expect(status).toBe('SUCCESSFUL');
      expect(all.filter((each) => each.status === 'PRIMARY').map(({ taskDefinition }) => taskDefinition)).toEqual([
        OURS,
      ]);
    }),
  );
});
