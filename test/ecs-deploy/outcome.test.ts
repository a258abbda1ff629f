import { describe, expect, test } from '@jest/globals';
import type { Return } from '../../actions/ecs-deploy/src/back/go-back.ts';
import type { Outcome, Phase } from '../../actions/ecs-deploy/src/outcome.ts';
import {
  isComplete,
  isSuccess,
  OUTCOMES,
  releaseOutcome,
  serviceOutcome,
} from '../../actions/ecs-deploy/src/outcome.ts';

const BACK: Return = { kind: 'back' };
const FAILED: Return = { kind: 'failed', reason: 'x' };
const LATE: Return = { kind: 'late', reason: 'x' };
const BLIND: Return = { kind: 'unknown', reason: 'x' };
const TAKEN: Return = { kind: 'superseded', reason: 'x' };

describe('the outcome of a service', () => {
  test.each<[string, Phase, Return | undefined, Outcome]>([
    ['complete', { kind: 'completed', warning: undefined }, undefined, 'deployed'],
    ['complete, and gone back with the release', { kind: 'completed', warning: undefined }, BACK, 'rolled-back'],
    ['complete, and not gone back', { kind: 'completed', warning: undefined }, FAILED, 'rollback-failed'],
    ['complete, and taken over meanwhile', { kind: 'completed', warning: undefined }, TAKEN, 'superseded'],
    ['unchanged', { kind: 'unchanged' }, undefined, 'unchanged'],
    ['started', { kind: 'started' }, undefined, 'started'],
    ['paused', { kind: 'paused', reason: 'h' }, undefined, 'paused'],
    ['failed and left', { kind: 'failed', reason: 'r' }, undefined, 'failed'],
    ['failed and back', { kind: 'failed', reason: 'r' }, BACK, 'rolled-back'],
    ['failed and not back', { kind: 'failed', reason: 'r' }, FAILED, 'rollback-failed'],
    ['failed and not back in time', { kind: 'failed', reason: 'r' }, LATE, 'rollback-failed'],
    ['failed and out of sight', { kind: 'failed', reason: 'r' }, BLIND, 'unknown'],
    ['rolled back by ECS, seen', { kind: 'rolled-back', reason: 'r' }, BACK, 'rolled-back'],
    ['rolled back by ECS, not seen', { kind: 'rolled-back', reason: 'r' }, undefined, 'unknown'],
    ['rolled back by ECS in vain', { kind: 'rollback-failed', reason: 'r' }, undefined, 'rollback-failed'],
    ['superseded', { kind: 'superseded', by: 'b', reason: 'r' }, undefined, 'superseded'],
    ['refused by AWS', { kind: 'refused', reason: 'r' }, undefined, 'failed'],
    ['out of sight', { kind: 'lost', reason: 'r' }, undefined, 'unknown'],
    ['out of sight, and seen to be back with the release', { kind: 'lost', reason: 'r' }, BACK, 'rolled-back'],
    ['out of sight, and still so on the way back', { kind: 'lost', reason: 'r' }, BLIND, 'unknown'],
    ['out of sight, and no time to see more', { kind: 'lost', reason: 'r' }, LATE, 'unknown'],
    ['out of sight, and its way back refused', { kind: 'lost', reason: 'r' }, FAILED, 'rollback-failed'],
    ['late and left', { kind: 'timeout', reason: 'r' }, undefined, 'timeout'],
    ['late and back', { kind: 'timeout', reason: 'r' }, BACK, 'timeout'],
    ['late and not back', { kind: 'timeout', reason: 'r' }, FAILED, 'rollback-failed'],
    ['cancelled', { kind: 'cancelled' }, undefined, 'cancelled'],
    ['cancelled and back', { kind: 'cancelled' }, BACK, 'cancelled'],
    ['cancelled, its way back not seen to the end', { kind: 'cancelled' }, LATE, 'cancelled'],
    ['cancelled, its way back refused', { kind: 'cancelled' }, FAILED, 'rollback-failed'],
    ['interrupted and back', { kind: 'interrupted' }, BACK, 'rolled-back'],
    ['interrupted and never looked at again', { kind: 'interrupted' }, undefined, 'unknown'],
    ['never begun', { kind: 'not-started' }, undefined, 'unchanged'],
    ['never begun for what it comes after', { kind: 'not-started', waitsFor: 'db' }, undefined, 'unchanged'],
  ])('%s', (_, phase, returned, outcome) => {
    expect(serviceOutcome(phase, returned, 'because').outcome).toBe(outcome);
  });
});

describe('what other services may build on', () => {
  test.each<[Phase, boolean]>([
    [{ kind: 'completed', warning: undefined }, true],
    [{ kind: 'unchanged' }, true],
    [{ kind: 'started' }, true],
    [{ kind: 'paused', reason: 'h' }, false],
    [{ kind: 'failed', reason: 'r' }, false],
    [{ kind: 'lost', reason: 'r' }, false],
    [{ kind: 'timeout', reason: 'r' }, false],
    [{ kind: 'cancelled' }, false],
    [{ kind: 'not-started' }, false],
  ])('%j: %s', (phase, complete) => expect(isComplete(phase)).toBe(complete));

  test('a service that was not begun says what it comes after', () => {
    expect(serviceOutcome({ kind: 'not-started', waitsFor: 'db' }, undefined, 'because').reason).toBe(
      'it was not deployed; it comes after "db"; because',
    );
  });
});

describe('the outcome of a release', () => {
  test('is unknown when there is nothing to judge', () => expect(releaseOutcome([])).toBe('unknown'));
  test.each(OUTCOMES.map((outcome) => [outcome]))('of %s alone is that', (outcome) => {
    expect(releaseOutcome([outcome])).toBe(outcome);
  });
  test.each(OUTCOMES.flatMap((a) => OUTCOMES.map((b) => [a, b] as const)))(
    'of %s and %s succeeds only if both do',
    (a, b) => {
      expect(isSuccess(releaseOutcome([a, b]))).toBe(isSuccess(a) && isSuccess(b));
    },
  );
  test('names the worst', () => {
    expect(releaseOutcome(['deployed', 'rolled-back', 'rollback-failed', 'unknown'])).toBe('rollback-failed');
  });
});
