import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { detect } from './detect.ts';
import type { Edit } from './git-world.ts';
import { GitWorld } from './git-world.ts';

/** Two services; `other` is made of nothing that these tests change. */
const FILE = `project: shop
services:
  api: { path: apps/api, dockerfile: apps/api/Dockerfile, context: . }
  other: { path: apps/other }
environments: { staging: { region: ap-south-1 } }
`;

const FILES: Readonly<Record<string, Edit>> = {
  '.github/hospital-ops.yml': FILE,
  'apps/api/index.js': 'a',
  'apps/other/index.js': 'a',
  'libs/shared/index.js': 'a',
  'libs/shared/deep/x.js': 'a',
  'config/base.conf': 'a',
  'config/other.conf': 'a',
};

let world: GitWorld;
let start: string;
beforeAll(() => {
  world = new GitWorld();
  start = world.commit(FILES);
});
afterAll(() => world.dispose());

/** The clone itself is looked at: links are read from commits, however they were checked out. */
const pushed = (before: string) =>
  detect(world.work, { name: 'push', ref: 'refs/heads/main', payload: { before, forced: false } }, {});

/** Which services `edits` change, in a repository that holds `prepared` too. */
const changes = async (prepared: Readonly<Record<string, Edit>>, edits: Readonly<Record<string, Edit>>) => {
  world.branch('main', start);
  const before = world.commit(prepared);
  world.commit(edits);
  return pushed(before);
};

const dockerfile = (...lines: string[]) => ({ 'apps/api/Dockerfile': `FROM x\n${lines.join('\n')}\n` });
const link = (target: string) => ({ link: target });

test.each<[string, Readonly<Record<string, Edit>>, Readonly<Record<string, Edit>>]>([
  [
    'a file behind a link that COPY names',
    { ...dockerfile('COPY app.conf /'), 'app.conf': link('config/base.conf') },
    { 'config/base.conf': 'b' },
  ],
  [
    'a file in a folder behind a link that COPY names',
    { ...dockerfile('COPY shared /shared'), shared: link('libs/shared') },
    { 'libs/shared/new.js': 'b' },
  ],
  [
    'a file that COPY names through a link',
    { ...dockerfile('COPY shared/deep /deep'), shared: link('./libs/../libs/shared/') },
    { 'libs/shared/deep/x.js': 'b' },
  ],
  [
    'a file behind a link to a link',
    { ...dockerfile('COPY one /one'), one: link('links/two'), 'links/two': link('../libs/shared') },
    { 'libs/shared/index.js': 'b' },
  ],
  [
    'a link in the middle that leads elsewhere now',
    { ...dockerfile('COPY one /one'), one: link('links/two'), 'links/two': link('../libs/shared') },
    { 'links/two': link('../config') },
  ],
  [
    'a file behind a link from the top of the context',
    { ...dockerfile('COPY one /one'), one: link('/libs/shared') },
    { 'libs/shared/index.js': 'b' },
  ],
  [
    'a file behind a link that a wildcard takes',
    { ...dockerfile('COPY link-*/deep/ /x'), 'link-a': link('libs/shared') },
    { 'libs/shared/deep/x.js': 'b' },
  ],
  [
    'a file behind a Dockerfile that is a link, wherever that lies',
    { 'apps/api/Dockerfile': link('../../docker/api'), 'docker/api': 'FROM x\nCOPY config /\n' },
    { 'docker/api': 'FROM y\nCOPY config /\n' },
  ],
  [
    'what a Dockerfile behind a link copies',
    { 'apps/api/Dockerfile': link('../../docker/api'), 'docker/api': 'FROM x\nCOPY config /\n' },
    { 'config/base.conf': 'b' },
  ],
  [
    'a file behind a link in the folder of the service',
    { 'apps/api/src/shared': link('../../../libs/shared') },
    { 'libs/shared/index.js': 'b' },
  ],
  [
    'a file behind a link in a package that the service uses',
    {
      'package.json': '{"workspaces":["packages/*","apps/*"]}',
      'apps/api/package.json': '{"name":"api","dependencies":{"p":"*"}}',
      'packages/p/package.json': '{"name":"p"}',
      'packages/p/conf': link('../../config'),
    },
    { 'config/base.conf': 'b' },
  ],
  [
    'a file of a package that is named through a link',
    {
      'apps/api/package.json': '{"name":"api","dependencies":{"p":"file:./vendored"}}',
      'apps/api/vendored': link('../../libs/p'),
      'libs/p/package.json': '{"name":"p","dependencies":{"q":"file:../shared"}}',
    },
    { 'libs/shared/index.js': 'b' },
  ],
])('%s changes the service', async (_, prepared, edits) => {
  const { outputs, log } = await changes(prepared, edits);
  expect([outputs.changes, outputs.fallback, log.filter((line) => line.startsWith('warning'))]).toEqual([
    '["api"]',
    '',
    [],
  ]);
});

test('a service whose own folder is a link is what it leads to', async () => {
  const file = FILE.replace('path: apps/api,', 'path: api,');
  const { outputs } = await changes(
    { '.github/hospital-ops.yml': file, api: link('apps/api') },
    { 'apps/api/x.js': 'b' },
  );
  expect(outputs.changes).toBe('["api"]');
});

test('a link never leads out of the context, as for the builder', async () => {
  const file = FILE.replace('context: .', 'context: apps/api');
  const prepared = {
    '.github/hospital-ops.yml': file,
    ...dockerfile('COPY up /up'),
    'apps/api/up': link('../../config'),
    'apps/api/config/x': 'a',
  };
  const { log } = await changes(prepared, { 'apps/api/config/x': 'b' });
  expect(log.join('\n')).toMatch(/api: changed, apps\/api\/config\/x/);
});

test('links that lead in a circle, out of the repository or to nothing do no harm', async () => {
  const prepared = {
    ...dockerfile('COPY a nowhere host /'),
    a: link('b'),
    b: link('a/c'),
    nowhere: link('gone'),
    'apps/api/host': link('../../../../etc/passwd'),
    'apps/api/root': link('/etc/ssl'),
  };
  const { outputs } = await changes(prepared, { 'apps/other/index.js': 'b' });
  expect([outputs.changes, outputs.fallback]).toEqual(['["other"]', '']);
});

test('a link inside a copied folder is copied as a link, so what is behind it does not count', async () => {
  const { outputs } = await changes(
    { ...dockerfile('COPY libs /'), 'libs/conf': link('../config') },
    { 'config/base.conf': 'b' },
  );
  expect(outputs.changes).toBe('[]');
});

test('a submodule that moved on changes what is copied from inside it', async () => {
  world.branch('main', start);
  world.commit({ ...dockerfile('COPY vendor/lib/src /lib', 'COPY vendor/*/include /i') });
  const point = (sha: string) => {
    world.git(world.work, 'update-index', '--add', '--cacheinfo', `160000,${sha},vendor/lib`);
    return world.sh(world.work, 'git commit -q -m c && git rev-parse HEAD');
  };
  const before = point('a'.repeat(40));
  point('b'.repeat(40));
  const { outputs } = await pushed(before);
  expect(outputs.changes).toBe('["api"]');
});
