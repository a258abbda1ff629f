import type { AwsService } from '../service.ts';
import { AwsFault } from '../service.ts';
import type { MetricKey, MetricStore } from './metric-store.ts';
import { visibleTo } from './metric-store.ts';
import type { Answered, Query } from './query.ts';
import { answerQueries } from './query.ts';
import type { DimensionInput } from './requests.ts';
import { dimensionList, dimensionsOf, pageOf } from './requests.ts';
import { pointsOf } from './series.ts';
import { isStatistic } from './statistics.ts';

/** API_MetricDatum. */
interface Datum {
  readonly MetricName: string;
  readonly Dimensions?: readonly DimensionInput[];
  readonly Timestamp?: Date;
  readonly Value?: number;
  readonly StatisticValues?: { SampleCount: number; Sum: number; Minimum: number; Maximum: number };
  readonly Values?: readonly number[];
  readonly Counts?: readonly number[];
  readonly Unit?: string;
}

interface Statistics {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions?: readonly DimensionInput[];
  readonly StartTime: Date;
  readonly EndTime: Date;
  readonly Period: number;
  readonly Statistics?: readonly string[];
  readonly ExtendedStatistics?: readonly string[];
  readonly Unit?: string;
}

export type DataStatus = 'Complete' | 'PartialData' | 'InternalError';

export interface MetricApiOptions {
  readonly store: MetricStore;
  readonly minuteMs: number;
  /** What GetMetricData says of every result of this call. */
  status(): DataStatus;
}

/** The values of a datum with how often each was measured; a statistic set keeps its sum and its extremes. */
const measured = (datum: Datum): Array<{ value: number; count: number; ofSet?: boolean }> => {
  const { Value, Values, Counts, StatisticValues: set } = datum;
  if (Values !== undefined) return Values.map((value, index) => ({ value, count: Counts?.[index] ?? 1 }));
  if (set === undefined) return Value === undefined ? [] : [{ value: Value, count: 1 }];
  const { SampleCount, Sum, Minimum, Maximum } = set;
  if (Minimum === Maximum) return [{ value: Minimum, count: SampleCount }];
  const ofSet = true;
  if (SampleCount <= 2)
    return [
      { value: Minimum, count: 1, ofSet },
      { value: Maximum, count: 1, ofSet },
    ];
  const middle = (Sum - Minimum - Maximum) / (SampleCount - 2);
  return [
    { value: Minimum, count: 1, ofSet },
    { value: middle, count: SampleCount - 2, ofSet },
    { value: Maximum, count: 1, ofSet },
  ];
};

/** Times may be "as much as two weeks before the current date, and as much as 2 hours after" (API_PutMetricData). */
const checkTime = (at: number, now: number): void => {
  const hour = 3_600_000;
  if (at > now + 2 * hour || at < now - 14 * 24 * hour)
    throw new AwsFault(
      'InvalidParameterValueException',
      'The parameter Timestamp must not be more than two hours in the future or two weeks in the past.',
    );
};

const put = (store: MetricStore, namespace: string, data: readonly Datum[], now: number): void => {
  for (const datum of data) {
    const values = measured(datum);
    if (values.length === 0)
      throw new AwsFault(
        'InvalidParameterCombinationException',
        'At least one of the parameters Value, Values, StatisticValues must be specified.',
      );
    const key: MetricKey = { namespace, name: datum.MetricName, dimensions: dimensionsOf(datum.Dimensions) };
    const at = datum.Timestamp?.getTime() ?? now;
    checkTime(at, now);
    for (const each of values) store.put(key, { ...each, at, unit: datum.Unit ?? 'None' });
  }
};

const resultsOf = ({ query, series }: Answered, newestFirst: boolean, status: DataStatus) =>
  series.map(({ label, points }) => {
    const ordered = newestFirst ? [...points].reverse() : [...points];
    // What is not complete lacks its newest points, so that nobody takes the rest for all.
    const kept = status === 'Complete' ? ordered : ordered.slice(newestFirst ? 1 : 0, newestFirst ? undefined : -1);
    return {
      Id: query.Id,
      Label:
        series.length > 1 || query.MetricStat
          ? [query.Label, label].filter(Boolean).join(' ')
          : (query.Label ?? query.Id),
      Timestamps: kept.map(([at]) => new Date(at)),
      Values: kept.map(([, value]) => value),
      StatusCode: status,
    };
  });

/** Returns the operations on metrics. Periods are as long as `minuteMs` makes them; data can be read once it is put. */
export const metricApi = ({ store, minuteMs, status }: MetricApiOptions): AwsService['operations'] => ({
  PutMetricData: (input, { now }) => {
    const { Namespace, MetricData = [] } = input as { Namespace: string; MetricData?: readonly Datum[] };
    put(store, Namespace, MetricData, now);
    return {};
  },
  GetMetricData: (input, { now }) => {
    const { MetricDataQueries, StartTime, EndTime, ScanBy, MaxDatapoints, NextToken } = input as {
      MetricDataQueries: readonly Query[];
      StartTime: Date;
      EndTime: Date;
      ScanBy?: string;
      MaxDatapoints?: number;
      NextToken?: string;
    };
    if (StartTime >= EndTime)
      throw new AwsFault('ValidationException', 'The parameter StartTime must be less than the parameter EndTime.');
    if (NextToken !== undefined || MaxDatapoints !== undefined)
      throw new AwsFault('NotImplementedByRehearsal', 'The local CloudWatch does not page metric data.');
    const span = { from: StartTime.getTime(), to: EndTime.getTime(), minuteMs, visibleTo: visibleTo(store, now) };
    const said = status();
    const shown = answerQueries(store, MetricDataQueries, span).filter(({ query }) => query.ReturnData !== false);
    return {
      MetricDataResults: shown.flatMap((answered) => resultsOf(answered, ScanBy !== 'TimestampAscending', said)),
      Messages: [],
    };
  },
  GetMetricStatistics: (input, { now }) => {
    const request = input as unknown as Statistics;
    const { Period, StartTime, EndTime, Unit } = request;
    const stats = [...(request.Statistics ?? []), ...(request.ExtendedStatistics ?? [])];
    if (stats.length === 0 || !stats.every(isStatistic))
      throw new AwsFault('InvalidParameterValueException', 'At least one statistic that CloudWatch knows is needed.');
    const metric = store.find({
      namespace: request.Namespace,
      name: request.MetricName,
      dimensions: dimensionsOf(request.Dimensions),
    });
    const span = { from: StartTime.getTime(), to: EndTime.getTime(), minuteMs, visibleTo: visibleTo(store, now) };
    const accepts = ({ unit }: { unit: string }) => Unit === undefined || unit === Unit;
    const found = stats.map((stat) => [stat, pointsOf(metric ? [metric] : [], stat, Period, span, accepts)] as const);
    const times = [...(found[0]?.[1].keys() ?? [])];
    return {
      Label: request.MetricName,
      Datapoints: times.map((at) => {
        const values = (extended: boolean) =>
          Object.fromEntries(
            found.filter(([stat]) => stat.startsWith('p') === extended).map(([s, p]) => [s, p.get(at)]),
          );
        const shares = values(true);
        return {
          Timestamp: new Date(at),
          ...values(false),
          ...(Object.keys(shares).length === 0 ? {} : { ExtendedStatistics: shares }),
          Unit: Unit ?? metric?.samples[0]?.unit ?? 'None',
        };
      }),
    };
  },
  ListMetrics: (input) => {
    const {
      Namespace,
      MetricName,
      Dimensions = [],
      NextToken,
    } = input as {
      Namespace?: string;
      MetricName?: string;
      Dimensions?: readonly DimensionInput[];
      NextToken?: string;
    };
    const found = store
      .metrics()
      .filter(({ namespace }) => Namespace === undefined || namespace === Namespace)
      .filter(({ name }) => MetricName === undefined || name === MetricName)
      .filter(({ dimensions }) =>
        Dimensions.every(({ Name, Value }) => dimensions.has(Name) && (!Value || dimensions.get(Name) === Value)),
      );
    // "Up to 500 results are returned for any one call" (API_ListMetrics).
    const { items, next } = pageOf(found, 500, NextToken);
    return {
      Metrics: items.map(({ namespace, name, dimensions }) => ({
        Namespace: namespace,
        MetricName: name,
        Dimensions: dimensionList(dimensions),
      })),
      ...(next === undefined ? {} : { NextToken: next }),
    };
  },
});
