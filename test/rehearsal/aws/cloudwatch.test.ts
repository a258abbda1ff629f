import type { PutMetricAlarmCommandInput } from '@aws-sdk/client-cloudwatch';
import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  ListMetricsCommand,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { World } from './world.ts';
import { createWorld } from './world.ts';

const MINUTE = 60_000;
const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' };

let world: World;
let client: CloudWatchClient;

beforeEach(async () => {
  world = await createWorld({}, { timings: { minuteMs: MINUTE } });
  client = new CloudWatchClient({ endpoint: world.aws.url, region: 'ap-south-1', credentials, maxAttempts: 1 });
});
afterEach(async () => {
  client.destroy();
  await world.close();
});

const put = (value: number, name = 'errors') =>
  client.send(
    new PutMetricDataCommand({ Namespace: 'App', MetricData: [{ MetricName: name, Value: value, Unit: 'Count' }] }),
  );

const alarm = (name: string, more: Partial<PutMetricAlarmCommandInput> = {}) =>
  client.send(
    new PutMetricAlarmCommand({
      AlarmName: name,
      Namespace: 'App',
      MetricName: 'errors',
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      ...more,
    }),
  );

const described = async (name: string) =>
  (await client.send(new DescribeAlarmsCommand({ AlarmNames: [name] }))).MetricAlarms?.[0];

const ask = (Expression: string, minutes = 5) =>
  client.send(
    new GetMetricDataCommand({
      MetricDataQueries: [{ Id: 'e1', Expression, Period: 60 }],
      StartTime: new Date(world.clock.now() - minutes * MINUTE),
      EndTime: new Date(world.clock.now() + 1),
    }),
  );

describe('metrics', () => {
  test('are put, listed, read newest first and by statistic', async () => {
    await put(2);
    await put(3);
    await world.clock.advance(MINUTE);
    await put(10);
    const { Metrics } = await client.send(new ListMetricsCommand({ Namespace: 'App' }));
    expect(Metrics).toEqual([{ Namespace: 'App', MetricName: 'errors', Dimensions: [] }]);
    const Metric = { Namespace: 'App', MetricName: 'errors' };
    const now = world.clock.now();
    const { MetricDataResults } = await client.send(
      new GetMetricDataCommand({
        MetricDataQueries: [
          { Id: 'm1', MetricStat: { Metric, Period: 60, Stat: 'Sum' } },
          { Id: 'm2', MetricStat: { Metric, Period: 300, Stat: 'Average', Unit: 'Count' } },
          { Id: 'm3', MetricStat: { Metric, Period: 60, Stat: 'Sum', Unit: 'Seconds' } },
          { Id: 'rest', Expression: '100 - m1', ReturnData: false },
        ],
        StartTime: new Date(now - 5 * MINUTE),
        EndTime: new Date(now + 1),
      }),
    );
    expect(MetricDataResults?.map(({ Id, Values, StatusCode }) => [Id, Values, StatusCode])).toEqual([
      ['m1', [10, 5], 'Complete'],
      ['m2', [5], 'Complete'],
      ['m3', [], 'Complete'],
    ]);
    expect(MetricDataResults?.[0]?.Timestamps?.[0]).toEqual(new Date(Math.floor(now / MINUTE) * MINUTE));
    const { Datapoints } = await client.send(
      new GetMetricStatisticsCommand({
        ...Metric,
        StartTime: new Date(now - 5 * MINUTE),
        EndTime: new Date(now + 1),
        Period: 300,
        Statistics: ['Maximum', 'SampleCount'],
      }),
    );
    expect(Datapoints).toMatchObject([{ Maximum: 10, SampleCount: 3, Unit: 'Count' }]);
  });

  test('that were never measured have no values, and FILL gives them some', async () => {
    expect((await ask(`SELECT SUM(errors) FROM SCHEMA("App")`)).MetricDataResults).toMatchObject([
      { Id: 'e1', Values: [], Timestamps: [], StatusCode: 'Complete' },
    ]);
    await put(0, 'other');
    const filled = await ask(`SUM(FILL(SEARCH('{App} MetricName="other"', 'Sum', 60), 4))`, 2);
    expect(filled.MetricDataResults?.[0]?.Values).toEqual([0, 4, 4]);
  });

  test('that arrive late are not there before', async () => {
    world.aws.metrics.delay(2 * MINUTE);
    await put(1);
    const query = `SELECT SUM(errors) FROM SCHEMA("App")`;
    expect((await ask(query)).MetricDataResults?.[0]?.Values).toEqual([]);
    await world.clock.advance(3 * MINUTE);
    expect((await ask(query)).MetricDataResults?.[0]?.Values).toEqual([1]);
  });

  test('that come as statistic sets have sums and extremes, and no percentiles', async () => {
    const StatisticValues = { SampleCount: 4, Sum: 20, Minimum: 1, Maximum: 9 };
    await client.send(
      new PutMetricDataCommand({ Namespace: 'App', MetricData: [{ MetricName: 'set', StatisticValues }] }),
    );
    const Metric = { Namespace: 'App', MetricName: 'set' };
    const stats = ['Sum', 'Minimum', 'Maximum', 'Average', 'SampleCount', 'p90'];
    const { MetricDataResults } = await client.send(
      new GetMetricDataCommand({
        MetricDataQueries: stats.map((Stat, index) => ({ Id: `m${index}`, MetricStat: { Metric, Period: 60, Stat } })),
        StartTime: new Date(world.clock.now() - MINUTE),
        EndTime: new Date(world.clock.now() + 1),
      }),
    );
    expect(MetricDataResults?.map(({ Values }) => Values)).toEqual([[20], [1], [9], [5], [4], []]);
  });

  test('of another age are refused', async () => {
    const MetricData = [{ MetricName: 'x', Value: 1, Timestamp: new Date(world.clock.now() + 3 * 60 * MINUTE) }];
    await expect(client.send(new PutMetricDataCommand({ Namespace: 'App', MetricData }))).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
    });
  });

  test('that are not complete say so and lack the newest', async () => {
    await put(1);
    world.aws.metrics.answerWith('PartialData');
    const query = `SELECT SUM(errors) FROM SCHEMA("App")`;
    expect((await ask(query)).MetricDataResults).toMatchObject([{ StatusCode: 'PartialData', Values: [] }]);
    expect((await ask(query)).MetricDataResults).toMatchObject([{ StatusCode: 'Complete', Values: [1] }]);
  });

  test.each([
    ['an expression that cannot be read', 'SUM(', /Error in expression 'e1': Invalid syntax/],
    ['a function that there is not', 'NOPE(1)', /Error in expression 'e1': Function 'NOPE' not found/],
  ])('refuse %s', async (_what, expression, message) => {
    await expect(ask(expression)).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringMatching(message),
      $metadata: { httpStatusCode: 400 },
    });
  });
});

describe('an alarm', () => {
  test('has insufficient data first, then follows its metric', async () => {
    const told: string[] = [];
    world.aws.alarms.onChange(({ name, from, to }) => told.push(`${name}: ${from} -> ${to}`));
    await alarm('errors');
    expect(await described('errors')).toMatchObject({
      AlarmArn: 'arn:aws:cloudwatch:ap-south-1:123456789012:alarm:errors',
      StateValue: 'INSUFFICIENT_DATA',
      StateReason: 'Unchecked: Initial alarm creation',
      Period: 60,
      Threshold: 1,
    });
    for (const value of [0, 5, 0]) {
      await put(value);
      await world.clock.advance(MINUTE);
    }
    expect(told).toEqual(['errors: INSUFFICIENT_DATA -> OK', 'errors: OK -> ALARM', 'errors: ALARM -> OK']);
    expect((await described('errors'))?.StateReason).toMatch(
      /^Threshold Crossed: 1 out of the last 1 datapoints \[0\.0\] was not/,
    );
    expect(world.aws.alarms.state('errors')).toBe('OK');
    expect(world.aws.alarms.state('none')).toBeUndefined();
  });

  test('on an expression divides errors by requests', async () => {
    const stat = (Id: string) => ({
      Id,
      MetricStat: { Metric: { Namespace: 'App', MetricName: Id }, Period: 60, Stat: 'Sum' },
      ReturnData: false,
    });
    await client.send(
      new PutMetricAlarmCommand({
        AlarmName: 'rate',
        Metrics: [stat('errors'), stat('requests'), { Id: 'rate', Expression: '100 * errors / requests' }],
        EvaluationPeriods: 1,
        Threshold: 5,
        ComparisonOperator: 'GreaterThanThreshold',
      }),
    );
    await put(6, 'errors');
    await put(100, 'requests');
    await world.clock.advance(MINUTE);
    expect((await described('rate'))?.StateValue).toBe('ALARM');
  });

  test('that is set by hand stays so until it is evaluated, that is held for as long as it is held', async () => {
    await alarm('errors', { TreatMissingData: 'notBreaching' });
    await world.clock.advance(MINUTE);
    const set = (StateValue: 'ALARM') =>
      client.send(new SetAlarmStateCommand({ AlarmName: 'errors', StateValue, StateReason: 'drill' }));
    await set('ALARM');
    expect(await described('errors')).toMatchObject({ StateValue: 'ALARM', StateReason: 'drill' });
    await world.clock.advance(MINUTE);
    expect((await described('errors'))?.StateValue).toBe('OK');
    world.aws.alarms.hold('errors', 'ALARM');
    await world.clock.advance(3 * MINUTE);
    expect((await described('errors'))?.StateValue).toBe('ALARM');
    world.aws.alarms.release('errors');
    await world.clock.advance(MINUTE);
    expect((await described('errors'))?.StateValue).toBe('OK');
  });

  test('is found by name, prefix, state and page by page; composite ones there are none', async () => {
    for (const name of ['b-1', 'a-1', 'a-2']) await alarm(name);
    const first = await client.send(new DescribeAlarmsCommand({ MaxRecords: 2 }));
    const second = await client.send(new DescribeAlarmsCommand({ MaxRecords: 2, NextToken: first.NextToken }));
    expect([first, second].map((page) => page.MetricAlarms?.map(({ AlarmName }) => AlarmName))).toEqual([
      ['a-1', 'a-2'],
      ['b-1'],
    ]);
    expect(second.NextToken).toBeUndefined();
    const prefixed = await client.send(
      new DescribeAlarmsCommand({ AlarmNamePrefix: 'a-', StateValue: 'INSUFFICIENT_DATA' }),
    );
    expect(prefixed.MetricAlarms).toHaveLength(2);
    const composite = await client.send(new DescribeAlarmsCommand({ AlarmTypes: ['CompositeAlarm'] }));
    expect([composite.MetricAlarms, composite.CompositeAlarms]).toEqual([[], []]);
    const some = client.send(new DeleteAlarmsCommand({ AlarmNames: ['a-1', 'none'] }));
    await expect(some).rejects.toMatchObject({ name: 'ResourceNotFound' });
    expect(await described('a-1')).toBeUndefined();
  });

  test.each([
    [
      'of no name',
      () => client.send(new SetAlarmStateCommand({ AlarmName: 'x', StateValue: 'OK', StateReason: '' })),
      'ResourceNotFound',
      404,
    ],
    ['with more datapoints than periods', () => alarm('x', { DatapointsToAlarm: 2 }), 'ValidationException', 400],
    ['without a threshold', () => alarm('x', { Threshold: undefined }), 'ValidationException', 400],
    [
      'on a search',
      () => alarm('x', { MetricName: undefined, Metrics: [{ Id: 'e', Expression: "SEARCH('{App}', 'Sum')" }] }),
      'ValidationException',
      400,
    ],
    [
      'on an expression that cannot be read',
      () => alarm('x', { MetricName: undefined, Metrics: [{ Id: 'e', Expression: 'NOPE(1)' }] }),
      'ValidationException',
      400,
    ],
  ])('%s is refused', async (_what, call, name, status) => {
    await expect(call()).rejects.toMatchObject({ name, $metadata: { httpStatusCode: status } });
  });
});

describe('the wire', () => {
  const form = (parameters: Record<string, string>) =>
    fetch(world.aws.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        authorization: `AWS4-HMAC-SHA256 Credential=AKIA/20260101/ap-south-1/monitoring/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`,
      },
      body: new URLSearchParams({ Version: '2010-08-01', ...parameters }),
    });

  test('speaks the query protocol too, with its own error codes', async () => {
    await alarm('errors');
    const found = await form({ Action: 'DescribeAlarms', 'AlarmNames.member.1': 'errors', MaxRecords: '5' });
    expect(await found.text()).toMatch(/<MetricAlarms><member>.*<AlarmName>errors<\/AlarmName>/);
    const refused = await form({ Action: 'SetAlarmState', AlarmName: 'x', StateValue: 'OK', StateReason: 'x' });
    expect([refused.status, await refused.text()]).toEqual([
      404,
      expect.stringContaining('<Code>ResourceNotFound</Code>'),
    ]);
    const invalid = await form({ Action: 'DeleteAlarm' });
    expect([invalid.status, await invalid.text()]).toEqual([
      400,
      expect.stringContaining('<Code>InvalidAction</Code>'),
    ]);
  });

  test('tells clients of JSON the code that it had in the query protocol', async () => {
    const error = await alarm('x', { Threshold: undefined }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'ValidationException', Error: { Code: 'ValidationError', Type: 'Sender' } });
  });

  test('answers no more questions about alarms than CloudWatch does', async () => {
    const answers = await Promise.allSettled(Array.from({ length: 12 }, () => described('x')));
    const refused = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []));
    expect(refused).toHaveLength(3);
    expect(refused[0]).toMatchObject({ name: 'Throttling', message: 'Rate exceeded' });
  });

  test.each(['access-denied', 'expired-token', 'throttle'] as const)('can be struck by %s', async (kind) => {
    world.aws.faults.add({ service: 'cloudwatch', operation: 'DescribeAlarms', kind, times: 1 });
    await expect(described('x')).rejects.toThrow();
    expect(await described('x')).toBeUndefined();
  });
});
