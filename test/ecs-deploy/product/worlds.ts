import { exits } from '../../../packages/rehearsal/src/aws/scripted-engine.ts';
import { createBalancing } from '../../rehearsal/aws/native-world.ts';
import type { Loose } from '../../rehearsal/aws/world.ts';
import type { ReleaseWorld } from '../release-world.ts';
import { createReleaseWorld } from '../release-world.ts';
import { createWeightedWorld } from '../weighted-world.ts';
import type { ProductWorld } from './truth.ts';

const HOST = 'api.example.org';
export const SCRIPTS = { crash: { ...exits(1, 200), healthyAfterMs: Number.POSITIVE_INFINITY } };

/** What takes minutes in ECS takes seconds here. */
const SHORT = { timings: { minuteMs: 1_000, healthIntervalMs: 2_000 } };

/** Every check is one of the calls of a plain service. */
const UNVERIFIED = { verify: 'false' };

/** Revisions of the tasks that people may reach, by whatever share. */
const reachedIn = ({ aws }: ReleaseWorld) => {
  return (): string[] => {
    const ids = new Set(aws.elb.behind(HOST, '/'));
    const { tasks } = aws.ecs.snapshot();
    return [
      ...new Set(tasks.filter(({ arn }) => ids.has(arn.replace(/^.*\//, ''))).map((task) => task.taskDefinition)),
    ];
  };
};

/** A service behind two target groups, which ECS deploys by `configuration`. */
export const inStages = async (configuration: Readonly<Record<string, unknown>>): Promise<ProductWorld> => {
  const world = await createReleaseWorld(SCRIPTS, [], SHORT);
  const { loadBalancers } = await createBalancing(world.aws, HOST);
  // The first deployment of all waits for nobody.
  const { lifecycleHooks, ...deploymentConfiguration } = configuration;
  await world.ecs('CreateService', {
    cluster: 'c',
    serviceName: 'api',
    taskDefinition: await world.register('v1'),
    desiredCount: 2,
    loadBalancers,
    deploymentConfiguration,
  });
  await world.settle();
  if (lifecycleHooks !== undefined)
    await world.ecs('UpdateService', { cluster: 'c', service: 'api', deploymentConfiguration: configuration });
  return { ...world, reached: reachedIn(world), given: UNVERIFIED };
};

/** The same, in the middle of a deployment of `v2` that a hook holds. */
export const heldByHook = async (configuration: Readonly<Record<string, unknown>>): Promise<ProductWorld> => {
  const world = await inStages(configuration);
  const { outputs } = await world.deploy({ service: 'api', image: 'v2', verify: 'false' });
  const hook = /continue-hook: ([^`]+)`/.exec(outputs.reason ?? '')?.[1];
  if (hook === undefined) throw new Error(`no hook holds it: ${outputs.reason}`);
  return { ...world, given: { ...UNVERIFIED, 'continue-hook': hook }, underWay: true };
};

/** A service that CodeDeploy controls. */
export const byCodeDeploy = async (config: string): Promise<ProductWorld> => {
  const world = await createReleaseWorld(SCRIPTS, [], SHORT);
  const { aws } = world;
  const elb = (operation: string, input: Record<string, unknown>): Promise<Loose> =>
    aws.call('elasticloadbalancing', operation, input);
  const group = async (Name: string): Promise<string> => {
    const { TargetGroups } = await elb('CreateTargetGroup', { Name, Port: 80, Protocol: 'HTTP', TargetType: 'ip' });
    return TargetGroups[0].TargetGroupArn;
  };
  const [blue] = [await group('blue'), await group('green')];
  const { LoadBalancers } = await elb('CreateLoadBalancer', { Name: 'lb' });
  const { Listeners } = await elb('CreateListener', {
    LoadBalancerArn: LoadBalancers[0].LoadBalancerArn,
    Port: 443,
    Protocol: 'HTTPS',
    DefaultActions: [{ Type: 'forward', TargetGroupArn: blue }],
  });
  await world.register('v1');
  await world.ecs('CreateService', {
    cluster: 'c',
    serviceName: 'api',
    taskDefinition: 'api',
    desiredCount: 2,
    deploymentController: { type: 'CODE_DEPLOY' },
    loadBalancers: [{ targetGroupArn: blue, containerName: 'api', containerPort: 3001 }],
  });
  await world.clock.advance(60_000);
  const name = 'AppECS-c-api';
  await aws.call('codedeploy', 'CreateApplication', { applicationName: name, computePlatform: 'ECS' });
  await aws.call('codedeploy', 'CreateDeploymentGroup', {
    applicationName: name,
    deploymentGroupName: 'DgpECS-c-api',
    serviceRoleArn: 'arn:aws:iam::123456789012:role/codedeploy',
    deploymentConfigName: config,
    deploymentStyle: { deploymentType: 'BLUE_GREEN', deploymentOption: 'WITH_TRAFFIC_CONTROL' },
    ecsServices: [{ clusterName: 'c', serviceName: 'api' }],
    autoRollbackConfiguration: { enabled: true, events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_REQUEST'] },
    blueGreenDeploymentConfiguration: {
      terminateBlueInstancesOnDeploymentSuccess: { action: 'TERMINATE', terminationWaitTimeInMinutes: 2 },
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
  return {
    ...world,
    reached: reachedIn(world),
    given: UNVERIFIED,
    services: () =>
      aws.ecs.snapshot().services.map((service) => {
        const sets = aws.ecs.taskSets.list('c', service.name);
        const primary = sets.find(({ status }) => status === 'PRIMARY');
        return {
          ...service,
          taskDefinition: primary?.taskDefinition?.replace(/^.*\//, ''),
          rolloutState: sets.some(({ status }) => status === 'ACTIVE') ? 'IN_PROGRESS' : 'COMPLETED',
        };
      }),
  };
};

/** Two services behind one rule, for a weighted canary. */
export const weighted = async (): Promise<ProductWorld> => {
  const world = await createWeightedWorld(SCRIPTS, { options: { timings: { healthIntervalMs: 2_000 } } });
  return { ...world, reached: reachedIn(world), given: { 'listener-rule': world.rule } };
};

/**
 * A service with an alarm on its errors, which are measured every second. They begin `failAfterMs` after the newest
 * deployment has begun, where that is given.
 */
export const gated = async (failAfterMs?: number): Promise<ProductWorld> => {
  const world = await createReleaseWorld(SCRIPTS, ['api'], { timings: { minuteMs: 60_000 } });
  const { aws, clock } = world;
  const errors = { namespace: 'App', name: 'Errors', dimensions: new Map<string, string>() };
  await aws.call('cloudwatch', 'PutMetricAlarm', {
    AlarmName: 'api-errors',
    Namespace: 'App',
    MetricName: 'Errors',
    Statistic: 'Sum',
    Period: 10,
    EvaluationPeriods: 1,
    Threshold: 5,
    ComparisonOperator: 'GreaterThanThreshold',
  });
  const fails = (): boolean => {
    const began = aws.ecs.snapshot().services[0]?.deployments.at(-1);
    const isNew = began?.target !== 'api:1';
    return failAfterMs !== undefined && began !== undefined && isNew && clock.now() >= began.startedAt + failAfterMs;
  };
  const measure = async (): Promise<never> => {
    for (;;) {
      aws.metrics.put(errors, fails() ? 5 : 0);
      await clock.background.sleep(1_000);
    }
  };
  void measure();
  // An alarm speaks when its first whole minute is over.
  await clock.advance(130_000);
  return world;
};
