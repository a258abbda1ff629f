import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { systemClock } from '@hospital-ops/action-kit/clock';
import { CancelledError } from '@hospital-ops/action-kit/errors';
import { FakeClock } from '@hospital-ops/action-kit/fake-clock';
import { createLimit } from '@hospital-ops/action-kit/limit';
import { afterEach, describe, expect, test } from '@jest/globals';
import { attempt } from '../../actions/smoke-test/src/attempt.ts';
import type { Check } from '../../actions/smoke-test/src/check.ts';
import type { Http } from '../../actions/smoke-test/src/http.ts';
import { createHttp } from '../../actions/smoke-test/src/http-client.ts';
import { watch } from '../../actions/smoke-test/src/watch.ts';
import type { TestServer } from './smoke-run.ts';
import { json, parseInputs, serve, smoke } from './smoke-run.ts';

const open: TestServer[] = [];
const start = async (...args: Parameters<typeof serve>): Promise<TestServer> => {
  const server = await serve(...args);
  open.push(server);
  return server;
};
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

const OLD = 'a'.repeat(40);
const NEW = 'b'.repeat(40);

describe('the deployed version must answer', () => {
  test('the new version at once: passed after as many attempts as are asked for', async () => {
    const { url, requests } = await start((response) => json(response, { version: '1.1.0' }));
    const result = await smoke({ url, 'expect-version': '1.1.0', consecutive: '3' });
    expect(result.outputs).toMatchObject({ outcome: 'passed', passed: '1', failed: '0' });
    expect(result.report[0]).toMatchObject({ outcome: 'passed', attempts: 3, version: '1.1.0' });
    expect(result.summary).toContain('| passed | 1&#46;1&#46;0 |');
    expect(requests).toHaveLength(3);
    expect(result.failure).toBeUndefined();
  });

  test('only the old version: failed, and both versions are named', async () => {
    const { url } = await start((response) => json(response, { version: '1.0.0' }));
    const result = await smoke({ url, 'expect-version': '1.1.0', deadline: '10s' });
    expect(result.outputs).toMatchObject({ outcome: 'failed', passed: '0', failed: '1' });
    expect(result.failure?.why).toContain('version at $.version: expected "1.1.0", got "1.0.0"');
    // The version column says what answered, and nothing did.
    expect(result.summary).toContain('| <b>failed</b> |  |');
  });

  test('half on the old version: never three in a row, so it fails', async () => {
    const { url } = await start((response, count) => json(response, { version: count % 2 === 0 ? OLD : NEW }));
    const result = await smoke({ url, 'expect-version': NEW, consecutive: '3', deadline: '30s' });
    expect(result.outputs.outcome).toBe('failed');
  });

  test('the old version at first, then the new one: passed once it answered in a row', async () => {
    const { url } = await start((response, count) => json(response, { version: count < 5 ? OLD : NEW }));
    const result = await smoke({ url, 'expect-version': NEW.slice(0, 7), consecutive: '3' });
    expect(result.report[0]).toMatchObject({ outcome: 'passed', attempts: 7 });
  });

  test('a success that is not repeated before the deadline is a failure that says so', async () => {
    const { url } = await start((response) => json(response, { version: NEW }));
    const result = await smoke({ url, 'expect-version': NEW, consecutive: '100', deadline: '5s' });
    expect(result.failure?.why).toMatch(/consecutive: expected 100 successes in a row, got \d+ when the deadline came/);
  });
});

describe('what has passed is asked on for the bake time', () => {
  const answers = (status: (count: number) => number) =>
    start((response, count) => response.writeHead(status(count)).end());
  const watched = { consecutive: '3', deadline: '10s', 'watch-for': '30s' };

  test('and passes after it, not before', async () => {
    const { url } = await answers(() => 200);
    const result = await smoke({ url, ...watched });
    expect(result.report[0]).toMatchObject({ outcome: 'passed', attempts: 3 + 15 });
    expect(Number(result.report[0]?.['duration-ms'])).toBeGreaterThanOrEqual(30_000);
  });

  test('a hiccup is none, but three failures in a row are, and end it for all', async () => {
    const good = await answers(() => 200);
    const bad = await answers((count) => (count === 5 || count >= 8 ? 500 : 200));
    const result = await smoke({
      checks: JSON.stringify([{ url: good.url }, { url: bad.url }]),
      ...watched,
      'watch-for': '2m',
    });
    expect(result.report.map(({ outcome }) => outcome)).toEqual(['passed', 'failed']);
    expect(bad.requests).toHaveLength(10);
    expect(good.requests.length).toBeLessThan(13);
    expect(result.failure?.what).toMatch(/1 of 2 checks passed, and failed \d+s later/);
    expect(result.outputs.reason).toMatch(/\d+s after it had passed, status: expected 200-299, got 500/);
  });

  test('a failure at the very end is asked until it is decided', async () => {
    const { url } = await answers((count) => (count >= 18 ? 500 : 200));
    const result = await smoke({ url, ...watched });
    expect(result.report[0]).toMatchObject({ outcome: 'failed', attempts: 20 });
  });

  test('a check that does not pass at first ends it before the watch', async () => {
    const good = await answers(() => 200);
    const bad = await answers(() => 500);
    await smoke({ checks: JSON.stringify([{ url: good.url }, { url: bad.url }]), ...watched });
    expect(good.requests).toHaveLength(3);
  });
});

describe('the version comes first', () => {
  const checks = (url: string) =>
    JSON.stringify([{ url: `${url}/health` }, { url: `${url}/version`, 'expect-version': NEW, consecutive: 2 }]);

  test('nothing else of an address counts before its new version answers', async () => {
    const { url, requests } = await start((response, count, path) => {
      // The old version is healthy, the new one is not at first.
      if (path === '/version') return json(response, { version: count < 3 ? OLD : NEW });
      return response.writeHead(count < 8 ? 503 : 200).end();
    });
    const result = await smoke({ checks: checks(url) });
    expect(result.report.map(({ name, outcome }) => [String(name).replace(/^.*\//, ''), outcome])).toEqual([
      ['health', 'passed'],
      ['version', 'passed'],
    ]);
    expect(requests.findIndex(({ path }) => path === '/health')).toBe(4);
  });

  test('where it does not answer, the rest is asked once and the step fails', async () => {
    const { url, requests } = await start((response, _, path) =>
      path === '/version' ? json(response, { version: OLD }) : response.writeHead(503).end(),
    );
    const other = await start((response) => response.end());
    const all = JSON.stringify([...JSON.parse(checks(url)), { url: other.url }]);
    const result = await smoke({ checks: all, deadline: '10s' });
    expect(result.report.map(({ outcome, attempts }) => [outcome, attempts])).toEqual([
      ['failed', 1],
      ['failed', expect.any(Number)],
      ['passed', 1],
    ]);
    expect(requests.filter(({ path }) => path === '/health')).toHaveLength(1);
    expect(result.outputs.outcome).toBe('failed');
  });
});

describe('a check is tried again until its deadline', () => {
  test('503 and then 200 passes', async () => {
    const { url } = await start((response, count) => response.writeHead(count < 4 ? 503 : 200).end());
    const result = await smoke({ url });
    expect(result.report[0]).toMatchObject({ outcome: 'passed', attempts: 4, status: 200 });
    expect(result.log).toContain('attempt 1: status: expected 200-299, got 503');
    expect(result.log.match(/got 503/g)).toHaveLength(1);
  });

  test('the first pauses are short and none is longer than the interval', async () => {
    const { url } = await start((response) => response.writeHead(503).end());
    const { clock } = await smoke({ url, deadline: '7s' });
    expect(clock.sleeps).toEqual([250, 500, 1_000, 2_000, 2_000, 1_250]);
  });

  test('a deadline of 0 means one attempt', async () => {
    const { url, requests } = await start((response) => response.writeHead(503).end());
    await smoke({ url, deadline: '0' });
    expect(requests).toHaveLength(1);
  });

  test('an answer that does not come is cut off at the request timeout', async () => {
    const { url } = await start((response) => void response.writeHead(200).write('never ends'));
    const result = await smoke({ url, deadline: '0', 'request-timeout': '100ms' });
    expect(result.failure?.why).toContain('no complete answer within 100 ms');
  });

  test('a refused connection says so', async () => {
    const server = await serve((response) => response.end());
    await server.close();
    const result = await smoke({ url: server.url, deadline: '0' });
    expect(result.failure?.why).toContain('the connection was refused (ECONNREFUSED)');
  });
});

describe('assertions', () => {
  const once = { deadline: '0' };

  test.each([
    ['any expected status', { 'expect-status': '404' }, 404, '', undefined],
    ['text of the body', { 'expect-body': 'wel' }, 200, 'welcome', undefined],
    [
      'text that is missing',
      { 'expect-body': 'hello' },
      200,
      'welcome',
      'body: expected hello, got no such text in the body',
    ],
    ['a number', { 'expect-json': '$.n=3' }, 200, '{"n":3}', undefined],
    ['a number that is text', { 'expect-json': '$.n=3' }, 200, '{"n":"3"}', 'json $.n: expected 3, got "3"'],
    ['text that is a number', { 'expect-json': '$.n="3"' }, 200, '{"n":3}', 'json $.n: expected "3", got 3'],
    ['every selected value', { 'expect-json': '$[*].ok=true' }, 200, '[{"ok":true},{"ok":false}]', 'got false'],
    ['nothing selected', { 'expect-json': '$.a=1' }, 200, '{"b":1}', 'got nothing at this path'],
    ['objects in any order', { 'expect-json': '$.o={"a":1,"b":[2]}' }, 200, '{"o":{"b":[2],"a":1}}', undefined],
    [
      'a path with = in a filter',
      { 'expect-json': "$.s[?@.n=='db'].up=true" },
      200,
      '{"s":[{"n":"db","up":true}]}',
      undefined,
    ],
    ['a body that is not JSON', { 'expect-json': '$.a=1' }, 200, '<html>', 'got a body that is not JSON'],
    ['a body that is cut short', { 'expect-json': '$.a=1' }, 200, '{"a":1', 'got a body that is not JSON'],
    ['an empty body', { 'expect-version': '1' }, 200, '', 'got an empty body'],
    ['a header', { 'expect-headers': 'X-App: api' }, 200, '', undefined],
    ['a header that differs', { 'expect-headers': 'x-app: web' }, 200, '', 'header x-app: expected web, got api'],
    ['a header that is missing', { 'expect-headers': 'x-other: web' }, 200, '', 'got no such header'],
  ])('%s', async (_, given, status, body, problem) => {
    const { url } = await start((response) => response.writeHead(status, { 'x-app': 'api' }).end(body));
    const result = await smoke({ url, ...once, ...(given as Record<string, string>) });
    expect(result.outputs.outcome).toBe(problem === undefined ? 'passed' : 'failed');
    if (problem !== undefined) expect(result.failure?.why).toContain(problem);
  });

  test('latency is the nearest-rank p95 over the samples of an attempt', async () => {
    const { url, requests } = await start(
      (response, count) => void setTimeout(() => response.end(), count === 5 ? 150 : 0),
    );
    const result = await smoke({ url, ...once, 'max-latency-p95': '100ms' });
    expect(requests).toHaveLength(10);
    expect(result.failure?.why).toMatch(/latency p95: expected at most 100 ms over 10, got 1[5-9]\d ms/);
  });

  test('every check is reported in its order, and one that fails hides no other', async () => {
    const { url } = await start((response, _, path) => {
      setTimeout(() => response.writeHead(path === '/b' ? 500 : 200).end(), path === '/a' ? 60 : 0);
    });
    const checks = ['a', 'b', 'c'].map((name) => ({ name, url: `${url}/${name}` }));
    const result = await smoke({ checks: JSON.stringify(checks), ...once });
    expect(result.report.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['a', 'passed'],
      ['b', 'failed'],
      ['c', 'passed'],
    ]);
    expect(result.outputs).toMatchObject({ passed: '2', failed: '1' });
  });

  test('a check whose turn to be asked again comes after its deadline is not asked again', async () => {
    const clock = new FakeClock();
    const http: Http = {
      addresses: async () => [],
      send: async () => {
        clock.advance(10_000);
        return { status: 503, headers: new Map(), body: '', truncated: false, ms: 10_000 };
      },
    };
    const [check] = parseInputs({ url: 'http://first.example/', deadline: '15s' }).checks as [Check];
    const signal = new AbortController().signal;
    const deps = { http, signal, clock, limit: createLimit(1), onAttempt: () => undefined };
    const results = await Promise.all(Array.from({ length: 5 }, () => watch(check, deps)));
    expect(results.map(({ outcome, attempts }) => `${outcome} ${attempts}`)).toEqual(Array(5).fill('failed 1'));
  });

  test('a check that never passes does not keep the others from their attempts', async () => {
    const { url } = await start((response, _, path) => response.writeHead(path === '/slow' ? 503 : 200).end());
    const checks = [{ url: `${url}/slow` }, { url: `${url}/fine` }];
    const result = await smoke({ checks: JSON.stringify(checks), concurrency: '1', deadline: '20s' });
    expect(result.report.map(({ outcome }) => outcome)).toEqual(['failed', 'passed']);
  });
});

test.each([
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  ['br', brotliCompressSync],
])('a body that comes compressed (%s) is read all the same', async (encoding, compress) => {
  const { url } = await start((response) =>
    response.writeHead(200, { 'content-encoding': encoding }).end(compress('{"version":"1.2.3"}')),
  );
  expect((await smoke({ url, 'expect-version': '1.2.3', deadline: '0' })).outputs.outcome).toBe('passed');
});

test('a body that breaks off while it is decompressed is no answer', async () => {
  const { url } = await start((response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"version":"1.2.3"}').subarray(0, 20)),
  );
  expect((await smoke({ url, deadline: '0' })).report[0]).toMatchObject({ failures: [{ assertion: 'answer' }] });
});

test('samples that would take longer than the deadline are not all waited for', async () => {
  let at = 0;
  const { url } = await start((response) => response.end());
  const inputs = parseInputs({ url, samples: '1000', deadline: '3s' });
  const clock = { now: () => at++ * 1_000, sleep: async () => undefined };
  const [check] = inputs.checks;
  const signal = new AbortController().signal;
  const deps = { http: createHttp(() => false), signal, clock, limit: createLimit(1), onAttempt: () => undefined };
  const result = await watch(check as Check, deps);
  expect(result.failures[0]).toMatchObject({ assertion: 'samples', expected: '1000 within the deadline' });
  expect(result.latencies.length).toBeLessThan(10);
});

describe('a connection', () => {
  const signal = new AbortController().signal;
  const ask = (url: string, addresses: readonly string[]) =>
    createHttp(() => false).send({
      url: new URL(url),
      addresses,
      method: 'GET',
      headers: [],
      timeoutMs: 5_000,
      signal,
    });

  test('goes to an address that was looked at, whatever the name resolves to by now', async () => {
    const { url, port, requests } = await start((response) => response.end());
    await ask(`http://api.invalid:${port}/`, [new URL(url).hostname]);
    expect(requests[0]?.headers.host).toBe(`api.invalid:${port}`);
  });

  const http = (addresses: Readonly<Record<string, readonly string[]>>): Http => ({
    addresses: async ({ hostname }) => addresses[hostname] ?? [],
    send: async ({ url }) => ({
      status: url.hostname === 'first.example' ? 302 : 200,
      headers: new Map([['location', 'http://second.example/']]),
      body: '',
      truncated: false,
      ms: 1,
    }),
  });
  const meets = async (addresses: Readonly<Record<string, readonly string[]>>) => {
    const [check] = parseInputs({ url: 'http://first.example/', 'follow-redirects': 'any' }).checks;
    const { failures, permanent } = await attempt(
      check as Check,
      { http: http(addresses), signal, clock: new FakeClock() },
      1,
    );
    return [failures[0]?.assertion, permanent];
  };

  test.each<[string, Record<string, string[]>, unknown[]]>([
    ['a public address', { 'first.example': ['192.0.2.1'], 'second.example': ['192.0.2.2'] }, [undefined, false]],
    ['metadata at once', { 'first.example': ['192.0.2.1', '169.254.169.254'] }, ['destination', true]],
    ['metadata after a redirect', { 'second.example': ['169.254.170.2'] }, ['destination', true]],
    ['metadata behind NAT64', { 'second.example': ['64:ff9b::a9fe:a9fe'] }, ['destination', true]],
    ['metadata of another cloud', { 'second.example': ['100.100.100.200'] }, ['destination', true]],
    ['this machine after a redirect', { 'second.example': ['127.0.0.1'] }, ['redirect', true]],
    ['this machine by the address of nobody', { 'second.example': ['::'] }, ['redirect', true]],
  ])('whose name resolves to %s', async (_, addresses, expected) => {
    expect(await meets(addresses)).toEqual(expected);
  });

  const silent: Http = { addresses: () => new Promise(() => undefined), send: async () => Promise.reject(new Error()) };
  const [check] = parseInputs({ url: 'http://first.example/', 'request-timeout': '100ms' }).checks as [Check];

  test('whose name no name server tells in time got no answer', async () => {
    const { failures } = await attempt(check, { http: silent, signal, clock: systemClock }, 1);
    expect(failures).toMatchObject([{ assertion: 'answer', got: 'the name server did not answer within 100 ms' }]);
  });

  test('whose name nobody tells is not waited for by a run that is cancelled', async () => {
    const asking = { http: silent, signal: AbortSignal.abort(), clock: new FakeClock() };
    await expect(attempt(check, asking, 1)).rejects.toBeInstanceOf(CancelledError);
  });
});

describe('foreign text stays text', () => {
  test('a huge body is not read to its end and not shown', async () => {
    const { url } = await start((response) => {
      response.writeHead(500);
      const chunk = 'x'.repeat(256 * 1024);
      const more = () => {
        while (!response.destroyed) if (!response.write(chunk)) return void response.once('drain', more);
      };
      more();
    });
    const result = await smoke({ url, deadline: '0', 'expect-json': '$.a=1' });
    expect(result.failure?.why).toContain('got a body of more than 64 KiB');
    expect(result.summary.length).toBeLessThan(3_000);
  });

  test('workflow commands and markup in a body reach log and summary as text', async () => {
    const body = 'x ##[add-mask]a\n::set-output name=a::b\n</details><script>|```';
    const { url } = await start((response) => response.writeHead(500, { 'x-app': '##[debug]|<b>' }).end(body));
    const result = await smoke({ url, deadline: '0', 'expect-headers': 'x-app: a' });
    const written = `${result.log}\n${result.summary}\n${result.outputs.report}`;
    expect(written).not.toContain('##[');
    expect(written).not.toMatch(/^\s*::/m);
    expect(result.summary).toContain('````text');
    expect(result.summary.split('\n').filter((line) => line.startsWith('|'))).toHaveLength(3);
  });

  test('secret headers appear nowhere, also when the server echoes them', async () => {
    const token = 'tok-5f1e9c77';
    const { url } = await start((response) => json(response, { got: `Bearer ${token}`, b64: btoa(`u:${token}`) }, 401));
    const checks = [{ url, headers: { Authorization: `Basic ${btoa(`u:${token}`)}` } }];
    for (const given of [{ url, headers: `Authorization: Bearer ${token}` }, { checks: JSON.stringify(checks) }]) {
      const result = await smoke({ ...given, deadline: '0', 'expect-json': '$.got=1' } as Record<string, string>);
      const written = [result.log, result.summary, result.outputs.report, result.failure?.why].join('\n');
      expect(written).not.toContain(token);
      expect(written).not.toContain(btoa(`u:${token}`));
      expect(written).toContain('***');
    }
  });
});

describe('redirects', () => {
  const once = { deadline: '30s' };

  test('on the same host it is followed with all headers', async () => {
    const { url, requests } = await start((response, _, path) =>
      path === '/' ? response.writeHead(302, { location: '/home' }).end() : response.end('home'),
    );
    const result = await smoke({ url, headers: 'Authorization: Bearer abcdef', 'expect-body': 'home' });
    expect(result.outputs.outcome).toBe('passed');
    expect(requests.at(-1)?.headers.authorization).toBe('Bearer abcdef');
  });

  test('to another host it is refused at once, without a second attempt', async () => {
    const { url, requests } = await start((response) => response.writeHead(302, { location: 'http://[::1]:9/' }).end());
    const result = await smoke({ url, ...once });
    expect(result.failure?.why).toContain('it leads to another host than 127.0.0.1');
    expect(requests).toHaveLength(1);
  });

  test('to another origin, where any is allowed, no header that may be secret goes along', async () => {
    const other = await start((response) => response.end('there'));
    const { url } = await start((response) => response.writeHead(307, { location: other.url }).end());
    const headers = 'Authorization: Bearer abcdef\nX-Api-Key: 123456\nAccept: text/plain';
    const result = await smoke({ url, ...once, headers, 'follow-redirects': 'any', 'expect-body': 'there' });
    expect(result.outputs.outcome).toBe('passed');
    expect(other.requests[0]?.headers).not.toHaveProperty('authorization');
    expect(other.requests[0]?.headers).not.toHaveProperty('x-api-key');
    expect(other.requests[0]?.headers).toHaveProperty('accept', 'text/plain');
  });

  test('a body is never carried to another origin', async () => {
    const other = await start((response) => response.end());
    const { url } = await start((response) => response.writeHead(307, { location: other.url }).end());
    const checks = JSON.stringify([{ url, method: 'POST', body: 'x', 'follow-redirects': 'any' }]);
    const result = await smoke({ checks });
    expect(result.failure?.why).toContain("it would carry the request's body there");
    expect(other.requests).toEqual([]);
  });

  test.each(['http://169.254.169.254/', 'http://2852039166/', 'http://[::ffff:a9fe:a9fe]/', 'http://[fd00:ec2::254]/'])(
    'to the metadata address %s it is refused',
    async (location) => {
      const { url, requests } = await start((response) => response.writeHead(302, { location }).end());
      const result = await smoke({ url, ...once, 'follow-redirects': 'any' });
      expect(result.failure?.why).toContain('metadata or link-local address');
      expect(requests).toHaveLength(1);
    },
  );

  test('an expected redirect is the answer, and none follows none', async () => {
    const { url, requests } = await start((response) =>
      response.writeHead(301, { location: 'http://elsewhere/' }).end(),
    );
    expect((await smoke({ url, 'expect-status': '301' })).outputs.outcome).toBe('passed');
    expect((await smoke({ url, 'follow-redirects': 'none', deadline: '0' })).failure?.why).toContain('got 301');
    expect(requests).toHaveLength(2);
  });

  test('a circle of redirects ends', async () => {
    const { url } = await start((response) => response.writeHead(302, { location: '/' }).end());
    expect((await smoke({ url, deadline: '0' })).failure?.why).toContain('at most 10 redirects');
  });
});

test('cancellation ends the wait, and what was seen is reported', async () => {
  const controller = new AbortController();
  const { url } = await start((response, count) => {
    response.writeHead(503).end();
    if (count === 3) controller.abort();
  });
  const result = await smoke({ url, deadline: '1h' }, controller.signal);
  expect(result.outputs.outcome).toBe('failed');
  expect(result.report[0]).toMatchObject({ outcome: 'cancelled' });
  expect(result.failure?.name).toBe('CancelledError');
});
