import { parseConfigPlatform, parseEcrImage, parseManifestPlatforms } from '@hospital-ops/aws/ecr/parse';
import { parseTrust, trusts } from '@hospital-ops/aws/iam/parse';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fargateSize } from '../../actions/ecs-deploy/src/verify/fargate-size.ts';
import { parseSecretReference } from '../../actions/ecs-deploy/src/verify/secret-reference.ts';

describe('Fargate', () => {
  test.each([
    ['256', '512', 'fits'],
    ['256', '1536', 'wrong'],
    ['256', '4096', 'wrong'],
    ['.25 vCPU', '0.5GB', 'fits'],
    ['1 vcpu', '3 gb', 'fits'],
    ['1024', '1024', 'wrong'],
    ['4096', '30720', 'fits'],
    ['8192', '18432', 'wrong'],
    ['8192', '20480', 'fits'],
    ['16384', '122880', 'fits'],
    ['32768', '65536', 'unknown'],
    ['300', '512', 'unknown'],
    ['many', '512', 'unknown'],
    ['256', 'much', 'unknown'],
    [undefined, '512', 'wrong'],
  ])('takes cpu %s with memory %s: %s', (cpu, memory, kind) => {
    expect(fargateSize(cpu, memory).kind).toBe(kind);
  });
});

describe('a trust policy lets tasks assume the role', () => {
  const allow = (Principal: unknown, Action: unknown = 'sts:AssumeRole', rest: object = {}) => ({
    Statement: [{ Effect: 'Allow', Principal, Action, ...rest }],
  });
  const TASKS = 'ecs-tasks.amazonaws.com';
  test.each<[string, unknown, boolean]>([
    ['when it names them', allow({ Service: TASKS }), true],
    ['among others', allow({ Service: ['ec2.amazonaws.com', TASKS] }, ['sts:TagSession', 'sts:AssumeRole']), true],
    ['when it names everybody', allow('*', 'sts:*'), true],
    ['under a condition', allow({ Service: TASKS }, 'sts:AssumeRole', { Condition: { ArnLike: {} } }), true],
    ['when the statement is not in a list', { Statement: allow({ Service: TASKS }).Statement[0] }, true],
    ['when it cannot be read', parseTrust('%7Bnot'), true],
    ['when it only excludes somebody', { Statement: [{ Effect: 'Allow', NotPrincipal: {}, Action: '*' }] }, true],
    ['not when it names another service', allow({ Service: 'lambda.amazonaws.com' }), false],
    ['not when it names the scheduler of ECS', allow({ Service: 'ecs.amazonaws.com' }), false],
    ['not when it allows something else', allow({ Service: TASKS }, 'sts:TagSession'), false],
    ['not when it denies', { Statement: [{ Effect: 'Deny', Principal: { Service: TASKS }, Action: '*' }] }, false],
    ['not when it is empty', { Statement: [] }, false],
  ])('%s', (_, trust, expected) => {
    expect(trusts(trust, TASKS)).toBe(expected);
  });
});

describe('an image reference', () => {
  const host = '123456789012.dkr.ecr.ap-south-1.amazonaws.com';
  const digest = `sha256:${'a'.repeat(64)}`;
  test.each([
    [`${host}/team/api:v1`, { host, repository: 'team/api', tag: 'v1', digest: undefined }],
    [`${host}/api@${digest}`, { host, repository: 'api', tag: undefined, digest }],
    [`${host}/api:v1@${digest}`, { host, repository: 'api', tag: 'v1', digest }],
    [`${host}/api`, { host, repository: 'api', tag: 'latest', digest: undefined }],
    ['nginx:1', undefined],
    ['public.ecr.aws/nginx/nginx:1', undefined],
    ['127.0.0.1:5000/api:v1', undefined],
    ['', undefined],
  ])('%s', (reference, address) => {
    expect(parseEcrImage(reference)).toEqual(address);
  });
});

describe('platforms are', () => {
  const platform = { os: 'linux', architecture: 'arm64' };
  test('those of an index without its attestations', () => {
    const unknown = { platform: { os: 'unknown', architecture: 'unknown' } };
    expect(parseManifestPlatforms(JSON.stringify({ manifests: [{ platform }, unknown] }))).toEqual({
      platforms: [platform],
      config: undefined,
    });
  });
  test('not told by an index with an entry that names none', () => {
    expect(parseManifestPlatforms(JSON.stringify({ manifests: [{ platform }, {}] })).platforms).toBeUndefined();
  });
  test('in the configuration of a single image', () => {
    expect(parseManifestPlatforms(JSON.stringify({ config: { digest: 'sha256:1' } }))).toEqual({
      platforms: undefined,
      config: 'sha256:1',
    });
    expect(parseConfigPlatform(JSON.stringify({ ...platform, rootfs: {} }))).toEqual(platform);
  });
  test('never guessed from what is no manifest', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(parseManifestPlatforms(text).platforms ?? []).toEqual([]);
        parseConfigPlatform(text);
      }),
    );
  });
});

describe('valueFrom', () => {
  const arn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:app/db-AbCdEf';
  const plain = { kind: 'secret', arn, key: undefined, stage: undefined, versionId: undefined };
  test.each([
    [arn, plain],
    [`${arn}:password::`, { ...plain, key: 'password' }],
    [`${arn}::AWSPREVIOUS:`, { ...plain, stage: 'AWSPREVIOUS' }],
    [`${arn}:key:stage:id`, { ...plain, key: 'key', stage: 'stage', versionId: 'id' }],
    [arn.replace('aws', 'aws-cn'), { ...plain, arn: arn.replace('aws', 'aws-cn') }],
    ['/app/key', { kind: 'parameter', region: undefined, name: '/app/key' }],
    ['key:3', { kind: 'parameter', region: undefined, name: 'key:3' }],
    [
      'arn:aws:ssm:eu-west-1:1:parameter/app/key',
      { kind: 'parameter', region: 'eu-west-1', name: 'arn:aws:ssm:eu-west-1:1:parameter/app/key' },
    ],
    ['arn:aws:s3:::bucket', { kind: 'unknown', valueFrom: 'arn:aws:s3:::bucket' }],
  ])('%s', (valueFrom, reference) => {
    expect(parseSecretReference(valueFrom)).toEqual(reference);
  });
});
