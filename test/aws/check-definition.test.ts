import { checkDefinition } from '@hospital-ops/aws/ecs/check-definition';
import { KNOWN_MEMBERS, ROOT } from '@hospital-ops/aws/ecs/known-members';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { loadSchemas } from '../../packages/rehearsal/src/aws/model/client.ts';
import type { Shape } from '../../packages/rehearsal/src/aws/model/shape.ts';
import { operationsOf } from '../../packages/rehearsal/src/aws/model/shape.ts';

const words = (shape: Shape, into: Record<string, string>): string => {
  if (shape.kind === 'list') return `[${words(shape.item(), into)}]`;
  if (shape.kind !== 'structure') return shape.kind;
  if (into[shape.name] === undefined) {
    into[shape.name] = '';
    const members = [...shape.members].map(([name, member]) => {
      const kind = words(member(), into);
      return kind === 'text' ? name : `${name}:${kind}`;
    });
    into[shape.name] = members.join(' ');
  }
  return shape.name;
};

test('the table of known members is that of the SDK', async () => {
  const schemas = await loadSchemas('ecs');
  const input = schemas && operationsOf(schemas).get('RegisterTaskDefinition')?.input;
  const expected: Record<string, string> = {};
  expect(input && words(input, expected)).toBe(ROOT);
  const table = Object.entries(KNOWN_MEMBERS).map(([name, members]) => [name, members.trim().replace(/\s+/g, ' ')]);
  expect(Object.fromEntries(table)).toEqual(expected);
});

const api = { name: 'api', image: 'i' };
const container = (more: object) => ({ family: 'f', containerDefinitions: [{ ...api, ...more }] });

describe('a member that looks like a known one is a problem', () => {
  test.each([
    ['a missing letter', container({ enviroment: [] }), 'containerDefinitions › api › enviroment', 'environment'],
    ['a deep one', container({ logConfiguration: { option: {} } }), 'logConfiguration › option', 'options'],
    ['another case', { ...container({}), TaskRoleArn: 'x' }, 'TaskRoleArn', 'taskRoleArn'],
    ['hyphens', { ...container({}), 'network-mode': 'awsvpc' }, 'network-mode', 'networkMode'],
    ['in a list', container({ portMappings: [{ containerport: 80 }] }), '0 › containerport', 'containerPort'],
    ['of a secret', container({ secrets: [{ name: 'A', valuefrom: 'x' }] }), 'A › valuefrom', 'valueFrom'],
    ['at the top', { ...container({}), executionRolArn: 'x' }, 'executionRolArn', 'executionRoleArn'],
  ])('%s', (_, definition, place, near) => {
    const { problems, notices } = checkDefinition(definition);
    expect(problems).toEqual([expect.stringContaining(`${place} is not known; did you mean \`${near}\`?`)]);
    expect(notices).toEqual([]);
  });
});

test('a member that resembles nothing is passed on to the letter, and noted', () => {
  const definition = { ...container({ gpuPartitions: { of: [1, null] } }), quantumMode: 'on' };
  expect(checkDefinition(definition)).toEqual({
    body: definition,
    problems: [],
    notices: ['containerDefinitions › api › gpuPartitions', 'quantumMode'],
  });
});

describe('a member of the wrong kind is a problem that tells what belongs there', () => {
  test.each([
    ['a map of variables', container({ environment: { A: 'b' } }), /environment must be a list, not a map/],
    ['a number as a value', container({ environment: [{ name: 'A', value: 1.1 }] }), /A › value must be text.*quotes/],
    ['a boolean as an option', container({ logConfiguration: { options: { a: true } } }), /options › a must be text/],
    [
      'a number as cpu of the task',
      { ...container({}), cpu: 256 },
      /^cpu must be text, not a number; put it in quotes/,
    ],
    ['text as a port', container({ portMappings: [{ containerPort: '80' }] }), /containerPort must be a number/],
    ['text as a boolean', container({ essential: 'yes' }), /essential must be a boolean, not text$/],
    ['text among containers', { family: 'f', containerDefinitions: ['x'] }, /containerDefinitions › 0 must be a map/],
    ['null in a list', container({ command: ['a', null] }), /command › 1 must be text, not null/],
    ['a list as options', container({ logConfiguration: { options: [] } }), /options must be a map, not a list/],
  ])('%s', (_, definition, problem) => {
    expect(checkDefinition(definition).problems).toEqual([expect.stringMatching(problem)]);
  });
});

test('null is absence, empty text is text, and what only answers carry is left out', () => {
  const { body, problems } = checkDefinition({
    ...container({ cpu: null, environment: [{ name: 'A', value: '' }], dockerLabels: { a: '', b: null } }),
    taskRoleArn: null,
    revision: 3,
    requiresAttributes: [{}],
  });
  expect(problems).toEqual([]);
  expect(body).toEqual(container({ environment: [{ name: 'A', value: '' }], dockerLabels: { a: '' } }));
});

test('no problem ever tells a value, and nothing makes the check throw', () => {
  const wild = fc.anything({
    key: fc.constantFrom('value', 'valu', 'options', 'secretOptions', 'cpu'),
    values: [fc.constant('never-shown'), fc.integer(), fc.constant(null), fc.boolean()],
    maxDepth: 4,
  });
  fc.assert(
    fc.property(wild, (value) => {
      const more = { environment: [{ name: 'A', value }], command: value, logConfiguration: value, secrets: value };
      expect(checkDefinition(container(more)).problems.join()).not.toContain('never-shown');
    }),
  );
});
