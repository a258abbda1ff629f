import type { LocalAws, LocalAwsOptions } from '../../../packages/rehearsal/src/aws/local-aws.ts';
import { startLocalAws } from '../../../packages/rehearsal/src/aws/local-aws.ts';
import type { Script, ScriptedEngine } from '../../../packages/rehearsal/src/aws/scripted-engine.ts';
import { createScriptedEngine, RUNS } from '../../../packages/rehearsal/src/aws/scripted-engine.ts';
import { VirtualClock } from '../../../packages/rehearsal/src/aws/virtual-clock.ts';

/** Answers of in-process calls, read loosely as tests do. */
// biome-ignore lint/suspicious/noExplicitAny: the answers' own types are checked by the SDK's models
export type Loose = Record<string, any>;

export interface World {
  readonly aws: LocalAws;
  readonly clock: VirtualClock;
  readonly engine: ScriptedEngine;
  /** Calls ECS in this process. */
  ecs(operation: string, input?: Record<string, unknown>): Promise<Loose>;
  /** Registers a revision of family `api` whose image is `image`; returns its ARN. */
  register(image: string, extra?: Record<string, unknown>): Promise<string>;
  service(name?: string): Promise<Loose>;
  /** Lets virtual time pass until the service's current deployment has ended. */
  settle(name?: string): Promise<void>;
  close(): Promise<void>;
}

/** Starts a local AWS on virtual time whose containers play `scripts` by image; an image without one runs for ever. */
export const createWorld = async (
  scripts: Readonly<Record<string, Script>> = {},
  options: Partial<LocalAwsOptions> = {},
): Promise<World> => {
  const clock = new VirtualClock();
  const engine = createScriptedEngine(clock.background, ({ image }) => scripts[image] ?? RUNS);
  const aws = await startLocalAws({
    engine,
    clock: clock.background,
    probe: engine.probe,
    region: 'ap-south-1',
    ...options,
  });
  const ecs = (operation: string, input: Record<string, unknown> = {}) => aws.call('ecs', operation, input);
  await ecs('CreateCluster', { clusterName: 'c' });
  aws.iam.createRole('x');
  const service = async (name = 'api') => {
    const { services } = await ecs('DescribeServices', { cluster: 'c', services: [name] });
    return (services as Array<Loose>)[0] ?? {};
  };
  return {
    aws,
    clock,
    engine,
    ecs,
    service,
    register: async (image, extra = {}) => {
      const containerDefinitions = [
        { name: 'api', image, memory: 128, portMappings: [{ containerPort: 3001 }], ...extra },
      ];
      const { taskDefinition } = await ecs('RegisterTaskDefinition', {
        family: 'api',
        executionRoleArn: 'arn:aws:iam::123456789012:role/x',
        containerDefinitions,
      });
      return (taskDefinition as Loose).taskDefinitionArn;
    },
    settle: async (name = 'api') => {
      const current = () =>
        aws.ecs
          .snapshot()
          .services.find((service) => service.name === name)
          ?.deployments.at(-1);
      await clock.advanceUntil(() => current()?.endedAt !== undefined, 600_000);
    },
    close: async () => {
      await aws.close();
      await engine.close();
    },
  };
};

/** Creates a target group behind a listener rule for `host` and returns its ARN. */
export const createTargetGroup = async (aws: LocalAws, host: string, name = 'api'): Promise<string> => {
  const elb = async (operation: string, input: Record<string, unknown>): Promise<Loose> =>
    aws.call('elasticloadbalancing', operation, input);
  const { TargetGroups } = await elb('CreateTargetGroup', {
    Name: name,
    Port: 80,
    Protocol: 'HTTP',
    HealthCheckPath: '/health',
    TargetType: 'ip',
  });
  const { LoadBalancers } = await elb('CreateLoadBalancer', { Name: `lb-${name}` });
  const fixed = { Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404', MessageBody: 'no rule' } };
  const { Listeners } = await elb('CreateListener', {
    LoadBalancerArn: LoadBalancers[0].LoadBalancerArn,
    Port: 443,
    Protocol: 'HTTPS',
    DefaultActions: [fixed],
  });
  const targetGroupArn: string = TargetGroups[0].TargetGroupArn;
  await elb('CreateRule', {
    ListenerArn: Listeners[0].ListenerArn,
    Priority: 10,
    Conditions: [{ Field: 'host-header', HostHeaderConfig: { Values: [host] } }],
    Actions: [{ Type: 'forward', TargetGroupArn: targetGroupArn }],
  });
  return targetGroupArn;
};
