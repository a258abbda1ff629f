export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

export type MissingData = 'breaching' | 'notBreaching' | 'ignore' | 'missing';

export interface AlarmRule {
  /** N: data points that are judged. */
  readonly evaluationPeriods: number;
  /** M: how many of them must breach. */
  readonly datapointsToAlarm: number;
  readonly missing: MissingData;
  breaches(value: number): boolean;
}

/** So many more periods than N are looked at, in case some have no data: 5 for 3 in AWS's tables. */
export const EXTRA_PERIODS = 2;

/**
 * Returns the state that the newest data points (oldest first, undefined where a period has none) ask for; undefined
 * stands for "retain current state". `data` holds N plus EXTRA_PERIODS points. Every rule is that of "How alarm state is
 * evaluated when data is missing" in "Configuring how CloudWatch alarms treat missing data".
 */
export const judgeAlarm = (rule: AlarmRule, data: ReadonlyArray<number | undefined>): AlarmState | undefined => {
  const { evaluationPeriods: n, datapointsToAlarm: m, missing } = rule;
  const real = data.filter((value) => value !== undefined).slice(-Math.max(n, 1));
  const breaching = real.filter((value) => rule.breaches(value)).length;
  if (real.length >= n) return breaching >= m ? 'ALARM' : 'OK';
  if (missing === 'breaching') return breaching + n - real.length >= m ? 'ALARM' : 'OK';
  if (missing === 'notBreaching') return breaching >= m ? 'ALARM' : 'OK';
  if (real.length === 0) return missing === 'missing' ? 'INSUFFICIENT_DATA' : undefined;
  if (breaching >= m) return 'ALARM';
  if (breaching < real.length) return 'OK';
  if (missing === 'ignore') return undefined;
  // All there is breaches, and is fewer than M: the oldest of it decides whether to wait for more.
  const age = data.length - data.findIndex((value) => value !== undefined);
  return age >= m ? 'ALARM' : undefined;
};

const OPERATORS: Readonly<Record<string, { holds(value: number, threshold: number): boolean; words: string }>> = {
  GreaterThanOrEqualToThreshold: {
    holds: (value, threshold) => value >= threshold,
    words: 'greater than or equal to',
  },
  GreaterThanThreshold: { holds: (value, threshold) => value > threshold, words: 'greater than' },
  LessThanThreshold: { holds: (value, threshold) => value < threshold, words: 'less than' },
  LessThanOrEqualToThreshold: { holds: (value, threshold) => value <= threshold, words: 'less than or equal to' },
};

/** Returns the comparison of an alarm; undefined for those of anomaly detection, which are not built here. */
export const comparison = (operator: string) => (Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined);
