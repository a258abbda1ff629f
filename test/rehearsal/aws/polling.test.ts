import { DescribeServicesCommand, ECSClient } from '@aws-sdk/client-ecs';
import { poll } from '@hospital-ops/action-kit/poll';
import { expect, test } from '@jest/globals';
import { NEVER_HEALTHY } from '../../../packages/rehearsal/src/aws/scripted-engine.ts';
import { REALISTIC } from '../../../packages/rehearsal/src/aws/timings.ts';
import { createTargetGroup, createWorld } from './world.ts';

test('a rollback of many minutes passes at once for whoever polls over HTTP on the same virtual clock', async () => {
  const world = await createWorld({ sick: NEVER_HEALTHY }, { timings: REALISTIC });
  const credentials = { accessKeyId: 'AKIA', secretAccessKey: 's' };
  const ecs = new ECSClient({ endpoint: world.aws.url, region: 'ap-south-1', credentials, maxAttempts: 1 });
  const rollout = (taskDefinition: string) =>
    poll({
      what: taskDefinition,
      clock: world.clock,
      signal: new AbortController().signal,
      timeoutMs: 3 * 3_600_000,
      observe: () => ecs.send(new DescribeServicesCommand({ cluster: 'c', services: ['api'] })),
      decide: ({ services }) => {
        const [first] = services?.[0]?.deployments ?? [];
        const over = first?.rolloutState === 'COMPLETED';
        return over ? { done: true, value: first?.taskDefinition } : { done: false };
      },
    });
  try {
    const targetGroupArn = await createTargetGroup(world.aws, 'api.example.org');
    const loadBalancers = [{ targetGroupArn, containerName: 'api', containerPort: 3001 }];
    const good = await world.register('good');
    const deploymentConfiguration = { deploymentCircuitBreaker: { enable: true, rollback: true } };
    await world.ecs('CreateService', {
      cluster: 'c',
      serviceName: 'api',
      taskDefinition: good,
      desiredCount: 2,
      loadBalancers,
      deploymentConfiguration,
    });
    expect(await rollout('the first revision')).toBe(good);
    const before = world.clock.now();
    await world.ecs('UpdateService', { cluster: 'c', service: 'api', taskDefinition: await world.register('sick') });
    expect(await rollout('a sick revision')).toBe(good);
    expect(world.clock.now() - before).toBeGreaterThan(5 * 60_000);
    expect(world.aws.ecs.snapshot().services[0]?.deployments.at(-1)).toMatchObject({
      status: 'ROLLBACK_SUCCESSFUL',
      source: 'api:1',
      target: 'api:2',
      rolledBackTo: 'api:1',
    });
  } finally {
    ecs.destroy();
    await world.close();
  }
});
