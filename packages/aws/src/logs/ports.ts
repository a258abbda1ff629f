/** Where a container's lines go. */
export interface LogStream {
  readonly region: string | undefined;
  readonly group: string;
  readonly stream: string;
}

export interface LogLine {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Foreign text. */
  readonly message: string;
}

export interface LogPage {
  readonly lines: readonly LogLine[];
  /** Where to read on. Equal to the token that was asked with when nothing came after it. */
  readonly next: string | undefined;
}

/** The CloudWatch Logs calls that the suite makes. Methods throw AwsError. */
export interface Logs {
  /** The lines after `token`, from the stream's start without one; undefined while the stream does not exist. */
  readOn(stream: LogStream, token: string | undefined): Promise<LogPage | undefined>;
  /** The last `limit` lines, oldest first; empty when the stream does not exist. */
  tail(stream: LogStream, limit: number): Promise<readonly LogLine[]>;
  /** `region` undefined: that of the credentials. */
  groupExists(region: string | undefined, group: string): Promise<boolean>;
}
