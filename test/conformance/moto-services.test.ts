import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateRuleCommand,
  CreateTargetGroupCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { systemClock } from '@hospital-ops/action-kit/clock';
import { createEcr } from '@hospital-ops/aws/ecr/client';
import { createLoadBalancing } from '@hospital-ops/aws/elbv2/client';
import { expect, test } from '@jest/globals';
import { describeWithMoto, theMoto } from '../support/moto.ts';

const moto = await theMoto();

describeWithMoto(moto, 'load balancers and registries that others wrote', ({ url }) => {
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret',
  });
  const context = { clock: systemClock, signal: new AbortController().signal };

  /** What every account has from the start, asked without an SDK of its own. */
  const network = async () => {
    const answer = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        authorization: 'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/ec2/aws4_request',
      },
      body: 'Action=DescribeSubnets&Version=2016-11-15',
    });
    const text = await answer.text();
    const subnets = [...text.matchAll(/<subnetId>(subnet-\w+)</g)].flatMap(([, id]) => id ?? []);
    return { vpc: /<vpcId>(vpc-\w+)</.exec(text)?.[1], subnets: subnets.slice(0, 2) };
  };

  test('weights of a rule are set, and its stickiness stays', async () => {
    const sdk = new ElasticLoadBalancingV2Client({});
    const { vpc, subnets } = await network();
    const group = async (Name: string): Promise<string> => {
      const input = { Name, Protocol: 'HTTP', Port: 80, VpcId: vpc, TargetType: 'ip' } as const;
      return (await sdk.send(new CreateTargetGroupCommand(input))).TargetGroups?.[0]?.TargetGroupArn ?? '';
    };
    const groups = [await group('main'), await group('canary')] as const;
    const { LoadBalancers } = await sdk.send(new CreateLoadBalancerCommand({ Name: 'lb', Subnets: subnets }));
    const { Listeners } = await sdk.send(
      new CreateListenerCommand({
        LoadBalancerArn: LoadBalancers?.[0]?.LoadBalancerArn,
        Protocol: 'HTTP',
        Port: 80,
        DefaultActions: [{ Type: 'forward', TargetGroupArn: groups[0] }],
      }),
    );
    const { Rules } = await sdk.send(
      new CreateRuleCommand({
        ListenerArn: Listeners?.[0]?.ListenerArn,
        Priority: 10,
        Conditions: [{ Field: 'path-pattern', Values: ['/*'] }],
        Actions: [
          {
            Type: 'forward',
            ForwardConfig: {
              TargetGroups: groups.map((TargetGroupArn, at) => ({ TargetGroupArn, Weight: at === 0 ? 100 : 0 })),
              TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: 60 },
            },
          },
        ],
      }),
    );
    const elb = createLoadBalancing(context);
    const arn = Rules?.[0]?.RuleArn ?? '';
    const rule = await elb.rule(arn);
    expect(rule).toMatchObject({ sticky: true, groups: [{ weight: 100 }, { weight: 0 }] });
    await elb.setWeights(rule, [
      { targetGroup: groups[0], weight: 90 },
      { targetGroup: groups[1], weight: 10 },
    ]);
    const now = await elb.rule(arn);
    expect(now.groups).toEqual([
      { targetGroup: groups[0], weight: 90 },
      { targetGroup: groups[1], weight: 10 },
    ]);
    expect(now.sticky).toBe(true);
    const names = (await elb.targetGroups([...groups])).map(({ name }) => name);
    expect(names.sort()).toEqual(['canary', 'main']);
  });

  test('repositories are created once and told from those that are not there', async () => {
    const ecr = createEcr(context);
    expect(await ecr.repository('app')).toBeUndefined();
    const policy = JSON.stringify({ rules: [] });
    for (const _ of ['created', 'there']) {
      const app = await ecr.createRepository('app', { movingTags: ['cache-*'], lifecyclePolicy: policy });
      expect([app.mayMove('1.0.0'), app.mayMove('cache-1'), app.scanOnPush]).toEqual([false, true, true]);
    }
    expect(await ecr.lifecyclePolicy('app')).toBe(policy);
    expect((await ecr.authorization()).username).toBe('AWS');
  });
});
