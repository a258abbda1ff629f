import { describe, expect, test } from '@jest/globals';
import type { MetricKey } from '../../../packages/rehearsal/src/aws/cloudwatch/metric-store.ts';
import { MetricStore } from '../../../packages/rehearsal/src/aws/cloudwatch/metric-store.ts';
import type { Query } from '../../../packages/rehearsal/src/aws/cloudwatch/query.ts';
import { answerQueries } from '../../../packages/rehearsal/src/aws/cloudwatch/query.ts';

const MINUTE = 60_000;
const key = (name: string, dimensions: Record<string, string> = {}): MetricKey => ({
  namespace: 'N',
  name,
  dimensions: new Map(Object.entries(dimensions)),
});

/** One value per minute from time 0; undefined where nothing was measured. */
const storeOf = (metrics: Readonly<Record<string, ReadonlyArray<number | undefined>>>): MetricStore => {
  const store = new MetricStore();
  for (const [name, values] of Object.entries(metrics))
    for (const [minute, value] of values.entries())
      if (value !== undefined) store.put(key(name), { at: minute * MINUTE, value });
  return store;
};

const metric = (id: string, Stat = 'Sum'): Query => ({
  Id: id,
  MetricStat: { Metric: { Namespace: 'N', MetricName: id }, Period: 60, Stat },
  ReturnData: false,
});

const work = (store: MetricStore, Expression: string, ids: readonly string[] = [], minutes = 5) => {
  const span = { from: 0, to: minutes * MINUTE, minuteMs: MINUTE };
  const answers = answerQueries(store, [...ids.map((id) => metric(id)), { Id: 'e', Expression, Period: 60 }], span);
  const series = answers.at(-1)?.series ?? [];
  return series.map(({ points }) => Array.from({ length: minutes }, (_, minute) => points.get(minute * MINUTE)));
};

const _ = undefined;

describe('metric math', () => {
  const store = storeOf({ a: [30, 20, 0, 0], b: [20, _, 20, _], c: [1, 1, 0, 0, _], d: [0, 0, 20, _, 20] });
  test.each([
    ['takes a missing value for 0', 'a + b', [50, 20, 20, 0, _]],
    ['drops what would divide by zero', 'a / b', [1.5, _, 0, _, _]],
    ['multiplies before it adds', 'a + a * 2', [90, 60, 0, 0, _]],
    ['heeds parentheses', '(a + a) * 2', [120, 80, 0, 0, _]],
    ['raises to powers before it negates', '-a ^ 2', [-900, -400, -0, -0, _]],
    ['takes numbers on either side', '100 - a / 10', [97, 98, 100, 100, _]],
    ['compares two series', 'a < b', [0, 0, 1, 0, _]],
    ['compares with a number', 'a >= 30', [1, 0, 0, 0, _]],
    ['joins comparisons', 'a > 15 AND b > 15', [1, 0, 0, 0, _]],
    ['joins comparisons by either', 'a > 15 || b > 15', [1, 1, 1, 0, _]],
    ['sums an array', 'SUM([a, b])', [50, 20, 20, 0, _]],
    ['averages an array, missing as 0', 'AVG([a, b])', [25, 10, 10, 0, _]],
    ['takes the largest of an array', 'MAX([a, b])', [30, 20, 20, 0, _]],
    ['takes the sum of a series for a number', 'a * 0 + SUM(a)', [50, 50, 50, 50, _]],
    ['takes all metrics of the request', 'SUM(METRICS())', [51, 21, 40, 0, 20]],
    ['takes the metrics whose id holds a text', 'SUM(METRICS("c"))', [1, 1, 0, 0, _]],
    ['fills with a number', 'FILL(b, 7)', [20, 7, 20, 7, 7]],
    ['fills with what came before', 'FILL(b, REPEAT)', [20, 20, 20, 20, 20]],
    ['fills on the line between two values', 'FILL(b, LINEAR)', [20, 20, 20, _, _]],
    ['chooses between series', 'IF(c, b, d)', [20, 0, 20, _, _]],
    ['chooses a number', 'IF(c, 5, d)', [5, 5, 20, _, _]],
    ['drops what has no other case', 'IF(a < 25, a)', [_, 20, 0, 0, _]],
    ['rates', '100 * b / FILL(a, 0)', [2000 / 30, 0, _, _, _]],
    ['makes a series of a number', 'TIME_SERIES(3)', [3, 3, 3, 3, 3]],
    ['knows the period', 'a / PERIOD(a)', [0.5, 20 / 60, 0, 0, _]],
  ])('%s: %s', (_what, expression, expected) => {
    expect(work(store, expression, ['a', 'b', 'c', 'd'])).toEqual([expected]);
  });

  test.each([
    ['an unknown function', 'NOPE(a)', "Error in expression 'e': Function 'NOPE' not found"],
    ['an unknown id', 'a + z', "Error in expression 'e': Undefined variable 'z'"],
    ['what is no expression', 'a +', "Error in expression 'e': Invalid syntax"],
    ['a bracket that is not closed', 'SUM([a, b)', "Error in expression 'e': Invalid syntax"],
    ['a query that uses itself', 'e + 1', "Error in expression 'e': Circular dependency"],
    ['a number as the end', 'AVG(a)', "Error in expression 'e': The expression does not return a time series"],
  ])('refuses %s', (_what, expression, message) => {
    expect(() => work(store, expression, ['a', 'b'])).toThrow(
      expect.objectContaining({ code: 'ValidationException', message }),
    );
  });

  test('says what CloudWatch has and it has not', () => {
    expect(() => work(store, 'ANOMALY_DETECTION_BAND(a)', ['a'])).toThrow(
      expect.objectContaining({ code: 'NotImplementedByRehearsal' }),
    );
  });
});

describe('searches', () => {
  const store = new MetricStore();
  const put = (name: string, value: number, dimensions: Record<string, string>) =>
    store.put(key(name, dimensions), { at: 0, value });
  put('RequestCount', 10, { LoadBalancer: 'app/x/1' });
  put('RequestCount', 7, { LoadBalancer: 'app/x/1', TargetGroup: 'targetgroup/blue/1' });
  put('RequestCount', 3, { LoadBalancer: 'app/x/1', TargetGroup: 'targetgroup/green/1' });
  put('HTTPCode_Target_5XX_Count', 1, { LoadBalancer: 'app/x/1', TargetGroup: 'targetgroup/green/1' });
  const sum = (search: string) => work(store, `SUM(SEARCH('${search}', 'Sum', 60))`, [], 1)[0]?.[0];

  test.each([
    ['{N,LoadBalancer} MetricName="RequestCount"', 10],
    ['{N,LoadBalancer,TargetGroup} MetricName="RequestCount"', 10],
    ['{N,LoadBalancer,TargetGroup} MetricName="RequestCount" TargetGroup="targetgroup/blue/1"', 7],
    ['{N,TargetGroup,LoadBalancer} MetricName="RequestCount" AND TargetGroup=green', 3],
    ['{N,LoadBalancer,TargetGroup} MetricName="RequestCount" NOT TargetGroup="targetgroup/blue/1"', 3],
    ['{N,LoadBalancer,TargetGroup} TargetGroup="targetgroup/blue/1" OR MetricName="HTTPCode_Target_5XX_Count"', 8],
    ['{N,LoadBalancer,TargetGroup} (MetricName="RequestCount") (TargetGroup=blue OR TargetGroup=green)', 10],
    ['{N,LoadBalancer} MetricName="RequestCoun"', undefined],
    ['{Other,LoadBalancer} MetricName="RequestCount"', undefined],
  ])('SEARCH %s finds %s', (search, expected) => {
    expect(sum(search)).toBe(expected);
  });

  test.each([
    [
      `SELECT SUM(RequestCount) FROM SCHEMA("N", LoadBalancer, TargetGroup) WHERE TargetGroup = 'targetgroup/blue/1'`,
      7,
    ],
    [`SELECT SUM(RequestCount) FROM SCHEMA("N", LoadBalancer, TargetGroup)`, 10],
    [`SELECT MAX(RequestCount) FROM "N" WHERE LoadBalancer = 'app/x/1' AND TargetGroup != 'x'`, 10],
    [`SELECT COUNT(RequestCount) FROM SCHEMA("N", LoadBalancer, TargetGroup)`, 2],
    [`SELECT SUM(RequestCount) FROM SCHEMA("N", Other)`, undefined],
  ])('%s gives %s', (query, expected) => {
    expect(work(store, query, [], 1)).toEqual([[expected]]);
  });

  test('groups give a series each, the largest first', () => {
    const query =
      'SELECT SUM(RequestCount) FROM SCHEMA("N", LoadBalancer, TargetGroup) GROUP BY TargetGroup ORDER BY SUM() DESC';
    expect(work(store, query, [], 1)).toEqual([[7], [3]]);
  });
});

describe('statistics', () => {
  const store = new MetricStore();
  for (const [at, value] of [1, 2, 3, 4, 90].entries()) store.put(key('m'), { at: at * 1000, value });
  test.each([
    ['Sum', 100],
    ['Average', 20],
    ['Minimum', 1],
    ['Maximum', 90],
    ['SampleCount', 5],
    ['p50', 3],
    ['p90', 90],
    ['p99.9', 90],
  ])('%s of 1, 2, 3, 4 and 90 is %i', (Stat, expected) => {
    const query = { Id: 'm', MetricStat: { Metric: { Namespace: 'N', MetricName: 'm' }, Period: 60, Stat } };
    const [answer] = answerQueries(store, [query], { from: 0, to: MINUTE, minuteMs: MINUTE });
    expect([...(answer?.series[0]?.points ?? [])]).toEqual([[0, expected]]);
  });
});
