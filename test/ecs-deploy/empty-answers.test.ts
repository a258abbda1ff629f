import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { deployToEnd } from './product/truth.ts';
import type { ReleaseWorld } from './release-world.ts';
import { createReleaseWorld } from './release-world.ts';

let world: ReleaseWorld;

beforeEach(async () => {
  world = await createReleaseWorld();
});
afterEach(() => world.close());

const GIVEN = { service: 'api', image: 'v2' };

test.each(['DescribeServices', 'DescribeTaskDefinition'])(
  'what answers %s with nothing for ever is no AWS: that ends within seconds, and nothing was changed',
  async (operation) => {
    world.aws.faults.add({ service: 'ecs', operation, kind: 'empty' });
    const ended = await deployToEnd(world, GIVEN);
    expect(ended.outcome).toBe('failed');
    expect(ended.ms).toBeLessThan(15_000);
    expect(world.aws.calls('UpdateService')).toBe(0);
  },
);

test('an answer without anything in it is asked for again', async () => {
  world.aws.faults.add({ service: 'ecs', operation: 'DescribeServices', kind: 'empty', times: 3 });
  expect((await deployToEnd(world, GIVEN)).outcome).toBe('deployed');
});
