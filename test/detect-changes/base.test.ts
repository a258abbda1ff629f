import { readdirSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { everyNth } from '../support/thorough.ts';
import type { Event } from './detect.ts';
import { booleans, detect, FILTERS } from './detect.ts';
import { GitWorld } from './git-world.ts';

const FILES = { 'apps/api/a.ts': 'a', 'apps/web/a.ts': 'a', 'packages/shared/a.ts': 'a', 'docs/a.md': 'a' };
const NONE = '0'.repeat(40);
const REPOSITORY = { default_branch: 'main' };

let world: GitWorld;
beforeEach(() => {
  world = new GitWorld();
});
afterEach(() => world.dispose());

const push = (ref: string, before = NONE, extra: object = {}): Event => ({
  name: 'push',
  ref,
  payload: { ref, before, repository: REPOSITORY, ...extra },
});

const changed = (outputs: Readonly<Record<string, string>>) =>
  Object.entries(booleans(outputs))
    .filter(([, yes]) => yes)
    .map(([name]) => name);

describe.each(everyNth(2, [1, 0]))('a tag, with checkout depth %d', (depth) => {
  const released = async (tag: string, inputs = { filters: FILTERS }) => {
    const sha = world.git(world.work, 'rev-parse', `${tag}^{commit}`);
    const ref = `refs/tags/${tag}`;
    return (await detect(world.checkout({ depth, sha, ref }), push(ref), inputs)).outputs;
  };

  test('on a hotfix line follows the tag of that line, not the newest', async () => {
    world.commit(FILES);
    world.tag('v1.0.0');
    world.branch('hotfix');
    world.switchTo('main');
    world.commit({ 'apps/web/a.ts': 'b' });
    world.tag('v1.1.0');
    world.switchTo('hotfix');
    world.commit({ 'apps/api/a.ts': 'b' });
    world.tag('v1.0.1');
    world.push('main', 'hotfix');
    const outputs = await released('v1.0.1');
    expect([changed(outputs), outputs['base-reason']]).toEqual([['api'], 'the previous tag v1.0.0']);
  });

  test('after a merged hotfix follows the highest of the nearest tags', async () => {
    world.commit(FILES);
    world.tag('v1.0.0');
    world.branch('hotfix');
    world.switchTo('main');
    world.commit({ 'apps/web/a.ts': 'b' });
    world.tag('v1.1.0');
    world.switchTo('hotfix');
    world.commit({ 'apps/api/a.ts': 'b' });
    world.tag('v1.0.1');
    world.switchTo('main');
    world.merge('hotfix');
    world.commit({ 'docs/a.md': 'b' });
    world.tag('v1.2.0');
    world.push('main');
    const outputs = await released('v1.2.0');
    expect([changed(outputs), outputs['base-reason']]).toEqual([['api', 'docs'], 'the previous tag v1.1.0']);
  });

  test('that is stable is compared with the last stable one, past its prereleases', async () => {
    world.commit(FILES);
    world.tag('v1.0.0');
    world.commit({ 'apps/web/a.ts': 'b' });
    world.tag('v1.1.0-rc.1');
    world.commit({ 'apps/api/a.ts': 'b' });
    world.tag('v1.1.0-rc.2');
    world.tag('v1.1.0');
    world.push('main');
    expect(changed(await released('v1.1.0'))).toEqual(['api', 'web']);
    expect(changed(await released('v1.1.0-rc.2'))).toEqual(['api']);
  });

  test('that is the first one is everything', async () => {
    world.commit(FILES);
    world.tag('v1');
    world.tag('web-v1.0.0');
    world.commit({ 'docs/a.md': 'b' });
    world.tag('v1.0.0');
    world.push('main');
    const outputs = await released('v1.0.0');
    expect(changed(outputs)).toHaveLength(4);
    expect(outputs).toMatchObject({ base: '', fallback: 'there is no tag before the tag v1.0.0' });
  });
});

test('a history that is longer than one step of deepening is fetched as far as needed', async () => {
  world.commit(FILES);
  world.tag('v1.0.0');
  for (let index = 0; index < 60; index += 1) world.commit({ 'docs/a.md': `${index}` });
  const sha = world.commit({ 'apps/api/a.ts': 'b' });
  world.push('main');
  world.tag('v1.1.0');
  const ref = 'refs/tags/v1.1.0';
  const { outputs } = await detect(world.checkout({ depth: 1, sha, ref }), push(ref));
  expect([changed(outputs), outputs['base-reason']]).toEqual([['api', 'docs'], 'the previous tag v1.0.0']);
});

test('a pull request whose branch merged main since is compared with what it merged', async () => {
  world.commit(FILES);
  world.branch('feature');
  world.commit({ 'apps/api/a.ts': 'b' });
  world.switchTo('main');
  const base = world.commit({ 'apps/web/a.ts': 'b' });
  world.switchTo('feature');
  const head = world.merge('main');
  world.push('main', 'feature');
  const event = {
    name: 'pull_request',
    payload: { pull_request: { number: 1, base: { sha: base, ref: 'main' }, head: { sha: head, ref: 'feature' } } },
  };
  const { outputs } = await detect(world.checkout({ depth: 1, sha: head, ref: 'refs/heads/feature' }), event);
  expect(changed(outputs)).toEqual(['api']);
});

test('the merge of a pull request is compared with its first parent, whatever main became', async () => {
  const old = world.commit(FILES);
  world.branch('feature');
  const head = world.commit({ 'apps/api/a.ts': 'b' });
  world.switchTo('main');
  world.commit({ 'apps/web/a.ts': 'b' });
  world.branch('merge', 'main');
  const merge = world.merge('feature');
  world.push('merge:refs/pull/1/merge', 'feature', 'main');
  const event = {
    name: 'pull_request',
    payload: { pull_request: { number: 1, base: { sha: old, ref: 'main' }, head: { sha: head, ref: 'feature' } } },
  };
  const { outputs } = await detect(world.checkout({ depth: 1, sha: merge, ref: 'refs/pull/1/merge' }), event);
  expect(changed(outputs)).toEqual(['api']);
});

test('a merged pull request still tells what it changed', async () => {
  const base = world.commit(FILES);
  world.branch('feature');
  const head = world.commit({ 'apps/api/a.ts': 'b' });
  world.switchTo('main');
  world.merge('feature');
  world.push('main', 'feature');
  const event = {
    name: 'pull_request',
    payload: { pull_request: { number: 1, base: { sha: base, ref: 'main' }, head: { sha: head, ref: 'feature' } } },
  };
  const { outputs } = await detect(world.checkout({ depth: 1, sha: head, ref: 'refs/heads/feature' }), event);
  expect(changed(outputs)).toEqual(['api']);
});

test('pull_request_target looks at the head of the request, not at the base that is checked out', async () => {
  const base = world.commit(FILES);
  world.push('main');
  world.branch('feature');
  const head = world.commit({ 'apps/api/a.ts': 'b' });
  world.push('HEAD:refs/pull/1/head');
  const event = {
    name: 'pull_request_target',
    payload: { pull_request: { number: 1, base: { sha: base, ref: 'main' }, head: { sha: head, ref: 'feature' } } },
  };
  const { outputs } = await detect(world.checkout({ depth: 1, sha: base, ref: 'refs/heads/main' }), event);
  expect([changed(outputs), outputs.head]).toEqual([['api'], head]);
});

test('a forced push of the default branch is what differs between the two trees', async () => {
  world.commit(FILES);
  world.branch('gone');
  const before = world.commit({ 'apps/web/a.ts': 'b' });
  world.switchTo('main');
  const sha = world.commit({ 'apps/api/a.ts': 'b' });
  world.push('main', 'gone');
  const ref = 'refs/heads/main';
  // Without the event's own word the history decides.
  const { outputs } = await detect(world.checkout({ depth: 1, sha, ref }), push(ref, before));
  expect(changed(outputs)).toEqual(['api', 'web']);
  expect(outputs['base-reason']).toMatch(/forced push/);
});

describe('when the base cannot be known, everything is changed and the reason is told', () => {
  const situations: ReadonlyArray<
    readonly [string, () => { directory: string; event: Event; inputs?: object }, RegExp]
  > = [
    [
      'outside of a checkout',
      () => ({ directory: world.root, event: push('refs/heads/main') }),
      /^there is no checkout/,
    ],
    [
      'when the remote is gone',
      () => {
        const before = world.commit(FILES);
        const sha = world.commit({ 'docs/a.md': 'b' });
        world.push('main');
        const directory = world.checkout({ depth: 1, sha, ref: 'refs/heads/main' });
        rmSync(world.origin, { recursive: true });
        return { directory, event: push('refs/heads/main', before) };
      },
      /fetch failed/,
    ],
    [
      'for an event without its file',
      () => {
        const sha = world.commit(FILES);
        world.push('main');
        return {
          directory: world.checkout({ depth: 1, sha, ref: 'refs/heads/main' }),
          event: { name: 'pull_request' },
        };
      },
      /does not name its base/,
    ],
    [
      'for a revision that does not exist',
      () => {
        const sha = world.commit(FILES);
        world.push('main');
        return {
          directory: world.checkout({ depth: 1, sha, ref: 'refs/heads/main' }),
          event: push('refs/heads/main'),
          inputs: { base: '--output=x' },
        };
      },
      /no revision "--output=x"/,
    ],
    [
      'for the first commit of all',
      () => {
        const sha = world.commit(FILES);
        world.push('main');
        return { directory: world.checkout({ depth: 1, sha, ref: 'refs/heads/main' }), event: { name: 'schedule' } };
      },
      /first of its history/,
    ],
  ];

  test.each(situations)('%s', async (_, make, why) => {
    const { directory, event, inputs } = make();
    const { outputs, log } = await detect(directory, event, { filters: FILTERS, ...inputs });
    expect(changed(outputs)).toHaveLength(4);
    expect(outputs.fallback).toMatch(why);
    expect(outputs).toMatchObject({ any: 'true', base: '', changes: '["api","web","shared","docs"]' });
    expect(log).toContainEqual(expect.stringMatching(/^warning: Everything counts as changed/));
  });
});

test.each([
  ['a branch', 'release', ['api']],
  ['a tag', 'v1.0.0', ['api']],
  ['a name with origin before it', 'origin/release', ['api']],
])('the base may be %s that the checkout does not have', async (_, base, expected) => {
  world.commit(FILES);
  world.branch('release');
  world.tag('v1.0.0');
  world.switchTo('main');
  const sha = world.commit({ 'apps/api/a.ts': 'b' });
  world.push('main', 'release');
  const ref = 'refs/heads/main';
  const { outputs } = await detect(world.checkout({ depth: 1, sha, ref }), push(ref), { filters: FILTERS, base });
  expect(changed(outputs)).toEqual(expected);
});

describe('a base that is the head itself', () => {
  const ref = 'refs/heads/main';
  const twoCommits = () => {
    const before = world.commit(FILES);
    const sha = world.commit({ 'apps/api/a.ts': 'b' });
    world.push('main');
    return { before, sha, directory: world.checkout({ depth: 1, sha, ref }) };
  };

  test.each(['main', 'origin/main', ref])('by the name %s of the run stands for what was before', async (base) => {
    const { before, directory } = twoCommits();
    for (const event of [push(ref, before), { name: 'workflow_dispatch', ref }]) {
      const { outputs } = await detect(directory, event, { filters: FILTERS, base });
      expect([outputs.base, changed(outputs)]).toEqual([before, ['api']]);
    }
  });

  test('by another name is told', async () => {
    const { sha, directory } = twoCommits();
    const of = async (base: string) => detect(directory, push(ref), { filters: FILTERS, base });
    const warning = expect.stringMatching(/^warning: The base "HEAD" is the commit that is checked out/);
    expect((await of('HEAD')).log).toContainEqual(warning);
    expect((await of(sha)).log.filter((line) => line.startsWith('warning'))).toEqual([]);
  });
});

test('the checkout stays as it was, and nothing is left behind', async () => {
  world.commit(FILES);
  world.tag('v1.0.0');
  const sha = world.commit({ 'apps/api/a.ts': 'b' });
  world.push('main');
  world.tag('v1.1.0');
  const ref = 'refs/tags/v1.1.0';
  const directory = world.checkout({ depth: 1, sha, ref });
  const look = () => [
    readdirSync(world.root).sort(),
    world.git(directory, 'config', '--list', '--local'),
    world.git(directory, 'for-each-ref'),
    world.git(directory, 'rev-list', '--all', '--count'),
    world.git(directory, 'status', '--porcelain'),
  ];
  const before = look();
  expect(changed((await detect(directory, push(ref))).outputs)).toEqual(['api']);
  expect(look()).toEqual(before);
});
