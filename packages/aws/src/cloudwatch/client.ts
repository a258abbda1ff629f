import type { MetricDataResult } from '@aws-sdk/client-cloudwatch';
import { CloudWatchClient, DescribeAlarmsCommand, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { batches } from '../batches.ts';
import type { ClientContext } from '../client-options.ts';
import { clientOptions } from '../client-options.ts';
import { toAwsError } from '../errors.ts';
import { parseAlarm, parseReading } from './parse.ts';
import type { Alarm, CloudWatch, MetricQuery, MetricWindow } from './ports.ts';

/** Names per DescribeAlarms (API_DescribeAlarms), queries per GetMetricData (its limit is 500; smaller ones fail alone). */
const NAMES_PER_CALL = 100;
const QUERIES_PER_CALL = 100;
/** Pages of one GetMetricData; a gate's window has a few points per query, so that one is the rule. */
const MAX_PAGES = 10;

/** Returns the CloudWatch calls of the suite over the AWS SDK; region and credentials come from the default chain. */
export const createCloudWatch = (context: ClientContext): CloudWatch => {
  const client = new CloudWatchClient(clientOptions(context));

  const describe = async (names: string[]): Promise<Alarm[]> => {
    try {
      const answer = await client.send(
        // Without AlarmTypes composite alarms are left out even when they are asked for by name (API_DescribeAlarms).
        new DescribeAlarmsCommand({
          AlarmNames: names,
          AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
          MaxRecords: NAMES_PER_CALL,
        }),
      );
      return [
        ...(answer.MetricAlarms ?? []).flatMap((alarm) => parseAlarm(alarm, true) ?? []),
        ...(answer.CompositeAlarms ?? []).flatMap((alarm) => parseAlarm(alarm, false) ?? []),
      ];
    } catch (error) {
      throw toAwsError('cloudwatch:DescribeAlarms', `alarms ${names.join(', ')}`, error);
    }
  };

  const read = async (queries: readonly MetricQuery[], window: MetricWindow): Promise<MetricDataResult[]> => {
    const results: MetricDataResult[] = [];
    let token: string | undefined;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const answer = await client.send(
        new GetMetricDataCommand({
          MetricDataQueries: queries.map(({ id, expression }) => ({
            Id: id,
            Expression: expression,
            Period: window.periodSeconds,
            ReturnData: true,
          })),
          StartTime: new Date(window.from),
          EndTime: new Date(window.to),
          ScanBy: 'TimestampDescending',
          ...(token !== undefined && { NextToken: token }),
        }),
      );
      results.push(...(answer.MetricDataResults ?? []));
      token = answer.NextToken;
      if (token === undefined || token === '') break;
    }
    return results;
  };

  const ask = async (queries: readonly MetricQuery[], window: MetricWindow): Promise<MetricDataResult[]> => {
    try {
      return await read(queries, window);
    } catch (error) {
      throw toAwsError('cloudwatch:GetMetricData', `${queries.length} metric expressions`, error);
    }
  };

  return {
    alarms: async (names) => {
      const found = await Promise.all(batches([...new Set(names)], NAMES_PER_CALL).map(describe));
      return new Map(found.flat().map((alarm) => [alarm.name, alarm]));
    },
    evaluate: async (queries, window) => {
      const answers = await Promise.all(batches(queries, QUERIES_PER_CALL).map((batch) => ask(batch, window)));
      const results = answers.flat();
      return new Map(queries.map(({ id }) => [id, parseReading(results.filter(({ Id }) => Id === id))]));
    },
  };
};
