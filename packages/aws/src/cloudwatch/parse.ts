import type { Alarm, MetricReading } from './ports.ts';

type Maybe<T> = { readonly [K in keyof T]?: T[K] | undefined };

export type AlarmAnswer = Maybe<{
  AlarmName: string;
  StateValue: string;
  StateReason: string;
  Namespace: string;
  MetricName: string;
  TreatMissingData: string;
}>;

export type ResultAnswer = Maybe<{
  Id: string;
  Label: string;
  StatusCode: string;
  Timestamps: readonly Date[];
  Values: readonly number[];
  Messages: ReadonlyArray<Maybe<{ Code: string; Value: string }>>;
}>;

/** Returns an alarm, or undefined when the answer does not name it. `metric`: false for composite alarms. */
export const parseAlarm = (answer: AlarmAnswer, metric: boolean): Alarm | undefined => {
  const { AlarmName: name, Namespace, MetricName } = answer;
  if (name === undefined || name === '') return undefined;
  return {
    name,
    state: answer.StateValue ?? '',
    reason: answer.StateReason ?? '',
    metric: MetricName === undefined ? undefined : [Namespace, MetricName].filter(Boolean).join(' '),
    missingData: metric ? (answer.TreatMissingData ?? 'missing') : undefined,
  };
};

const wordsOf = ({ StatusCode, Messages }: ResultAnswer): string =>
  (Messages ?? [])
    .map(({ Code, Value }) => [Code, Value].filter(Boolean).join(': '))
    .filter(Boolean)
    .join('; ') || `CloudWatch answered ${StatusCode ?? 'without a status'}`;

/**
 * Returns the reading of one query from all results that carry its id. A SEARCH that is in no aggregate comes as several
 * series, of which none is the value. What is not `Complete` may lack its newest points.
 */
export const parseReading = (results: readonly ResultAnswer[]): MetricReading => {
  const [result, ...others] = results;
  if (result === undefined) return { kind: 'no-data' };
  const partial = results.find(({ StatusCode }) => StatusCode !== 'Complete');
  if (partial !== undefined) return { kind: 'incomplete', reason: wordsOf(partial) };
  if (others.length > 0) {
    const reason = `the expression gives ${results.length} series; make one of them with SUM(), MAX() or AVG()`;
    return { kind: 'incomplete', reason };
  }
  let newest: { value: number; at: number } | undefined;
  for (const [index, time] of (result.Timestamps ?? []).entries()) {
    const value = result.Values?.[index];
    if (value !== undefined && (newest === undefined || time.getTime() > newest.at))
      newest = { value, at: time.getTime() };
  }
  return newest === undefined ? { kind: 'no-data' } : { kind: 'value', ...newest };
};
