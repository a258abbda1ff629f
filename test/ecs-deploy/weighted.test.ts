import { afterEach, describe, expect, test } from '@jest/globals';
import { exits } from '../../packages/rehearsal/src/aws/scripted-engine.ts';
import { createWeightedWorld } from './weighted-world.ts';

type World = Awaited<ReturnType<typeof createWeightedWorld>>;

let open: World[] = [];
const createWorld = async (...given: Parameters<typeof createWeightedWorld>): Promise<World> => {
  const world = await createWeightedWorld(...given);
  open.push(world);
  return world;
};
afterEach(async () => {
  for (const world of open) await world.close();
  open = [];
});

describe('a weighted canary', () => {
  test('gives the canary its shares one after the other, then deploys the main service and takes the share back', async () => {
    const world = await createWorld();
    const { outputs, lines } = await world.canary();
    expect([outputs.outcome, outputs.reason]).toEqual(['deployed', '']);
    expect(await world.images()).toBe('v2 v2');
    expect(world.shares()).toEqual(['95:5', '75:25', '50:50', '1:0']);
    expect(await world.weights()).toBe('1:0');
    expect(world.aws.calls('RegisterTaskDefinition')).toBe(1);
    expect(Number(outputs['duration-seconds'])).toBeGreaterThanOrEqual(8 * 60);
    expect(lines.join('\n')).toContain('the canary takes 25 % of the traffic');
  });

  test('leaves everything as it is when nothing differs', async () => {
    const world = await createWorld();
    const { outputs } = await world.canary({ image: 'v1' });
    expect(outputs.outcome).toBe('unchanged');
    expect([world.shares(), world.aws.calls('UpdateService')]).toEqual([[], 0]);
  });

  test('prints its steps and changes nothing in a dry run', async () => {
    const world = await createWorld();
    const { outputs, lines } = await world.canary({ 'dry-run': 'true' });
    expect(outputs.outcome).toBe('unchanged');
    expect(lines.join('\n')).toContain('give 25 % of the traffic to "canary"');
    expect(world.aws.calls('ModifyRule') + world.aws.calls('RegisterTaskDefinition')).toBe(0);
  });

  test('renders the change onto the definition of a canary service that has a family of its own', async () => {
    const world = await createWorld({}, { canaryFamily: 'own' });
    const { outputs } = await world.canary();
    expect(outputs.outcome).toBe('deployed');
    expect(await world.images()).toBe('v2 v2');
    const { deployments } = await world.service('canary');
    expect(deployments[0].taskDefinition).toContain('task-definition/own:2');
  });

  test('gives a canary service without tasks one for the release, and takes it away again', async () => {
    const world = await createWorld({}, { canaryCount: 0 });
    const { outputs } = await world.canary();
    expect(outputs.outcome).toBe('deployed');
    expect(world.shares()[0]).toBe('95:5');
    expect((await world.service('canary')).desiredCount).toBe(0);
  });

  test('keeps what else the rule does: stickiness and signing in', async () => {
    const stickiness = { TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: 60 } };
    const world = await createWorld({}, { forward: stickiness });
    const { lines } = await world.canary({ 'canary-percent': '10', 'bake-time': '0s' });
    const { Rules } = await world.elb('DescribeRules', { RuleArns: [world.rule] });
    expect(Rules[0].Actions[0].ForwardConfig).toMatchObject(stickiness);
    expect(lines.join('\n')).toContain('keeps clients at their target group for 60s');
  });
});

describe('a weighted canary that goes wrong', () => {
  const ALARM = {
    AlarmName: 'api-5xx',
    Namespace: 'N',
    MetricName: 'Errors',
    Statistic: 'Sum',
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 5,
    ComparisonOperator: 'GreaterThanThreshold',
  };
  const alarmed = async (...given: Parameters<typeof createWeightedWorld>): Promise<World> => {
    const world = await createWorld(...given);
    await world.aws.call('cloudwatch', 'PutMetricAlarm', ALARM);
    world.aws.alarms.hold('api-5xx', 'OK');
    return world;
  };
  const atWeights = (world: World, weights: string, act: () => unknown) => {
    const acted = world.when(weights, act);
    return async () => acted;
  };

  test.each(['95:5', '75:25', '50:50'])(
    'takes the share back at once when the gate is breached at %s',
    async (weights) => {
      const world = await alarmed();
      let at = 0;
      const acted = atWeights(world, weights, () => {
        world.aws.alarms.hold('api-5xx', 'ALARM', 'Threshold Crossed: 7 > 5');
        at = world.clock.now();
      });
      const { outputs, reports } = await world.canary({ 'gate-alarms': 'api-5xx' });
      await acted();
      expect(outputs.outcome).toBe('rolled-back');
      expect(outputs.reason).toContain('gate alarm "api-5xx" on N Errors is in ALARM: Threshold Crossed: 7 > 5');
      expect(await world.weights()).toBe('1:0');
      expect(await world.images()).toBe('v1 v1');
      const back = world.aws.requests().findLast(({ operation }) => operation === 'ModifyRule');
      expect((back?.at ?? 0) - at).toBeLessThanOrEqual(21_000);
      const undone = world.aws.requests().findLast(({ operation }) => operation === 'UpdateService');
      expect(undone?.at).toBeGreaterThanOrEqual(back?.at ?? Number.POSITIVE_INFINITY);
      expect(reports[0]?.serving['task-definition']).toContain('main:1');
    },
  );

  test('takes both services back when the gate is breached while the main service is deployed', async () => {
    const world = await alarmed({}, { options: { timings: { healthIntervalMs: 20_000 } } });
    const begun = async () => {
      while (world.aws.calls('UpdateService') < 2) await world.clock.background.sleep(100);
      world.aws.alarms.hold('api-5xx', 'ALARM');
    };
    const acted = begun();
    const { outputs } = await world.canary({ 'gate-alarms': 'api-5xx' });
    await acted;
    expect(outputs.outcome).toBe('rolled-back');
    expect(await world.weights()).toBe('1:0');
    expect(await world.images()).toBe('v1 v1');
  });

  test('takes both services back when the gate is breached at the end', async () => {
    const world = await alarmed();
    const passed = async () => {
      await world.when('50:50', () => undefined);
      await world.when('1:0', () => world.aws.alarms.hold('api-5xx', 'ALARM'));
    };
    const acted = passed();
    const { outputs } = await world.canary({ 'gate-alarms': 'api-5xx' });
    await acted;
    expect(outputs.outcome).toBe('rolled-back');
    expect(await world.images()).toBe('v1 v1');
  });

  test('leaves the share where it is when the inputs ask for it, and says who takes it', async () => {
    const world = await alarmed();
    const acted = atWeights(world, '75:25', () => world.aws.alarms.hold('api-5xx', 'ALARM'));
    const { outputs } = await world.canary({ 'gate-alarms': 'api-5xx', 'on-failure': 'leave' });
    await acted();
    expect(outputs.outcome).toBe('failed');
    expect(outputs.reason).toContain('service "canary" takes 25 % of the traffic with main:2');
    expect(await world.weights()).toBe('75:25');
  });

  test('is no success while an alarm has no data, however long it is watched', async () => {
    const world = await createWorld();
    await world.aws.call('cloudwatch', 'PutMetricAlarm', ALARM);
    const { outputs } = await world.canary({ 'gate-alarms': 'api-5xx' });
    expect(outputs.outcome).toBe('rolled-back');
    expect(outputs.reason).toContain('gate alarm "api-5xx" has no data');
    expect(world.shares()).toEqual(['95:5', '1:0']);
  });

  test('takes everything back within the seconds of a cancelled run', async () => {
    const world = await createWorld();
    let at = 0;
    const acted = atWeights(world, '75:25', () => {
      at = world.clock.now();
      world.cancel.abort();
    });
    const { outputs } = await world.canary();
    await acted();
    expect(outputs.outcome).toBe('cancelled');
    expect(world.clock.now() - at).toBeLessThan(9_000);
    expect(await world.weights()).toBe('1:0');
  });

  test('takes the share back also when the run is cancelled while it is being given', async () => {
    const world = await createWorld();
    const given = async () => {
      while (world.aws.calls('DescribeRules') < 3) await world.clock.background.sleep(1);
      world.cancel.abort();
    };
    const acted = given();
    const { outputs } = await world.canary();
    await acted;
    expect(outputs.outcome).toBe('cancelled');
    await world.clock.advance(60_000);
    expect(await world.weights()).toBe('1:0');
  });

  test('takes everything back when its time is over', async () => {
    const world = await createWorld();
    const { outputs } = await world.canary({ timeout: '8m1s' });
    expect(outputs.outcome).toBe('timeout');
    expect(await world.weights()).toBe('1:0');
    expect(await world.images()).toBe('v1 v1');
  });

  test('takes a canary whose tasks crash out of nothing: it never had a share', async () => {
    const world = await createWorld({ v2: exits(1) });
    const { outputs } = await world.canary();
    expect(outputs.outcome).toBe('rolled-back');
    expect(outputs.reason).toContain('service "canary"');
    expect(world.shares()).toEqual([]);
    expect(await world.images()).toBe('v1 v1');
  });
});

describe('a weighted canary with a metric', () => {
  const GATE = JSON.stringify([
    {
      name: 'error rate',
      expression: `SUM(SEARCH('{N} MetricName="Errors"', 'Sum', 60))`,
      threshold: 5,
      'minimum-traffic': { expression: `SUM(SEARCH('{N} MetricName="Requests"', 'Sum', 60))`, threshold: 100 },
    },
  ]);
  const key = (name: string) => ({ namespace: 'N', name, dimensions: new Map<string, string>() });
  /** Traffic of every second; `errors` per minute are made by what the canary takes. */
  const withTraffic = async (requests: number, errors: (share: string) => number): Promise<World> => {
    const world = await createWorld({}, { options: { timings: { minuteMs: 60_000 } } });
    const { metrics } = world.aws;
    void (async () => {
      for (;;) {
        metrics.put(key('Requests'), requests / 6);
        metrics.put(key('Errors'), errors(await world.weights()) / 6);
        await world.clock.background.sleep(10_000);
      }
    })();
    return world;
  };

  test('passes while the metric is within its threshold', async () => {
    const world = await withTraffic(600, () => 3);
    const { outputs } = await world.canary({ 'gate-metrics': GATE });
    expect([outputs.outcome, outputs.reason]).toEqual(['deployed', '']);
  });

  test('takes the share back with metric, value and threshold as the reason', async () => {
    const world = await withTraffic(600, (share) => (share === '75:25' ? 12 : 0));
    const { outputs } = await world.canary({ 'gate-metrics': GATE });
    expect(outputs.outcome).toBe('rolled-back');
    expect(outputs.reason).toContain('gate "error rate": 12 > 5');
    expect(world.shares()).toEqual(['95:5', '75:25', '1:0']);
  });

  test('is no success with too little traffic', async () => {
    const world = await withTraffic(60, () => 0);
    const { outputs } = await world.canary({ 'gate-metrics': GATE });
    expect(outputs.outcome).toBe('rolled-back');
    expect(outputs.reason).toContain('gate "error rate": traffic 60 is under its minimum of 100');
  });

  test('is no success when the metric says nothing', async () => {
    const world = await createWorld({}, { options: { timings: { minuteMs: 60_000 } } });
    const { outputs } = await world.canary({ 'gate-metrics': GATE });
    expect(outputs.outcome).toBe('rolled-back');
    expect(outputs.reason).toContain('gate "error rate": traffic: no data yet');
  });
});

describe('a weighted canary whose calls fail', () => {
  test.each(['lost-response', '5xx', 'reset', 'throttle'] as const)('sets every share in spite of %s', async (kind) => {
    const world = await createWorld();
    world.aws.faults.add({ operation: 'ModifyRule', kind, rate: 0.5 });
    const { outputs } = await world.canary();
    expect([outputs.outcome, await world.images(), await world.weights()]).toEqual(['deployed', 'v2 v2', '1:0']);
  });

  test('never gave the canary a share when it may not', async () => {
    const world = await createWorld();
    world.aws.faults.add({ operation: 'ModifyRule', kind: 'access-denied' });
    const { outputs } = await world.canary();
    expect(outputs.outcome).toBe('rolled-back');
    expect(outputs.reason).toContain('elasticloadbalancing:ModifyRule');
    expect([await world.weights(), await world.images()]).toEqual(['1:0', 'v1 v1']);
  });

  test('says which share the canary keeps when it may not take it back', async () => {
    const world = await createWorld();
    world.aws.faults.add({ operation: 'ModifyRule', kind: 'access-denied', after: 2 });
    const { outputs } = await world.canary();
    expect(outputs.outcome).toBe('rollback-failed');
    expect(outputs.reason).toContain('service "canary" takes 25 % of the traffic with main:1');
    // The revision is gone all the same: the share goes to the old one.
    expect([await world.weights(), await world.images()]).toEqual(['75:25', 'v1 v1']);
  });

  test('says that the share is not known when nobody may look at the rule any more', async () => {
    const world = await createWorld();
    const acted = world.when('75:25', () =>
      world.aws.faults.add({ service: 'elasticloadbalancing', kind: 'access-denied' }),
    );
    const { outputs } = await world.canary();
    await acted;
    expect(['rollback-failed', 'unknown']).toContain(outputs.outcome);
    expect(outputs.reason).toContain('DescribeRules');
  });

  test('takes the share back to the old revision when the services are out of sight', async () => {
    const world = await createWorld();
    const acted = world.when('25:75'.split(':').reverse().join(':'), () =>
      world.aws.faults.add({ service: 'ecs', kind: 'access-denied' }),
    );
    const { outputs } = await world.canary();
    await acted;
    expect(outputs.outcome).toBe('unknown');
    expect(await world.weights()).toBe('1:0');
  });

  test('takes the share back when the gate may not be looked at', async () => {
    const world = await createWorld();
    world.aws.faults.add({ operation: 'DescribeAlarms', kind: 'access-denied' });
    const { outputs } = await world.canary({ 'gate-alarms': 'api-5xx' });
    expect(outputs.outcome).toBe('rolled-back');
    expect(outputs.reason).toContain('cloudwatch:DescribeAlarms');
    expect([await world.weights(), await world.images()]).toEqual(['1:0', 'v1 v1']);
  });
});

describe('a weighted canary among others', () => {
  test('does not fight somebody who changes the weights', async () => {
    const world = await createWorld();
    const acted = world.when('95:5', () => world.setWeights(60, 40));
    const { outputs } = await world.canary();
    await acted;
    expect(outputs.outcome).toBe('superseded');
    expect(outputs.reason).toContain('somebody changed the listener rule: 40 % for the canary');
    expect(await world.weights()).toBe('60:40');
  });

  test('refuses a canary that takes a share already, and says what to do', async () => {
    const world = await createWorld();
    await world.setWeights(75, 25);
    await expect(world.canary()).rejects.toMatchObject({
      why: expect.stringContaining('the canary takes 25 % of the traffic already'),
    });
    expect(world.aws.calls('UpdateService')).toBe(0);
  });

  test('`rollback-to: previous` ends what a killed run has left in the canary', async () => {
    const world = await createWorld();
    await world.ecs('RegisterTaskDefinition', {
      family: 'main',
      executionRoleArn: 'arn:aws:iam::123456789012:role/x',
      containerDefinitions: [{ name: 'api', image: 'v2', memory: 128, portMappings: [{ containerPort: 3001 }] }],
    });
    await world.ecs('UpdateService', { cluster: 'c', service: 'canary', taskDefinition: 'main:2' });
    await world.settle('canary');
    await world.setWeights(75, 25);
    const { outputs } = await world.canary({ image: '', 'rollback-to': 'previous' });
    expect(outputs.outcome).toBe('deployed');
    expect([await world.weights(), await world.images()]).toEqual(['100:0', 'v1 v1']);
  });

  test('`rollback-to: previous` takes both services back at once', async () => {
    const world = await createWorld();
    await world.canary();
    const { outputs } = await world.canary({ image: '', 'rollback-to': 'previous' });
    expect(outputs.outcome).toBe('deployed');
    expect(world.shares()).toHaveLength(4);
    expect(await world.images()).toBe('v1 v1');
  });

  test('`rollback-to` what runs already changes nothing', async () => {
    const world = await createWorld();
    const { outputs } = await world.canary({ image: '', 'rollback-to': '1' });
    expect(outputs.outcome).toBe('unchanged');
    expect(world.aws.calls('UpdateService') + world.aws.calls('ModifyRule')).toBe(0);
  });

  test('goes back with the release when another service fails after it was complete', async () => {
    const world = await createWorld({ bad: exits(1) }, { others: ['other'] });
    const { outputs, reports } = await world.canary({
      service: '',
      image: '',
      strategy: '',
      'canary-service': '',
      'listener-rule': '',
      'canary-percent': '10',
      services: JSON.stringify([
        {
          service: 'main',
          image: 'v2',
          strategy: 'weighted-canary',
          'canary-percent': '10',
          'bake-time': '10s',
          'canary-service': 'canary',
          'listener-rule': world.rule,
        },
        { service: 'other', image: 'bad', after: ['main'] },
      ]),
    });
    expect(reports.map(({ outcome }) => outcome)).toEqual(['rolled-back', 'rolled-back']);
    expect(outputs.outcome).toBe('rolled-back');
    expect(await world.images()).toBe('v1 v1');
  });

  test('notices tasks that crash while the canary takes its share', async () => {
    const world = await createWorld({ v2: { exitAfterMs: 100_000, exitCode: 1 } });
    const { outputs } = await world.canary({ 'bake-time': '20m', timeout: '3h' });
    expect(outputs.outcome).toBe('rolled-back');
    expect(await world.weights()).toBe('1:0');
    expect(world.shares()).toEqual(['95:5', '1:0']);
  });

  test('a metric that CloudWatch does not take is said before anything is changed', async () => {
    const world = await createWorld();
    const gate = [{ name: 'errors', expression: 'SUM(', threshold: 5 }];
    const ended = await world.canary({ verify: 'true', 'gate-metrics': JSON.stringify(gate) }).catch((error) => error);
    expect(JSON.stringify(ended.failures)).toContain('gate \\"errors\\": CloudWatch does not take its expression');
    expect(world.aws.calls('UpdateService') + world.aws.calls('ModifyRule')).toBe(0);
  });

  test.each<[rule: string, given: Record<string, string>, why: string]>([
    ['a service cannot be its own canary', { 'canary-service': 'main' }, 'cannot be its own canary'],
    ['a canary service must exist', { 'canary-service': 'nobody' }, 'service "nobody" is not in cluster'],
    ['the bake times must fit into the time there is', { timeout: '5m' }, 'its bake times sum up to'],
    ['it is watched to its end', { 'wait-until': 'started' }, 'watched to its end'],
  ])('%s', async (_rule, given, why) => {
    const world = await createWorld();
    await expect(world.canary(given)).rejects.toMatchObject({ why: expect.stringContaining(why) });
    expect(world.aws.calls('UpdateService') + world.aws.calls('ModifyRule')).toBe(0);
  });

  test('a rule that does not exist is said before anything is changed', async () => {
    const world = await createWorld();
    await expect(world.canary({ 'listener-rule': `${world.rule}0` })).rejects.toMatchObject({
      why: expect.stringContaining('RuleNotFound'),
    });
  });
});
