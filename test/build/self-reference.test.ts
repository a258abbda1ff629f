import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseBuildOptions } from '@hospital-ops/tooling/build/options';
import { renderSelfReferences } from '@hospital-ops/tooling/build/self-reference';
import { nameOfRemote } from '@hospital-ops/tooling/repository-name';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';

const ROOT = join(import.meta.dirname, '..', '..');
const reference = { repository: 'ward-9/ops', tag: 'v1.2.3' };

test('a step, a called workflow and a quoted reference name repository and tag; comments stay as they are', () => {
  const text = `jobs:
  a:
    # uses: $/comment
    uses: $/.github/workflows/ci.yml # the gate
  b:
    steps:
      - { name: "uses: $/text", uses: $/ecs-deploy }
      - uses: '$/smoke-test'
      - uses: actions/checkout@v7
      - run: "echo 'uses: $/run'"
`;
  expect(renderSelfReferences(text, reference)).toBe(`jobs:
  a:
    # uses: $/comment
    uses: ward-9/ops/.github/workflows/ci.yml@v1.2.3 # the gate
  b:
    steps:
      - { name: "uses: $/text", uses: ward-9/ops/ecs-deploy@v1.2.3 }
      - uses: ward-9/ops/smoke-test@v1.2.3
      - uses: actions/checkout@v7
      - run: "echo 'uses: $/run'"
`);
});

test('keys that other runners refuse a workflow for are left out, and only where they stand for that', () => {
  const text = `on: { workflow_call: { inputs: { queue: { type: string } } } }
jobs:
  a:
    environment:
      name: x
      deployment: false
    concurrency:
      group: y
      queue: max
    env:
      deployment: kept
`;
  expect(parse(renderSelfReferences(text, reference))).toEqual({
    on: { workflow_call: { inputs: { queue: { type: 'string' } } } },
    jobs: { a: { environment: { name: 'x' }, concurrency: { group: 'y' }, env: { deployment: 'kept' } } },
  });
  const flow = 'jobs: { a: { concurrency: { group: y, queue: max } } }\n';
  expect(() => renderSelfReferences(flow, reference)).toThrow(/needs a line of its own/);
});

describe.each(readdirSync(join(ROOT, '.github/workflows')))('%s', (file) => {
  const text = readFileSync(join(ROOT, '.github/workflows', file), 'utf8');
  test('is rendered without a `$/`, and differs in nothing else', () => {
    const rendered = renderSelfReferences(text, reference);
    expect(rendered).not.toMatch(/uses: *["']?\$\//);
    const kept = (one: string) =>
      one
        .split('\n')
        .filter((line) => !/^\s+(queue|deployment):/.test(line))
        .map((line) => line.replace(/uses: .*/, 'uses:'));
    expect(kept(rendered)).toEqual(kept(text));
  });
});

test.each([
  ['https://github.com/ward-9/ops.git', 'ward-9/ops'],
  ['https://ghe.example.org/ward-9/ops', 'ward-9/ops'],
  ['git@ghe.example.org:ward-9/ops.git', 'ward-9/ops'],
  ['ssh://git@ghe.example.org/ward-9/ops.git', 'ward-9/ops'],
  ['/srv/git/ops.git', undefined],
  ['', undefined],
])('the remote %s is %s', (url, name) => expect(nameOfRemote(url)).toBe(name));

describe('npm run build --', () => {
  const options = (...argv: string[]) => parseBuildOptions(argv, ROOT);
  test('without arguments keeps `$/`', () => expect(options()).toEqual({}));
  test('--self-reference=tag takes repository and tag', () =>
    expect(options('--self-reference=tag', '--repository', 'a/b', '--tag', 'v2.0.0-rc.1')).toEqual({
      selfReference: { repository: 'a/b', tag: 'v2.0.0-rc.1' },
    }));
  test('the tag is that of package.json where none is given', () =>
    expect(options('--self-reference=tag', '--repository', 'a/b').selfReference?.tag).toMatch(/^v\d+\.\d+\.\d+$/));
  test.each([
    [['--self-reference=x'], /--self-reference is "x"/],
    [['--self-reference=tag', '--repository', 'a'], /--repository is "a"/],
    [['--self-reference=tag', '--repository', 'a/b', '--tag', 'v1'], /--tag is "v1"/],
  ])('%j is refused', (argv, message) => expect(() => options(...argv)).toThrow(message));
});
