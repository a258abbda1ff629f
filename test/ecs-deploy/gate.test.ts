import { createAwsClock } from '@hospital-ops/aws/aws-clock';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Deps } from '../../actions/ecs-deploy/src/deps.ts';
import { createGate } from '../../actions/ecs-deploy/src/gate/gate.ts';
import { decideGate, queriesOf } from '../../actions/ecs-deploy/src/gate/verdict.ts';
import type { GateSettings, MetricGate } from '../../actions/ecs-deploy/src/inputs/gates.ts';
import { COMPARISONS } from '../../actions/ecs-deploy/src/inputs/gates.ts';
import { FakeClock } from '../../packages/action-kit/src/fake-clock.ts';
import type { Alarm, MetricReading, MetricWindow } from '../../packages/aws/src/cloudwatch/ports.ts';

const TO = Date.UTC(2026, 0, 1, 12, 0);
const MINUTE = 60_000;

const metric = (rest: Partial<MetricGate> = {}): MetricGate => ({
  name: 'error rate',
  expression: 'e',
  threshold: 5,
  comparison: '>',
  minimumTraffic: undefined,
  ...rest,
});
const traffic = { expression: 'requests', threshold: 100 };
const value = (number: number, at = TO - MINUTE): MetricReading => ({ kind: 'value', value: number, at });
const alarm = (state: string, rest: Partial<Alarm> = {}): Alarm => ({
  name: 'a',
  state,
  reason: '',
  metric: undefined,
  missingData: 'missing',
  ...rest,
});

const judge = (metrics: MetricGate[], readings: Record<string, MetricReading>, alarms: Alarm[] = []) =>
  decideGate(
    { alarms: alarms.length > 0 ? ['a'] : [], metrics },
    {
      alarms: new Map(alarms.map((each) => [each.name, each])),
      readings: new Map(Object.entries(readings)),
      to: TO,
      resolutionMs: MINUTE,
    },
  );

describe('what a metric says', () => {
  test.each<
    [rule: string, gate: Partial<MetricGate>, readings: Record<string, MetricReading>, kind: string, reason: string]
  >([
    ['a value within its threshold is open', {}, { m0: value(4.9) }, 'open', ''],
    ['the threshold itself is within `>`', {}, { m0: value(5) }, 'open', ''],
    [
      'a value over the threshold is a breach that names both',
      {},
      { m0: value(7.3) },
      'breached',
      'gate "error rate": 7.3 > 5',
    ],
    [
      'a value that is over by a hair is never shown as equal',
      {},
      { m0: value(5.0000001) },
      'breached',
      'gate "error rate": 5.0000001 > 5',
    ],
    [
      '`>=` is breached by the threshold',
      { comparison: '>=' },
      { m0: value(5) },
      'breached',
      'gate "error rate": 5 >= 5',
    ],
    ['`<` is breached from below', { comparison: '<' }, { m0: value(4) }, 'breached', 'gate "error rate": 4 < 5'],
    [
      '`<=` is breached by the threshold',
      { comparison: '<=' },
      { m0: value(5) },
      'breached',
      'gate "error rate": 5 <= 5',
    ],
    ['no data is not success', {}, { m0: { kind: 'no-data' } }, 'waiting', 'gate "error rate": no data yet'],
    ['an answer without the metric is not success', {}, {}, 'waiting', 'gate "error rate": no data yet'],
    [
      'a partial answer is not success',
      {},
      { m0: { kind: 'incomplete', reason: 'PartialData' } },
      'waiting',
      'gate "error rate": no whole answer: PartialData',
    ],
    [
      'what is not a number is not success',
      {},
      { m0: value(Number.NaN) },
      'waiting',
      'gate "error rate": its value is not a number',
    ],
    [
      'an infinite error rate is a breach',
      {},
      { m0: value(Number.POSITIVE_INFINITY) },
      'breached',
      'gate "error rate": Infinity > 5',
    ],
    [
      'a value of long ago says nothing about now',
      {},
      { m0: value(1, TO - 5 * MINUTE) },
      'waiting',
      'gate "error rate": no data for 5m00s',
    ],
    [
      'too little traffic says nothing',
      { minimumTraffic: traffic },
      { m0: value(1), t0: value(99) },
      'waiting',
      'gate "error rate": traffic 99 is under its minimum of 100',
    ],
    [
      'too little traffic is no breach either',
      { minimumTraffic: traffic },
      { m0: value(50), t0: value(2) },
      'waiting',
      'gate "error rate": traffic 2 is under its minimum of 100',
    ],
    [
      'traffic that is not known says nothing',
      { minimumTraffic: traffic },
      { m0: value(50) },
      'waiting',
      'gate "error rate": traffic: no data yet',
    ],
    [
      'enough traffic lets the metric speak',
      { minimumTraffic: traffic },
      { m0: value(50), t0: value(100) },
      'breached',
      'gate "error rate": 50 > 5',
    ],
  ])('%s', (_rule, gate, readings, kind, reason) => {
    expect(judge([metric(gate)], readings)).toEqual(reason === '' ? { kind } : { kind, reason });
  });

  test('every finite value is either open or breached, as the comparison says', () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true }),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.constantFrom(...COMPARISONS),
        (number, threshold, comparison) => {
          const { kind } = judge([metric({ threshold, comparison })], { m0: value(number) });
          const beyond = {
            '>': number > threshold,
            '>=': number >= threshold,
            '<': number < threshold,
            '<=': number <= threshold,
          };
          expect(kind).toBe(beyond[comparison] ? 'breached' : 'open');
        },
      ),
    );
  });
});

describe('what an alarm says', () => {
  test.each<[rule: string, alarms: Alarm[], kind: string]>([
    ['OK is open', [alarm('OK')], 'open'],
    ['ALARM is a breach', [alarm('ALARM')], 'breached'],
    ['no data is neither breach nor success', [alarm('INSUFFICIENT_DATA')], 'waiting'],
    [
      'no data is a good sign where the alarm says so',
      [alarm('INSUFFICIENT_DATA', { missingData: 'notBreaching' })],
      'open',
    ],
    [
      'a composite alarm without data is no success',
      [alarm('INSUFFICIENT_DATA', { missingData: undefined })],
      'waiting',
    ],
    ['a state that nobody knows is no success', [alarm('SNOOZED')], 'waiting'],
    ['an alarm that is not there any more is no success', [alarm('OK', { name: 'other' })], 'waiting'],
  ])('%s', (_rule, alarms, kind) => {
    expect(judge([], {}, alarms).kind).toBe(kind);
  });

  test('a breach says what was measured, inert', () => {
    const reason = 'Threshold Crossed: 1 datapoint [7.0] was greater than the threshold (5.0).\n::error::x';
    const verdict = judge([], {}, [alarm('ALARM', { metric: 'AWS/ApplicationELB HTTPCode_Target_5XX_Count', reason })]);
    expect(verdict).toEqual({
      kind: 'breached',
      reason:
        'gate alarm "a" on AWS/ApplicationELB HTTPCode_Target_5XX_Count is in ALARM: Threshold Crossed: 1 datapoint [7.0] was greater than the threshold (5.0). ⏎ ::error::x',
    });
  });

  test('one breach outweighs all that is not known', () => {
    expect(judge([metric()], {}, [alarm('ALARM')]).kind).toBe('breached');
  });

  test('of many breaches some are told and the others counted', () => {
    const metrics = Array.from({ length: 9 }, (_, index) => metric({ name: `g${index}` }));
    const readings = Object.fromEntries(metrics.map((_, index) => [`m${index}`, value(9)]));
    expect(judge(metrics, readings)).toEqual({
      kind: 'breached',
      reason: 'gate "g0": 9 > 5; gate "g1": 9 > 5; gate "g2": 9 > 5; gate "g3": 9 > 5; and 5 more',
    });
  });
});

const createSight = (settings: GateSettings, since: number, clock = new FakeClock(TO)) => {
  const windows: MetricWindow[] = [];
  let asked = 0;
  let failing = false;
  const cloudWatch: Deps['cloudWatch'] = {
    alarms: async (names) => {
      asked += 1;
      if (failing) throw new Error('no sight');
      return new Map(names.map((name) => [name, alarm('OK', { name })]));
    },
    evaluate: async (queries, window) => {
      windows.push(window);
      return new Map(queries.map(({ id }) => [id, value(1, window.to - MINUTE)]));
    },
  };
  const gate = createGate({ cloudWatch, clock, awsClock: createAwsClock(clock) }, settings, since);
  return {
    gate,
    clock,
    windows,
    calls: () => asked + windows.length,
    fail: (on: boolean) => {
      failing = on;
    },
  };
};

describe('looking', () => {
  const settings: GateSettings = { alarms: ['a'], metrics: [metric({ minimumTraffic: traffic })] };

  test('a gate of nothing is open and asks nobody', async () => {
    const { gate, calls } = createSight({ alarms: [], metrics: [] }, TO);
    expect(await gate.look()).toEqual({ kind: 'open' });
    expect(calls()).toBe(0);
  });

  test('only full minutes since the new revision took traffic are looked at', async () => {
    const { gate, clock, windows } = createSight(settings, TO + 1_000);
    expect((await gate.look()).kind).toBe('waiting');
    await clock.sleep(110_000);
    expect((await gate.look()).kind).toBe('waiting');
    expect(windows).toEqual([]);
    await clock.sleep(15_000);
    await gate.look();
    expect(windows).toEqual([{ from: TO + MINUTE, to: TO + 2 * MINUTE, periodSeconds: 60 }]);
  });

  test('looks close to each other share an answer', async () => {
    const { gate, clock, calls } = createSight(settings, TO - 10 * MINUTE);
    await Promise.all([gate.look(), gate.look()]);
    await clock.sleep(9_000);
    await gate.look();
    expect(calls()).toBe(2);
    await clock.sleep(1_000);
    await gate.look();
    expect(calls()).toBe(4);
  });

  test('a look that failed is asked again at once', async () => {
    const { gate, fail } = createSight({ alarms: ['a'], metrics: [] }, TO);
    fail(true);
    await expect(gate.look()).rejects.toThrow('no sight');
    fail(false);
    expect(await gate.look()).toEqual({ kind: 'open' });
  });

  test('each metric and its traffic is asked for by an id of its own', () => {
    const ids = queriesOf({ alarms: [], metrics: [metric(), metric({ minimumTraffic: traffic })] }).map(({ id }) => id);
    expect(ids).toEqual(['m0', 'm1', 't1']);
  });
});
