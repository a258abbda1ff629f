/** One log event; times are milliseconds since the epoch. */
export interface LogLine {
  readonly timestamp: number;
  readonly message: string;
  readonly ingestionTime: number;
}

export interface LogStream {
  readonly name: string;
  readonly createdAt: number;
  readonly lines: LogLine[];
}

export interface LogGroup {
  readonly name: string;
  readonly createdAt: number;
  readonly tags: unknown;
  readonly streams: Map<string, LogStream>;
}

/** The log groups of the local CloudWatch Logs. */
export class LogStore {
  readonly groups = new Map<string, LogGroup>();

  createGroup(name: string, now: number, tags?: unknown): LogGroup {
    const group: LogGroup = { name, createdAt: now, tags, streams: new Map() };
    this.groups.set(name, group);
    return group;
  }

  openStream(group: LogGroup, name: string, now: number): LogStream {
    const stream = group.streams.get(name) ?? { name, createdAt: now, lines: [] };
    group.streams.set(name, stream);
    return stream;
  }
}
