import type { ReleaseWorld } from './release-world.ts';

/** Makes the alarm `api-5xx`, which fires at more than one error in a minute. */
export const putAlarm = (
  { aws }: Pick<ReleaseWorld, 'aws'>,
  more: Readonly<Record<string, unknown>> = {},
): Promise<unknown> =>
  aws.call('cloudwatch', 'PutMetricAlarm', {
    AlarmName: 'api-5xx',
    Namespace: 'App',
    MetricName: 'Errors',
    Statistic: 'Sum',
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: 'GreaterThanThreshold',
    ...more,
  });

/** Makes the alarm and puts it into a state, in which it stays until it is evaluated. */
export const setAlarm = async (
  world: Pick<ReleaseWorld, 'aws'>,
  state: string,
  more: Readonly<Record<string, unknown>> = {},
): Promise<void> => {
  await putAlarm(world, more);
  await world.aws.call('cloudwatch', 'SetAlarmState', {
    AlarmName: 'api-5xx',
    StateValue: state,
    StateReason: 'drill',
  });
};
