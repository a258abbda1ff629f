import { afterEach, expect, test } from '@jest/globals';
import type { ReleaseWorld } from './release-world.ts';
import { createReleaseWorld } from './release-world.ts';

let world: ReleaseWorld;
afterEach(() => world.close());

const previous = async (...images: readonly string[]) => {
  world = await createReleaseWorld();
  for (const image of images) await world.deploy({ service: 'api', image });
  return () => world.deploy({ service: 'api', 'rollback-to': 'previous', 'dry-run': 'true' });
};

test('a revision that was taken back by deploying the one before is named in a warning, with the one before', async () => {
  const look = await previous('v2', 'v3');
  await world.deploy({ service: 'api', 'task-definition': 'api:2' });
  const { lines } = await look();
  const warning = lines.filter((line) => /warning: .*api:3/.test(line));
  expect(warning).toEqual([expect.stringMatching(/may be the revision that was taken back.*rollback-to: api:1/)]);
});

test('one that simply came before is gone back to without a word', async () => {
  const { lines } = await (await previous('v2', 'v3'))();
  expect(lines.filter((line) => /taken back/.test(line))).toEqual([]);
});
