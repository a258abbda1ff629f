import { decideStatus } from '@hospital-ops/chat/compose';
import type { ServiceChange } from '@hospital-ops/chat/message';
import { parseStatus } from '@hospital-ops/chat/parse-inputs';
import type { ChatStatus } from '@hospital-ops/chat/status';
import { STATUSES, worstOf } from '@hospital-ops/chat/status';
import { expect, test } from '@jest/globals';

const JOB_STATUSES = ['success', 'failure', 'cancelled', 'skipped'];
const OUTCOMES =
  'deployed unchanged started paused rolled-back rollback-failed superseded failed timeout cancelled unknown'.split(
    ' ',
  );

test('every job status and every outcome of ecs-deploy has words', () => {
  expect(Object.keys(STATUSES).sort()).toEqual([...new Set([...JOB_STATUSES, ...OUTCOMES, 'in-progress'])].sort());
});

test.each<[string, ChatStatus, ChatStatus[], ChatStatus]>([
  ['a green job does not hide a rolled-back service', 'success', ['deployed', 'rolled-back'], 'rolled-back'],
  ['a failed rollback is worse than a rollback', 'failure', ['rolled-back', 'rollback-failed'], 'rollback-failed'],
  ['a failed smoke test outweighs deployed services', 'failure', ['deployed', 'unchanged'], 'failure'],
  ['an unknown outcome is never taken for success', 'success', ['unknown'], 'unknown'],
  ['what was deployed is said to be deployed', 'success', ['deployed', 'unchanged'], 'deployed'],
  ['a release under way is not over when its first service is', 'in-progress', ['deployed'], 'in-progress'],
  ['a service that went back is told while the others are under way', 'in-progress', ['rolled-back'], 'rolled-back'],
  ['without services the status stands', 'cancelled', [], 'cancelled'],
])('%s', (_, said, outcomes, expected) => {
  const services = outcomes.map((outcome): ServiceChange => {
    const unknown = {
      reason: undefined,
      old: undefined,
      new: undefined,
      serving: undefined,
      durationSeconds: undefined,
    };
    return { name: 'api', outcome, log: [], ...unknown };
  });
  expect(decideStatus(said, services)).toBe(expected);
});

test('nothing said is unknown, and so is the worst of nothing', () => {
  expect(parseStatus(undefined)).toEqual({ value: 'unknown' });
  expect(worstOf([])).toBe('unknown');
});

test('a status that nobody knows is refused with those that are known', () => {
  expect(parseStatus('succes')).toEqual({ problem: expect.stringContaining('success') });
});
