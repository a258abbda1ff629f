import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { everyNth } from '../support/thorough.ts';
import type { DeploymentsWorld } from './deployments-world.ts';
import { startDeployments } from './deployments-world.ts';
import type { Event } from './detect.ts';
import { booleans, detect, FILTERS } from './detect.ts';
import { GitWorld } from './git-world.ts';

const FILES = { 'apps/api/a.ts': 'a', 'apps/web/a.ts': 'a', 'packages/shared/a.ts': 'a', 'docs/a.md': 'a' };
const INPUTS = { filters: FILTERS, environment: 'production' };

let world: GitWorld;
let github: DeploymentsWorld;
const deploy: DeploymentsWorld['deploy'] = (...about) => github.deploy(...about);
beforeEach(async () => {
  world = new GitWorld();
  github = await startDeployments(world);
});
afterEach(async () => {
  await github.close();
  world.dispose();
});

const changed = (outputs: Readonly<Record<string, string>>) =>
  Object.entries(booleans(outputs))
    .filter(([, yes]) => yes)
    .map(([name]) => name);

const run = async (event: Omit<Event, 'apiUrl'>, inputs: Readonly<Record<string, string>> = INPUTS, depth = 1) => {
  const sha = world.head();
  world.push('HEAD:refs/heads/main');
  const ref = event.ref ?? 'refs/heads/main';
  return detect(world.checkout({ depth, sha, ref }), { ...event, ref, apiUrl: github.url }, inputs);
};

/** Three releases: of api, of web, of docs. */
const threeCommits = () => {
  const first = world.commit(FILES);
  const second = world.commit({ 'apps/api/a.ts': 'b' });
  const third = world.commit({ 'apps/web/a.ts': 'b' });
  world.push('main');
  world.commit({ 'docs/a.md': 'b' });
  return { first, second, third };
};

const pushOf = (before: string): Event => ({ name: 'push', payload: { before, forced: false } });

describe.each(
  everyNth<[string, (before: string) => Event]>(2, [
    ['a push', pushOf],
    ['a tag', () => ({ name: 'push', ref: 'refs/tags/v1.0.0', payload: { before: '0'.repeat(40) } })],
    ['a release', () => ({ name: 'release', ref: 'refs/tags/v1.0.0', payload: { release: { tag_name: 'v1.0.0' } } })],
    ['a manual run', () => ({ name: 'workflow_dispatch' })],
    ['a schedule', () => ({ name: 'schedule' })],
  ]),
)('with an environment, %s', (_, event) => {
  test('is compared with the last deployment that succeeded, so that a failed one is not forgotten', async () => {
    const { first, second, third } = threeCommits();
    world.tag('v1.0.0');
    await deploy(first, ['in_progress', 'success']);
    await deploy(second, ['in_progress', 'failure']);
    await deploy(third, ['in_progress', 'error']);
    await deploy(world.head(), ['in_progress']);
    await deploy(third, ['success'], { environment: 'staging' });
    const { outputs } = await run(event(third));
    expect(changed(outputs)).toEqual(['api', 'web', 'docs']);
    expect(outputs).toMatchObject({
      base: first,
      'base-reason': 'the last successful deployment to "production"',
      fallback: '',
    });
  });
});

test('a deployment that a later one replaced was a success all the same', async () => {
  const { first, second } = threeCommits();
  await deploy(first, ['success'], { environment: 'qa' });
  await deploy(second, ['success', 'inactive'], { environment: 'qa' });
  const { outputs } = await run(pushOf(first), { ...INPUTS, environment: 'qa' });
  expect(changed(outputs)).toEqual(['web', 'docs']);
});

test('a deployment of a commit that is no ancestor does not count, and that what it brought goes is told', async () => {
  const { second } = threeCommits();
  const tip = world.head();
  world.branch('hotfix', second);
  const hotfix = world.commit({ 'packages/shared/a.ts': 'b' });
  world.push('hotfix');
  world.branch('main', tip);
  await deploy(second, ['success']);
  await deploy(hotfix, ['success']);
  await deploy(hotfix, ['success']);
  const { outputs, log } = await run(pushOf(second));
  expect([changed(outputs), outputs.base]).toEqual([['web', 'docs'], second]);
  expect(log.filter((line) => line.startsWith('warning: '))).toEqual([
    expect.stringContaining(`${hotfix.slice(0, 7)}, is not in the history of ${tip.slice(0, 7)}`),
  ]);
});

test('after a roll-back the commit that was rolled back to counts', async () => {
  const { first, third } = threeCommits();
  await deploy(first, ['success']);
  await deploy(third, ['success']);
  await deploy(first, ['success']);
  const { outputs, log } = await run(pushOf(third));
  expect(changed(outputs)).toEqual(['api', 'web', 'docs']);
  expect(log.join('\n')).not.toContain('warning: ');
});

test('what is deployed already is no change', async () => {
  threeCommits();
  await deploy(world.head(), ['success']);
  expect((await run(pushOf(world.head()))).outputs).toMatchObject({ changes: '[]', any: 'false', fallback: '' });
});

test.each([
  ['none succeeded', async () => deploy('main', ['failure']), /no successful deployment to "production"$/],
  ['there is none', async () => {}, /no successful deployment to "production"$/],
  [
    'none is of this history',
    async () => {
      const tip = world.head();
      world.branch('other', 'main~2');
      await deploy(world.commit({ other: 'x' }), ['success']);
      world.push('other');
      world.branch('main', tip);
    },
    /of a commit in this history/,
  ],
])('when %s, everything is changed', async (_, prepare, why) => {
  const { third } = threeCommits();
  await prepare();
  const { outputs, log } = await run(pushOf(third));
  expect([changed(outputs).length, outputs.fallback]).toEqual([4, expect.stringMatching(why)]);
  expect(log).toContainEqual(expect.stringMatching(/^warning: Everything counts as changed/));
});

test('when the API refuses, everything is changed, and the permission is named', async () => {
  threeCommits();
  await github.close();
  const { outputs, log } = await run(pushOf(world.head()));
  expect(changed(outputs)).toHaveLength(4);
  expect(outputs.fallback).toMatch(/^cannot list the deployments: .*[^.]\. no answer came$/);
  expect(log.join('\n')).toMatch(/Next: /);
});

test('without an environment the deployments are not asked for', async () => {
  const { third } = threeCommits();
  expect(changed((await run(pushOf(third), { filters: FILTERS })).outputs)).toEqual(['docs']);
  expect(github.requests()).toEqual([]);
});

describe('a pull request without a checkout', () => {
  const request = (more: object = {}) => ({
    number: 7,
    base: { ref: 'main', sha: 'b'.repeat(40) },
    head: { ref: 'topic', sha: world.head() },
    ...more,
  });
  const asked = (payload = request()) =>
    detect(world.root, { name: 'pull_request', payload: { pull_request: payload }, apiUrl: github.url });

  test.each([
    ['added', { 'apps/api/new.ts': 'x' }, ['api']],
    ['deleted', { 'apps/api/a.ts': null }, ['api']],
    ['moved', { 'apps/api/long.ts': null, 'packages/shared/long.ts': 'long\n'.repeat(30) }, ['api', 'shared']],
    ['on many pages', Object.fromEntries(Array.from({ length: 250 }, (_, i) => [`docs/${i}`, ''])), ['docs']],
  ])('is what the API lists: files that were %s', async (_, edits, expected) => {
    world.commit({ ...FILES, 'apps/api/long.ts': 'long\n'.repeat(30) });
    world.branch('topic');
    world.commit(edits);
    const { outputs } = await asked();
    expect([changed(outputs), outputs.fallback]).toEqual([expected, '']);
    expect(outputs).toMatchObject({ head: world.head(), 'base-reason': expect.stringMatching(/the API was asked/) });
  });

  test('is everything when the API lists fewer files than there are', async () => {
    world.commit(FILES);
    world.branch('topic');
    world.commit(Object.fromEntries(Array.from({ length: 3_001 }, (_, i) => [`docs/${i}`, ''])));
    const { outputs } = await asked();
    expect(changed(outputs)).toHaveLength(4);
    expect(outputs.fallback).toBe('the API lists 3000 of the 3001 files of pull request #7');
  });

  test('is everything when it was pushed to since', async () => {
    world.commit(FILES);
    world.branch('topic');
    world.commit({ 'docs/a.md': 'b' });
    const { outputs } = await asked(request({ head: { ref: 'topic', sha: 'c'.repeat(40) } }));
    expect([changed(outputs).length, outputs.fallback]).toEqual([4, expect.stringMatching(/was pushed to since/)]);
  });
});
