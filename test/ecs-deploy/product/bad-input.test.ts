import { afterEach, expect, test } from '@jest/globals';
import type { ReleaseWorld } from '../release-world.ts';
import { createReleaseWorld } from '../release-world.ts';
import { deployToEnd, isChange } from './truth.ts';

let world: ReleaseWorld;
afterEach(() => world.close());

const many = (...entries: ReadonlyArray<Record<string, unknown>>) => ({ services: JSON.stringify(entries) });

test.each<[string, Record<string, string>, RegExp]>([
  ['an unknown service', { service: 'nobody', image: 'v2' }, /"nobody"/],
  ['an unknown container', { service: 'api', container: 'app', image: 'v2' }, /no container "app"/],
  ['a container that is nearly known', { service: 'api', images: '{"apj":"v2"}' }, /did you mean "api"/],
  ['an unknown revision', { service: 'api', 'task-definition': 'api:99' }, /api:99/],
  ['an unknown revision to go back to', { service: 'api', 'rollback-to': '99' }, /api:99/],
  ['an unknown strategy', { service: 'api', image: 'v2', strategy: 'purple' }, /`strategy`/],
  ['a count that is no number', { service: 'api', image: 'v2', 'desired-count': 'abc' }, /desired-count/],
  ['a file that cannot be read', { service: 'api', 'task-definition': '../task.json' }, /task-definition/],
  ['services that wait for each other', many({ service: 'api', image: 'v2', after: 'api' }), /wait for each other/],
  ['a service after one that is not there', many({ service: 'api', after: 'web' }), /not in the release/],
  ['a weighted canary without its rule', { service: 'api', image: 'v2', strategy: 'weighted-canary' }, /listener-rule/],
  ['a bake of 90 s by ECS', { service: 'api', image: 'v2', strategy: 'canary', 'bake-time': '90s' }, /whole minutes/],
  ['a stage that ECS does not have', { service: 'api', image: 'v2', 'wait-until': 'SOON' }, /wait-until/],
  ['a name that is variable and secret', { service: 'api', 'environment-variables': 'A=1', secrets: 'A=/a' }, /A/],
])('%s ends the run before anything is changed', async (_, given, message) => {
  world = await createReleaseWorld();
  const before = world.aws.requests().length;
  const ended = await deployToEnd(world, given);
  expect(ended).toMatchObject({ outcome: 'failed', told: expect.stringMatching(message) });
  expect(world.aws.requests().slice(before).filter(isChange)).toEqual([]);
});
