import { readLinks } from '@hospital-ops/git/links';
import type { Tree } from '@hospital-ops/git/tree';
import { parseBatch } from '@hospital-ops/git/tree';
import { packageClosure, readWorkspace } from '@hospital-ops/git/workspace';
import { expect, test } from '@jest/globals';

const tree = (files: Readonly<Record<string, string>>): Tree => ({
  paths: Object.keys(files),
  links: [],
  submodules: [],
  read: async (paths) => new Map(paths.flatMap((path) => (path in files ? [[path, files[path] ?? ''] as const] : []))),
});

const manifest = (name: string, dependencies: object = {}, kind = 'dependencies') =>
  JSON.stringify({ name, [kind]: dependencies });

const MEMBERS = {
  'apps/api/package.json': manifest('@h/api', { '@h/shared': 'workspace:*', fastify: '5' }),
  'apps/web/package.json': manifest('@h/web', { '@h/ui': 'workspace:^' }),
  'packages/shared/package.json': manifest('@h/shared'),
  'packages/ui/package.json': manifest('@h/ui', { '@h/shared': '*' }, 'devDependencies'),
};

const PNPM = { 'pnpm-workspace.yaml': 'packages: [apps/*, "packages/**", "!**/skip/**"]', 'package.json': '{}' };

const workspaceOf = async (files: Readonly<Record<string, string>>, folders: readonly string[]) =>
  readWorkspace(tree(files), folders, await readLinks(tree(files)));

const ways = async (files: Readonly<Record<string, string>>, folder: string) =>
  Object.fromEntries(packageClosure(await workspaceOf(files, [folder]), [folder]));

test.each([
  ['pnpm', PNPM],
  ['npm and Yarn', { 'package.json': '{"workspaces":["apps/*","./packages/*/"]}' }],
  ['Yarn 1', { 'package.json': '{"workspaces":{"packages":["apps/*","packages/*"]}}' }],
])('packages of a %s workspace are followed to the end', async (_, root) => {
  const files = { ...root, ...MEMBERS };
  expect(await ways(files, 'apps/web')).toEqual({
    'apps/web': ['apps/web'],
    'packages/ui': ['packages/ui', 'apps/web'],
    'packages/shared': ['packages/shared', 'packages/ui', 'apps/web'],
  });
  expect(Object.keys(await ways(files, 'apps/api'))).toEqual(['apps/api', 'packages/shared']);
});

test.each([
  ['a link by path', { x: 'link:../../tools/x' }, ['tools/x']],
  ['a file by path', { x: 'file:../../tools/x' }, ['tools/x']],
  ['an alias of the workspace', { other: 'workspace:@h/shared@*' }, ['packages/shared']],
  ['an alias of the registry', { '@h/shared': 'npm:other@1' }, []],
  ['a package of the registry', { fastify: '5' }, []],
  ['a way out of the repository', { x: 'file:../../../../x' }, []],
])('%s', async (_, dependencies, expected) => {
  const files = {
    ...PNPM,
    ...MEMBERS,
    'apps/job/package.json': manifest('@h/job', dependencies),
    'tools/x/package.json': manifest('x'),
  };
  expect(Object.keys(await ways(files, 'apps/job')).slice(1)).toEqual(expected);
});

test('packages that use each other end', async () => {
  const files = {
    ...PNPM,
    'apps/a/package.json': manifest('a', { b: 'workspace:*' }),
    'apps/b/package.json': manifest('b', { a: 'workspace:*' }),
  };
  expect(Object.keys(await ways(files, 'apps/a'))).toEqual(['apps/a', 'apps/b']);
});

test('what is excluded or installed is no member', async () => {
  const files = {
    ...PNPM,
    'apps/a/package.json': manifest('a', { s: '*', m: '*' }),
    'packages/skip/s/package.json': manifest('s'),
    'packages/p/node_modules/m/package.json': manifest('m'),
  };
  expect(Object.keys(await ways(files, 'apps/a'))).toEqual(['apps/a']);
});

test('a folder without a manifest is a service all the same', async () => {
  expect(await ways({ 'jobs/x/main.py': '' }, 'jobs/x')).toEqual({ 'jobs/x': ['jobs/x'] });
});

test('a manifest that cannot be read is an error, not a package without dependencies', async () => {
  await expect(workspaceOf({ ...PNPM, 'apps/a/package.json': '{' }, [])).rejects.toThrow(
    '"apps/a/package.json" is not valid JSON.',
  );
});

test('the output of cat-file is cut by its sizes, whatever the contents hold', () => {
  const sha = 'a'.repeat(40);
  const output = Buffer.from(`${sha} blob 6\né\nx \n\n${'x'} missing\n${sha} tree 3\nabc\n${sha} blob 0\n\n`);
  expect(parseBatch(output, ['a', 'b', 'c', 'd'])).toEqual(
    new Map([
      ['a', 'é\nx \n'],
      ['d', ''],
    ]),
  );
});
