import { parseAuthorization, parseEcrHost } from '@hospital-ops/aws/ecr/parse';
import { parseRepository } from '@hospital-ops/aws/ecr/repository';
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

describe('whether a tag may move', () => {
  const filters = (...patterns: string[]) => patterns.map((filter) => ({ filterType: 'WILDCARD', filter }));
  test.each([
    [{}, true, true],
    [{ imageTagMutability: 'IMMUTABLE' }, false, false],
    [
      { imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION', imageTagMutabilityExclusionFilters: filters('cache-*') },
      false,
      true,
    ],
    [{ imageTagMutability: 'MUTABLE_WITH_EXCLUSION', imageTagMutabilityExclusionFilters: filters('1.*') }, false, true],
    [
      { imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION', imageTagMutabilityExclusionFilters: filters('1x0') },
      false,
      false,
    ],
    [
      {
        imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
        imageTagMutabilityExclusionFilters: [{ filterType: 'REGEX', filter: '.*' }],
      },
      undefined,
      undefined,
    ],
    [{ imageTagMutability: 'SOMETHING_NEW' }, undefined, undefined],
  ])('%j: 1.0.0 %p, cache-1 %p', (data, release, cache) => {
    const repository = parseRepository({ repositoryName: 'a', ...data });
    expect([repository?.mayMove('1.0.0'), repository?.mayMove('cache-1')]).toEqual([release, cache]);
  });

  test('an answer without a name is no repository', () => {
    expect([parseRepository(undefined), parseRepository({})]).toEqual([undefined, undefined]);
  });
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
