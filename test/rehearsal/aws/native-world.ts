import type { LocalAws, LocalAwsOptions } from '../../../packages/rehearsal/src/aws/local-aws.ts';
import type { Script } from '../../../packages/rehearsal/src/aws/scripted-engine.ts';
import type { Loose, World } from './world.ts';
import { createWorld } from './world.ts';

const ROLE = 'arn:aws:iam::123456789012:role/ecs-load-balancers';

export interface Balancing {
  /** Blue, which `targetGroupArn` names, and green, the alternate one. */
  readonly groups: readonly [string, string];
  readonly productionRule: string;
  readonly testRule: string;
  /** For CreateService and UpdateService. */
  readonly loadBalancers: readonly Loose[];
  /** Weights of the production or the test rule, blue and green. */
  weights(rule?: string): Promise<number[]>;
}

/** Creates two target groups behind a production rule for `host` and a test rule for `test.host`. */
export const createBalancing = async (aws: LocalAws, host = 'api.example.org', name = 'api'): Promise<Balancing> => {
  const elb = async (operation: string, input: Record<string, unknown>): Promise<Loose> =>
    aws.call('elasticloadbalancing', operation, input);
  const group = async (suffix: string): Promise<string> => {
    const { TargetGroups } = await elb('CreateTargetGroup', {
      Name: `${name}-${suffix}`,
      Port: 80,
      Protocol: 'HTTP',
      HealthCheckPath: '/health',
      TargetType: 'ip',
    });
    return TargetGroups[0].TargetGroupArn;
  };
  const groups = [await group('blue'), await group('green')] as const;
  const { LoadBalancers } = await elb('CreateLoadBalancer', { Name: `lb-${name}` });
  const { Listeners } = await elb('CreateListener', {
    LoadBalancerArn: LoadBalancers[0].LoadBalancerArn,
    Port: 443,
    Protocol: 'HTTPS',
    DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404', MessageBody: 'no rule' } }],
  });
  const rule = async (value: string, priority: number): Promise<string> => {
    const { Rules } = await elb('CreateRule', {
      ListenerArn: Listeners[0].ListenerArn,
      Priority: priority,
      Conditions: [{ Field: 'host-header', HostHeaderConfig: { Values: [value] } }],
      Actions: [
        {
          Type: 'forward',
          ForwardConfig: {
            TargetGroups: [
              { TargetGroupArn: groups[0], Weight: 100 },
              { TargetGroupArn: groups[1], Weight: 0 },
            ],
          },
        },
      ],
    });
    return Rules[0].RuleArn;
  };
  const productionRule = await rule(host, 10);
  const testRule = await rule(`test.${host}`, 20);
  return {
    groups,
    productionRule,
    testRule,
    loadBalancers: [
      {
        targetGroupArn: groups[0],
        containerName: 'api',
        containerPort: 3001,
        advancedConfiguration: {
          alternateTargetGroupArn: groups[1],
          productionListenerRule: productionRule,
          testListenerRule: testRule,
          roleArn: ROLE,
        },
      },
    ],
    weights: async (wanted = productionRule) => {
      const { Rules } = await elb('DescribeRules', { RuleArns: [wanted] });
      return Rules[0].Actions[0].ForwardConfig.TargetGroups.map(({ Weight }: { Weight: number }) => Weight);
    },
  };
};

export interface NativeWorld extends World {
  readonly balancing: Balancing;
  /** Updates the service to a new revision with this image; returns the ARN of the service deployment. */
  update(image: string, more?: Record<string, unknown>): Promise<string>;
  /** The newest service deployment. */
  deployment(): Promise<Loose>;
  /** Lets time pass until the newest service deployment is as `seen` says. */
  until(seen: (deployment: Loose) => boolean): Promise<Loose>;
}

/** A service of two tasks on image `v1`, deployed by `deploymentConfiguration` and COMPLETED. */
export const createNativeWorld = async (
  deploymentConfiguration: Record<string, unknown>,
  scripts: Readonly<Record<string, Script>> = {},
  options: Partial<LocalAwsOptions> = {},
  more: Record<string, unknown> = {},
): Promise<NativeWorld> => {
  const world = await createWorld(scripts, options);
  const balancing = await createBalancing(world.aws);
  await world.ecs('CreateService', {
    cluster: 'c',
    serviceName: 'api',
    taskDefinition: await world.register('v1'),
    desiredCount: 2,
    loadBalancers: balancing.loadBalancers,
    deploymentConfiguration,
    ...more,
  });
  await world.settle().catch(async (error) => {
    await world.close();
    throw error;
  });
  const deployment = async (): Promise<Loose> => {
    const { serviceDeployments } = await world.ecs('ListServiceDeployments', { cluster: 'c', service: 'api' });
    const arns = [serviceDeployments[0].serviceDeploymentArn];
    return (await world.ecs('DescribeServiceDeployments', { serviceDeploymentArns: arns })).serviceDeployments[0];
  };
  return {
    ...world,
    balancing,
    update: async (image, change = {}) => {
      const taskDefinition = await world.register(image);
      const { service } = await world.ecs('UpdateService', { cluster: 'c', service: 'api', taskDefinition, ...change });
      return service.currentServiceDeployment;
    },
    deployment,
    until: async (seen) => {
      for (let step = 0; step < 20_000; step += 1) {
        const now = await deployment();
        if (seen(now)) return now;
        await world.clock.advance(20);
      }
      throw new Error(`never seen; now ${JSON.stringify(await deployment())}`);
    },
  };
};
