import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { DeploymentsWorld } from './deployments-world.ts';
import { startDeployments } from './deployments-world.ts';
import { detect } from './detect.ts';
import type { Edit } from './git-world.ts';
import { GitWorld } from './git-world.ts';

const FILE = `project: shop
services: { api: { path: api }, web: { path: web }, jobs: { path: jobs, depends-on: [api] } }
environments: { production: { region: ap-south-1 } }
`;
const API: Edit = 'const api = 1;';

let world: GitWorld;
let github: DeploymentsWorld;
/** What the environment is whole at. */
let whole: string;
beforeAll(() => {
  world = new GitWorld();
  whole = world.commit({ '.github/hospital-ops.yml': FILE, 'api/a': API, 'web/a': 'a', 'jobs/a': 'a', 'sql/a': 'a' });
  world.push('main');
});
afterAll(() => world.dispose());
beforeEach(async () => {
  world.branch('main', whole);
  github = await startDeployments(world);
  await github.deploy(whole, ['success deployed'], { services: { api: whole, web: whole, jobs: whole } });
});
afterEach(() => github.close());

const changes = async (inputs: Readonly<Record<string, string>> = {}) => {
  const event = { name: 'push', ref: 'refs/heads/main', apiUrl: github.url, payload: {} };
  const { outputs, log } = await detect(world.work, event, { environment: 'production', ...inputs });
  const warnings = log.filter((line) => line.startsWith('warning'));
  return { changes: JSON.parse(outputs.changes ?? ''), base: outputs.base, fallback: outputs.fallback, warnings, log };
};

test('a service that was deployed alone is compared with what it runs: a revert of that is seen', async () => {
  const alone = world.commit({ 'api/a': 'broken', 'web/a': 'b' });
  await github.deploy(whole, ['success deployed'], { services: { api: alone }, kept: { web: whole, jobs: whole } });
  world.commit({ 'api/a': API });
  const found = await changes();
  expect(found).toMatchObject({ changes: ['api', 'web', 'jobs'], base: whole, fallback: '', warnings: [] });
  expect(found.log.join('\n')).toContain(`Compared with ${alone.slice(0, 7)} too: "api" was deployed from it alone.`);
});

test('and is no change again when nothing came since, while those that were left out are', async () => {
  const alone = world.commit({ 'api/a': 'better', 'web/a': 'b' });
  await github.deploy(whole, ['success deployed'], { services: { api: alone, jobs: alone }, kept: { web: whole } });
  expect((await changes()).changes).toEqual(['web']);
  world.commit({ 'api/new': '' });
  expect((await changes()).changes).toEqual(['api', 'web', 'jobs']);
});

test('once the whole followed, only that counts', async () => {
  const alone = world.commit({ 'api/a': 'b', 'web/a': 'b' });
  await github.deploy(whole, ['success deployed'], { services: { api: alone } });
  const all = world.commit({ 'web/b': 'b' });
  await github.deploy(all, ['success deployed'], { services: { web: all }, kept: { api: alone, jobs: whole } });
  world.commit({ 'web/c': 'c' });
  expect(await changes()).toMatchObject({ changes: ['web'], base: all });
});

test('when the commit that it was deployed from is gone, everything is changed', async () => {
  await github.deploy(whole, ['success deployed'], { services: { api: 'd'.repeat(40) } });
  const found = await changes();
  expect(found.changes).toEqual(['api', 'web', 'jobs']);
  expect(found.fallback).toMatch(/^the commit that "api" was deployed from, ddddddd, cannot be fetched$/);
  expect(found.warnings).toHaveLength(1);
});

test('what it was deployed from, when that is in another history, is told', async () => {
  world.branch('topic');
  const alone = world.commit({ 'api/a': 'topic' });
  world.branch('main', whole);
  world.commit({ 'web/a': 'b' });
  await github.deploy(whole, ['success deployed'], { services: { api: alone } });
  const found = await changes();
  expect([found.changes, found.warnings.length]).toEqual([['web'], 1]);
  expect(found.warnings[0]).toContain(`What "api" was deployed from last, ${alone.slice(0, 7)}, is not in the history`);
});

test('services that a roll-back left as they were are compared with what they run', async () => {
  const later = world.commit({ 'api/a': 'b', 'web/a': 'b' });
  await github.deploy(later, ['success deployed'], { services: { api: later, web: later }, kept: { jobs: whole } });
  const kept = { web: later, jobs: whole };
  await github.deploy(whole, ['success deployed'], { kind: 'rollback', services: { api: whole }, kept });
  world.commit({ 'web/a': 'a' });
  expect((await changes()).changes).toEqual(['api', 'web', 'jobs']);
});

test.each([
  ['failed on the way back', 'failure rollback-failed: x', ['api', 'jobs']],
  ['was cancelled', 'error cancelled', ['api', 'jobs']],
  ['did not end yet', 'in_progress started by asha', ['api', 'jobs']],
  ['went back', 'failure rolled-back: x', []],
  ['was skipped', 'error skipped', []],
])('a release that %s may run, so its revert is a change of what it deployed', async (_, word, expected) => {
  const broken = world.commit({ 'api/a': 'broken' });
  await github.deploy(broken, ['in_progress', word], { services: { api: broken } });
  world.commit({ 'api/a': API });
  expect(await changes()).toMatchObject({ changes: expected, base: whole, warnings: [] });
});

test('a later success of a service settles what a failed release left of it, and of no other', async () => {
  const broken = world.commit({ 'api/a': 'broken', 'web/a': 'broken' });
  await github.deploy(broken, ['failure failed'], { services: { api: broken, web: broken } });
  const fixed = world.commit({ 'api/a': API });
  await github.deploy(whole, ['success deployed'], { services: { api: fixed }, kept: { web: whole } });
  world.commit({ 'web/a': 'a' });
  expect((await changes()).changes).toEqual(['web']);
});

test('a failed release whose commit was forced away may run all the same', async () => {
  const broken = world.commit({ 'api/a': 'broken' });
  world.push(`${broken}:refs/heads/broken`);
  await github.deploy(broken, ['failure rollback-failed'], { services: { api: broken } });
  world.branch('main', whole);
  expect((await changes()).changes).toEqual(['api', 'jobs']);
  await github.deploy(whole, ['failure failed'], { services: { web: 'e'.repeat(40) } });
  expect((await changes()).fallback).toMatch(
    /^a deployment of eeeeeee ended as failed, and that commit cannot be fetched/,
  );
});

test('what others deployed and what failed of it counts for every filter and service', async () => {
  const broken = world.commit({ 'sql/a': 'broken', 'web/a': 'broken' });
  await github.deploy(broken, ['failure']);
  world.commit({ 'sql/a': 'a', 'web/a': 'a' });
  expect((await changes({ filters: 'sql: sql/**' })).changes).toEqual(['sql', 'web']);
});

test('when too many commits may run, everything is changed', async () => {
  const services = Object.fromEntries(Array.from({ length: 21 }, (_, at) => [`s${at}`, `${at + 10}`.padEnd(40, '0')]));
  await github.deploy(whole, ['failure failed'], { services });
  expect((await changes()).fallback).toMatch(/^more than 20 commits may run in "production" since deployments/);
});
