import type { AwsService, CallContext } from '../service.ts';
import { AwsFault } from '../service.ts';
import { filterMatches } from './filter-pattern.ts';
import type { LogGroup, LogLine, LogStore, LogStream } from './log-store.ts';

const missing = (what: string): never => {
  throw new AwsFault('ResourceNotFoundException', `The specified log ${what} does not exist.`);
};

interface GroupInput {
  readonly logGroupName?: string;
  readonly logGroupIdentifier?: string;
}

const MAX_EVENTS = 10_000;

/** Returns CloudWatch Logs over a store (API reference of Logs_20140328). */
export const createLogs = (store: LogStore): AwsService => {
  const groupOf = ({ logGroupName, logGroupIdentifier }: GroupInput): LogGroup => {
    const name =
      logGroupName ?? logGroupIdentifier?.replace(/^arn:aws:logs:[^:]*:\d+:log-group:/, '').replace(/:\*$/, '') ?? '';
    return store.groups.get(name) ?? missing('group');
  };
  const streamOf = (group: LogGroup, name: string): LogStream => group.streams.get(name) ?? missing('stream');
  const arnOf = (name: string, { region, accountId }: CallContext) =>
    `arn:aws:logs:${region}:${accountId}:log-group:${name}`;

  const getLogEvents = (
    input: GroupInput & {
      logStreamName: string;
      startTime?: number;
      endTime?: number;
      limit?: number;
      startFromHead?: boolean;
      nextToken?: string;
    },
  ) => {
    const { lines } = streamOf(groupOf(input), input.logStreamName);
    const { startTime = 0, endTime = Number.POSITIVE_INFINITY, limit = MAX_EVENTS } = input;
    const inTime = lines.filter(({ timestamp }) => timestamp >= startTime && timestamp < endTime);
    const token = /^([fb])\/(\d+)$/.exec(input.nextToken ?? '');
    if (input.nextToken !== undefined && token === null)
      throw new AwsFault('InvalidParameterException', 'The specified nextToken is invalid.');
    const position = Number(token?.[2]);
    const forward = token === null ? input.startFromHead === true : token[1] === 'f';
    const end = forward
      ? Math.min(inTime.length, (token === null ? 0 : position) + limit)
      : token === null
        ? inTime.length
        : position;
    const start = forward ? (token === null ? 0 : position) : Math.max(0, end - limit);
    const events = inTime.slice(start, end);
    // At the end the same token comes back: that is how a reader knows (API_GetLogEvents, nextForwardToken).
    const pad = (index: number) => String(index).padStart(56, '0');
    return { events, nextForwardToken: `f/${pad(end)}`, nextBackwardToken: `b/${pad(start)}` };
  };

  const filterLogEvents = (
    input: GroupInput & {
      logStreamNames?: string[];
      logStreamNamePrefix?: string;
      startTime?: number;
      endTime?: number;
      filterPattern?: string;
      limit?: number;
      nextToken?: string;
    },
  ) => {
    const { startTime = 0, endTime = Number.POSITIVE_INFINITY, limit = MAX_EVENTS, filterPattern = '' } = input;
    const all = [...groupOf(input).streams.values()]
      .filter(({ name }) => input.logStreamNames?.includes(name) ?? true)
      .filter(({ name }) => name.startsWith(input.logStreamNamePrefix ?? ''))
      .flatMap(({ name, lines }) =>
        lines.map((line, index) => ({ ...line, logStreamName: name, eventId: `${name}-${index}` })),
      )
      .filter(
        ({ timestamp, message }) =>
          timestamp >= startTime && timestamp <= endTime && filterMatches(filterPattern, message),
      )
      .sort((a, b) => a.timestamp - b.timestamp);
    const from = Number(input.nextToken ?? '0');
    const next = from + limit < all.length ? { nextToken: String(from + limit) } : {};
    return { events: all.slice(from, from + limit), searchedLogStreams: [], ...next };
  };

  const operations = {
    CreateLogGroup: ({ logGroupName, tags }: { logGroupName: string; tags?: unknown }, { now }: CallContext) => {
      if (store.groups.has(logGroupName))
        throw new AwsFault('ResourceAlreadyExistsException', 'The specified log group already exists');
      store.createGroup(logGroupName, now, tags);
      return {};
    },
    DescribeLogGroups: (
      {
        logGroupNamePrefix = '',
        limit = 50,
        nextToken = '0',
      }: { logGroupNamePrefix?: string; limit?: number; nextToken?: string },
      context: CallContext,
    ) => {
      const all = [...store.groups.values()]
        .filter(({ name }) => name.startsWith(logGroupNamePrefix))
        .sort((a, b) => a.name.localeCompare(b.name));
      const end = Number(nextToken) + limit;
      return {
        logGroups: all.slice(Number(nextToken), end).map(({ name, createdAt, streams }) => ({
          logGroupName: name,
          creationTime: createdAt,
          arn: `${arnOf(name, context)}:*`,
          logGroupArn: arnOf(name, context),
          storedBytes: [...streams.values()]
            .flatMap(({ lines }) => lines)
            .reduce((sum, { message }) => sum + message.length, 0),
        })),
        ...(end < all.length ? { nextToken: String(end) } : {}),
      };
    },
    CreateLogStream: (input: GroupInput & { logStreamName: string }, { now }: CallContext) => {
      const group = groupOf(input);
      if (group.streams.has(input.logStreamName))
        throw new AwsFault('ResourceAlreadyExistsException', 'The specified log stream already exists');
      store.openStream(group, input.logStreamName, now);
      return {};
    },
    DescribeLogStreams: (
      input: GroupInput & {
        logStreamNamePrefix?: string;
        orderBy?: string;
        descending?: boolean;
        limit?: number;
        nextToken?: string;
      },
      context: CallContext,
    ) => {
      const {
        logStreamNamePrefix = '',
        orderBy = 'LogStreamName',
        descending = false,
        limit = 50,
        nextToken = '0',
      } = input;
      const group = groupOf(input);
      const last = ({ lines, createdAt }: LogStream) => lines.at(-1)?.timestamp ?? createdAt;
      const all = [...group.streams.values()]
        .filter(({ name }) => name.startsWith(logStreamNamePrefix))
        .sort((a, b) => (orderBy === 'LastEventTime' ? last(a) - last(b) : a.name.localeCompare(b.name)));
      if (descending) all.reverse();
      const end = Number(nextToken) + limit;
      return {
        logStreams: all.slice(Number(nextToken), end).map(({ name, createdAt, lines }) => ({
          logStreamName: name,
          creationTime: createdAt,
          arn: `${arnOf(group.name, context)}:log-stream:${name}`,
          storedBytes: 0,
          ...(lines.length === 0
            ? {}
            : {
                firstEventTimestamp: lines[0]?.timestamp,
                lastEventTimestamp: lines.at(-1)?.timestamp,
                lastIngestionTime: lines.at(-1)?.ingestionTime,
              }),
        })),
        ...(end < all.length ? { nextToken: String(end) } : {}),
      };
    },
    PutLogEvents: (
      input: GroupInput & { logStreamName: string; logEvents: Array<{ timestamp: number; message: string }> },
      { now }: CallContext,
    ) => {
      const stream = streamOf(groupOf(input), input.logStreamName);
      stream.lines.push(
        ...input.logEvents.map(({ timestamp, message }): LogLine => ({ timestamp, message, ingestionTime: now })),
      );
      return { nextSequenceToken: String(stream.lines.length) };
    },
    GetLogEvents: getLogEvents,
    FilterLogEvents: filterLogEvents,
  };
  // The dispatcher has held every input against the SDK's model.
  return { name: 'logs', targetPrefix: 'Logs_20140328', operations: operations as unknown as AwsService['operations'] };
};
