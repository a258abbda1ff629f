/** What a service may know about a call beside its input. */
export interface CallContext {
  readonly operation: string;
  readonly region: string;
  readonly accountId: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** A JSON-protocol AWS service: the X-Amz-Target prefix and its operations. Operations throw AwsFault for an AWS error. */
export interface AwsService {
  /** `ecs`. */
  readonly name: string;
  /** `AmazonEC2ContainerServiceV20141113`. */
  readonly targetPrefix: string;
  readonly operations: Readonly<
    Record<string, (input: Record<string, unknown>, context: CallContext) => unknown | Promise<unknown>>
  >;
}

/** An error as AWS answers it: `code` goes into `__type`, `fields` beside the message. */
export class AwsFault extends Error {
  readonly code: string;
  readonly status: number;
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, status = 400, fields: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = code;
    this.code = code;
    this.status = status;
    this.fields = fields;
  }
}
