import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { detect } from './detect.ts';
import { GitWorld } from './git-world.ts';

/** Every kind of change that git knows, in one push, and what each status makes of it. */
const FILTERS = JSON.stringify(
  Object.fromEntries(
    ['old', 'new', 'bits', 'kind', 'module', 'plain', 'fresh', 'gone'].flatMap((folder) =>
      ['added', 'modified', 'deleted'].map((status) => [`${folder}-${status}`, [{ [status]: `${folder}/**` }]]),
    ),
  ),
);

let world: GitWorld;
let before: string;
let sha: string;

beforeAll(() => {
  world = new GitWorld();
  const long = 'the same text\n'.repeat(50);
  world.commit({
    'old/a.ts': long,
    'bits/run.sh': '#!/bin/sh\n',
    'kind/a': 'a file',
    'plain/a\n"b"\té': 'one',
    'gone/a': 'one',
  });
  const point = (commit: string) => {
    world.git(world.work, 'update-index', '--add', '--cacheinfo', `160000,${commit},module/lib`);
    return world.sh(world.work, 'git commit -q -m c && git rev-parse HEAD');
  };
  before = point('a'.repeat(40));
  world.git(world.work, 'config', 'diff.renames', 'copies');
  world.commit({
    'old/a.ts': null,
    'new/a.ts': long,
    'bits/run.sh': { executable: true },
    'kind/a': { link: '../plain' },
    'plain/a\n"b"\té': 'two',
    'fresh/.a': '',
    'gone/a': null,
  });
  sha = point('b'.repeat(40));
  world.push('main');
});
afterAll(() => world.dispose());

const CHANGES = [
  'old-deleted',
  'new-added',
  'bits-modified',
  'kind-modified',
  'module-modified',
  'plain-modified',
  'fresh-added',
  'gone-deleted',
];

describe.each([
  ['all of the history', { depth: 0 }],
  ['one commit', { depth: 1 }],
  ['no contents of files', { depth: 0, filter: 'blob:none' }],
] as const)('in a checkout of %s', (_, how) => {
  const folder = () => world.checkout({ ...how, sha, ref: 'refs/heads/main' });
  const pushed = (directory: string) =>
    detect(directory, { name: 'push', ref: 'refs/heads/main', payload: { before, after: sha } }, { filters: FILTERS });

  test('each kind of change has its status', async () => {
    const { outputs } = await pushed(folder());
    expect(outputs).toMatchObject({ fallback: '', base: before });
    expect(JSON.parse(outputs.changes ?? '')).toEqual(CHANGES);
  });

  test('that is sparse it is the same', async () => {
    const directory = folder();
    world.git(directory, 'sparse-checkout', 'set', '--no-cone', 'plain');
    const { outputs } = await pushed(directory);
    expect(JSON.parse(outputs.changes ?? '')).toEqual(CHANGES);
  });
});
