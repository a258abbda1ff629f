/** One call that reached the local AWS. */
export interface RequestRecord {
  readonly service: string;
  readonly operation: string;
  /** As it came over the wire, decoded. */
  readonly input: unknown;
  /** Members of the input that the SDK's model of the operation does not have, as paths. */
  readonly unknownMembers: readonly string[];
  /** HTTP status; undefined when the connection was reset instead of an answer. */
  readonly status: number | undefined;
  /** The error code of an answer that was none of success. */
  readonly error: string | undefined;
  readonly accessKeyId: string | undefined;
  readonly userAgent: string | undefined;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Every call in order of arrival of its answer. Holds the newest 20,000. */
export class RequestLog {
  #records: RequestRecord[] = [];

  add(record: RequestRecord): void {
    this.#records.push(record);
    if (this.#records.length > 20_000) this.#records = this.#records.slice(-10_000);
  }

  all(): readonly RequestRecord[] {
    return this.#records;
  }

  /** How often `operation` was called, with whatever end. */
  count(operation: string, service?: string): number {
    return this.#records.filter((r) => r.operation === operation && (service === undefined || r.service === service))
      .length;
  }
}
