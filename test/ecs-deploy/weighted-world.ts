import type { LocalAwsOptions } from '../../packages/rehearsal/src/aws/local-aws.ts';
import type { Script } from '../../packages/rehearsal/src/aws/scripted-engine.ts';
import type { Loose } from '../rehearsal/aws/world.ts';
import { createReleaseWorld } from './release-world.ts';

const HOST = 'api.example.org';

/** The services `main` and `canary` behind one listener rule that gives all of the traffic to `main`. */
export const createWeightedWorld = async (
  scripts: Readonly<Record<string, Script>> = {},
  given: {
    readonly canaryFamily?: string;
    readonly canaryCount?: number;
    readonly options?: Partial<LocalAwsOptions>;
    readonly forward?: Loose;
    readonly others?: readonly string[];
  } = {},
) => {
  const world = await createReleaseWorld(scripts, given.others ?? [], given.options ?? {});
  const { aws, ecs, clock } = world;
  const elb = async (operation: string, input: Record<string, unknown>): Promise<Loose> =>
    aws.call('elasticloadbalancing', operation, input);
  const group = async (name: string): Promise<string> => {
    const { TargetGroups } = await elb('CreateTargetGroup', {
      Name: name,
      Port: 80,
      Protocol: 'HTTP',
      HealthCheckPath: '/health',
      TargetType: 'ip',
    });
    return TargetGroups[0].TargetGroupArn;
  };
  const groups = { main: await group('main'), canary: await group('canary') };
  const { LoadBalancers } = await elb('CreateLoadBalancer', { Name: 'lb' });
  const { Listeners } = await elb('CreateListener', {
    LoadBalancerArn: LoadBalancers[0].LoadBalancerArn,
    Port: 443,
    Protocol: 'HTTPS',
    DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404' } }],
  });
  const { Rules } = await elb('CreateRule', {
    ListenerArn: Listeners[0].ListenerArn,
    Priority: 10,
    Conditions: [{ Field: 'host-header', HostHeaderConfig: { Values: [HOST] } }],
    Actions: [
      {
        Type: 'forward',
        ForwardConfig: {
          TargetGroups: [
            { TargetGroupArn: groups.main, Weight: 1 },
            { TargetGroupArn: groups.canary, Weight: 0 },
          ],
          ...given.forward,
        },
      },
    ],
  });
  const rule: string = Rules[0].RuleArn;
  const define = async (family: string) =>
    ecs('RegisterTaskDefinition', {
      family,
      executionRoleArn: 'arn:aws:iam::123456789012:role/x',
      containerDefinitions: [
        {
          name: 'api',
          image: 'v1',
          memory: 128,
          portMappings: [{ containerPort: 3001 }],
          environment: [{ name: 'SERVICE', value: family }],
        },
      ],
    });
  const families = { main: 'main', canary: given.canaryFamily ?? 'main' };
  for (const family of new Set(Object.values(families))) await define(family);
  for (const name of ['main', 'canary'] as const) {
    await ecs('CreateService', {
      cluster: 'c',
      serviceName: name,
      taskDefinition: families[name],
      desiredCount: name === 'main' ? 2 : (given.canaryCount ?? 1),
      loadBalancers: [{ targetGroupArn: groups[name], containerName: 'api', containerPort: 3001 }],
    });
  }
  for (const name of ['main', 'canary']) await world.settle(name);

  /** Weights of the rule, as `main:canary`. */
  const weights = async (): Promise<string> => {
    const answer = await elb('DescribeRules', { RuleArns: [rule] });
    const forward: Loose[] = answer.Rules[0].Actions.at(-1).ForwardConfig.TargetGroups;
    return forward.map(({ Weight }) => Weight).join(':');
  };
  const setWeights = (main: number, canary: number) =>
    elb('ModifyRule', {
      RuleArn: rule,
      Actions: [
        {
          Type: 'forward',
          ForwardConfig: {
            TargetGroups: [
              { TargetGroupArn: groups.main, Weight: main },
              { TargetGroupArn: groups.canary, Weight: canary },
            ],
          },
        },
      ],
    });
  return {
    ...world,
    elb,
    groups,
    rule,
    weights,
    setWeights,
    images: async () => `${await world.image('main')} ${await world.image('canary')}`,
    /** Shares that were asked for over the wire, in order. */
    shares: (): string[] =>
      aws
        .requests()
        .filter(({ operation }) => operation === 'ModifyRule')
        .map(({ input }) => {
          const { Actions } = input as { Actions: Loose[] };
          return Actions.at(-1)
            ?.ForwardConfig.TargetGroups.map(({ Weight }: Loose) => Weight)
            .join(':');
        }),
    /** Calls `act` as soon as the rule has these weights. */
    when: async (wanted: string, act: () => unknown): Promise<void> => {
      while ((await weights()) !== wanted) await clock.background.sleep(250);
      await act();
    },
    /** Deploys `v2` by a weighted canary; an empty value takes one of these inputs away. */
    canary: (given: Readonly<Record<string, string>> = {}) => {
      const inputs = {
        service: 'main',
        image: 'v2',
        strategy: 'weighted-canary',
        'canary-service': 'canary',
        'listener-rule': rule,
        'canary-percent': '5,25,50',
        'bake-time': '2m',
        verify: 'false',
        ...given,
      };
      return world.deploy(Object.fromEntries(Object.entries(inputs).filter(([, value]) => value !== '')));
    },
  };
};
