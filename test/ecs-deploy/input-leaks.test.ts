import { InputError } from '@hospital-ops/action-kit/errors';
import { describe, expect, test } from '@jest/globals';
import { deployInputs } from './release-world.ts';

const SECRET = 'hunter2-S3cretValue';

const problemsOf = (given: Readonly<Record<string, string>>, files: Readonly<Record<string, string>> = {}): string => {
  try {
    deployInputs({ service: 'api', ...given }, files);
  } catch (error) {
    if (error instanceof InputError) return error.problems.join('\n');
    throw error;
  }
  return '';
};

describe('what is written where it does not belong is refused and not repeated', () => {
  test.each<[what: string, given: Readonly<Record<string, string>>]>([
    ['a line without =', { 'environment-variables': `A=1\n${SECRET}` }],
    ['the second line of a value without a block', { 'environment-variables': `A=1\n: ${SECRET}` }],
    ['a name twice', { 'environment-variables': `A=1\nA=${SECRET}` }],
    ['the end word of a block without an end', { 'environment-variables': `A<<${SECRET}\nx` }],
    ['a pair among the names to take away', { 'remove-environment-variables': `A=${SECRET}` }],
    ['a task definition as text', { 'task-definition': `{ "a": "${SECRET}" }` }],
    ['a task definition as dense JSON', { 'task-definition': `{"password":"${SECRET}"}` }],
    ['a task definition as YAML', { 'task-definition': `password: ${SECRET}\nfamily: api` }],
    ['a task definition as a pair', { 'task-definition': `PASSWORD=${SECRET}` }],
    ['a task definition as an address', { 'task-definition': `postgres://u:${SECRET}@h` }],
    ['a revision to go back to as text', { 'rollback-to': `{ "a": "${SECRET}" }` }],
    ['a strategy as a pair', { strategy: `PASSWORD=${SECRET}` }],
    ['a switch as a pair', { 'force-new-deployment': `PASSWORD: ${SECRET}` }],
    ['a number as a pair', { 'desired-count': `PASSWORD=${SECRET}` }],
    ['a stage as text', { 'wait-until': `{ "a": "${SECRET}" }` }],
    ['steps as pairs', { strategy: 'canary', 'canary-percent': `PASSWORD=${SECRET}` }],
    ['gates with a text for a number', { 'gate-metrics': `- { name: a, expression: x, threshold: ${SECRET} }` }],
    ['images that are text', { images: SECRET }],
  ])('%s', (_, given) => {
    const problems = problemsOf(given);
    expect(problems).not.toBe('');
    expect(problems).not.toContain(SECRET);
  });

  test.each([
    ['after a map', `[{ "service": "api", "environment-variables": "A=x" } ${SECRET} ]`],
    ['as an alias', `- service: api\n  environment-variables: *${SECRET}`],
    ['after a text', `- service: api\n  environment-variables: "A=x" ${SECRET}`],
    ['where nothing may begin', `- service: api\n  environment-variables: @${SECRET}`],
    ['with an escape', `- service: api\n  environment-variables: "A=\\q${SECRET}"`],
    ['as a tag', `- service: api\n  environment-variables: !${SECRET} A=b`],
    ['below a key that stands there twice', `- service: api\n  image: 1\n  image: ${SECRET}`],
  ])('a text in a list of services %s', (_, services) => {
    expect(problemsOf({ service: '', services })).not.toContain(SECRET);
  });

  test.each([
    ['t.json', `{ "family": "api", "containerDefinitions": [ { "name": "A" } ${SECRET} ] }`],
    ['t.json', `{ "family": "api", "containerDefinitions": [ { "name": ${SECRET} } ] }`],
    ['t.json', `${SECRET}`],
    [
      't.yml',
      `family: api\ncontainerDefinitions:\n  - name: a\n    environment:\n      - { name: P, value: @${SECRET} }`,
    ],
    [
      't.yml',
      `family: api\ncontainerDefinitions:\n  - name: a\n    environment:\n      - { name: P, value: "a" ${SECRET} }`,
    ],
  ])('a text in a file %s: %s', (path, text) => {
    const problems = problemsOf({ 'task-definition': path }, { [path]: text });
    expect(problems).toContain(`the file "${path}"`);
    expect(problems).not.toContain(SECRET);
  });
});

test.each([
  ['arn:aws:ecs:eu-west-1:123456789012:service/x', '"arn:aws:ecs:eu-west-1:123456789012:service/x"'],
  ['deploy/task.txt', '"deploy/task.txt"'],
  ['{ "family": "x" }', '"{…"'],
  ['DATABASE=x', '"DATABASE=…"'],
])('of %s so much is shown that it is recognised', (value, shown) => {
  expect(problemsOf({ 'task-definition': value })).toContain(`\`task-definition\` is ${shown}: expected`);
});
