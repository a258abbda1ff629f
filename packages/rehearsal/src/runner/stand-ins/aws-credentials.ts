import { randomBytes } from 'node:crypto';
import type { StandIn, StandInStep } from '../stand-in.ts';

export interface IssuedCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

export interface CredentialsRequest {
  readonly roleArn: string;
  readonly sessionName: string;
  readonly region: string;
  readonly durationSeconds: number;
}

/** Issues the credentials of an assumed role, as the rehearsal's STS would; throws what STS refuses with. */
export type IssueCredentials = (request: CredentialsRequest) => Promise<IssuedCredentials>;

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

const randomCredentials: IssueCredentials = async () => ({
  accessKeyId: `ASIA${[...randomBytes(16)].map((byte) => ALPHABET.charAt(byte % 32)).join('')}`,
  secretAccessKey: randomBytes(30).toString('base64'),
  sessionToken: randomBytes(96).toString('base64'),
});

const ROLE_ARN = /^arn:(aws|aws-cn|aws-us-gov):iam::(\d{12}):role\/[\w+=,.@/-]+$/;

const identityToken = async (step: StandInStep, url: string): Promise<string> => {
  const answer = await fetch(`${url}&audience=${encodeURIComponent(step.input('audience'))}`, {
    headers: { authorization: `bearer ${step.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN}` },
    signal: step.signal,
  });
  const { value } = (await answer.json()) as { value?: string };
  if (!answer.ok || value === undefined)
    throw new Error(`Failed to get ID Token: the endpoint answered ${answer.status}.`);
  step.mask(value);
  return value;
};

/** Asks the STS at `endpoint`, as the real action does. */
const assumeWithWebIdentity = async (
  { roleArn, sessionName, region, durationSeconds }: CredentialsRequest,
  token: string,
  endpoint: string,
): Promise<IssuedCredentials> => {
  const { AssumeRoleWithWebIdentityCommand, STSClient } = await import('@aws-sdk/client-sts');
  const client = new STSClient({ region, endpoint });
  try {
    const { Credentials: issued } = await client.send(
      new AssumeRoleWithWebIdentityCommand({
        RoleArn: roleArn,
        RoleSessionName: sessionName,
        DurationSeconds: durationSeconds,
        WebIdentityToken: token,
      }),
    );
    return {
      accessKeyId: issued?.AccessKeyId ?? '',
      secretAccessKey: issued?.SecretAccessKey ?? '',
      sessionToken: issued?.SessionToken ?? '',
    };
  } catch (error) {
    throw new Error(`Could not assume role with OIDC: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  } finally {
    client.destroy();
  }
};

const assumeRole = async (step: StandInStep, role: string, region: string, issue: IssueCredentials) => {
  if (!ROLE_ARN.test(role)) throw new Error(`role-to-assume is "${role}"; the ARN of an IAM role is expected.`);
  if (step.permissions['id-token'] !== 'write') {
    throw new Error(
      'Credentials could not be loaded: the job has no OIDC token. Give it `permissions: id-token: write`, and its callers too.',
    );
  }
  const durationSeconds = Number(step.input('role-duration-seconds'));
  const request = { roleArn: role, sessionName: step.input('role-session-name'), region, durationSeconds };
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, AWS_ENDPOINT_URL: endpoint } = step.env;
  if (!url || !endpoint) return issue(request);
  const token = await identityToken(step, url);
  return assumeWithWebIdentity(request, token, endpoint);
};

/** Returns the stand-in of aws-actions/configure-aws-credentials; `issue` default makes up random credentials. */
export const createConfigureAwsCredentials = (issue: IssueCredentials = randomCredentials): StandIn => ({
  uses: 'aws-actions/configure-aws-credentials',
  replaces: 'takes the ID token of its job to the local STS, which holds it against the trust policy of the role.',
  lacks: 'it checks the credentials of others, chains roles, and removes what it set after the job.',
  others: [
    ...[
      'role-chaining',
      'role-external-id',
      'role-skip-session-tagging',
      'inline-session-policy',
      'transitive-tag-keys',
    ],
    ...['managed-session-policies', 'web-identity-token-file', 'http-proxy', 'no-proxy', 'custom-tags'],
    ...['special-characters-workaround', 'use-existing-credentials', 'output-env-credentials', 'action-timeout-s'],
  ],
  inputs: {
    'aws-region': { required: true },
    'role-to-assume': {},
    'role-session-name': { default: 'GitHubActions' },
    'role-duration-seconds': { default: '3600' },
    audience: { default: 'sts.amazonaws.com' },
    'aws-access-key-id': {},
    'aws-secret-access-key': {},
    'aws-session-token': {},
    'mask-aws-account-id': { default: 'false' },
    'output-credentials': { default: 'false' },
    'unset-current-credentials': { default: 'false' },
    'disable-retry': {},
    'retry-max-attempts': {},
    'allowed-account-ids': {},
  },
  run: async (step) => {
    const region = step.input('aws-region');
    if (!/^[a-z]{2}(-[a-z]+)+-\d$/.test(region)) throw new Error(`Region is not valid: ${region}`);
    const role = step.input('role-to-assume');
    const keyId = step.input('aws-access-key-id');
    if (role === '' && keyId === '') {
      throw new Error('Credentials could not be loaded: neither role-to-assume nor aws-access-key-id is given.');
    }
    if (role === '' && step.input('aws-secret-access-key') === '') {
      throw new Error("'aws-secret-access-key' must be provided if 'aws-access-key-id' is provided");
    }
    const credentials: IssuedCredentials =
      role === ''
        ? {
            accessKeyId: keyId,
            secretAccessKey: step.input('aws-secret-access-key'),
            sessionToken: step.input('aws-session-token'),
          }
        : await assumeRole(step, role, region, issue);
    for (const value of Object.values(credentials)) if (value !== '') step.mask(value);
    const account = ROLE_ARN.exec(role)?.[2] ?? '123456789012';
    if (step.input('mask-aws-account-id') === 'true') step.mask(account);
    step.log(role === '' ? `Using the access key ${keyId}` : `Assumed ${role} in ${region}`);
    const { accessKeyId, secretAccessKey, sessionToken } = credentials;
    return {
      env: {
        AWS_REGION: region,
        AWS_DEFAULT_REGION: region,
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_SESSION_TOKEN: sessionToken,
      },
      outputs: {
        'aws-account-id': account,
        ...(step.input('output-credentials') === 'true'
          ? {
              'aws-access-key-id': accessKeyId,
              'aws-secret-access-key': secretAccessKey,
              'aws-session-token': sessionToken,
            }
          : {}),
      },
    };
  },
});
