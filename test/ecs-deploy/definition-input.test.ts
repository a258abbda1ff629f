import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError } from '@hospital-ops/action-kit/errors';
import { workspaceReader } from '@hospital-ops/action-kit/run-action';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseDeployInputs } from '../../actions/ecs-deploy/src/inputs.ts';
import { deployInputs } from './release-world.ts';

const definitionOf = (text: string, path = 'td.yml') =>
  deployInputs({ service: 'a', 'task-definition': path }, { [path]: text }).targets[0]?.definition;

const problemsOf = (read: () => unknown): readonly string[] => {
  try {
    read();
  } catch (error) {
    if (error instanceof InputError) return error.problems;
    throw error;
  }
  return [];
};

describe('a task definition file', () => {
  const body = { family: 'a', containerDefinitions: [{ name: 'app', image: 'i', memory: 128 }] };
  test.each([
    ['JSON', 'td.json', JSON.stringify(body)],
    ['JSON with a byte order mark', 'td.json', `\ufeff${JSON.stringify(body)}`],
    ['YAML', 'deploy/td.yaml', 'family: a\ncontainerDefinitions:\n  - {name: app, image: i, memory: 128}\n'],
    [
      'YAML with Windows line ends',
      'td.yml',
      'family: a\r\ncontainerDefinitions: [{name: app, image: i, memory: 128}]\r\n',
    ],
    ['null members', 'td.json', JSON.stringify({ ...body, taskRoleArn: null, volumes: null })],
    ['what describe-task-definition adds', 'td.json', JSON.stringify({ ...body, revision: 4, status: 'ACTIVE' })],
  ])('may be %s', (_, path, text) => {
    expect(definitionOf(text, path)).toEqual({ kind: 'file', body, unknown: [] });
  });
  test('may use anchors', () => {
    const text =
      'family: a\ncontainerDefinitions:\n- name: app\n  image: i\n  environment: &e [{name: A, value: "1"}]\n- {name: b, image: i, environment: *e}';
    expect(definitionOf(text)).toMatchObject({
      body: { containerDefinitions: [{ environment: [{ name: 'A', value: '1' }] }, { environment: [{ name: 'A' }] }] },
    });
  });
  test('may use merge keys', () => {
    const text =
      'family: a\ncontainerDefinitions:\n- &base {name: app, image: i, memory: 128}\n- {<<: *base, name: b}\n- <<: {memory: 64}\n  name: c\n';
    expect(definitionOf(text)).toMatchObject({
      body: {
        containerDefinitions: [
          { name: 'app', image: 'i', memory: 128 },
          { name: 'b', image: 'i', memory: 128 },
          { name: 'c', memory: 64 },
        ],
      },
      unknown: [],
    });
  });
  test.each([
    ['has a text without quotes', '{\n "family": a\n}', 'is not valid JSON at line 2, column 12'],
    ['has a comma too many', '{"family": "a",\n}', 'is not valid JSON at line 2, column 1'],
    ['is cut off', '{"family": "a",\n "x": [1, 2', 'is not valid JSON at line 2, column 12: it is cut off'],
    [
      'names a key twice',
      '{"family": "a",\n "family": "b"}',
      'is not valid JSON at line 2, column 2: a key stands there twice',
    ],
    ['is YAML', 'family: a\n', 'is not valid JSON at line 1, column 3'],
    ['is empty', '', 'is not valid JSON at line 1, column 1: it is cut off'],
  ])('is an input error when JSON %s', (_, text, problem) => {
    const problems = problemsOf(() => definitionOf(text, 'td.json'));
    expect(problems).toEqual([`\`task-definition\`: the file "td.json" ${problem}`]);
  });
  test('keeps what nobody knows, and says so', () => {
    expect(definitionOf(JSON.stringify({ ...body, quantumMode: { of: null } }))).toEqual({
      kind: 'file',
      body: { ...body, quantumMode: { of: null } },
      unknown: ['quantumMode'],
    });
  });
  test.each([
    ['is a list', '[]', /is no task definition: a map is needed/],
    ['is empty', '', /a map is needed/],
    ['is text', 'hello', /a map is needed/],
    ['has no family', '{containerDefinitions: [{name: a}]}', /`family` is needed/],
    ['has a family that is a number', '{family: 3, containerDefinitions: [{name: a}]}', /family must be text/],
    ['has no containers', '{family: a}', /`containerDefinitions` is needed/],
    ['has an empty list of containers', '{family: a, containerDefinitions: []}', /at least one container/],
    ['has containers without a name', '{family: a, containerDefinitions: [{image: x}]}', /a container has no `name`/],
    [
      'has two containers of a name',
      '{family: a, containerDefinitions: [{name: b}, {name: b}]}',
      /two containers are called "b"/,
    ],
    [
      'has a typo',
      '{family: a, containerDefinitions: [{name: b, enviroment: []}]}',
      /b › enviroment is not known; did you mean `environment`/,
    ],
    [
      'has a number as a value',
      '{family: a, containerDefinitions: [{name: b, environment: [{name: V, value: 1.10}]}]}',
      /V › value must be text, not a number; put it in quotes/,
    ],
    ['is an answer of describe-task-definition', '{taskDefinition: {family: a}}', /the map below its `taskDefinition`/],
    ['is broken', '{family: a', /not valid YAML at line 1/],
    ['names a key twice', 'family: a\nfamily: b', /not valid YAML at line 2/],
    [
      'grows without end',
      'a: &a [1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]',
      /not valid YAML/,
    ],
  ])('is an input error when it %s', (_, text, problem) => {
    const problems = problemsOf(() => definitionOf(text));
    expect(problems).toContainEqual(expect.stringMatching(problem));
    for (const each of problems) expect(each).toMatch(/^`task-definition`: the file "td.yml" /);
  });
  test.each([['{"family": "a"}'], ['family: a\nx: b'], ['td.txt'], ['a b'], ['arn:aws:ecs:r:1:service/x']])(
    '%s is neither a file nor a reference',
    (value) => {
      const problems = problemsOf(() => deployInputs({ service: 'a', 'task-definition': value }));
      expect(problems).toEqual([expect.stringMatching(/expected a family, family:revision, an ARN, or the path/)]);
    },
  );
  test.each(['api', 'api:3', 'arn:aws:ecs:r:1:task-definition/api:3'])('%s is a reference', (reference) => {
    const { targets } = deployInputs({ service: 'a', 'task-definition': reference });
    expect(targets[0]?.definition).toEqual({ kind: 'reference', reference });
  });
});

describe('outside the workspace', () => {
  let root = '';
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'definition-'));
    mkdirSync(join(root, 'workspace'));
    writeFileSync(join(root, 'td.json'), '{"family": "a", "containerDefinitions": [{"name": "a"}]}');
    mkdirSync(join(root, 'workspace', 'folder.json'));
    execFileSync('mkfifo', [join(root, 'workspace', 'pipe.json')]);
    writeFileSync(join(root, 'workspace', 'big.json'), JSON.stringify({ family: 'x'.repeat(1024 * 1024) }));
    symlinkSync(join(root, 'td.json'), join(root, 'workspace', 'link.json'));
  });
  afterAll(() => rmSync(root, { recursive: true }));
  test.each([
    ['folder.json', 'it is no regular file'],
    ['pipe.json', 'it is no regular file'],
    ['big.json', 'it is larger than 1 MiB'],
  ])('%s is not read either', (path, why) => {
    const raw = new Map(Object.entries({ cluster: 'c', service: 'a', 'task-definition': path }));
    const problems = problemsOf(() => parseDeployInputs(raw, workspaceReader(join(root, 'workspace'))));
    expect(problems).toEqual([`\`task-definition\`: cannot read the file "${path}": ${why}`]);
  });
  test.each(['../td.json', 'link.json', '/etc/td.json'])('%s is not read', (path) => {
    const raw = new Map(Object.entries({ cluster: 'c', service: 'a', 'task-definition': path }));
    const problems = problemsOf(() => parseDeployInputs(raw, workspaceReader(join(root, 'workspace'))));
    expect(problems).toEqual([expect.stringMatching(/^`task-definition`: cannot read the file /)]);
  });
});

describe('variables of a release', () => {
  const targets = (given: Readonly<Record<string, string>>) => deployInputs(given).targets;
  test('hold for every entry, which has the last word on a name', () => {
    const [a, b, c] = targets({
      'environment-variables': 'LEVEL=info\nTEAM=x',
      services:
        '[{service: a, environment-variables: "LEVEL=debug"}, {service: b, secrets: "LEVEL=/l"}, {service: c, remove-environment-variables: LEVEL}]',
    });
    const named = (list: ReadonlyArray<{ name: string; value?: string }> = []) =>
      list.map((each) => `${each.name}=${each.value}`);
    expect(named(a?.variables)).toEqual(['TEAM=x', 'LEVEL=debug']);
    expect([named(b?.variables), named(b?.secrets)]).toEqual([['TEAM=x'], ['LEVEL=/l']]);
    expect([named(c?.variables), c?.removals]).toEqual([['TEAM=x'], [{ container: undefined, name: 'LEVEL' }]]);
  });
  test('may be a list in an entry, one pair each, with values of several lines', () => {
    const services = JSON.stringify([
      { service: 'a', 'environment-variables': ['A=1', 'KEY=-----BEGIN\nB=2\n-----END', 'api:C='] },
    ]);
    expect(targets({ services })[0]?.variables).toEqual([
      { container: undefined, name: 'A', value: '1' },
      { container: undefined, name: 'KEY', value: '-----BEGIN\nB=2\n-----END' },
      { container: 'api', name: 'C', value: '' },
    ]);
  });
  test.each([
    [
      'a map in an entry',
      { services: '[{service: a, environment-variables: {A: 1}}]' },
      /must be text or a list of texts/,
    ],
    ['a number in a list', { services: '[{service: a, secrets: [1]}]' }, /must be text or a list of texts/],
    ['a name twice', { service: 'a', 'environment-variables': 'A=1\nA=2' }, /A stands in line 1 and again in line 2/],
    [
      'a block without an end',
      { service: 'a', 'environment-variables': 'A<<END\nx' },
      /A, begun in line 1, has no end/,
    ],
    ['a secret without valueFrom', { service: 'a', secrets: 'A= ' }, /A has no `valueFrom`/],
    ['a container without a name', { service: 'a', secrets: ':A=x' }, /a name is NAME or container:NAME/],
    ['a removal with a value', { service: 'a', 'remove-environment-variables': 'A=1' }, /expected names alone/],
    [
      'two images for a container',
      { service: 'a', container: 'b', image: 'x', images: '{b: y}' },
      /gives "b" another one/,
    ],
  ])('%s is a problem', (_, given, problem) => {
    expect(problemsOf(() => targets(given as never))).toContainEqual(expect.stringMatching(problem));
  });
});
