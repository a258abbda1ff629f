import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../packages/action-kit/src/clock.ts';
import { createCloudWatch } from '../../packages/aws/src/cloudwatch/client.ts';
import { parseAlarm, parseReading } from '../../packages/aws/src/cloudwatch/parse.ts';
import type { World } from '../rehearsal/aws/world.ts';
import { createWorld } from '../rehearsal/aws/world.ts';

const MINUTE = 60_000;
const at = (minutes: number) => new Date(minutes * MINUTE);

describe('what an expression came to', () => {
  const result = (rest = {}) => ({ Id: 'm0', StatusCode: 'Complete', Timestamps: [], Values: [], ...rest });
  test.each<[rule: string, results: Parameters<typeof parseReading>[0], reading: object]>([
    ['no result is no data', [], { kind: 'no-data' }],
    ['a result without points is no data', [result()], { kind: 'no-data' }],
    [
      'the newest point counts, in whatever order they come',
      [result({ Timestamps: [at(1), at(3), at(2)], Values: [10, 30, 20] })],
      { kind: 'value', value: 30, at: 3 * MINUTE },
    ],
    [
      'a part of the data is not the data',
      [result({ StatusCode: 'PartialData', Timestamps: [at(1)], Values: [10] })],
      { kind: 'incomplete', reason: 'CloudWatch answered PartialData' },
    ],
    [
      'the words of CloudWatch are passed on',
      [result({ StatusCode: 'Forbidden', Messages: [{ Code: 'ArithmeticError', Value: 'One or more data-points' }] })],
      { kind: 'incomplete', reason: 'ArithmeticError: One or more data-points' },
    ],
    [
      'a result without a status is not complete',
      [result({ StatusCode: undefined })],
      { kind: 'incomplete', reason: 'CloudWatch answered without a status' },
    ],
    [
      'several series are no value',
      [result(), result()],
      { kind: 'incomplete', reason: 'the expression gives 2 series; make one of them with SUM(), MAX() or AVG()' },
    ],
    ['a point without its value is none', [result({ Timestamps: [at(1)], Values: [] })], { kind: 'no-data' }],
  ])('%s', (_rule, results, reading) => {
    expect(parseReading(results)).toEqual(reading);
  });
});

test('an alarm without a name or a state is nobody, or of no state', () => {
  expect(parseAlarm({ StateValue: 'OK' }, true)).toBeUndefined();
  expect(parseAlarm({ AlarmName: 'a' }, true)).toEqual({
    name: 'a',
    state: '',
    reason: '',
    metric: undefined,
    missingData: 'missing',
  });
  expect(parseAlarm({ AlarmName: 'a', TreatMissingData: 'x' }, false)?.missingData).toBeUndefined();
});

describe('over the wire', () => {
  let world: World;
  const saved = { ...process.env };
  beforeEach(async () => {
    world = await createWorld({}, { timings: { minuteMs: MINUTE } });
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
  const port = () => createCloudWatch({ clock: systemClock, signal: new AbortController().signal });
  const putAlarm = (AlarmName: string) =>
    world.aws.call('cloudwatch', 'PutMetricAlarm', {
      AlarmName,
      Namespace: 'N',
      MetricName: 'Errors',
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 5,
      ComparisonOperator: 'GreaterThanThreshold',
    });

  test('alarms are told by name, those that do not exist are absent', async () => {
    await putAlarm('a');
    world.aws.alarms.hold('a', 'ALARM', 'Threshold Crossed');
    const alarms = await port().alarms(['a', 'b']);
    expect([...alarms.keys()]).toEqual(['a']);
    expect(alarms.get('a')).toMatchObject({ state: 'ALARM', reason: 'Threshold Crossed', metric: 'N Errors' });
  });

  test('more alarms than one call takes are asked for in several', async () => {
    const names = Array.from({ length: 101 }, (_, index) => `a${index}`);
    for (const name of names) await putAlarm(name);
    expect((await port().alarms([...names, 'a0'])).size).toBe(101);
    expect(world.aws.calls('DescribeAlarms')).toBe(2);
  });

  test('an expression has its newest value, and only data of the window counts', async () => {
    const start = world.clock.now();
    const key = { namespace: 'N', name: 'Errors', dimensions: new Map<string, string>() };
    world.aws.metrics.put(key, 3);
    await world.clock.advance(MINUTE);
    world.aws.metrics.put(key, 7);
    await world.clock.advance(MINUTE);
    const expression = `SUM(SEARCH('{N} MetricName="Errors"', 'Sum', 60))`;
    const read = async (from: number, to: number) =>
      (await port().evaluate([{ id: 'm0', expression }], { from, to, periodSeconds: 60 })).get('m0');
    expect(await read(start, start + 2 * MINUTE)).toEqual({ kind: 'value', value: 7, at: start + MINUTE });
    expect(await read(start, start + MINUTE)).toEqual({ kind: 'value', value: 3, at: start });
    world.aws.metrics.answerWith('PartialData');
    expect(await read(start, start + 2 * MINUTE)).toMatchObject({ kind: 'incomplete' });
  });

  test('an expression that is none is a final error', async () => {
    const window = { from: 0, to: MINUTE, periodSeconds: 60 };
    await expect(port().evaluate([{ id: 'm0', expression: 'SUM(' }], window)).rejects.toMatchObject({
      operation: 'cloudwatch:GetMetricData',
    });
  });
});
