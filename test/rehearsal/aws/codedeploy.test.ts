import { createHash } from 'node:crypto';
import type { CreateDeploymentGroupCommandInput } from '@aws-sdk/client-codedeploy';
import {
  BatchGetDeploymentGroupsCommand,
  CodeDeployClient,
  ContinueDeploymentCommand,
  CreateApplicationCommand,
  CreateDeploymentCommand,
  CreateDeploymentGroupCommand,
  GetApplicationCommand,
  GetApplicationRevisionCommand,
  GetDeploymentCommand,
  GetDeploymentTargetCommand,
  ListApplicationsCommand,
  ListDeploymentGroupsCommand,
  ListDeploymentsCommand,
  StopDeploymentCommand,
} from '@aws-sdk/client-codedeploy';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { NEVER_HEALTHY } from '../../../packages/rehearsal/src/aws/scripted-engine.ts';
import type { Loose, World } from './world.ts';
import { createWorld } from './world.ts';

const MINUTE = 60_000;
const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' };
const names = { applicationName: 'shop', deploymentGroupName: 'api' };

let world: World;
let client: CodeDeployClient;
let listener: string;
let green: string;
let blue: string;

const targetGroup = async (name: string): Promise<string> => {
  const made: Loose = await world.aws.call('elasticloadbalancing', 'CreateTargetGroup', {
    Name: name,
    Port: 80,
    Protocol: 'HTTP',
    TargetType: 'ip',
    HealthCheckPath: '/health',
  });
  return made.TargetGroups[0].TargetGroupArn;
};

const group = (more: Partial<CreateDeploymentGroupCommandInput> = {}) =>
  client.send(
    new CreateDeploymentGroupCommand({
      ...names,
      serviceRoleArn: 'arn:aws:iam::123456789012:role/codedeploy',
      deploymentConfigName: 'CodeDeployDefault.ECSAllAtOnce',
      deploymentStyle: { deploymentType: 'BLUE_GREEN', deploymentOption: 'WITH_TRAFFIC_CONTROL' },
      ecsServices: [{ clusterName: 'c', serviceName: 'api' }],
      autoRollbackConfiguration: { enabled: true, events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM'] },
      blueGreenDeploymentConfiguration: {
        terminateBlueInstancesOnDeploymentSuccess: { action: 'TERMINATE', terminationWaitTimeInMinutes: 5 },
        deploymentReadyOption: { actionOnTimeout: 'CONTINUE_DEPLOYMENT' },
      },
      loadBalancerInfo: {
        targetGroupPairInfoList: [
          { targetGroups: [{ name: 'blue' }, { name: 'green' }], prodTrafficRoute: { listenerArns: [listener] } },
        ],
      },
      ...more,
    }),
  );

beforeEach(async () => {
  world = await createWorld(
    { bad: NEVER_HEALTHY },
    { timings: { minuteMs: MINUTE, healthIntervalMs: 5_000, maximumRetryMs: MINUTE } },
  );
  client = new CodeDeployClient({ endpoint: world.aws.url, region: 'ap-south-1', credentials, maxAttempts: 1 });
  [blue, green] = [await targetGroup('blue'), await targetGroup('green')];
  const balancer: Loose = await world.aws.call('elasticloadbalancing', 'CreateLoadBalancer', { Name: 'lb' });
  const made: Loose = await world.aws.call('elasticloadbalancing', 'CreateListener', {
    LoadBalancerArn: balancer.LoadBalancers[0].LoadBalancerArn,
    Port: 443,
    Protocol: 'HTTPS',
    DefaultActions: [{ Type: 'forward', TargetGroupArn: blue }],
  });
  listener = made.Listeners[0].ListenerArn;
  await world.ecs('CreateService', {
    cluster: 'c',
    serviceName: 'api',
    taskDefinition: await world.register('v1'),
    desiredCount: 2,
    deploymentController: { type: 'CODE_DEPLOY' },
    loadBalancers: [{ targetGroupArn: blue, containerName: 'api', containerPort: 3001 }],
  });
  await world.clock.advance(5 * MINUTE);
  await client.send(new CreateApplicationCommand({ applicationName: 'shop', computePlatform: 'ECS' }));
});
afterEach(async () => {
  client.destroy();
  await world.close();
});

const appSpec = (taskDefinition: string, container = 'api') =>
  JSON.stringify({
    version: 1,
    Resources: [
      {
        TargetService: {
          Type: 'AWS::ECS::Service',
          Properties: {
            TaskDefinition: taskDefinition,
            LoadBalancerInfo: { ContainerName: container, ContainerPort: 3001 },
          },
        },
      },
    ],
    Hooks: [{ BeforeAllowTraffic: 'arn:aws:lambda:ap-south-1:123456789012:function:check' }],
  });

const create = async (
  content: string,
  sha256 = createHash('sha256').update(content).digest('hex'),
): Promise<string> => {
  const revision = { revisionType: 'AppSpecContent' as const, appSpecContent: { content, sha256 } };
  const { deploymentId = '' } = await client.send(new CreateDeploymentCommand({ ...names, revision }));
  return deploymentId;
};

const look = async (deploymentId: string) =>
  (await client.send(new GetDeploymentCommand({ deploymentId }))).deploymentInfo;

const target = async (deploymentId: string) =>
  (await client.send(new GetDeploymentTargetCommand({ deploymentId, targetId: 'c:api' }))).deploymentTarget?.ecsTarget;

/** Percent of the requests that reach the green target group. */
const shareOfGreen = (): number => {
  const picks = Array.from({ length: 100 }, () => world.aws.elb.pick('any', '/').via?.targetGroupArn);
  return picks.filter((arn) => arn === green).length;
};

const until = async (deploymentId: string, statuses: readonly string[]): Promise<void> => {
  for (let minutes = 0; minutes < 120; minutes += 1) {
    if (statuses.includes((await look(deploymentId))?.status ?? '')) return;
    await world.clock.advance(MINUTE / 4);
  }
  throw new Error(`deployment ${deploymentId} is ${(await look(deploymentId))?.status} after 30 minutes`);
};

const revisions = async () =>
  ((await world.service()).taskSets as Loose[]).map(({ status, taskDefinition }) => [
    status,
    taskDefinition.split('/')[1],
  ]);

describe('a deployment to an ECS service', () => {
  test('replaces the tasks, moves all traffic, waits and ends the original', async () => {
    await group();
    const id = await create(appSpec(await world.register('v2')));
    expect(await look(id)).toMatchObject({ status: 'Created', creator: 'user', computePlatform: 'ECS' });
    await world.clock.advance(MINUTE / 3);
    expect(await revisions()).toEqual([
      ['PRIMARY', 'api:1'],
      ['ACTIVE', 'api:2'],
    ]);
    await world.clock.advanceUntil(() => shareOfGreen() === 100, 20 * MINUTE, MINUTE / 4);
    await world.clock.advance(MINUTE);
    expect(await look(id)).toMatchObject({ status: 'InProgress', instanceTerminationWaitTimeStarted: true });
    expect(await target(id)).toMatchObject({
      targetId: 'c:api',
      status: 'InProgress',
      lifecycleEvents: [
        'BeforeInstall',
        'Install',
        'AfterInstall',
        'BeforeAllowTraffic',
        'AllowTraffic',
        'AfterAllowTraffic',
      ].map((lifecycleEventName) => ({ lifecycleEventName, status: 'Succeeded' })),
      taskSetsInfo: [
        { taskSetLabel: 'Blue', trafficWeight: 0, targetGroup: { name: 'blue' } },
        { taskSetLabel: 'Green', trafficWeight: 100, runningCount: 2, targetGroup: { name: 'green' } },
      ],
    });
    await until(id, ['Succeeded']);
    await world.clock.advance(2 * MINUTE);
    expect(await revisions()).toEqual([['PRIMARY', 'api:2']]);
    expect(await look(id)).toMatchObject({ deploymentOverview: { Succeeded: 1 } });
    const { deploymentGroupsInfo } = await client.send(
      new BatchGetDeploymentGroupsCommand({ applicationName: 'shop', deploymentGroupNames: ['api'] }),
    );
    expect(deploymentGroupsInfo).toMatchObject([
      { lastSuccessfulDeployment: { deploymentId: id, status: 'Succeeded' } },
    ]);
    const again = await create(appSpec(await world.register('v3')));
    await until(again, ['Succeeded']);
    expect(shareOfGreen()).toBe(0);
  });

  test.each([
    ['CodeDeployDefault.ECSCanary10Percent5Minutes', [10, 100]],
    ['CodeDeployDefault.ECSLinear10PercentEvery1Minutes', [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]],
  ])('shifts traffic in the steps of %s', async (deploymentConfigName, expected) => {
    await group({ deploymentConfigName });
    const id = await create(appSpec(await world.register('v2')));
    const seen = new Set<number>();
    while ((await look(id))?.status !== 'Succeeded') {
      await world.clock.advance(MINUTE / 4);
      seen.add(shareOfGreen());
    }
    expect([...seen].filter((share) => share > 0)).toEqual(expected);
  });

  test('goes back when its tasks never get healthy', async () => {
    await group();
    const id = await create(appSpec(await world.register('bad')));
    await world.clock.advance(70 * MINUTE);
    const info = await look(id);
    expect(info).toMatchObject({
      status: 'Failed',
      errorInformation: { message: expect.stringMatching(/60 minutes/) },
    });
    const rollback = await look(info?.rollbackInfo?.rollbackDeploymentId ?? '');
    expect(rollback).toMatchObject({
      status: 'Succeeded',
      creator: 'codeDeployRollback',
      rollbackInfo: { rollbackTriggeringDeploymentId: id },
    });
    expect(await revisions()).toEqual([['PRIMARY', 'api:1']]);
    expect(shareOfGreen()).toBe(0);
  });

  test('is stopped by an alarm in the middle of a canary, and all traffic goes back', async () => {
    await world.aws.call('cloudwatch', 'PutMetricAlarm', {
      AlarmName: 'errors',
      Namespace: 'App',
      MetricName: 'errors',
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
    });
    await group({
      deploymentConfigName: 'CodeDeployDefault.ECSCanary10Percent15Minutes',
      alarmConfiguration: { enabled: true, alarms: [{ name: 'errors' }] },
    });
    const id = await create(appSpec(await world.register('v2')));
    await world.clock.advanceUntil(() => shareOfGreen() === 10, 20 * MINUTE, MINUTE / 4);
    world.aws.metrics.put({ namespace: 'App', name: 'errors', dimensions: new Map() }, 3);
    await until(id, ['Stopped']);
    expect(await look(id)).toMatchObject({
      errorInformation: { code: 'ALARM_ACTIVE', message: expect.stringMatching(/<errors>/) },
    });
    await world.clock.advance(2 * MINUTE);
    expect(shareOfGreen()).toBe(0);
    expect(await revisions()).toEqual([['PRIMARY', 'api:1']]);
  });

  test.each([
    [true, [['PRIMARY', 'api:1']]],
    [
      false,
      [
        ['PRIMARY', 'api:1'],
        ['ACTIVE', 'api:2'],
      ],
    ],
  ])('that is stopped, with rollback %s, leaves %j', async (autoRollbackEnabled, expected) => {
    await group({ deploymentConfigName: 'CodeDeployDefault.ECSCanary10Percent15Minutes' });
    const deploymentId = await create(appSpec(await world.register('v2')));
    await world.clock.advanceUntil(() => shareOfGreen() === 10, 20 * MINUTE, MINUTE / 4);
    const answer = await client.send(new StopDeploymentCommand({ deploymentId, autoRollbackEnabled }));
    expect(answer.status).toBe('Pending');
    await until(deploymentId, ['Stopped']);
    await world.clock.advance(2 * MINUTE);
    const info = await look(deploymentId);
    expect(info?.errorInformation?.code).toBe('MANUAL_STOP');
    expect(info?.rollbackInfo === undefined).toBe(!autoRollbackEnabled);
    expect(await revisions()).toEqual(expected);
    await expect(client.send(new StopDeploymentCommand({ deploymentId }))).rejects.toMatchObject({
      name: 'DeploymentAlreadyCompletedException',
    });
  });

  test('stays where it is when its rollback fails too', async () => {
    await group({ deploymentConfigName: 'CodeDeployDefault.ECSCanary10Percent15Minutes' });
    world.aws.codeDeploy.failRollback();
    const deploymentId = await create(appSpec(await world.register('v2')));
    await world.clock.advanceUntil(() => shareOfGreen() === 10, 20 * MINUTE, MINUTE / 4);
    await client.send(new StopDeploymentCommand({ deploymentId, autoRollbackEnabled: true }));
    await world.clock.advance(2 * MINUTE);
    const rollback = (await look(deploymentId))?.rollbackInfo;
    expect(rollback?.rollbackMessage).toMatch(/failed/);
    expect((await look(rollback?.rollbackDeploymentId ?? ''))?.status).toBe('Failed');
    expect(shareOfGreen()).toBe(10);
  });

  test('waits to be continued where its group says so, and skips the wait at its end when told', async () => {
    await group({
      blueGreenDeploymentConfiguration: {
        terminateBlueInstancesOnDeploymentSuccess: { action: 'TERMINATE', terminationWaitTimeInMinutes: 600 },
        deploymentReadyOption: { actionOnTimeout: 'STOP_DEPLOYMENT', waitTimeInMinutes: 30 },
      },
    });
    const deploymentId = await create(appSpec(await world.register('v2')));
    const proceed = (deploymentWaitType: 'READY_WAIT' | 'TERMINATION_WAIT') =>
      client.send(new ContinueDeploymentCommand({ deploymentId, deploymentWaitType }));
    await expect(proceed('READY_WAIT')).rejects.toMatchObject({ name: 'DeploymentIsNotInReadyStateException' });
    await until(deploymentId, ['Ready']);
    expect(shareOfGreen()).toBe(0);
    await proceed('READY_WAIT');
    await world.clock.advance(5 * MINUTE);
    expect([(await look(deploymentId))?.status, shareOfGreen()]).toEqual(['InProgress', 100]);
    await proceed('TERMINATION_WAIT');
    await until(deploymentId, ['Succeeded']);
  });

  test('fails with what ECS says when ECS refuses it', async () => {
    await group();
    const id = await create(appSpec('nope:9'));
    await until(id, ['Failed']);
    expect((await look(id))?.errorInformation).toMatchObject({ code: 'ECS_UPDATE_ERROR' });
    expect(await revisions()).toEqual([['PRIMARY', 'api:1']]);
  });
});

describe('requests', () => {
  test('find applications, groups and deployments', async () => {
    await group();
    const id = await create(appSpec(await world.register('v2')));
    expect((await client.send(new ListApplicationsCommand({}))).applications).toEqual(['shop']);
    expect(
      (await client.send(new GetApplicationCommand({ applicationName: 'shop' }))).application?.computePlatform,
    ).toBe('ECS');
    expect((await client.send(new ListDeploymentGroupsCommand({ applicationName: 'shop' }))).deploymentGroups).toEqual([
      'api',
    ]);
    expect(
      (await client.send(new ListDeploymentsCommand({ ...names, includeOnlyStatuses: ['Created', 'InProgress'] })))
        .deployments,
    ).toEqual([id]);
    const { revision } = (await look(id)) ?? {};
    expect(revision?.appSpecContent).toEqual({ sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const whole = await client.send(new GetApplicationRevisionCommand({ applicationName: 'shop', revision }));
    expect(JSON.parse(whole.revision?.appSpecContent?.content ?? '')).toMatchObject({ Resources: [{}] });
    await expect(create(appSpec('x'))).rejects.toMatchObject({
      name: 'DeploymentLimitExceededException',
      message: expect.stringContaining(`'${id}'`),
    });
  });

  test.each([
    ['a wrong hash', () => create(appSpec('x'), 'f'.repeat(64)), 'InvalidRevisionException'],
    ['an AppSpec without a service', () => create('{"version":1,"Resources":[]}'), 'InvalidRevisionException'],
    [
      'an unknown group',
      () => client.send(new CreateDeploymentCommand({ ...names, deploymentGroupName: 'x' })),
      'DeploymentGroupDoesNotExistException',
    ],
    [
      'an unknown application',
      () => client.send(new GetApplicationCommand({ applicationName: 'x' })),
      'ApplicationDoesNotExistException',
    ],
    ['an unknown deployment', () => look('d-ABCDEFGHI'), 'DeploymentDoesNotExistException'],
    ['what is no deployment id', () => look('nope'), 'InvalidDeploymentIdException'],
    [
      'an unknown configuration',
      () => group({ ...names, deploymentGroupName: 'other', deploymentConfigName: 'x' }),
      'DeploymentConfigDoesNotExistException',
    ],
  ])('are refused for %s', async (_what, call, name) => {
    await group();
    await expect(call()).rejects.toMatchObject({ name });
  });
});
