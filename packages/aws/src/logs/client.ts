import type { OutputLogEvent } from '@aws-sdk/client-cloudwatch-logs';
import { CloudWatchLogsClient, DescribeLogGroupsCommand, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { AwsError } from '@hospital-ops/action-kit/errors';
import type { ClientContext } from '../client-options.ts';
import { clientOptions } from '../client-options.ts';
import { toAwsError } from '../errors.ts';
import { perRegion } from '../per-region.ts';
import type { LogLine, LogStream, Logs } from './ports.ts';

const parseLines = (events: readonly OutputLogEvent[] | undefined): LogLine[] =>
  (events ?? []).map((event) => ({ at: event.timestamp ?? 0, message: (event.message ?? '').trimEnd() }));

/** Returns the log calls of the suite over the AWS SDK, one client per region that a log configuration names. */
export const createLogs = (context: ClientContext): Logs => {
  const clientIn = perRegion((region) => new CloudWatchLogsClient({ ...clientOptions(context), ...region }));
  const looksIn = perRegion((region) => new CloudWatchLogsClient({ ...clientOptions(context, 'brief'), ...region }));
  const read = async ({ region, group, stream }: LogStream, how: object) => {
    try {
      return await clientIn(region).send(
        new GetLogEventsCommand({ logGroupName: group, logStreamName: stream, ...how }),
      );
    } catch (error) {
      const failure = toAwsError('logs:GetLogEvents', `log stream "${group}/${stream}"`, error);
      // A stream appears with its first line, seconds after the task has started.
      if (failure instanceof AwsError && failure.code === 'ResourceNotFoundException') return undefined;
      throw failure;
    }
  };
  return {
    readOn: async (stream, token) => {
      const answer = await read(stream, { startFromHead: true, ...(token !== undefined && { nextToken: token }) });
      return answer && { lines: parseLines(answer.events), next: answer.nextForwardToken };
    },
    tail: async (stream, limit) => parseLines((await read(stream, { startFromHead: false, limit }))?.events),
    groupExists: async (region, group) => {
      try {
        // Sorted by name: of all that begin like it, the group itself would come first (API_DescribeLogGroups).
        const command = new DescribeLogGroupsCommand({ logGroupNamePrefix: group });
        const { logGroups } = await looksIn(region).send(command);
        if (logGroups === undefined) throw new SyntaxError('the answer holds no list of log groups');
        return logGroups.some(({ logGroupName }) => logGroupName === group);
      } catch (error) {
        throw toAwsError('logs:DescribeLogGroups', `log group "${group}"`, error);
      }
    },
  };
};
