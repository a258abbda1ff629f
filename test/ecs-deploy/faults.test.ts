import { afterEach, describe, expect, test } from '@jest/globals';
import type { FaultKind } from '../../packages/rehearsal/src/aws/faults.ts';
import { exits } from '../../packages/rehearsal/src/aws/scripted-engine.ts';
import type { ReleaseWorld } from './release-world.ts';
import { createReleaseWorld } from './release-world.ts';

const KINDS: readonly FaultKind[] = ['throttle', '5xx', 'reset', 'lost-response', 'access-denied', 'expired-token'];
const OPERATIONS = [
  'DescribeServices',
  'DescribeTaskDefinition',
  'RegisterTaskDefinition',
  'UpdateService',
  'DescribeServiceDeployments',
  'DescribeServiceRevisions',
  'StopServiceDeployment',
  'ListTasks',
  'DescribeTasks',
  'GetLogEvents',
];
const TRANSIENT = new Set<FaultKind>(['throttle', '5xx', 'reset', 'lost-response']);

let world: ReleaseWorld;
afterEach(() => world.close());

/** What is true of the service when nobody works on it any more. */
const truth = async () => {
  await world.clock.advance(60_000);
  const { deployments } = await world.service();
  const { taskDefinitionArns } = await world
    .ecs('ListTaskDefinitions', { familyPrefix: 'api' })
    .catch(() => ({ taskDefinitionArns: [] }));
  return { image: await world.image(), deployments, revisions: taskDefinitionArns.length };
};

const run = async (image: string) => {
  try {
    return (await world.deploy({ service: 'api', image })).outputs;
  } catch {
    // The reads before any change are errors of the step: outcome `failed`, and nothing was changed.
    return { outcome: 'failed' };
  }
};

const rows = OPERATIONS.flatMap((operation) =>
  KINDS.flatMap((kind) => [0, 2].map((after) => [operation, kind, after] as const)),
);

describe('a good revision', () => {
  test.each(rows)('with %s failing by %s after %i calls ends with a true outcome', async (operation, kind, after) => {
    world = await createReleaseWorld();
    world.aws.faults.add({ operation, kind, after, times: 2 });
    const { outcome } = await run('v2');
    world.aws.faults.clear();
    const { image, deployments } = await truth();
    if (TRANSIENT.has(kind)) expect(outcome).toBe('deployed');
    expect(['deployed', 'failed', 'unknown', 'rolled-back']).toContain(outcome);
    if (outcome === 'deployed') expect(image).toBe('v2');
    if (outcome === 'failed' || outcome === 'rolled-back') expect(image).toBe('v1');
    expect(deployments).toHaveLength(1);
    expect(deployments[0].rolloutState).toBe('COMPLETED');
    const { serviceDeployments } = await world.ecs('ListServiceDeployments', { cluster: 'c', service: 'api' });
    expect(serviceDeployments.length).toBeLessThanOrEqual(2);
    const { taskDefinition } = await world.ecs('DescribeTaskDefinition', { taskDefinition: 'api' });
    expect(taskDefinition.revision).toBeLessThanOrEqual(2);
  });
});

describe('a revision that crashes', () => {
  test.each(rows.filter(([, , after]) => after === 0))(
    'with %s failing by %s ends with a true outcome',
    async (operation, kind) => {
      world = await createReleaseWorld({ crash: exits(1, 200) });
      world.aws.faults.add({ operation, kind, times: 2 });
      const { outcome } = await run('crash');
      world.aws.faults.clear();
      const { image } = await truth();
      if (TRANSIENT.has(kind)) expect(outcome).toBe('rolled-back');
      expect(['rolled-back', 'failed', 'unknown']).toContain(outcome);
      if (outcome === 'rolled-back' || outcome === 'failed') expect(image).toBe('v1');
    },
  );
});

describe('without a right that only tells more', () => {
  test.each([
    'StopServiceDeployment',
    'DescribeServiceRevisions',
    'DescribeServiceDeployments',
    'GetLogEvents',
    'DescribeTasks',
    'ListTasks',
  ])('%s the outcome is the same', async (operation) => {
    world = await createReleaseWorld({ missing: { failsToStart: 'CannotPullContainerError: not found' } });
    world.aws.faults.add({ operation, kind: 'access-denied' });
    expect((await run('missing')).outcome).toBe('rolled-back');
    world.aws.faults.clear();
    expect((await truth()).image).toBe('v1');
  });
});
