import { FakeClock } from '@hospital-ops/action-kit/fake-clock';
import { createRetryStrategy } from '@hospital-ops/aws/client-options';
import { awsErrorKind, isAccessLost, isTransient, kindOf, toAwsError } from '@hospital-ops/aws/errors';
import { describe, expect, test } from '@jest/globals';

const failure = (name: string, message = 'm', status = 400) =>
  Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status, requestId: 'r-1' } });

describe('what an error means', () => {
  test.each([
    ['ThrottlingException', 400, 'throttled'],
    ['TooManyRequestsException', 429, 'throttled'],
    ['Whatever', 429, 'throttled'],
    ['ProvisionedThroughputExceededException', 400, 'throttled'],
    ['AccessDeniedException', 400, 'denied'],
    ['UnauthorizedOperation', 403, 'denied'],
    ['ExpiredTokenException', 400, 'credentials'],
    ['UnrecognizedClientException', 400, 'credentials'],
    ['CredentialsProviderError', 0, 'credentials'],
    ['ServerException', 500, 'transient'],
    ['Whatever', 503, 'transient'],
    ['ECONNRESET', 0, 'transient'],
    ['TimeoutError', 0, 'transient'],
    ['ClientException', 400, 'final'],
    ['ServiceNotFoundException', 400, 'final'],
    ['UnknownError', 0, 'final'],
  ])('%s with status %i is %s', (code, status, kind) => {
    expect(kindOf(code, status)).toBe(kind);
  });

  test('a socket error is transient by its code', () => {
    const reset = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
    expect(isTransient(toAwsError('ecs:UpdateService', 'x', reset))).toBe(true);
  });

  test('an error that is not of AWS has no kind', () => {
    expect(awsErrorKind(new Error('bug'))).toBeUndefined();
    expect(isTransient(new Error('bug')) || isAccessLost(new Error('bug'))).toBe(false);
  });
});

describe('a denial', () => {
  test('names the action of the call and the request', () => {
    const error = toAwsError('ecs:DescribeServices', 'service "api"', failure('AccessDeniedException'));
    expect(error).toMatchObject({
      missingAction: 'ecs:DescribeServices',
      requestId: 'r-1',
      code: 'AccessDeniedException',
    });
    expect(error.next).toMatch(/`ecs:DescribeServices`/);
  });
  test('names the action that AWS names, when that is another', () => {
    const message =
      'User: arn:aws:sts::1:x is not authorized to perform: iam:PassRole on resource: arn:aws:iam::1:role/t';
    const error = toAwsError('ecs:RegisterTaskDefinition', 'x', failure('ClientException', message));
    expect(error.missingAction).toBeUndefined();
    expect(toAwsError('ecs:RegisterTaskDefinition', 'x', failure('AccessDeniedException', message)).missingAction).toBe(
      'iam:PassRole',
    );
  });
  test('keeps foreign text on one inert line', () => {
    expect(toAwsError('a:b', 'x', failure('ClientException', 'a\n::error::b')).why).not.toMatch(/\n/);
  });
});

describe('trying again', () => {
  const run = async (errorType: 'THROTTLING' | 'TRANSIENT' | 'CLIENT_ERROR', retries: 'any' | 'rejected-only') => {
    const clock = new FakeClock();
    const strategy = createRetryStrategy({ clock, signal: new AbortController().signal, random: () => 0 }, retries);
    let token = await strategy.acquireInitialRetryToken();
    let tries = 1;
    try {
      for (;;) {
        token = await strategy.refreshRetryTokenForRetry(token, { errorType });
        tries += 1;
      }
    } catch {
      return { tries, seconds: clock.sleeps.reduce((a, b) => a + b, 0) / 1000 };
    }
  };
  test('S9: throttling is waited out for more than 45 s even with the shortest delays', async () => {
    const { tries, seconds } = await run('THROTTLING', 'rejected-only');
    expect(tries).toBeGreaterThanOrEqual(10);
    expect(seconds).toBeGreaterThan(45);
  });
  test('a broken connection is tried again where the call is idempotent, and nowhere else', async () => {
    expect((await run('TRANSIENT', 'any')).tries).toBe(10);
    expect((await run('TRANSIENT', 'rejected-only')).tries).toBe(1);
  });
  test('an error of the request is not', async () => expect((await run('CLIENT_ERROR', 'any')).tries).toBe(1));
  test('a cancelled run waits half a second at most between tries', async () => {
    const clock = new FakeClock();
    const cancel = new AbortController();
    const strategy = createRetryStrategy({ clock, signal: cancel.signal }, 'any');
    cancel.abort();
    let token = await strategy.acquireInitialRetryToken();
    for (let i = 0; i < 9; i += 1) token = await strategy.refreshRetryTokenForRetry(token, { errorType: 'THROTTLING' });
    expect(Math.max(...clock.sleeps)).toBeLessThanOrEqual(500);
  });
});

test.each([
  ['a region that is missing', new Error('Region is missing'), /^a:b failed for x\.$/, /`AWS_REGION`/],
  [
    'credentials that are missing',
    failure('CredentialsProviderError', 'Could not load credentials from any providers', 0),
    /CredentialsProviderError/,
    /configure-aws-credentials before this step/,
  ],
  [
    "a proxy's page",
    failure(
      'SyntaxError',
      `Unexpected token '<' is not valid JSON\n  Deserialization error: to see the raw response`,
      502,
    ),
    /SyntaxError/,
    /a proxy/,
  ],
])('%s is told with what to do', (_, error, what, next) => {
  const told = toAwsError('a:b', 'x', error);
  expect(told.what).toMatch(what);
  expect(told.next).toMatch(next);
  expect(told.why).not.toContain('raw response');
});

test.each([
  ['AccessDeniedException', 400, 'README#permissions'],
  ['ExpiredTokenException', 400, 'README#permissions'],
  ['ThrottlingException', 400, 'README#troubleshooting'],
  ['ClientException', 400, 'README#troubleshooting'],
  ['InternalFailure', 500, 'README#troubleshooting'],
])('%s is explained where its cure is', (name, httpStatusCode, docs) => {
  const error = Object.assign(new Error('no'), { name, $metadata: { httpStatusCode } });
  expect(toAwsError('ecs:DescribeServices', 'service "api"', error).docs).toBe(docs);
});

test.each([
  ['AccessDeniedException', 400, false],
  ['ExpiredTokenException', 400, false],
  ['InvalidParameterException', 400, false],
  ['InvalidSignatureException', 403, true],
  ['RequestTimeTooSkewed', 403, true],
  ['InternalFailure', 500, true],
])('where the clock is minutes off, %s is sent again only if that may cure it: %s %s', async (name, status, again) => {
  const $metadata = { httpStatusCode: status, clockSkewCorrected: true };
  const error = Object.assign(new Error('no'), { name, $metadata });
  const strategy = createRetryStrategy({ clock: new FakeClock(0), signal: new AbortController().signal }, 'any');
  const token = await strategy.acquireInitialRetryToken();
  const sent = strategy.refreshRetryTokenForRetry(token, { errorType: 'TRANSIENT', error });
  await expect(
    sent.then(
      () => true,
      () => false,
    ),
  ).resolves.toBe(again);
});
