import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError } from '@hospital-ops/action-kit/errors';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { everyNth } from '../support/thorough.ts';
import { detect } from './detect.ts';
import type { Edit } from './git-world.ts';
import { GitWorld } from './git-world.ts';

const SAMPLE = fileURLToPath(new URL('../fixtures/hospital-ops', import.meta.url));

let world: GitWorld;
let sample: string;
let base: string;
beforeEach(() => {
  base = sample;
});
beforeAll(() => {
  world = new GitWorld();
  cpSync(SAMPLE, world.work, { recursive: true, filter: (path) => !path.includes('node_modules') });
  sample = world.commit({});
  world.push('main');
});
afterAll(() => world.dispose());

const after = async (edits: Readonly<Record<string, Edit>>, inputs: Readonly<Record<string, string>> = {}) => {
  world.branch('main', base);
  const sha = world.commit(edits);
  world.push('main');
  const ref = 'refs/heads/main';
  const event = { name: 'push', ref, payload: { before: base, forced: false, repository: { default_branch: 'main' } } };
  return detect(world.checkout({ depth: 1, sha, ref }), event, inputs);
};

test.each(
  everyNth<[string, Readonly<Record<string, Edit>>, string[], RegExp]>(2, [
    ['a service by its own folder', { 'apps/api/src/x.ts': 'x' }, ['api'], /apps\/api\/src\/x\.ts/],
    [
      'every service that uses a package',
      { 'packages/shared/src/x.ts': 'x' },
      ['api', 'web', 'worker'],
      /→ packages\/shared → apps\/worker/,
    ],
    ['only the service that uses a package', { 'packages/ui/src/x.ts': 'x' }, ['web'], /→ packages\/ui → apps\/web/],
    [
      'a service by its Dockerfile',
      { 'infrastructure/docker/worker/Dockerfile': 'FROM x\n' },
      ['worker'],
      /worker\/Dockerfile/,
    ],
    [
      'a service by what its Dockerfile copies',
      { 'migrations/0003_x.sql': 'x' },
      ['api'],
      /COPY migrations in infrastructure\/docker\/api\/Dockerfile/,
    ],
    [
      'what used the old place and what uses the new one',
      { 'packages/shared/src/environment.ts': null, 'packages/ui/src/moved.ts': 'x' },
      ['api', 'web', 'worker'],
      /→ packages\/shared → apps\/api/,
    ],
    [
      'every service by the manifest of the root',
      { 'package.json': '{"private":true}' },
      ['api', 'web', 'worker'],
      /package\.json/,
    ],
    ['every service by the lock file', { 'pnpm-lock.yaml': 'x' }, ['api', 'web', 'worker'], /lock file/],
    ['no service by a file that belongs to none', { 'docs/x.md': 'x' }, [], /1 changed file belongs to no filter/],
    [
      'both sides of a move',
      { 'apps/worker/src/jobs.ts': null, 'packages/ui/src/jobs.ts': 'x' },
      ['web', 'worker'],
      /packages\/ui/,
    ],
  ]),
)('a change touches %s', async (_, edits, expected, said) => {
  const { outputs, log } = await after(edits);
  expect(JSON.parse(outputs.changes ?? '')).toEqual(expected);
  expect(log.join('\n')).toMatch(said);
});

const LOCK = readFileSync(join(SAMPLE, 'pnpm-lock.yaml'), 'utf8');
const relocked = (name: string) => LOCK.replace(new RegExp(`('?${name}@.*\\n.*integrity: sha512-)...`), '$1new');

test.each<[string, string, string[], RegExp]>([
  [
    'a package that only one service installs',
    'fastify',
    ['api'],
    /api: changed, pnpm-lock\.yaml → fastify@[\d.]+ → api/,
  ],
  ['what such a package uses', '@fastify/ajv-compiler', ['api'], /pnpm-lock\.yaml → @fastify\/ajv-compiler@/],
  ['a package that several install', 'postgres-bytea', ['api', 'web', 'worker'], /→ postgres-bytea/],
])('a lock file touches the services that install %s', async (_, name, expected, said) => {
  const text = relocked(name);
  expect(text).not.toBe(LOCK);
  const { outputs, log } = await after({ 'pnpm-lock.yaml': text });
  expect([outputs.changes, outputs.fallback]).toEqual([JSON.stringify(expected), '']);
  expect(log.join('\n')).toMatch(said);
});

test('a lock file that installs the same touches nothing, though every Dockerfile copies it', async () => {
  const { outputs } = await after({ 'pnpm-lock.yaml': `${LOCK}\n` });
  expect(outputs).toMatchObject({ changes: '[]', unclassified: '[]' });
});

test('a partial clone gets the contents that are compared, and no others', async () => {
  world.branch('main', sample);
  const before = world.head();
  const sha = world.commit({ 'pnpm-lock.yaml': relocked('fastify') });
  world.push('main');
  const directory = world.checkout({ depth: 1, sha, ref: 'refs/heads/main', filter: 'blob:none' });
  const held = () => world.git(directory, 'cat-file', '--batch-all-objects', '--batch-check=%(objecttype)').split('\n');
  const own = held();
  const event = { name: 'push', ref: 'refs/heads/main', payload: { before, forced: false } };
  const { outputs } = await detect(directory, event, {});
  expect([outputs.changes, outputs.fallback]).toEqual(['["api"]', '']);
  expect(held()).toEqual(own);
});

test('a package that is gone touches what used it, which only the base still tells', async () => {
  const gone = Object.fromEntries(
    world
      .git(world.work, 'ls-tree', '-r', '--name-only', sample, 'packages/ui')
      .split('\n')
      .map((path) => [path, null]),
  );
  // Without Dockerfiles, which copy it too.
  const file =
    'project: shop\nservices: { web: { path: apps/web }, api: { path: apps/api } }\nenvironments: { staging: { region: ap-south-1 } }\n';
  world.branch('main', sample);
  base = world.commit({ 'ops.yml': file });
  const { outputs, log } = await after(gone, { config: 'ops.yml' });
  expect(outputs.changes).toBe('["web"]');
  expect(log.join('\n')).toMatch(/→ packages\/ui → apps\/web → as of the base/);
});

test('what .dockerignore keeps from the builder touches no service', async () => {
  world.branch('main', sample);
  base = world.commit({ '.dockerignore': '**/*.md\n!migrations/KEEP.md\n', 'migrations/README.md': 'a' });
  expect((await after({ 'migrations/README.md': 'b' })).outputs.changes).toBe('[]');
  expect((await after({ 'migrations/KEEP.md': 'b' })).outputs.changes).toBe('["api"]');
  expect((await after({ '.dockerignore': 'x\n' })).outputs.changes).toBe('["api","web","worker"]');
  const own = 'infrastructure/docker/api/Dockerfile.dockerignore';
  base = world.commit({ [own]: '*.txt\n' });
  expect((await after({ 'migrations/README.md': 'b' })).outputs.changes).toBe('["api"]');
});

test('without the graph a package is no part of a service', async () => {
  const { outputs } = await after({ 'packages/shared/src/x.ts': 'x' }, { graph: 'off' });
  expect(outputs).toMatchObject({ changes: '[]', any: 'false', unclassified: '["packages/shared/src/x.ts"]' });
});

test('a package.json that cannot be read makes everything changed', async () => {
  const { outputs } = await after({ 'apps/worker/package.json': '{' });
  expect(outputs).toMatchObject({
    changes: '["api","web","worker"]',
    fallback: expect.stringContaining('not valid JSON'),
  });
});

test('paths, global-paths and depends-on of the pipeline file count', async () => {
  const file = `project: shop
global-paths: [tsconfig.base.json]
services:
  api: { path: apps/api, paths: ["!**/*.md", "proto/"] }
  web: { path: apps/web, depends-on: [api] }
environments: { staging: { region: ap-south-1 } }
`;
  const changed = async (edits: Readonly<Record<string, Edit>>) => {
    const { outputs } = await after({ 'ops.yml': file, ...edits }, { config: 'ops.yml' });
    return outputs;
  };
  world.branch('main', sample);
  base = world.commit({ 'ops.yml': file });
  expect((await changed({ 'apps/api/README.md': 'x' })).changes).toBe('[]');
  expect((await changed({ 'packages/shared/README.md': 'x' })).changes).toBe('["web"]');
  expect((await changed({ 'packages/shared/src/a.ts': 'x' })).changes).toBe('["api","web"]');
  expect((await changed({ 'proto/a.proto': 'x' })).changes).toBe('["api","web"]');
  expect((await changed({ 'apps/web/a.ts': 'x' })).changes).toBe('["web"]');
  expect((await changed({ 'tsconfig.base.json': 'x' })).changes).toBe('["api","web"]');
  expect((await changed({ 'ops.yml': `${file}\n` })).changes).toBe('["api","web"]');
});

test('the matrix carries the settings of the environment', async () => {
  const { outputs } = await after({ 'apps/worker/src/x.ts': 'x' }, { environment: 'production', base: 'before' });
  expect(JSON.parse(outputs.matrix ?? '')).toEqual({
    include: [
      {
        name: 'worker',
        environment: 'production',
        region: 'ap-south-1',
        cluster: 'hospital-ops-production',
        service: 'hospital-ops-production-worker',
        container: 'worker',
        repository: 'hospital-ops-worker',
        dockerfile: 'infrastructure/docker/worker/Dockerfile',
        context: '.',
      },
    ],
  });
});

test('filters and services stand side by side, and lists of files are JSON', async () => {
  const filters = 'sql: "**/*.sql"';
  const { outputs } = await after({ 'migrations/a\n::b.sql': 'x' }, { filters, 'list-files': 'json' });
  expect(outputs).toMatchObject({
    sql: 'true',
    sql_files: '["migrations/a\\n::b.sql"]',
    api: 'true',
    web: 'false',
    web_files: '[]',
  });
});

test('a list of files that is too long is cut, and the cut is told', async () => {
  const edits = Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`sql/${'x'.repeat(100)}${i}.sql`, 'x']));
  const { outputs, log } = await after(edits, { filters: 'sql: sql/', 'list-files': 'json' });
  const size = Object.values(outputs).join('').length;
  expect(size * 2).toBeLessThan(600_000);
  expect(log).toContainEqual(expect.stringMatching(/^warning: sql_files lists \d+ of 3000 files/));
});

test.each(
  everyNth(2, [
    [
      'last-deployment of no environment',
      { base: 'last-deployment' },
      '`base` is "last-deployment": needs `environment`',
    ],
    [
      'an environment that does not exist',
      { environment: 'x' },
      '`environment` is "x": expected one of staging, production',
    ],
    ['a pipeline file that does not exist', { config: 'nowhere.yml' }, '`config`: nowhere.yml: cannot be read'],
    [
      'a filter that is called like a service',
      { filters: 'api: x' },
      '`filters`: "api" is the name of a service of the pipeline file too',
    ],
    [
      'a filter that is called like a list of files',
      { filters: 'api_files: x' },
      '"api_files" is the output for the files of "api"',
    ],
    ['a word that `graph` does not know', { graph: 'on' }, '`graph` is "on": expected one of auto, off'],
  ] as const),
)('refused: %s', async (_, inputs, problem) => {
  const failure = await after({}, inputs).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(InputError);
  expect(failure instanceof InputError && failure.problems.join('\n')).toContain(problem);
});
