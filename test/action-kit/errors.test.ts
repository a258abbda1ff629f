import { causeOf, OpsError, tell } from '@hospital-ops/action-kit/errors';
import { expect, test } from '@jest/globals';

test.each<[rule: string, parts: { what: string; why?: string; next?: string }, told: string, cause: string]>([
  ['nothing but what happened', { what: 'it failed.' }, 'it failed.', 'it failed.'],
  [
    'a full stop between foreign words and ours',
    { what: 'ecs:DescribeServices failed: ExpiredToken.', why: 'The token is expired', next: 'configure credentials.' },
    'ecs:DescribeServices failed: ExpiredToken. The token is expired. Next: configure credentials.',
    'ecs:DescribeServices failed: ExpiredToken. The token is expired.',
  ],
  [
    'no second one where a sentence has its end',
    { what: 'Is it there?', why: 'No (it is not.)', next: 'look!' },
    'Is it there? No (it is not.) Next: look!',
    'Is it there? No (it is not.)',
  ],
  ['none behind spaces', { what: 'it failed ', why: ' \n' }, 'it failed.', 'it failed.'],
])('the one-line form of an error has %s', (_, parts, told, cause) => {
  const error = new OpsError(parts);
  expect(tell(error)).toBe(told);
  expect(causeOf(error)).toBe(cause);
});

test('anything that was thrown can be told', () => {
  expect(tell(new Error('boom'))).toMatch(/^an unexpected error ended the step: boom\. Next: run the job again/);
});

test('a full disk is none of the errors that nobody expected', () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  expect(tell(full)).toMatch(/^the disk of this runner is full\. ENOSPC.*Next: free space/);
});
