import { createHash } from 'node:crypto';
import { afterEach, describe, expect, test } from '@jest/globals';
import { exits } from '../../packages/rehearsal/src/aws/scripted-engine.ts';
import type { Loose } from '../rehearsal/aws/world.ts';
import type { Ran, ReleaseWorld } from './release-world.ts';
import { createReleaseWorld } from './release-world.ts';

const MINUTE = 60_000;
const SCRIPTS = { crash: { ...exits(1, 200), lines: ['DB_URL is not set'] } };
const HOOK = 'arn:aws:lambda:ap-south-1:123456789012:function:check';

let world: ReleaseWorld;
afterEach(() => world.close());

const call = (service: string, operation: string, input: Record<string, unknown>): Promise<Loose> =>
  world.aws.call(service, operation, input) as Promise<Loose>;

/** A service that CodeDeploy controls, with its deployment group `application`/`group`. */
const open = async ({
  application = 'AppECS-c-api',
  group = 'DgpECS-c-api',
  config = 'CodeDeployDefault.ECSAllAtOnce',
  termination = 5,
} = {}) => {
  world = await createReleaseWorld(SCRIPTS, [], { timings: { minuteMs: MINUTE } });
  const elb = (operation: string, input: Record<string, unknown>) => call('elasticloadbalancing', operation, input);
  const targets: string[] = [];
  for (const Name of ['blue', 'green']) {
    const { TargetGroups } = await elb('CreateTargetGroup', { Name, Port: 80, Protocol: 'HTTP', TargetType: 'ip' });
    targets.push(TargetGroups[0].TargetGroupArn);
  }
  const { LoadBalancers } = await elb('CreateLoadBalancer', { Name: 'lb' });
  const { Listeners } = await elb('CreateListener', {
    LoadBalancerArn: LoadBalancers[0].LoadBalancerArn,
    Port: 443,
    Protocol: 'HTTPS',
    DefaultActions: [{ Type: 'forward', TargetGroupArn: targets[0] }],
  });
  await world.register('v1');
  await world.ecs('CreateService', {
    cluster: 'c',
    serviceName: 'api',
    taskDefinition: 'api',
    desiredCount: 2,
    deploymentController: { type: 'CODE_DEPLOY' },
    loadBalancers: [{ targetGroupArn: targets[0], containerName: 'api', containerPort: 3001 }],
  });
  await world.clock.advance(5 * MINUTE);
  await call('codedeploy', 'CreateApplication', { applicationName: application, computePlatform: 'ECS' });
  await call('codedeploy', 'CreateDeploymentGroup', {
    applicationName: application,
    deploymentGroupName: group,
    serviceRoleArn: 'arn:aws:iam::123456789012:role/codedeploy',
    deploymentConfigName: config,
    deploymentStyle: { deploymentType: 'BLUE_GREEN', deploymentOption: 'WITH_TRAFFIC_CONTROL' },
    ecsServices: [{ clusterName: 'c', serviceName: 'api' }],
    autoRollbackConfiguration: { enabled: true, events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_REQUEST'] },
    blueGreenDeploymentConfiguration: {
      terminateBlueInstancesOnDeploymentSuccess: { action: 'TERMINATE', terminationWaitTimeInMinutes: termination },
      deploymentReadyOption: { actionOnTimeout: 'CONTINUE_DEPLOYMENT' },
    },
    loadBalancerInfo: {
      targetGroupPairInfoList: [
        {
          targetGroups: [{ name: 'blue' }, { name: 'green' }],
          prodTrafficRoute: { listenerArns: [Listeners[0].ListenerArn] },
        },
      ],
    },
  });
};

const deploy = (given: Readonly<Record<string, string>> = {}): Promise<Ran> =>
  world.deploy({ service: 'api', image: 'v2', verify: 'false', ...given });

const taskSets = async (): Promise<string[][]> =>
  ((await world.service()).taskSets as Loose[]).map(({ status, taskDefinition }) => [
    status,
    taskDefinition.split('/')[1],
  ]);

describe('a service that CodeDeploy controls', () => {
  test('is deployed when its deployment has succeeded', async () => {
    await open();
    const start = world.clock.now();
    const ran = await deploy();
    expect(ran.outputs).toMatchObject({
      outcome: 'deployed',
      reason: '',
      'deployment-id': expect.stringMatching(/^d-/),
      'task-definition-arn': expect.stringMatching(/api:2$/),
    });
    expect(world.clock.now() - start).toBeGreaterThan(5 * MINUTE);
    expect(ran.reports[0]?.serving['task-definition']).toMatch(/api:2$/);
    expect(world.aws.calls('UpdateService')).toBe(0);
    expect(world.aws.calls('CreateDeployment')).toBe(1);
  });

  test('keeps what the AppSpec deployed last says beside the definition', async () => {
    await open();
    const content = JSON.stringify({
      version: 1,
      Resources: [
        {
          TargetService: {
            Type: 'AWS::ECS::Service',
            Properties: {
              TaskDefinition: await world.register('v1b'),
              LoadBalancerInfo: { ContainerName: 'api', ContainerPort: 3001 },
            },
          },
        },
      ],
      Hooks: [{ BeforeAllowTraffic: HOOK }],
    });
    await call('codedeploy', 'CreateDeployment', {
      applicationName: 'AppECS-c-api',
      deploymentGroupName: 'DgpECS-c-api',
      revision: {
        revisionType: 'AppSpecContent',
        appSpecContent: { content, sha256: createHash('sha256').update(content).digest('hex') },
      },
    });
    await world.clock.advance(10 * MINUTE);
    expect((await deploy()).outputs.outcome).toBe('deployed');
    const { deployments } = await call('codedeploy', 'ListDeployments', {});
    const { deploymentInfo } = await call('codedeploy', 'GetDeployment', { deploymentId: deployments[0] });
    const { revision } = await call('codedeploy', 'GetApplicationRevision', {
      applicationName: 'AppECS-c-api',
      revision: {
        revisionType: 'AppSpecContent',
        appSpecContent: { sha256: deploymentInfo.revision.appSpecContent.sha256 },
      },
    });
    const spec = JSON.parse(revision.appSpecContent.content);
    expect(spec.Hooks).toEqual([{ BeforeAllowTraffic: HOOK }]);
    expect(spec.Resources[0].TargetService.Properties).toMatchObject({
      TaskDefinition: expect.stringMatching(/api:3$/),
      LoadBalancerInfo: { ContainerName: 'api', ContainerPort: 3001 },
    });
  });

  test('is found in another application, and not in one that is not there', async () => {
    await open({ application: 'shop', group: 'production' });
    expect((await deploy({ 'wait-until': 'started' })).outputs.outcome).toBe('started');
    await world.clock.advance(10 * MINUTE);
    await expect(deploy({ image: 'v3', 'codedeploy-application': 'none' })).rejects.toMatchObject({
      problems: [expect.stringMatching(/no deployment group of CodeDeploy/)],
    });
  });

  test('is unchanged when nothing differs', async () => {
    await open();
    expect((await deploy({ image: 'v1' })).outputs.outcome).toBe('unchanged');
    expect(world.aws.calls('CreateDeployment')).toBe(0);
  });

  test('whose tasks crash is stopped early, and the old revision serves', async () => {
    await open();
    const ran = await deploy({ image: 'crash' });
    expect(ran.outputs.outcome).toBe('rolled-back');
    expect(ran.outputs.reason).toMatch(/exited 1/);
    expect(world.aws.calls('StopDeployment')).toBe(1);
    expect(await taskSets()).toEqual([['PRIMARY', 'api:1']]);
    expect(ran.reports[0]?.serving['task-definition']).toMatch(/api:1$/);
  });

  test('that does not end in time goes back', async () => {
    await open({ config: 'CodeDeployDefault.ECSCanary10Percent15Minutes', termination: 0 });
    const ran = await deploy({ timeout: '10m' });
    expect(ran.outputs).toMatchObject({
      outcome: 'timeout',
      reason: expect.stringMatching(/old revision serves again/),
    });
    expect(await taskSets()).toEqual([['PRIMARY', 'api:1']]);
  });

  test('that is cancelled is stopped', async () => {
    await open({ config: 'CodeDeployDefault.ECSCanary10Percent15Minutes' });
    const cancelling = world.clock.background.sleep(2 * MINUTE).then(() => world.cancel.abort());
    const ran = await deploy();
    await cancelling;
    expect(ran.outputs.outcome).toBe('cancelled');
    expect(world.aws.calls('StopDeployment')).toBe(1);
  });

  test('is created once when the response is lost', async () => {
    await open();
    world.aws.faults.add({ service: 'codedeploy', operation: 'CreateDeployment', kind: 'lost-response', times: 1 });
    expect((await deploy()).outputs.outcome).toBe('deployed');
    expect((await call('codedeploy', 'ListDeployments', {})).deployments).toHaveLength(1);
  });

  test('whose deployment may not be seen any more is unknown', async () => {
    await open();
    world.aws.faults.add({ service: 'codedeploy', operation: 'GetDeployment', kind: 'access-denied' });
    const ran = await deploy();
    expect(ran.outputs).toMatchObject({
      outcome: 'unknown',
      reason: expect.stringMatching(/codedeploy:GetDeployment/),
    });
  });

  test('goes back to its last successful deployment of another revision', async () => {
    await open({ termination: 1 });
    await deploy();
    await deploy({ image: 'v3' });
    const ran = await world.deploy({ service: 'api', 'rollback-to': 'previous', verify: 'false' });
    expect(ran.outputs.outcome).toBe('deployed');
    expect(await taskSets()).toEqual([['PRIMARY', 'api:2']]);
  });

  test('takes no strategy of ECS', async () => {
    await open();
    await expect(deploy({ strategy: 'canary' })).rejects.toMatchObject({
      problems: [expect.stringMatching(/does not go with CodeDeploy/)],
    });
  });
});
