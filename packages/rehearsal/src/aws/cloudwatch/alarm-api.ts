import type { AwsService, CallContext } from '../service.ts';
import { AwsFault } from '../service.ts';
import type { AlarmState, MissingData } from './alarm-state.ts';
import { comparison } from './alarm-state.ts';
import type { Alarm, Alarms } from './alarms.ts';
import type { Query } from './query.ts';
import type { DimensionInput } from './requests.ts';
import { pageOf } from './requests.ts';
import { isStatistic } from './statistics.ts';

/** What API_PutMetricAlarm takes and this stand-in acts upon. */
interface PutAlarm {
  readonly AlarmName: string;
  readonly MetricName?: string;
  readonly Namespace?: string;
  readonly Statistic?: string;
  readonly ExtendedStatistic?: string;
  readonly Dimensions?: readonly DimensionInput[];
  readonly Period?: number;
  readonly Unit?: string;
  readonly EvaluationPeriods?: number;
  readonly DatapointsToAlarm?: number;
  readonly Threshold?: number;
  readonly ComparisonOperator?: string;
  readonly TreatMissingData?: string;
  readonly Metrics?: readonly Query[];
  readonly ThresholdMetricId?: string;
}

const invalid = (message: string): AwsFault => new AwsFault('ValidationException', message);

/** What an alarm watches, as queries. Throws what API_PutMetricAlarm says of requests that name no metric. */
const queriesOf = (request: PutAlarm): readonly Query[] => {
  const { Metrics, MetricName, Namespace, Period, Unit } = request;
  if (Metrics !== undefined) {
    if (MetricName !== undefined) throw invalid('MetricName and Metrics must not both be given.');
    if (Metrics.some(({ Expression = '' }) => /\bSEARCH\s*\(/.test(Expression)))
      throw invalid('SEARCH is not supported on Metric Alarms.');
    if (Metrics.filter(({ ReturnData }) => ReturnData !== false).length !== 1)
      throw invalid('Exactly one element of the metrics list should return data.');
    return Metrics;
  }
  const Stat = request.Statistic ?? request.ExtendedStatistic;
  if (MetricName === undefined || Namespace === undefined || Period === undefined || Stat === undefined)
    throw invalid('An alarm needs Metrics, or MetricName, Namespace, Period and a statistic.');
  if (!isStatistic(Stat)) throw invalid(`The value ${Stat} for parameter ExtendedStatistic is not supported.`);
  const Metric = { Namespace, MetricName, ...(request.Dimensions && { Dimensions: request.Dimensions }) };
  return [{ Id: 'm1', MetricStat: { Metric, Period, Stat, ...(Unit === undefined ? {} : { Unit }) } }];
};

const MISSING: readonly string[] = ['breaching', 'notBreaching', 'ignore', 'missing'];
const isMissing = (text: string): text is MissingData => MISSING.includes(text);

const alarmOf = (request: PutAlarm, before: Alarm | undefined, context: CallContext): Alarm => {
  const {
    AlarmName: name,
    EvaluationPeriods,
    ComparisonOperator = '',
    Threshold,
    TreatMissingData = 'missing',
  } = request;
  const queries = queriesOf(request);
  if (request.ThresholdMetricId !== undefined || comparison(ComparisonOperator) === undefined)
    throw new AwsFault(
      'NotImplementedByRehearsal',
      `The local CloudWatch has no alarms with ${ComparisonOperator || 'no comparison'}.`,
    );
  if (EvaluationPeriods === undefined || EvaluationPeriods < 1 || Threshold === undefined)
    throw invalid('EvaluationPeriods and Threshold are required for an alarm on a static threshold.');
  const { DatapointsToAlarm = EvaluationPeriods } = request;
  if (DatapointsToAlarm > EvaluationPeriods)
    throw invalid('The value for DatapointsToAlarm must be less than or equal to EvaluationPeriods.');
  if (!isMissing(TreatMissingData)) throw invalid(`Missing data cannot be treated as ${TreatMissingData}.`);
  const { region, accountId, now } = context;
  const periods = queries.map(({ Period, MetricStat }) => MetricStat?.Period ?? Period ?? 60);
  return {
    name,
    arn: `arn:aws:cloudwatch:${region}:${accountId}:alarm:${name}`,
    request: { ...request },
    queries,
    period: Math.max(...periods),
    evaluationPeriods: EvaluationPeriods,
    datapointsToAlarm: DatapointsToAlarm,
    missing: TreatMissingData,
    operator: ComparisonOperator,
    threshold: Threshold,
    configuredAt: now,
    // "When you update an existing alarm, its state is left unchanged" (API_PutMetricAlarm).
    state: before?.state ?? 'INSUFFICIENT_DATA',
    reason: before?.reason ?? 'Unchecked: Initial alarm creation',
    reasonData: before?.reasonData,
    since: before?.since ?? now,
    updatedAt: before?.updatedAt ?? now,
    pinned: before?.pinned ?? false,
  };
};

const answerOf = (alarm: Alarm) => {
  const { Tags: _tags, ...request } = alarm.request;
  return {
    ActionsEnabled: true,
    OKActions: [],
    AlarmActions: [],
    InsufficientDataActions: [],
    ...(request.Metrics === undefined ? { Dimensions: [] } : {}),
    ...request,
    AlarmArn: alarm.arn,
    AlarmConfigurationUpdatedTimestamp: new Date(alarm.configuredAt),
    StateValue: alarm.state,
    StateReason: alarm.reason,
    ...(alarm.reasonData === undefined ? {} : { StateReasonData: alarm.reasonData }),
    StateUpdatedTimestamp: new Date(alarm.updatedAt),
    StateTransitionedTimestamp: new Date(alarm.since),
  };
};

/** Returns the operations on alarms. Composite alarms cannot be made here, so none is ever listed. */
export const alarmApi = (alarms: Alarms): AwsService['operations'] => ({
  PutMetricAlarm: (input, context) => {
    const request = input as unknown as PutAlarm;
    alarms.put(alarmOf(request, alarms.all.get(request.AlarmName), context));
    return {};
  },
  DescribeAlarms: (input) => {
    const {
      AlarmNames,
      AlarmNamePrefix,
      AlarmTypes,
      StateValue,
      ActionPrefix,
      MaxRecords = 50,
      NextToken,
    } = input as {
      AlarmNames?: readonly string[];
      AlarmNamePrefix?: string;
      AlarmTypes?: readonly string[];
      StateValue?: string;
      ActionPrefix?: string;
      MaxRecords?: number;
      NextToken?: string;
    };
    if (AlarmNames !== undefined && AlarmNamePrefix !== undefined)
      throw invalid('You can specify AlarmNames or AlarmNamePrefix, not both.');
    // At most 100 names, and 1 to 100 records per page (API_DescribeAlarms).
    if ((AlarmNames?.length ?? 0) > 100 || MaxRecords < 1 || MaxRecords > 100)
      throw invalid('AlarmNames and MaxRecords must not be more than 100.');
    const found = [...alarms.all.values()]
      .filter(({ name }) => AlarmNames?.includes(name) ?? name.startsWith(AlarmNamePrefix ?? ''))
      .filter(({ state }) => StateValue === undefined || state === StateValue)
      .filter(
        ({ request }) =>
          ActionPrefix === undefined || JSON.stringify(request.AlarmActions ?? []).includes(`"${ActionPrefix}`),
      )
      .filter(() => AlarmTypes === undefined || AlarmTypes.length === 0 || AlarmTypes.includes('MetricAlarm'))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    const { items, next } = pageOf(found, MaxRecords, NextToken);
    return {
      MetricAlarms: items.map(answerOf),
      CompositeAlarms: [],
      ...(next === undefined ? {} : { NextToken: next }),
    };
  },
  SetAlarmState: (input) => {
    const { AlarmName, StateValue, StateReason, StateReasonData } = input as {
      AlarmName: string;
      StateValue: string;
      StateReason: string;
      StateReasonData?: string;
    };
    const alarm = alarms.all.get(AlarmName);
    if (alarm === undefined) throw new AwsFault('ResourceNotFound', `Alarm ${AlarmName} does not exist`, 404);
    if (StateValue !== 'OK' && StateValue !== 'ALARM' && StateValue !== 'INSUFFICIENT_DATA')
      throw invalid(`StateValue must be OK, ALARM or INSUFFICIENT_DATA, not ${StateValue}.`);
    // It stays so until the alarm is evaluated again (API_SetAlarmState).
    alarms.set(alarm, StateValue satisfies AlarmState, StateReason, StateReasonData);
    return {};
  },
  DeleteAlarms: (input) => {
    const { AlarmNames } = input as { AlarmNames: readonly string[] };
    const absent = AlarmNames.filter((name) => !alarms.all.has(name));
    // "If you specify any incorrect alarm names, the alarms you specify with correct names are still deleted"
    // (API_DeleteAlarms, which has the error ResourceNotFound too).
    for (const name of AlarmNames) alarms.all.delete(name);
    if (absent.length > 0) throw new AwsFault('ResourceNotFound', `Unknown alarms: ${absent.join(', ')}`, 404);
    return {};
  },
});
