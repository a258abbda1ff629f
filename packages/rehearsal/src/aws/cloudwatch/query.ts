import { AwsFault } from '../service.ts';
import { evaluate } from './math/evaluate.ts';
import { groupsOf, isInsights, parseInsights } from './math/insights.ts';
import { parseExpression } from './math/parse.ts';
import { parseSearch } from './math/search.ts';
import { MathError } from './math/tokens.ts';
import type { Value } from './math/values.ts';
import { many, one } from './math/values.ts';
import type { MetricStore } from './metric-store.ts';
import type { DimensionInput } from './requests.ts';
import { dimensionsOf } from './requests.ts';
import type { Series, Span } from './series.ts';
import { periodsOf, pointsOf } from './series.ts';
import { isStatistic } from './statistics.ts';

/** API_MetricDataQuery. */
export interface Query {
  readonly Id: string;
  readonly Expression?: string;
  readonly MetricStat?: {
    readonly Metric: {
      readonly Namespace?: string;
      readonly MetricName?: string;
      readonly Dimensions?: readonly DimensionInput[];
    };
    readonly Period: number;
    readonly Stat: string;
    readonly Unit?: string;
  };
  readonly Label?: string;
  readonly ReturnData?: boolean;
  readonly Period?: number;
}

export interface Answered {
  readonly query: Query;
  /** One, but for arrays of series. */
  readonly series: readonly Series[];
}

const invalid = (message: string): AwsFault => new AwsFault('ValidationException', message);

const checkPeriod = (period: number): void => {
  if (![1, 5, 10, 20, 30].includes(period) && (period < 60 || period % 60 !== 0))
    throw invalid(
      `The value ${period} for parameter Period is not valid. It must be 1, 5, 10, 20, 30 or a multiple of 60.`,
    );
};

/** Throws the ValidationError for queries that API_MetricDataQuery and API_MetricStat forbid. */
const check = (queries: readonly Query[]): void => {
  if (queries.length === 0 || queries.length > 500)
    throw invalid('The collection MetricDataQueries must have between 1 and 500 members.');
  if (new Set(queries.map(({ Id }) => Id)).size !== queries.length)
    throw invalid('The values for parameter id in MetricDataQueries are not unique.');
  for (const [index, { Id, Expression, MetricStat, Period }] of queries.entries()) {
    if (!/^[a-z][a-zA-Z0-9_]*$/.test(Id))
      throw invalid(
        `The value ${Id} for parameter MetricDataQueries.member.${index + 1}.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.`,
      );
    if ((Expression === undefined) === (MetricStat === undefined))
      throw invalid(
        `The parameter MetricDataQueries.member.${index + 1} must have either MetricStat or Expression, and not both.`,
      );
    if (Period !== undefined) checkPeriod(Period);
    if (MetricStat === undefined) continue;
    checkPeriod(MetricStat.Period);
    if (!isStatistic(MetricStat.Stat))
      throw invalid(`The value ${MetricStat.Stat} for parameter MetricStat.Stat is not supported.`);
  }
  if (queries.filter(({ Expression }) => Expression !== undefined && isInsights(Expression)).length > 1)
    throw invalid('Only one Metrics Insights query is allowed per GetMetricData request.');
};

const seriesOf = (value: Value): readonly Series[] => {
  if (value.kind === 'series') return [value.series];
  if (value.kind === 'array') return value.array;
  // "The final result of any math expression must be a single time series or an array of time series."
  throw new MathError('The expression does not return a time series');
};

/** Answers queries about metrics: those of one request may use each other's results. */
class Request {
  readonly #store: MetricStore;
  readonly #span: Span;
  readonly #queries: readonly Query[];
  readonly #values = new Map<string, Value>();
  readonly #open = new Set<string>();

  constructor(store: MetricStore, queries: readonly Query[], span: Span) {
    this.#store = store;
    this.#span = span;
    this.#queries = queries;
  }

  answers(): Answered[] {
    return this.#queries.map((query) => {
      try {
        return { query, series: seriesOf(this.#value(query)) };
      } catch (error) {
        if (error instanceof MathError) throw invalid(`Error in expression '${query.Id}': ${error.message}`);
        throw error;
      }
    });
  }

  #value(query: Query): Value {
    const known = this.#values.get(query.Id);
    if (known !== undefined) return known;
    if (this.#open.has(query.Id)) throw new MathError('Circular dependency');
    this.#open.add(query.Id);
    const value = query.MetricStat === undefined ? this.#work(query, query.Expression ?? '') : one(this.#metric(query));
    this.#open.delete(query.Id);
    this.#values.set(query.Id, value);
    return value;
  }

  #metric({ Id, MetricStat }: Query): Series {
    const { Metric = {}, Period = 60, Stat = 'Sum', Unit } = MetricStat ?? {};
    const metric = this.#store.find({
      namespace: Metric.Namespace ?? '',
      name: Metric.MetricName ?? '',
      dimensions: dimensionsOf(Metric.Dimensions),
    });
    const points = pointsOf(metric ? [metric] : [], Stat, Period, this.#span, ({ unit }) => !Unit || unit === Unit);
    return { label: Metric.MetricName ?? Id, period: Period, points, metricId: Id };
  }

  #work(query: Query, expression: string): Value {
    const metrics = this.#queries.filter(({ MetricStat }) => MetricStat !== undefined);
    const period = query.Period ?? Math.max(60, ...metrics.map(({ MetricStat }) => MetricStat?.Period ?? 60));
    if (isInsights(expression)) return this.#insights(expression, period);
    return evaluate(parseExpression(expression), {
      grid: (seconds) => periodsOf(this.#span, seconds),
      period,
      metrics: metrics.map((metric) => this.#metric(metric)),
      query: (id) => {
        const other = this.#queries.find(({ Id }) => Id === id);
        if (other === undefined) throw new MathError(`Undefined variable '${id}'`);
        return this.#value(other);
      },
      search: (text, stat, seconds) => this.#search(text, stat, seconds),
    });
  }

  #search(text: string, stat: string, seconds: number): Series[] {
    if (!isStatistic(stat)) throw new MathError(`Unsupported statistic '${stat}' in SEARCH`);
    checkPeriod(seconds);
    const matches = parseSearch(text);
    return this.#store
      .metrics()
      .filter(matches)
      .map((metric) => ({
        label: [metric.name, ...metric.dimensions.values()].join(' '),
        period: seconds,
        points: pointsOf([metric], stat, seconds, this.#span),
      }));
  }

  #insights(expression: string, period: number): Value {
    const query = parseInsights(expression);
    const groups = [...groupsOf(query, this.#store.metrics())].map(([label, metrics]): Series => {
      const points = pointsOf(metrics, query.stat, period, this.#span);
      return { label, period, points };
    });
    if (query.groupBy.length === 0) return groups[0] === undefined ? many([]) : one(groups[0]);
    const weight = ({ points }: Series) => [...points.values()].reduce((all, value) => all + value, 0);
    const turn = query.order === 'ASC' ? 1 : -1;
    const ordered = query.order ? groups.toSorted((a, b) => turn * (weight(a) - weight(b))) : groups;
    return many(ordered.filter(({ points }) => points.size > 0).slice(0, query.limit));
  }
}

/** Returns what every query comes to; throws AwsFault with the validation errors of GetMetricData. */
export const answerQueries = (store: MetricStore, queries: readonly Query[], span: Span): Answered[] => {
  check(queries);
  return new Request(store, queries, span).answers();
};
