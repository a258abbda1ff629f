import type { Metric, MetricKey } from '../metric-store.ts';
import { MathError } from './tokens.ts';

const STATISTICS: Readonly<Record<string, string>> = {
  AVG: 'Average',
  COUNT: 'SampleCount',
  MAX: 'Maximum',
  MIN: 'Minimum',
  SUM: 'Sum',
};

export interface InsightsQuery {
  readonly stat: string;
  matches(metric: MetricKey): boolean;
  /** Dimensions that make one series each; none for one series in all. */
  readonly groupBy: readonly string[];
  readonly order: 'ASC' | 'DESC' | undefined;
  readonly limit: number;
}

/** Whether an expression is a Metrics Insights query. */
export const isInsights = (expression: string): boolean => /^\s*SELECT\b/i.test(expression);

const QUERY =
  /^\s*SELECT\s+(AVG|COUNT|MAX|MIN|SUM)\s*\(\s*([^()]+?)\s*\)\s+FROM\s+(SCHEMA\s*\(([^()]*)\)|"[^"]*"|[\w./-]+)(?:\s+WHERE\s+(.+?))?(?:\s+GROUP\s+BY\s+(.+?))?(?:\s+ORDER\s+BY\s+(?:AVG|COUNT|MAX|MIN|SUM)\s*\(\s*\)\s*(ASC|DESC)?)?(?:\s+LIMIT\s+(\d+))?\s*$/is;

const unquote = (text: string): string => text.trim().replace(/^"(.*)"$/s, '$1');

const conditionOf = (text: string): ((metric: MetricKey) => boolean) => {
  const match = /^\s*("[^"]+"|[\w.-]+)\s*(=|!=)\s*'((?:[^']|'')*)'\s*$/.exec(text);
  const [, name = '', sign, value = ''] = match ?? [];
  if (match === null) throw new MathError('Invalid syntax');
  const wanted = value.replaceAll("''", "'");
  return ({ dimensions }) => (dimensions.get(unquote(name)) === wanted) === (sign === '=');
};

/**
 * Reads `SELECT SUM(metric) FROM SCHEMA("namespace", Dimension, …) WHERE Dimension = 'value' AND … GROUP BY … ORDER BY …
 * LIMIT n` ("Metrics Insights query components and syntax"); throws MathError.
 */
export const parseInsights = (expression: string): InsightsQuery => {
  const match = QUERY.exec(expression);
  if (match === null) throw new MathError('Invalid syntax');
  const [, stat = '', name = '', from = '', schema, where, group, order, limit] = match;
  const [namespace = '', ...dimensions] = (schema ?? from).split(',').map(unquote);
  const conditions = where === undefined ? [] : where.split(/\s+AND\s+/i).map(conditionOf);
  return {
    stat: STATISTICS[stat.toUpperCase()] ?? 'Sum',
    matches: (metric) =>
      metric.namespace === namespace &&
      metric.name === unquote(name) &&
      (schema === undefined ||
        (metric.dimensions.size === dimensions.length && dimensions.every((key) => metric.dimensions.has(key)))) &&
      conditions.every((holds) => holds(metric)),
    groupBy: group === undefined ? [] : group.split(',').map(unquote),
    order: order === undefined ? undefined : order.toUpperCase() === 'ASC' ? 'ASC' : 'DESC',
    limit: limit === undefined ? 500 : Number(limit),
  };
};

/** Returns the metrics by group; the one group of a query without GROUP BY is there even when it is empty. */
export const groupsOf = (query: InsightsQuery, metrics: readonly Metric[]): Map<string, Metric[]> => {
  const groups = new Map<string, Metric[]>(query.groupBy.length === 0 ? [['', []]] : []);
  for (const metric of metrics) {
    if (!query.matches(metric) || !query.groupBy.every((name) => metric.dimensions.has(name))) continue;
    const key = query.groupBy.map((name) => metric.dimensions.get(name)).join(' ');
    groups.set(key, [...(groups.get(key) ?? []), metric]);
  }
  return groups;
};
