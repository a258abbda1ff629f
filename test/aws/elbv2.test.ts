import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../packages/action-kit/src/clock.ts';
import {
  groupsOf,
  listenerOf,
  stickySecondsOf,
  strangeActions,
  withWeights,
} from '../../packages/aws/src/elbv2/actions.ts';
import { createLoadBalancing } from '../../packages/aws/src/elbv2/client.ts';
import type { Loose, World } from '../rehearsal/aws/world.ts';
import { createWorld } from '../rehearsal/aws/world.ts';

describe('actions of a rule', () => {
  const forward = (groups: Record<string, number>, rest = {}) => ({
    Type: 'forward',
    ForwardConfig: {
      TargetGroups: Object.entries(groups).map(([TargetGroupArn, Weight]) => ({ TargetGroupArn, Weight })),
      ...rest,
    },
  });
  const weights = [
    { targetGroup: 'a', weight: 95 },
    { targetGroup: 'b', weight: 5 },
  ];

  test.each<[rule: string, actions: Parameters<typeof groupsOf>[0], groups: string]>([
    ['weighted groups are told with their weights', [forward({ a: 90, b: 10 })], 'a 90, b 10'],
    ['a group alone weighs 1', [{ Type: 'forward', TargetGroupArn: 'a' }], 'a 1'],
    ['a rule that does not forward has none', [{ Type: 'redirect' }], ''],
    ['signing in comes before it', [{ Type: 'authenticate-oidc' }, forward({ a: 1 })], 'a 1'],
  ])('%s', (_rule, actions, groups) => {
    expect(
      groupsOf(actions)
        .map(({ targetGroup, weight }) => `${targetGroup} ${weight}`)
        .join(', '),
    ).toBe(groups);
  });

  test('only the weights change: stickiness, order and signing in stay, and an OIDC secret that is never shown', () => {
    const sticky = { TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: 60 } };
    const oidc = { Type: 'authenticate-oidc', Order: 1, AuthenticateOidcConfig: { Issuer: 'i', ClientId: 'c' } };
    const before = [oidc, { ...forward({ a: 100, b: 0 }, sticky), Order: 2, TargetGroupArn: 'a' }];
    expect(withWeights(before, weights)).toEqual([
      { ...oidc, AuthenticateOidcConfig: { Issuer: 'i', ClientId: 'c', UseExistingClientSecret: true } },
      { ...forward({ a: 95, b: 5 }, sticky), Order: 2 },
    ]);
  });

  test('a rule is sticky only when it says so', () => {
    const config = (Enabled: boolean) => ({ TargetGroupStickinessConfig: { Enabled, DurationSeconds: 60 } });
    expect([stickySecondsOf([forward({}, config(true))]), stickySecondsOf([forward({}, config(false))])]).toEqual([
      60,
      undefined,
    ]);
  });

  test('an action of a kind that is not known cannot be kept', () => {
    expect(strangeActions([{ Type: 'forward' }, { Type: 'teleport' }, {}])).toEqual(['teleport', 'unknown']);
  });

  test('the listener of a rule is in its ARN', () => {
    const arn = 'arn:aws:elasticloadbalancing:r:1:listener-rule/app/lb/50dc/f2f7/9683';
    expect(listenerOf(arn)).toBe('arn:aws:elasticloadbalancing:r:1:listener/app/lb/50dc/f2f7');
  });
});

describe('over the wire', () => {
  let world: World;
  const saved = { ...process.env };
  const elb = async (operation: string, input: Record<string, unknown>): Promise<Loose> =>
    world.aws.call('elasticloadbalancing', operation, input);
  const create = async () => {
    const group = async (Name: string): Promise<string> => {
      const { TargetGroups } = await elb('CreateTargetGroup', { Name, Port: 80, Protocol: 'HTTP', TargetType: 'ip' });
      return TargetGroups[0].TargetGroupArn;
    };
    const [main, canary] = [await group('main'), await group('canary')];
    const actions = [
      {
        Type: 'forward',
        ForwardConfig: {
          TargetGroups: [
            { TargetGroupArn: main, Weight: 1 },
            { TargetGroupArn: canary, Weight: 0 },
          ],
        },
      },
    ];
    const { LoadBalancers } = await elb('CreateLoadBalancer', { Name: 'lb' });
    const { Listeners } = await elb('CreateListener', {
      LoadBalancerArn: LoadBalancers[0].LoadBalancerArn,
      Port: 80,
      Protocol: 'HTTP',
      DefaultActions: actions,
    });
    const ListenerArn: string = Listeners[0].ListenerArn;
    const condition = { Field: 'path-pattern', Values: ['/*'] };
    await elb('CreateRule', { ListenerArn, Priority: 1, Conditions: [condition], Actions: actions });
    const { Rules } = await elb('DescribeRules', { ListenerArn });
    const arn = (isDefault: boolean): string => Rules.find(({ IsDefault }: Loose) => IsDefault === isDefault).RuleArn;
    return { main, canary, rule: arn(false), defaultRule: arn(true) };
  };
  const port = () => createLoadBalancing({ clock: systemClock, signal: new AbortController().signal });

  beforeEach(async () => {
    world = await createWorld();
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: world.aws.url,
      AWS_REGION: world.aws.region,
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'secret',
    });
  });
  afterEach(async () => {
    process.env = { ...saved };
    await world.close();
  });

  test.each(['rule', 'defaultRule'] as const)('weights are set and read back: %s', async (which) => {
    const { main, canary, ...rules } = await create();
    const before = await port().rule(rules[which]);
    expect(before).toMatchObject({ isDefault: which === 'defaultRule', sticky: false });
    const wanted = [
      { targetGroup: main, weight: 75 },
      { targetGroup: canary, weight: 25 },
    ];
    expect((await port().setWeights(before, wanted)).groups).toEqual(wanted);
    expect((await port().rule(rules[which])).groups).toEqual(wanted);
    expect(world.aws.calls(which === 'rule' ? 'ModifyRule' : 'ModifyListener')).toBe(1);
  });

  test('a rule that is not there is a final error', async () => {
    const { rule } = await create();
    await expect(port().rule(`${rule}0`)).rejects.toMatchObject({ code: expect.stringContaining('RuleNotFound') });
  });

  test('a denial names the action', async () => {
    const { main, rule } = await create();
    const read = await port().rule(rule);
    world.aws.faults.add({ operation: 'ModifyRule', kind: 'access-denied' });
    await expect(port().setWeights(read, [{ targetGroup: main, weight: 1 }])).rejects.toMatchObject({
      missingAction: 'elasticloadbalancing:ModifyRule',
    });
  });

  test('an action that cannot be kept is not written', async () => {
    const { main, rule } = await create();
    const strange = { ...(await port().rule(rule)), actions: [{ Type: 'teleport' }] };
    await expect(port().setWeights(strange, [{ targetGroup: main, weight: 1 }])).rejects.toMatchObject({
      code: 'UnknownAction',
    });
    expect(world.aws.calls('ModifyRule')).toBe(0);
  });

  test('target groups and the health of their targets', async () => {
    const { main } = await create();
    expect(await port().targetGroups([main])).toEqual([
      expect.objectContaining({ arn: main, name: 'main', protocol: 'HTTP', port: 80, targetType: 'ip' }),
    ]);
    expect(await port().targetHealth(main)).toEqual([]);
  });
});
