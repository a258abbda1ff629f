import { afterEach, describe, expect, test } from '@jest/globals';
import type { TestServer } from './smoke-run.ts';
import { json, serve, smoke } from './smoke-run.ts';

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
    expect(requests).toHaveLength(3);
    expect(result.failure).toBeUndefined();
  });

  test('only the old version: failed, and both versions are named', async () => {
    const { url } = await start((response) => json(response, { version: '1.0.0' }));
    const result = await smoke({ url, 'expect-version': '1.1.0', deadline: '10s' });
    expect(result.outputs).toMatchObject({ outcome: 'failed', passed: '0', failed: '1' });
    expect(result.failure?.why).toContain('version at $.version: expected "1.1.0", got "1.0.0"');
    expect(result.summary).toContain('<b>failed</b>');
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

  test('a check that never passes does not keep the others from their attempts', async () => {
    const { url } = await start((response, _, path) => response.writeHead(path === '/slow' ? 503 : 200).end());
    const checks = [{ url: `${url}/slow` }, { url: `${url}/fine` }];
    const result = await smoke({ checks: JSON.stringify(checks), concurrency: '1', deadline: '20s' });
    expect(result.report.map(({ outcome }) => outcome)).toEqual(['failed', 'passed']);
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
