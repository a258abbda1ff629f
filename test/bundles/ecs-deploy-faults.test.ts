import { describe, expect, test } from '@jest/globals';
import type { Fault } from '../../packages/rehearsal/src/aws/faults.ts';
import { expectEachOnce, tookEffect } from '../ecs-deploy/product/truth.ts';
import { onStage, serving } from '../support/deploy-stage.ts';
import { everyNth } from '../support/thorough.ts';

interface Row {
  readonly title: string;
  readonly faults: readonly Fault[];
  readonly image: 'v2' | 'crash';
  readonly outcome: string;
  /** Image of the PRIMARY deployment in the end. */
  readonly left: string;
  /** What is told of it, log or reason. */
  readonly told?: RegExp;
  /** How many registrations and updates had an effect. */
  readonly changes?: readonly [registered: number, updated: number];
}

const DESCRIBE = 'DescribeServices';
const REGISTER = 'RegisterTaskDefinition';
const UPDATE = 'UpdateService';
const STOP = 'StopServiceDeployment';

/** Patience cures these: one change, and the outcome as without them. */
const PASSING: readonly Row[] = (
  [
    { title: 'looks that are throttled', faults: [{ operation: DESCRIBE, kind: 'throttle', times: 3 }] },
    { title: 'a registration that is throttled', faults: [{ operation: REGISTER, kind: 'throttle', times: 2 }] },
    { title: 'a registration that is answered by 500', faults: [{ operation: REGISTER, kind: '5xx', times: 1 }] },
    {
      title: 'a registration whose response is lost',
      faults: [{ operation: REGISTER, kind: 'lost-response', times: 1 }],
    },
    { title: 'a registration that is answered by nothing', faults: [{ operation: REGISTER, kind: 'empty', times: 1 }] },
    { title: 'an update that is throttled', faults: [{ operation: UPDATE, kind: 'throttle', times: 2 }] },
    { title: 'an update that is answered by 500', faults: [{ operation: UPDATE, kind: '5xx', times: 1 }] },
    { title: 'an update that is cut off before its effect', faults: [{ operation: UPDATE, kind: 'reset', times: 1 }] },
    { title: 'an update whose response is lost', faults: [{ operation: UPDATE, kind: 'lost-response', times: 1 }] },
    { title: 'an update that is answered by a page', faults: [{ operation: UPDATE, kind: 'html', times: 1 }] },
    {
      title: 'a look that is cut off in the middle',
      faults: [{ operation: DESCRIBE, kind: 'reset', after: 2, times: 1 }],
    },
    { title: 'a page in the middle', faults: [{ operation: DESCRIBE, kind: 'html', after: 2, times: 1 }] },
    { title: 'calls that fail again and again', faults: [{ kind: '5xx', rate: 0.4 }] },
  ] satisfies ReadonlyArray<Pick<Row, 'title' | 'faults'>>
).map((row) => ({ ...row, image: 'v2', outcome: 'deployed', left: 'v2', changes: [1, 1] }));

const denied = (operation: string, more: Partial<Fault> = {}): Fault => ({ operation, kind: 'access-denied', ...more });
const expired = (operation: string, more: Partial<Fault> = {}): Fault => ({
  operation,
  kind: 'expired-token',
  ...more,
});

const LASTING: readonly Row[] = (
  [
    {
      title: 'no right to plan',
      faults: [denied(DESCRIBE)],
      outcome: 'failed',
      left: 'v1',
      told: /ecs:DescribeServices/,
    },
    {
      title: 'no right to register',
      faults: [denied(REGISTER)],
      outcome: 'failed',
      left: 'v1',
      told: /ecs:RegisterTaskDefinition/,
      changes: [0, 0],
    },
    {
      title: 'no right to update',
      faults: [denied(UPDATE)],
      outcome: 'failed',
      left: 'v1',
      told: /ecs:UpdateService/,
      changes: [1, 0],
    },
    {
      title: 'no right to look on',
      faults: [denied(DESCRIBE, { after: 2 })],
      outcome: 'unknown',
      left: 'crash',
      told: /ecs:DescribeServices/,
    },
    {
      title: 'no right to go back',
      faults: [denied(UPDATE, { after: 1 }), denied(STOP)],
      outcome: 'rollback-failed',
      left: 'crash',
      told: /ecs:UpdateService/,
    },
    {
      title: 'no right to see tasks',
      faults: [denied('ListTasks')],
      outcome: 'rolled-back',
      left: 'v1',
      told: /ListTasks/,
    },
    {
      title: 'no right to see logs',
      faults: [{ service: 'logs', kind: 'access-denied' }],
      outcome: 'rolled-back',
      left: 'v1',
      told: /logs:/,
    },
    {
      title: 'a token that expires before the plan',
      faults: [{ kind: 'expired-token' }],
      outcome: 'failed',
      left: 'v1',
      told: /credentials/,
      changes: [0, 0],
    },
    {
      title: 'a token that expires before the registration',
      faults: [expired(REGISTER)],
      outcome: 'failed',
      left: 'v1',
      told: /credentials/,
      changes: [0, 0],
    },
    {
      title: 'a token that expires before the update',
      faults: [expired(UPDATE)],
      outcome: 'failed',
      left: 'v1',
      told: /credentials/,
      changes: [1, 0],
    },
    {
      title: 'a token that expires while it watches',
      faults: [{ kind: 'expired-token', after: 8 }],
      outcome: 'unknown',
      left: 'crash',
      told: /credentials/,
    },
    {
      title: 'a token that expires before it goes back',
      faults: [expired(UPDATE, { after: 1 }), expired(STOP)],
      outcome: 'rollback-failed',
      left: 'crash',
      told: /credentials/,
    },
    {
      title: 'a roll-back whose response is lost',
      faults: [
        { operation: STOP, kind: 'lost-response', times: 1 },
        { operation: UPDATE, kind: 'lost-response', after: 1, times: 1 },
      ],
      outcome: 'rolled-back',
      left: 'v1',
    },
  ] satisfies ReadonlyArray<Omit<Row, 'image'>>
).map((row) => ({ ...row, image: 'crash' }));

describe('in real time the outcome is true', () => {
  test.concurrent.each(everyNth(2, [...PASSING, ...LASTING]))(
    'for $title',
    ({ faults, image, outcome, left, told, changes }) =>
      onStage({}, async ({ world, one }) => {
        const before = world.aws.requests().length;
        for (const fault of faults) world.aws.faults.add(fault);
        const ran = await one(image, { 'max-failed-tasks': '2' });
        expect([ran.outputs.outcome, await world.image()]).toEqual([outcome, left]);
        if (told !== undefined) expect(`${ran.log}${ran.outputs.reason}`).toMatch(told);
        if (outcome === 'unknown') expect(serving(ran)).toEqual(['']);
        const requests = world.aws.requests().slice(before);
        expectEachOnce(requests);
        const done = (operation: string) =>
          requests.filter((request) => request.operation === operation && tookEffect(request)).length;
        if (changes !== undefined) expect([done(REGISTER), done(UPDATE)]).toEqual(changes);
      }),
  );
});
