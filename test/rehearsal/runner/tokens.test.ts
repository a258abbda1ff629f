import { createPublicKey, createVerify } from 'node:crypto';
import { trusts } from '@hospital-ops/rehearsal/aws/iam/trust-policy';
import { missingPermission } from '@hospital-ops/rehearsal/github/required-permissions';
import { createOidcIssuer, ISSUER } from '@hospital-ops/rehearsal/oidc/issuer';
import type { LocalAuthority } from '@hospital-ops/rehearsal/oidc/job-authority';
import { startAuthority } from '@hospital-ops/rehearsal/oidc/job-authority';
import { createStandIns } from '@hospital-ops/rehearsal/runner/stand-ins/table';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { World } from '../aws/world.ts';
import { createWorld } from '../aws/world.ts';
import { startFixture } from '../github/fixture.ts';
import { action, job, run } from './sandbox.ts';

const issuer = createOidcIssuer(() => Date.now());
const HOST = new URL(ISSUER).host;
let authority: LocalAuthority;
let world: World;

beforeAll(async () => {
  authority = await startAuthority(issuer);
  world = await createWorld({}, { identityProvider: { issuer: HOST, verify: (token) => issuer.verify(token) } });
});
afterAll(async () => {
  await world.close();
  await authority.close();
});

const ASK = action(
  'ask',
  `const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = process.env;
if (url === undefined) console.log('no endpoint');
else {
  const answer = await fetch(url + '&audience=' + input('audience'), { headers: { authorization: 'Bearer ' + token } });
  const { value } = await answer.json();
  for (const part of value.split('.')) console.log('part ' + part);
}`,
  { inputs: '  audience: { description: d, default: "sts.amazonaws.com" }' },
);
const USES_ASK = '- uses: acme/hospital-ops-actions/ask@v1';

const claimsIn = (log: string) => {
  const [header = '', body = '', signature = ''] = [...log.matchAll(/^part (\S+)$/gm)].map(([, part = '']) => part);
  return {
    header,
    body,
    signature,
    claims: JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>,
  };
};

describe('the ID token of a job', () => {
  test('is signed by the key of the endpoint, and says what the job is', async () => {
    const called = `on: workflow_call\njobs:\n  leaf:\n    runs-on: ubuntu-latest\n    environment: production\n    permissions: { id-token: write }\n    steps: [{ uses: $/ask }]\n`;
    const result = await run(
      'on: push\njobs:\n  call:\n    permissions: { id-token: write }\n    uses: acme/hospital-ops-actions/.github/workflows/called.yml@v1\n',
      { authority, suite: { ...ASK, '.github/workflows/called.yml': called } },
    );
    const { header, body, signature, claims } = claimsIn(result.log('call / leaf'));
    expect(claims).toMatchObject({
      iss: ISSUER,
      aud: 'sts.amazonaws.com',
      sub: 'repo:acme/hospital:environment:production',
      environment: 'production',
      repository: 'acme/hospital',
      ref: 'refs/heads/main',
      sha: 'a'.repeat(40),
      run_id: '1000001',
      workflow_ref: 'acme/hospital/.github/workflows/main.yml@refs/heads/main',
      job_workflow_ref: 'acme/hospital-ops-actions/.github/workflows/called.yml@v1',
      job_workflow_sha: 'b'.repeat(40),
    });
    const [key] = (await issuer.keys()).keys;
    const verify = createVerify('RSA-SHA256').update(`${header}.${body}`);
    expect(verify.verify(createPublicKey({ key: key ?? {}, format: 'jwk' }), signature, 'base64url')).toBe(true);
  });

  test.each<[string, string, Parameters<typeof run>[1], string]>([
    ['a branch', 'push', {}, 'repo:acme/hospital:ref:refs/heads/main'],
    [
      'a pull request',
      'pull_request',
      { event: { name: 'pull_request', payload: {} } },
      'repo:acme/hospital:pull_request',
    ],
  ])('of %s has its subject', async (_, on, options, sub) => {
    const result = await run(job(USES_ASK, { on, head: 'permissions: { id-token: write }' }), {
      authority,
      suite: ASK,
      ...options,
    });
    expect(claimsIn(result.log('one')).claims.sub).toBe(sub);
  });

  test('is not to be had without the permission', async () => {
    const result = await run(job(USES_ASK, { head: 'permissions: {}' }), { authority, suite: ASK });
    expect(result.log('one')).toContain('no endpoint');
  });
});

describe('configure-aws-credentials against the local STS', () => {
  const trust = (statement: object) =>
    JSON.stringify({
      Statement: [
        {
          Effect: 'Allow',
          Action: 'sts:AssumeRoleWithWebIdentity',
          Principal: { Federated: `arn:aws:iam::123456789012:oidc-provider/${HOST}` },
          ...statement,
        },
      ],
    });
  const assume = (role: string, environment = '') =>
    run(
      job(
        `- uses: aws-actions/configure-aws-credentials@v6
  with: { aws-region: ap-south-1, role-to-assume: 'arn:aws:iam::123456789012:role/${role}' }
- run: echo "key [\${AWS_ACCESS_KEY_ID:0:4}]"`,
        { head: `permissions: { id-token: write }\n${environment}` },
      ),
      { authority, standIns: createStandIns(), env: { AWS_ENDPOINT_URL: world.aws.url } },
    );

  test('a role is assumed where its trust policy holds, and refused in the words of STS elsewhere', async () => {
    const wanted = {
      Condition: {
        StringEquals: { [`${HOST}:aud`]: 'sts.amazonaws.com' },
        StringLike: { [`${HOST}:sub`]: 'repo:acme/hospital:environment:prod*' },
      },
    };
    world.aws.iam.createTrustedRole('arn:aws:iam::123456789012:role/deploy', trust(wanted));
    const good = await assume('deploy', 'environment: production');
    expect(good.conclusion).toBe('success');
    expect(good.log('one')).toContain('key [ASIA]');
    for (const refused of [await assume('deploy'), await assume('nobody', 'environment: production')]) {
      expect(refused.job('one').steps[0]?.annotations[0]?.message).toBe(
        'Could not assume role with OIDC: Not authorized to perform sts:AssumeRoleWithWebIdentity',
      );
    }
  });

  test.each<[string, Record<string, unknown>, string]>([
    [
      'one that another issuer signed',
      { RoleArn: 'r' },
      'No OpenIDConnect provider found in your account for https://x',
    ],
  ])('%s is no identity', async (_, __, message) => {
    const foreign = ['{"alg":"RS256"}', '{"iss":"https://x"}', 'x'].map((part) =>
      Buffer.from(part).toString('base64url'),
    );
    await expect(
      world.aws.call('sts', 'AssumeRoleWithWebIdentity', {
        RoleArn: 'arn:aws:iam::123456789012:role/deploy',
        RoleSessionName: 'session',
        WebIdentityToken: foreign.join('.'),
      }),
    ).rejects.toThrow(message);
  });

  const claims = { [`${HOST}:sub`]: 'repo:a/b:ref:refs/heads/main', [`${HOST}:aud`]: 'sts.amazonaws.com' };
  test.each<[object, boolean]>([
    [{}, true],
    [{ Condition: { StringEquals: { [`${HOST}:sub`]: ['x', 'repo:a/b:ref:refs/heads/main'] } } }, true],
    [{ Condition: { StringLike: { [`${HOST}:SUB`]: 'repo:a/?:*' } } }, true],
    [{ Condition: { StringLike: { [`${HOST}:sub`]: 'repo:a/c:*' } } }, false],
    [{ Condition: { StringNotEquals: { [`${HOST}:sub`]: 'repo:a/b:ref:refs/heads/main' } } }, false],
    [{ Condition: { StringEquals: { [`${HOST}:environment`]: 'x' } } }, false],
    [{ Condition: { NumericEquals: { [`${HOST}:sub`]: '1' } } }, false],
    [{ Action: 'sts:AssumeRole' }, false],
    [{ Principal: { Federated: 'arn:aws:iam::123456789012:oidc-provider/other' } }, false],
    [{ Effect: 'Deny' }, false],
  ])('a statement with %j: %j', (statement, expected) => {
    const provider = `arn:aws:iam::123456789012:oidc-provider/${HOST}`;
    expect(trusts(trust(statement), provider, claims)).toBe(expected);
  });
});

describe('the token of a job at the GitHub API', () => {
  test('does what it was granted, names what is missing, and is good for nothing after the job', async () => {
    const kept: string[] = [];
    const fixture = await startFixture({ permissionsOf: (token) => authority.permissionsOf(token) });
    try {
      const api = `${fixture.github.url}/repos/rivercare/hospital-ops`;
      const call = (path: string, body = '') =>
        `fetch('${api}${path}', { headers: { authorization: 'Bearer ' + input('token') }${body} }).then(async (r) => console.log('${path}', r.status, (await r.json()).message, r.headers.get('x-accepted-github-permissions')))`;
      const suite = action(
        'call',
        `await ${call('/tags')};\nawait ${call('/issues/7/comments', ', method: \'POST\', body: \'{"body":"hi"}\'')};\nconsole.log('kept', input('token').split('').join(' '));`,
        { inputs: '  token: { description: d, default: "${{ github.token }}" }' },
      );
      const of = async (permissions: string) => {
        const result = await run(
          job('- uses: acme/hospital-ops-actions/call@v1', { head: `permissions: ${permissions}` }),
          { authority, suite },
        );
        kept.push((/kept (.*)$/m.exec(result.log('one'))?.[1] ?? '').replaceAll(' ', ''));
        return result.log('one');
      };
      const reads = await of('{ contents: read }');
      expect(reads).toContain('/tags 200');
      expect(reads).toContain(
        '/issues/7/comments 403 Resource not accessible by integration issues=write; pull-requests=write',
      );
      const writes = await of('{ pull-requests: write }');
      expect(writes).toContain('/tags 403');
      expect(writes).toContain('/issues/7/comments 201');
      expect(new Set(kept).size).toBe(2);
      const late = await fetch(`${api}/tags`, { headers: { authorization: `Bearer ${kept[0]}` } });
      expect(late.status).toBe(401);
    } finally {
      await fixture.close();
    }
  });

  test.each([
    ['GET', '', {}, undefined],
    ['GET', '/compare/a...b', {}, 'contents: read'],
    ['POST', '/git/refs', { contents: 'read' }, 'contents: write'],
    ['POST', '/deployments', { deployments: 'write' }, undefined],
    ['GET', '/actions/runs/1/jobs', { contents: 'write' }, 'actions: read'],
    ['PATCH', '/issues/comments/1', { issues: 'write' }, undefined],
  ] as const)('%s %j with %j lacks %j', (method, path, has, missing) => {
    expect(missingPermission(method, path, has)).toBe(missing);
  });
});
