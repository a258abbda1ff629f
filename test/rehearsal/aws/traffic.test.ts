import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { LocalAwsOptions } from '../../../packages/rehearsal/src/aws/local-aws.ts';
import type { Loose, World } from './world.ts';
import { createTargetGroup, createWorld } from './world.ts';

const MINUTE = 60_000;
const HOST = 'api.example.org';

let world: World;
let group: string;

const timings: LocalAwsOptions['timings'] = { minuteMs: MINUTE };

const start = async (images: Parameters<typeof createWorld>[0] = {}): Promise<void> => {
  world = await createWorld(images, { timings });
  group = await createTargetGroup(world.aws, HOST);
  await world.ecs('CreateService', {
    cluster: 'c',
    serviceName: 'api',
    taskDefinition: await world.register('v1'),
    desiredCount: 2,
    loadBalancers: [{ targetGroupArn: group, containerName: 'api', containerPort: 3001 }],
  });
  await world.settle();
};

beforeEach(() => start());
afterEach(() => world.close());

const short = (): string => group.split(':').at(-1) ?? '';

/** Sum over the last minutes, by target group; undefined when there is no data. */
const sum = async (name: string, minutes = 5, stat = 'Sum'): Promise<number | undefined> => {
  const now = world.clock.now();
  const Expression = `SUM(SEARCH('{AWS/ApplicationELB,LoadBalancer,TargetGroup} MetricName="${name}" TargetGroup="${short()}"', '${stat}', ${minutes * 60}))`;
  const { MetricDataResults }: Loose = await world.aws.call('cloudwatch', 'GetMetricData', {
    MetricDataQueries: [{ Id: 'e', Expression, Period: minutes * 60 }],
    StartTime: new Date(now - minutes * MINUTE),
    EndTime: new Date(now + 1),
    ScanBy: 'TimestampAscending',
  });
  const values: number[] = MetricDataResults[0].Values;
  return values.length === 0 ? undefined : values.reduce((all, value) => all + value, 0);
};

test('a visitor makes requests, and what the targets answer is counted in every class', async () => {
  expect(await sum('RequestCount')).toBeUndefined();
  const leave = world.aws.traffic({ host: HOST, path: '/hello', everyMs: 1_000 });
  await world.clock.advance(MINUTE - 500);
  leave();
  await world.clock.advance(MINUTE);
  expect(await sum('RequestCount')).toBe(60);
  expect(await sum('HTTPCode_Target_2XX_Count')).toBe(60);
  expect(await sum('HTTPCode_Target_5XX_Count')).toBe(0);
  expect(await sum('TargetResponseTime', 5, 'SampleCount')).toBe(60);
});

test('hosts are counted for as long as there are any', async () => {
  await world.clock.advance(2 * MINUTE);
  expect(await sum('HealthyHostCount', 1, 'Maximum')).toBeGreaterThanOrEqual(2);
  expect(await sum('UnHealthyHostCount', 1, 'Maximum')).toBe(0);
  await world.ecs('UpdateService', { cluster: 'c', service: 'api', desiredCount: 0 });
  await world.clock.advance(10 * MINUTE);
  expect(await sum('HealthyHostCount')).toBeUndefined();
});

test('without a healthy target nothing is requested, and the load balancer answers for itself', async () => {
  await world.ecs('UpdateService', { cluster: 'c', service: 'api', desiredCount: 0 });
  await world.clock.advance(10 * MINUTE);
  const leave = world.aws.traffic({ host: HOST, everyMs: 10_000 });
  await world.clock.advance(MINUTE);
  leave();
  expect(await sum('RequestCount')).toBeUndefined();
  const { Metrics }: Loose = await world.aws.call('cloudwatch', 'ListMetrics', {
    Namespace: 'AWS/ApplicationELB',
    MetricName: 'HTTPCode_ELB_503_Count',
  });
  expect(Metrics).toEqual([
    {
      Namespace: 'AWS/ApplicationELB',
      MetricName: 'HTTPCode_ELB_503_Count',
      Dimensions: [{ Name: 'LoadBalancer', Value: expect.stringMatching(/^app\/lb-api\/[0-9a-f]{16}$/) }],
    },
  ]);
});

test('an alarm on errors sounds by what the load balancer recorded', async () => {
  await world.aws.call('cloudwatch', 'PutMetricAlarm', {
    AlarmName: '5xx',
    Metrics: [
      {
        Id: 'errors',
        Expression: `SELECT SUM(HTTPCode_Target_5XX_Count) FROM SCHEMA("AWS/ApplicationELB", LoadBalancer, TargetGroup) WHERE TargetGroup = '${short()}'`,
        Period: 60,
      },
    ],
    EvaluationPeriods: 1,
    Threshold: 5,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'notBreaching',
  });
  await world.clock.advance(MINUTE);
  expect(world.aws.alarms.state('5xx')).toBe('OK');
  for (let request = 0; request < 6; request += 1)
    world.aws.elb.record({ picked: world.aws.elb.pick(HOST, '/'), status: 502, byTarget: true, seconds: 0.1 });
  await world.clock.advance(MINUTE);
  expect(world.aws.alarms.state('5xx')).toBe('ALARM');
});
