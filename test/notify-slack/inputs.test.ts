import { InputError } from '@hospital-ops/action-kit/errors';
import { expect, test } from '@jest/globals';
import { parseSlackInputs } from '../../actions/notify-slack/src/inputs.ts';

const WEBHOOK = 'https://hooks.slack.com/services/T1/B1/abcDEF0123456789';

const problemsOf = (given: Record<string, string>): readonly string[] => {
  try {
    parseSlackInputs(new Map(Object.entries(given)), () => '');
    return [];
  } catch (error) {
    if (error instanceof InputError) return error.problems;
    throw error;
  }
};

test.each<[string, Record<string, string>, string]>([
  ['webhook and token at once', { 'webhook-url': WEBHOOK, 'bot-token': 'xoxb-1', channel: 'C1' }, '`bot-token`'],
  ['a token without channel', { 'bot-token': 'xoxb-1' }, '`channel`'],
  ['a status that is none', { status: 'green' }, '`status` is "green"'],
  ['mentions by name', { 'mention-on-failure': '@channel' }, '`mention-on-failure`'],
  ['fields that are no mapping', { fields: '[1]' }, '`fields`'],
  ['an input that does not exist', { 'webhook-uri': WEBHOOK }, 'did you mean `webhook-url`'],
])('%s is an input error', (_, given, problem) => {
  expect(problemsOf(given)).toEqual([expect.stringContaining(problem)]);
});

test('a webhook that is refused is not shown, and no problem of the inputs: a secret must not fail a release', () => {
  const { webhook, unusable } = parseSlackInputs(new Map([['webhook-url', WEBHOOK.replace('https', 'ftp')]]), () => '');
  expect(webhook).toBeUndefined();
  expect(unusable).toContain('is not https');
  expect(unusable).not.toContain('abcDEF');
});

test.each([
  [
    'a mapping',
    'Ward: 7\nUrgent: true\nBuild: 1.10\nNone: ~',
    [
      ['Ward', '7'],
      ['Urgent', 'true'],
      ['Build', '1.10'],
      ['None', ''],
    ],
  ],
  ['a list', '[{"name":"Ward","value":7}]', [['Ward', '7']]],
])('fields may be %s', (_, fields, expected) => {
  const inputs = parseSlackInputs(new Map([['fields', fields]]), () => '');
  expect(inputs.fields.map(({ name, value }) => [name, value])).toEqual(expected);
});
