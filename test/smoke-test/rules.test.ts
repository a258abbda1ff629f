import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isLoopback, refuseDestination } from '../../actions/smoke-test/src/destination.ts';
import { percentile } from '../../actions/smoke-test/src/percentile.ts';
import { usesProxy } from '../../actions/smoke-test/src/proxy.ts';
import { sameVersion } from '../../actions/smoke-test/src/version.ts';

const SHA = '0123456789abcdef0123456789abcdef01234567';

test.each([
  ['1.1.0', '1.1.0', true],
  ['1.1.0', '1.1.1', false],
  ['1.1.0', 'v1.1.0', false],
  [SHA, SHA, true],
  [SHA.slice(0, 7), SHA, true],
  [SHA, SHA.slice(0, 12), true],
  [SHA, SHA.toUpperCase(), true],
  [SHA.slice(0, 6), SHA, false],
  [SHA.slice(0, 7), SHA.slice(0, 12), false],
  [SHA, `${SHA.slice(0, 39)}0`, false],
  [SHA, '', false],
])('expected %s, answered %s: %p', (expected, got, same) => {
  expect(sameVersion(expected, got)).toBe(same);
});

describe('percentile by nearest rank', () => {
  test.each([
    [[], 95, undefined],
    [[7], 95, 7],
    [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 95, 10],
    [Array.from({ length: 20 }, (_, index) => index + 1), 95, 19],
    [[3, 1, 2], 50, 2],
  ])('of %j, %p is %p', (values, percent, expected) => {
    expect(percentile(values, percent)).toBe(expected);
  });

  test('is a measured value, and at least that share of the values is no greater', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 1 }), fc.integer({ min: 1, max: 100 }), (values, percent) => {
        const value = percentile(values, percent) ?? -1;
        expect(values).toContain(value);
        expect(values.filter((other) => other <= value).length).toBeGreaterThanOrEqual((values.length * percent) / 100);
      }),
    );
  });
});

test.each([
  ['https://api.example.org/', [], false],
  ['https://api.example.org/', ['203.0.113.7', '2001:db8::1'], false],
  ['http://127.0.0.1:3000/', ['127.0.0.1'], false],
  ['http://10.0.0.8/', ['10.0.0.8'], false],
  ['https://api.example.org/', ['203.0.113.7', '169.254.169.254'], true],
  ['https://api.example.org/', ['fd00:ec2::254'], true],
  ['https://api.example.org/', ['::ffff:169.254.170.2'], true],
  ['http://169.254.170.2/v2/credentials', [], true],
  ['http://0xa9fea9fe/', [], true],
  ['http://[fe80::1]/', [], true],
  ['http://metadata.google.internal/', [], true],
  ['ftp://example.org/', [], true],
])('%s at %j: refused %p', (url, addresses, refused) => {
  expect(refuseDestination(new URL(url), addresses) !== undefined).toBe(refused);
});

test.each([
  ['metadata', '169.254.169.254.'],
  ['metadata', '2852039166'],
  ['metadata', '0xa9fea9fe'],
  ['metadata', '0251.0376.0251.0376'],
  ['metadata', '169.254.43518'],
  ['metadata', '１６９。２５４。１６９。２５４'],
  ['metadata', '[::ffff:169.254.169.254]'],
  ['metadata', '[::ffff:0:169.254.169.254]'],
  ['metadata', '[::169.254.169.254]'],
  ['metadata', '[64:ff9b::169.254.169.254]'],
  ['metadata', '[2002:a9fe:a9fe::]'],
  ['metadata', '[fd00:0ec2:0:0::254]'],
  ['metadata', 'METADATA.google.internal.'],
  ['metadata', 'metadata'],
  ['this machine', 'localhost.'],
  ['this machine', 'LOCALHOST'],
  ['this machine', 'api.localhost'],
  ['this machine', 'ⓛocalhost'],
  ['this machine', '127.1'],
  ['this machine', '0'],
  ['this machine', '0x7f.1'],
  ['this machine', '017700000001'],
  ['this machine', '127.0.0.1.'],
  ['this machine', '[::1]'],
  ['this machine', '[::]'],
  ['this machine', '[::ffff:127.0.0.1]'],
  ['this machine', '[::127.0.0.1]'],
  ['this machine', '[64:ff9b::127.0.0.1]'],
  ['neither', 'xn--n3h.example.org'],
  ['neither', 'metadata.example.org'],
  ['neither', 'notlocalhost'],
  ['neither', 'localhost.example.org'],
  ['neither', '[2001:db8::1]'],
])('%s is what http://%s/ leads to', (what, host) => {
  const url = new URL(`http://${host}/`);
  expect([refuseDestination(url, []) !== undefined, isLoopback(url)]).toEqual([
    what === 'metadata',
    what === 'this machine',
  ]);
});

test.each([
  [{}, false],
  [{ HTTPS_PROXY: 'http://proxy:1' }, false],
  [{ NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: 'http://proxy:1' }, true],
  [{ NODE_USE_ENV_PROXY: '1', https_proxy: 'http://proxy:1' }, true],
  [{ NODE_USE_ENV_PROXY: '1', HTTP_PROXY: 'http://proxy:1' }, false],
  [{ NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: 'http://proxy:1', NO_PROXY: 'localhost,example.org' }, false],
  [{ NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: 'http://proxy:1', NO_PROXY: 'localhost,ple.org' }, true],
  [{ NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: 'http://proxy:1', NO_PROXY: '*' }, false],
])('with %j https://api.example.org goes through a proxy: %p', (env, expected) => {
  expect(usesProxy(env, new URL('https://api.example.org'))).toBe(expected);
});
