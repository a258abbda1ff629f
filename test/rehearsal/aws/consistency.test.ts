import { afterEach, describe, expect, test } from '@jest/globals';
import { exits } from '../../../packages/rehearsal/src/aws/scripted-engine.ts';
import type { NativeWorld } from './native-world.ts';
import { createNativeWorld } from './native-world.ts';
import type { Loose } from './world.ts';

let world: NativeWorld;
afterEach(() => world.close());

const named = { cluster: 'c', service: 'api' };
const list = async (): Promise<Loose[]> => (await world.ecs('ListServiceDeployments', named)).serviceDeployments;

describe('answers that come late', () => {
  test('a service deployment is seen only after some looks, by whichever call', async () => {
    world = await createNativeWorld({ strategy: 'ROLLING' });
    world.aws.ecs.play.hideDeployment('api', 3);
    expect(await world.update('v2')).toBeUndefined();
    expect(await list()).toHaveLength(1);
    const { currentServiceDeployment } = await world.service();
    expect(currentServiceDeployment).toBeUndefined();
    expect(await list()).toHaveLength(1);
    expect(await list()).toHaveLength(2);
    expect((await world.service()).currentServiceDeployment).toMatch(/:service-deployment\//);
  });

  test('a service is shown as it was before its update for some looks', async () => {
    world = await createNativeWorld({ strategy: 'ROLLING' });
    const before = await world.service();
    world.aws.ecs.play.showStale('api', 2);
    await world.update('v2');
    expect((await world.service()).deployments).toHaveLength(1);
    expect((await world.service()).taskDefinition).toBe(before.taskDefinition);
    expect(await world.service()).toMatchObject({ taskDefinition: expect.stringMatching(/api:2$/) });
  });

  test('any status can be shown for some looks', async () => {
    world = await createNativeWorld({ strategy: 'ROLLING' });
    await world.update('v2');
    await world.settle();
    world.aws.ecs.play.showStatus('api', 'STOP_REQUESTED', 2, 'somebody asked');
    const arns = [(await list())[0]?.serviceDeploymentArn];
    const look = async () =>
      (await world.ecs('DescribeServiceDeployments', { serviceDeploymentArns: arns })).serviceDeployments[0];
    expect(await look()).toMatchObject({ status: 'STOP_REQUESTED', statusReason: 'somebody asked' });
    expect(await look()).toMatchObject({ status: 'SUCCESSFUL' });
  });
});

describe('early success', () => {
  const early = (healthyPercent: number, sourceServiceRevisionCleanup: string) => ({
    deploymentConfiguration: {
      strategy: 'ROLLING',
      minimumHealthyPercent: 50,
      maximumPercent: 150,
      earlySuccessCriteria: { enable: true, healthyPercent, sourceServiceRevisionCleanup },
    },
  });

  test('comes with the share of healthy tasks, and the old ones go in the background', async () => {
    world = await createNativeWorld({ strategy: 'ROLLING' }, {}, {}, { desiredCount: 4 });
    await world.update('v2', early(50, 'DEFERRED'));
    await world.until(({ status }) => status === 'SUCCESSFUL');
    const { deployments } = await world.service();
    expect(deployments).toMatchObject([{ status: 'PRIMARY', rolloutState: 'COMPLETED' }, { status: 'ACTIVE' }]);
    await world.clock.advance(10_000);
    const after = await world.service();
    expect(after).toMatchObject({ runningCount: 4, deployments: [{ runningCount: 4 }] });
    expect(world.aws.ecs.snapshot().services[0]?.serving).toEqual(['api:2']);
  });

  test('with BLOCKING comes when the old tasks are gone', async () => {
    world = await createNativeWorld({ strategy: 'ROLLING' }, {}, {}, { desiredCount: 4 });
    await world.update('v2', early(50, 'BLOCKING'));
    const { sourceServiceRevisions, targetServiceRevision } = await world.until(
      ({ status }) => status === 'SUCCESSFUL',
    );
    expect(sourceServiceRevisions).toMatchObject([{ runningTaskCount: 0 }]);
    expect(targetServiceRevision.runningTaskCount).toBeGreaterThanOrEqual(2);
    await world.clock.advance(10_000);
    expect(await world.service()).toMatchObject({ runningCount: 4 });
  });

  test('does not come for tasks that fail', async () => {
    world = await createNativeWorld({ strategy: 'ROLLING' }, { crash: exits(1) }, {}, { desiredCount: 4 });
    await world.update('crash', early(50, 'DEFERRED'));
    await world.clock.advance(20_000);
    expect((await world.deployment()).status).toBe('IN_PROGRESS');
  });
});
