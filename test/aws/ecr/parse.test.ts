import { parseAuthorization, parseEcrHost, parseRepository } from '@hospital-ops/aws/ecr/parse';
import { describe, expect, test } from '@jest/globals';

describe('authorization', () => {
  const proxyEndpoint = 'https://123456789012.dkr.ecr.ap-south-1.amazonaws.com';

  test('is user, password and the registry without its scheme', () => {
    expect(parseAuthorization([{ authorizationToken: btoa('AWS:a:b'), proxyEndpoint }])).toEqual({
      registry: '123456789012.dkr.ecr.ap-south-1.amazonaws.com',
      username: 'AWS',
      password: 'a:b',
    });
    expect(
      parseAuthorization([{ authorizationToken: btoa('AWS:a'), proxyEndpoint: 'http://127.0.0.1:5000' }])?.registry,
    ).toBe('127.0.0.1:5000');
  });

  test.each([
    [undefined],
    [[]],
    [[{}]],
    [[{ authorizationToken: btoa('AWS:'), proxyEndpoint }]],
    [[{ authorizationToken: btoa('AWS'), proxyEndpoint }]],
    [[{ authorizationToken: btoa('AWS:a') }]],
  ])('%j holds none', (data) => {
    expect(parseAuthorization(data)).toBeUndefined();
  });
});

test.each([
  [undefined, undefined],
  [{}, undefined],
  [{ repositoryName: 'a' }, 'mutable'],
  [{ repositoryName: 'a', imageTagMutability: 'IMMUTABLE' }, 'immutable'],
  [{ repositoryName: 'a', imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION' }, 'with-exclusion'],
  [{ repositoryName: 'a', imageTagMutability: 'SOMETHING_NEW' }, 'with-exclusion'],
])('repository %j has %s tags', (data, tags) => {
  expect(parseRepository(data)?.tags).toBe(tags);
});

test.each([
  ['123456789012.dkr.ecr.eu-west-1.amazonaws.com', { accountId: '123456789012', region: 'eu-west-1' }],
  ['123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn', { accountId: '123456789012', region: 'cn-north-1' }],
  ['123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com', { accountId: '123456789012', region: 'us-gov-west-1' }],
  ['123456789012.dkr-ecr.us-east-1.on.aws', { accountId: '123456789012', region: 'us-east-1' }],
  ['127.0.0.1:5000', undefined],
  ['public.ecr.aws', undefined],
])('%s is %j', (host, expected) => {
  expect(parseEcrHost(host)).toEqual(expected);
});
