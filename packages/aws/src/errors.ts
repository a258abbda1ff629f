import { AwsError } from '@hospital-ops/action-kit/errors';
import { neutralizeToLine } from '@hospital-ops/action-kit/untrusted';

/**
 * What a failed call means for its caller. `throttled`: surely had no effect, may be sent again. `transient`: may have
 * had an effect. `denied` and `credentials`: no further try can succeed. `final`: the request itself is wrong.
 */
export type AwsErrorKind = 'throttled' | 'transient' | 'denied' | 'credentials' | 'final';

const THROTTLED =
  /Throttl|TooManyRequests|ProvisionedThroughputExceeded|RequestLimitExceeded|SlowDown|BandwidthLimitExceeded|PriorRequestNotComplete/;
const DENIED = /^(AccessDenied|UnauthorizedOperation|NotAuthorized|AuthorizationError|OptInRequired)/;
const CREDENTIALS =
  /^(ExpiredToken|RequestExpired|UnrecognizedClient|InvalidClientTokenId|InvalidSignature|SignatureDoesNotMatch|MissingAuthenticationToken|IncompleteSignature|InvalidAccessKeyId|TokenRefreshRequired|CredentialsProvider|TokenProvider)/;
const TRANSIENT =
  /^(TimeoutError|RequestTimeout|ECONNRESET|ECONNREFUSED|ECONNABORTED|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ServerException|InternalFailure|InternalError|InternalServer|ServiceUnavailable|UND_ERR|EmptyAnswer|SyntaxError)/;

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

const statusOf = (error: unknown): number => {
  const status = field(field(error, '$metadata'), 'httpStatusCode');
  return typeof status === 'number' ? status : 0;
};

/** The code of an error that has none. */
const UNKNOWN = 'UnknownError';

const codeOf = (error: unknown): string => {
  const name = field(error, 'name');
  const code = field(error, 'code');
  // The SDK wraps what it does not take for an Error (one of another realm) and keeps only its text.
  const wrapped = /^AWS SDK error wrapper for (\w+)/.exec(textOf(field(error, 'message')) ?? '')?.[1];
  if (wrapped !== undefined) return wrapped;
  // Socket errors are plain Errors whose `code` says what happened.
  return (name === 'Error' ? textOf(code) : textOf(name)) ?? textOf(code) ?? UNKNOWN;
};

/**
 * Returns the kind of a code; `status` is the HTTP status, 0 when there was no answer. An error in spite of a status of
 * success is an answer that could not be read (cut off, a proxy's page): what was asked for may have been done.
 */
export const kindOf = (code: string, status: number): AwsErrorKind => {
  if (status === 429 || THROTTLED.test(code)) return 'throttled';
  if (CREDENTIALS.test(code)) return 'credentials';
  if (DENIED.test(code)) return 'denied';
  return status >= 500 || (status >= 200 && status < 300) || TRANSIENT.test(code) ? 'transient' : 'final';
};

/** Returns the kind of an error that `toAwsError` made, or undefined for any other error. */
export const awsErrorKind = (error: unknown): AwsErrorKind | undefined =>
  error instanceof AwsError ? kindOf(error.code, statusOf(error.cause)) : undefined;

/** True for errors that waiting may cure: throttling, 5xx, broken connections. */
export const isTransient = (error: unknown): boolean => {
  const kind = awsErrorKind(error);
  return kind === 'throttled' || kind === 'transient';
};

/**
 * For how long an answer of success that holds nothing is worth further tries, milliseconds: AWS does not give such
 * ones, so something else answers at the endpoint, and goes on to.
 */
export const EMPTY_PATIENCE_MS = 10_000;

/** True for an answer of success that did not hold what was asked for. */
export const isEmptyAnswer = (error: unknown): boolean => error instanceof AwsError && error.code === 'EmptyAnswer';

/** True when the right or the credentials to look were lost: nothing that follows can be observed. */
export const isAccessLost = (error: unknown): boolean => {
  const kind = awsErrorKind(error);
  return kind === 'denied' || kind === 'credentials';
};

const NEXT: Record<AwsErrorKind, (action: string) => string> = {
  throttled: () => 'other jobs use the same API rates; run this again when they are done, or lower `max-parallel`.',
  transient: () => 'AWS or the network failed for too long; check the AWS Health dashboard and run this again.',
  denied: (action) => `allow \`${action}\` in the IAM policy of the role that this job assumes.`,
  credentials: () =>
    'configure credentials that outlive the job (`role-duration-seconds` of configure-aws-credentials) and run again.',
  final: () => 'correct what the message names and run again.',
};

/** What the SDK says in its own terms: what to do about it, in place of what follows from the kind. */
const SAID: ReadonlyArray<readonly [message: RegExp, next: string]> = [
  [
    /^Region (?:is missing|not accepted)/,
    'set the region: `aws-region` of configure-aws-credentials, or `AWS_REGION`.',
  ],
  [
    /^Could not load credentials/,
    'run aws-actions/configure-aws-credentials before this step, in a job with `permissions: { id-token: write }`.',
  ],
  [
    /is not valid JSON/,
    'this was no answer of AWS: look at what stands between it and the runner, a proxy or what `AWS_ENDPOINT_URL` names.',
  ],
];

/**
 * Returns `error` as an AwsError. `action` is the IAM action of the call, `ecs:DescribeServices`; a denial that names
 * another one (`iam:PassRole`) is reported with that. The message of AWS is foreign text, cut to one inert line.
 */
export const toAwsError = (action: string, resource: string, error: unknown): AwsError => {
  if (error instanceof AwsError) return error;
  const code = codeOf(error);
  const kind = kindOf(code, statusOf(error));
  // The SDK adds a hint for its own developers to what it could not read.
  const [said = ''] = (textOf(field(error, 'message')) ?? 'no message was given').split('\n  Deserialization error');
  const message = neutralizeToLine(said, 600);
  const named = /not authorized to perform:? ([a-z0-9-]+:[A-Za-z]+)/.exec(message)?.[1];
  const missing = kind === 'denied' ? (named ?? action) : undefined;
  return new AwsError({
    what: `${action} failed for ${resource}${code === UNKNOWN ? '' : `: ${code}`}.`,
    why: message,
    next: SAID.find(([pattern]) => pattern.test(message))?.[1] ?? NEXT[kind](missing ?? action),
    operation: action,
    code,
    requestId: textOf(field(field(error, '$metadata'), 'requestId')),
    missingAction: missing,
    docs: kind === 'denied' || kind === 'credentials' ? 'README#permissions' : 'README#troubleshooting',
    cause: error,
  });
};
