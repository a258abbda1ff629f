import { afterEach, describe, expect, test } from '@jest/globals';
import { exits } from '../../../packages/rehearsal/src/aws/scripted-engine.ts';
import type { ReleaseWorld } from '../release-world.ts';
import { createReleaseWorld } from '../release-world.ts';
import { onCall } from './on-call.ts';
import type { Ended } from './truth.ts';
import { deployToEnd, disturbs, expectTruth, runsWholly } from './truth.ts';

let world: ReleaseWorld;
afterEach(() => world.close());

const begin = async () => {
  world = await createReleaseWorld({ crash: exits(1, 200) });
};

const run = (image: string, given: Readonly<Record<string, string>> = {}): Promise<Ended> =>
  deployToEnd(world, { service: 'api', image, ...given }, new AbortController().signal);

/** Somebody deploys `image` at once, in between two moments of ours. Returns the revision. */
const theirs = (image: string): void => {
  const containerDefinitions = [{ name: 'api', image, memory: 128 }];
  void world.ecs('RegisterTaskDefinition', { family: 'api', containerDefinitions });
  void world.ecs('UpdateService', { cluster: 'c', service: 'api', taskDefinition: 'api' });
};

const left = async (image: string): Promise<void> => {
  world.aws.faults.clear();
  await world.clock.advance(600_000);
  expect(await world.image()).toBe(image);
  const [service] = world.aws.ecs.snapshot().services;
  expect(service && runsWholly(service, service.taskDefinition ?? '')).toBe(true);
};

describe('of two runs that deploy one service at once', () => {
  test('the first is superseded and says by what', async () => {
    await begin();
    let second: Promise<Ended> | undefined;
    onCall(
      world,
      ({ operation }) => operation === 'ListTasks' || operation === 'DescribeServiceRevisions',
      () => {
        second = run('v3');
      },
    );
    const first = await run('v2');
    expect(first).toMatchObject({ outcome: 'superseded', reason: expect.stringMatching(/api:3/) });
    expect(await second).toMatchObject({ outcome: 'deployed' });
    await left('v3');
  });

  test('both begun in the same moment, one is superseded by the other', async () => {
    await begin();
    const both = await Promise.all([run('v2'), run('v3')]);
    expect(both.map(({ outcome }) => outcome).sort()).toEqual(['deployed', 'superseded']);
    const [winner] = both.filter(({ outcome }) => outcome === 'deployed');
    const revision = winner?.reports[0]?.new['task-definition'].replace(/^.*\//, '') ?? '';
    expect(both.find(({ outcome }) => outcome === 'superseded')?.reason).toContain(revision);
    await left(both[0] === winner ? 'v2' : 'v3');
  });

  test('a crashing one that was superseded does not take the other back', async () => {
    await begin();
    let second: Promise<Ended> | undefined;
    onCall(
      world,
      ({ operation }) => operation === 'DescribeServiceRevisions',
      () => {
        second = run('v3');
      },
    );
    expect(await run('crash')).toMatchObject({ outcome: 'superseded', reason: expect.stringMatching(/api:3/) });
    expect(await second).toMatchObject({ outcome: 'deployed' });
    await left('v3');
  });

  test('one that goes back when the other begins leaves it alone', async () => {
    await begin();
    let second: Promise<Ended> | undefined;
    const first = run('crash');
    onCall(
      world,
      ({ operation }) => operation === 'StopServiceDeployment',
      () => {
        second = world.clock.background.sleep(200).then(() => run('v3'));
      },
    );
    expect(await first).toMatchObject({ outcome: 'superseded', reason: expect.stringMatching(/api:3/) });
    expect(await second).toMatchObject({ outcome: 'deployed' });
    await left('v3');
  });
});

describe('what somebody else deploys is not taken back', () => {
  test.each(['lost-response', 'reset', 'html', 'empty'] as const)(
    'when it comes while our update is in doubt (%s)',
    async (kind) => {
      await begin();
      world.aws.faults.add({ operation: 'UpdateService', kind, times: 1 });
      onCall(
        world,
        ({ operation }) => operation === 'UpdateService',
        () => void world.clock.background.sleep(300).then(() => theirs('theirs')),
      );
      const ended = await run('v2');
      expect(ended).toMatchObject({ outcome: 'superseded', reason: expect.stringMatching(/api:3/) });
      expect(world.aws.calls('UpdateService')).toBe(1);
      await left('theirs');
    },
  );

  test.each(['StopServiceDeployment', 'DescribeTasks', 'GetLogEvents'])(
    'when it comes at the moment of our %s, as we go back',
    async (at) => {
      await begin();
      onCall(
        world,
        ({ operation }) => operation === at,
        () => theirs('theirs'),
      );
      const ended = await run('crash');
      expect(ended).toMatchObject({ outcome: 'superseded', reason: expect.stringMatching(/api:3/) });
      await left('theirs');
    },
  );

  test('when we are cancelled after it came', async () => {
    await begin();
    const cancel = new AbortController();
    onCall(
      world,
      ({ operation }) => operation === 'ListTasks',
      () => {
        theirs('theirs');
        cancel.abort();
      },
    );
    const ended = await deployToEnd(world, { service: 'api', image: 'v2' }, cancel.signal);
    expect(['superseded', 'cancelled']).toContain(ended.outcome);
    expectTruth(ended);
    await left('theirs');
    expect(world.aws.requests().filter(disturbs)).toHaveLength(1);
  });
});
