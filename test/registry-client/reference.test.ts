import { parseChallenge, tokenUrl } from '@hospital-ops/registry-client/authentication';
import { isDigest, isRegistryHost, isRepository, isTag, registryOrigin } from '@hospital-ops/registry-client/reference';
import { describe, expect, test } from '@jest/globals';

test.each([
  ['127.0.0.1:5000', 'http://127.0.0.1:5000'],
  ['127.8.9.1', 'http://127.8.9.1'],
  ['localhost:5000', 'http://localhost:5000'],
  ['[::1]:5000', 'http://[::1]:5000'],
  ['127.0.0.1.example.org', 'https://127.0.0.1.example.org'],
  ['localhost.example.org', 'https://localhost.example.org'],
  ['10.0.0.1:5000', 'https://10.0.0.1:5000'],
  ['ghcr.io', 'https://ghcr.io'],
])('%s is spoken to at %s', (host, origin) => {
  expect(registryOrigin(host)).toBe(origin);
});

describe('grammar', () => {
  test.each(['api', 'hospital-ops/api', 'a.b_c__d-e', 'a--b'])('%s is a repository', (text) => {
    expect(isRepository(text)).toBe(true);
  });
  test.each(['', 'API', 'a/', '/a', 'a..b', 'a b', 'a:1', '-a'])('%j is no repository', (text) => {
    expect(isRepository(text)).toBe(false);
  });
  test.each(['1.0.0', '_a', 'a-b.c', 'a'.repeat(128)])('%s is a tag', (text) => {
    expect(isTag(text)).toBe(true);
  });
  test.each(['', '.a', '-a', 'a/b', 'a+b', 'a'.repeat(129)])('%j is no tag', (text) => {
    expect(isTag(text)).toBe(false);
  });
  test.each([
    [`sha256:${'a'.repeat(64)}`, true],
    [`sha256:${'a'.repeat(63)}`, false],
    [`sha256:${'A'.repeat(64)}`, false],
  ])('%s is a digest: %p', (text, expected) => {
    expect(isDigest(text)).toBe(expected);
  });
  test.each([
    ['ghcr.io', true],
    ['127.0.0.1:5000', true],
    ['https://ghcr.io', false],
    ['ghcr.io/acme', false],
    ['a@b', false],
    ['', false],
  ])('%j is a registry: %p', (text, expected) => {
    expect(isRegistryHost(text)).toBe(expected);
  });
});

test.each([
  ['Basic realm="x"', { scheme: 'basic' }],
  [
    'bearer realm="https://a/t",service="s",scope="x"',
    { scheme: 'bearer', realm: 'https://a/t', service: 's', scope: 'x' },
  ],
  ['Bearer service="s"', undefined],
  ['Negotiate', undefined],
  ['', undefined],
])('%j asks for %j', (header, challenge) => {
  expect(parseChallenge(header)).toEqual(challenge);
});

test('credentials for a registry behind https never go to a token server behind http', () => {
  const challenge = { scheme: 'bearer', realm: 'http://tokens.example.org/t' } as const;
  expect(tokenUrl(challenge, 'api', 'https://registry.example.org')).toBeUndefined();
  expect(tokenUrl(challenge, 'api', 'http://127.0.0.1:5000')?.hostname).toBe('tokens.example.org');
});
