import { symlinkSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Job, Ran, Step } from '../support/bundle.ts';
import { cancelBundle, createJob, runBundle } from '../support/bundle.ts';
import { expectContract, expectNoSecret, HOSTILE, HOSTILE_LINE } from '../support/hostile.ts';

const TOKEN = 'tok_4f9-A.b_c~Zs0123456789';
const PASSWORD = 'correct-horse-battery-staple';
const SAID = 'said-by-the-server-itself';

interface Seen {
  readonly url: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

const seen: Record<'front' | 'elsewhere', Seen[]> = { front: [], elsewhere: [] };
let elsewhere = '';
let origin = '';

const json =
  (value: unknown): RequestListener =>
  (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(value));
  };

const asked = new Map<string, number>();

/** What servers do that a smoke test must not take for health. */
const ROUTES: Readonly<Record<string, RequestListener>> = {
  '/ok': json({ status: 'ok', version: '1.2.3' }),
  '/old': json({ status: 'ok', version: '1.2.2' }),
  '/longer': json({ status: 'ok', version: '1.2.30' }),
  '/array': json([{ version: '1.2.3' }]),
  '/null': json(null),
  '/deep': (_, response) => response.end(`${'['.repeat(60_000)}${']'.repeat(60_000)}`),
  '/login-page': (_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end('<html><body>Please log in</body></html>');
  },
  '/half': (_, response) => {
    response.writeHead(200, { 'content-length': '500', 'content-type': 'application/json' });
    response.write('{"status":"ok","version":"1.2.3"}', () => response.destroy());
  },
  '/empty': (_, response) => void response.writeHead(200).end(),
  '/hang': () => undefined,
  '/drip': (_, response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write(' '), 50);
    response.on('close', () => clearInterval(timer));
  },
  '/reset': (request) => request.socket.destroy(),
  '/switches': ({ socket }) =>
    void socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'),
  '/switches-plainly': ({ socket }) => void socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n'),
  '/continues': ({ socket }) => void socket.write('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n'),
  '/garbage': ({ socket }) => void socket.end('HELO smtp.example.org\r\n'),
  '/many-headers': ({ socket }) => void socket.end(`HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(50_000)}\r\n`),
  '/drips-headers': ({ socket }) => {
    socket.write('HTTP/1.1 200 OK\r\n');
    const timer = setInterval(() => socket.write('x: y\r\n'), 50);
    socket.on('close', () => clearInterval(timer));
  },
  '/two-lengths': ({ socket }) =>
    void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok'),
  '/bad-gzip': (_, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end('no gzip'),
  '/longer-chain': ({ url = '' }, response) =>
    void response.writeHead(302, { location: `/longer-chain?${Number(url.split('?')[1] ?? 0) + 1}` }).end(),
  '/mapped': (_, response) => void response.writeHead(302, { location: 'http://[::ffff:a9fe:a9fe]/' }).end(),
  '/decimal': (_, response) => void response.writeHead(307, { location: '//2852039166/latest' }).end(),
  '/credentials': (_, response) => void response.writeHead(302, { location: 'http://a:b@127.0.0.1/' }).end(),
  '/endless': (_, response) => {
    response.writeHead(200);
    const more = () => {
      while (!response.destroyed && response.write('x'.repeat(65_536)));
    };
    response.on('drain', more);
    more();
  },
  '/bomb': (_, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' });
    response.end(gzipSync(Buffer.alloc(50_000_000)));
  },
  '/flaps': ({ url = '' }, response) => {
    const count = asked.get(url) ?? 0;
    asked.set(url, count + 1);
    response.writeHead(count % 2 === 0 ? 200 : 503).end('{}');
  },
  '/loop': (_, response) => void response.writeHead(302, { location: '/loop' }).end(),
  '/away': (_, response) => void response.writeHead(302, { location: `${elsewhere}/ok` }).end(),
  '/metadata': (_, response) => void response.writeHead(302, { location: 'http://169.254.169.254/latest/' }).end(),
  '/file': (_, response) => void response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
  '/port': (_, response) =>
    void response.writeHead(302, { location: `${elsewhere.replace('localhost', '127.0.0.1')}/ok` }).end(),
  '/hostile': (_, response) => {
    response.writeHead(500, {
      'x-reason': `https://app:${SAID}@host ::error::FORGED ##[add-mask]FORGED | \`x\``,
      'content-type': 'text/plain',
    });
    response.end(`no way to postgres://app:${SAID}@db/app\n${HOSTILE}\n${'y'.repeat(40_000)}`);
  },
  '/hostile-version': json({ status: HOSTILE, version: HOSTILE_LINE }),
  '/echo': (request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const headers = JSON.stringify(request.headers);
      response.writeHead(500, { 'x-echo': String(request.headers.authorization ?? '') });
      const body = `${Buffer.concat(parts)} ${headers}`;
      response.end(`${body} ${'.'.repeat(Math.max(0, 480 - body.length))} ${TOKEN.repeat(20)}`);
    });
  },
};

const listen = async (listener: RequestListener) => {
  const server = createServer(listener);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return server;
};

const serve =
  (into: Seen[]): RequestListener =>
  (request, response) => {
    into.push({ url: request.url ?? '', headers: request.headers });
    const route = ROUTES[request.url?.replace(/\?.*$/, '') ?? ''];
    if (route) route(request, response);
    else response.writeHead(404).end('no such page');
  };

let job: Job;
let servers: Awaited<ReturnType<typeof listen>>[];
beforeAll(async () => {
  job = createJob();
  servers = await Promise.all([listen(serve(seen.front)), listen(serve(seen.elsewhere))]);
  const [front, other] = servers.map((server) => (server.address() as AddressInfo).port);
  origin = `http://127.0.0.1:${front}`;
  elsewhere = `http://localhost:${other}`;
});
afterAll(async () => {
  for (const server of servers) server.closeAllConnections();
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  job.remove();
});

const stepOf = (given: Record<string, string>): Step => ({
  inputs: { deadline: '0', interval: '50ms', 'request-timeout': '700ms', ...given },
});

const check = (ran: Ran): Ran => {
  expectContract(ran);
  expectNoSecret(ran, [TOKEN, PASSWORD, SAID]);
  expect(ran.code).toBe(ran.outputs.outcome === 'passed' ? 0 : 1);
  JSON.parse(ran.outputs.report ?? '');
  return ran;
};

const smoke = async (given: Record<string, string>) => check(await runBundle('smoke-test', job, stepOf(given)));

interface Result {
  readonly name: string;
  readonly outcome: string;
}

/** One step with a check per path; returns the outcome by path. */
const outcomes = async (paths: ReadonlyArray<readonly [path: string, extra: Record<string, unknown>]>) => {
  const checks = paths.map(([path, extra], at) => ({ name: `${at} ${path}`, url: `${origin}${path}`, ...extra }));
  const ran = await smoke({ checks: JSON.stringify(checks), concurrency: '50' });
  const report = JSON.parse(ran.outputs.report ?? '') as Result[];
  expect([ran.outputs.passed, ran.outputs.failed]).toEqual(
    ['passed', 'failed'].map((wanted) => String(report.filter(({ outcome }) => outcome === wanted).length)),
  );
  return { ran, report: report.map(({ name, outcome }) => `${name.replace(/^\d+ /, '')} ${outcome}`) };
};

const VERSION = { 'expect-version': '1.2.3' };

test('what is healthy passes', async () => {
  const { ran, report } = await outcomes([
    ['/ok', {}],
    ['/ok', VERSION],
    ['/array', { ...VERSION, 'version-path': '$[0].version' }],
    ['/ok', { 'expect-json': { '$.status': 'ok' }, samples: '3' }],
    ['/away', { 'expect-status': '302' }],
    ['/away', { 'follow-redirects': 'any' }],
    ['/hostile', { 'expect-status': '5xx' }],
  ]);
  expect(report.filter((line) => !line.endsWith(' passed'))).toEqual([]);
  expect(ran.code).toBe(0);
});

test('nothing that only looks healthy passes', async () => {
  const paths: Array<[string, Record<string, unknown>]> = [
    ['/old', VERSION],
    ['/longer', VERSION],
    ['/array', VERSION],
    ['/null', VERSION],
    ['/deep', VERSION],
    ['/login-page', VERSION],
    ['/login-page', { 'expect-json': '$.status=ok' }],
    ['/half', {}],
    ['/half', { 'expect-body': 'ok' }],
    ['/empty', { 'expect-body': 'ok' }],
    ['/empty', VERSION],
    ['/hang', {}],
    ['/drip', {}],
    ['/reset', {}],
    ['/garbage', {}],
    ['/many-headers', {}],
    ['/drips-headers', {}],
    ['/two-lengths', {}],
    ['/bad-gzip', {}],
    ['/longer-chain', {}],
    ['/mapped', { 'follow-redirects': 'any' }],
    ['/decimal', { 'follow-redirects': 'any' }],
    ['/credentials', { 'follow-redirects': 'any' }],
    ['refused', { url: 'http://127.0.0.1:1/' }],
    ['unknown', { url: 'http://nowhere.invalid/' }],
    ['no TLS', { url: `${origin.replace('http:', 'https:')}/ok` }],
    ['/switches', {}],
    ['/switches', VERSION],
    ['/switches-plainly', {}],
    ['/continues', {}],
    ['/endless', { 'expect-body': 'ok' }],
    ['/bomb', { 'expect-body': 'ok' }],
    ['/flaps', { consecutive: '2', deadline: '600ms' }],
    ['/flaps?samples', { samples: '2' }],
    ['/loop', {}],
    ['/away', {}],
    ['/away', { 'follow-redirects': 'none' }],
    ['/metadata', { 'follow-redirects': 'any' }],
    ['/file', { 'follow-redirects': 'any' }],
    ['/nowhere', {}],
    ['/hostile', {}],
    ['/hostile', { 'expect-headers': 'x-reason: fine' }],
    ['/hostile-version', VERSION],
    ['/hostile-version', { 'expect-json': '$.status=ok' }],
    ['/ok', { 'expect-json': '$.nothing=null' }],
    ['/ok', { 'expect-json': '$.status="OK"' }],
    ['/ok', { 'max-latency-p95': '1ms', samples: '1', url: `${origin}/hang` }],
  ];
  const { ran, report } = await outcomes(paths);
  expect(report.filter((line) => !line.endsWith(' failed'))).toEqual([]);
  expect(report).toHaveLength(paths.length);
  expect(ran.code).toBe(1);
});

describe('a secret header', () => {
  const headers = `authorization: Bearer ${TOKEN}\nx-api-key: ${TOKEN}`;

  test('is in nothing that leaves, also when the server echoes it', async () => {
    const checks = [
      { url: `${origin}/echo`, method: 'POST', body: JSON.stringify({ user: 'asha', password: PASSWORD }) },
      { url: `${origin}/echo`, 'expect-headers': `x-echo: Bearer` },
      { url: `${origin}/echo`, method: 'POST', body: `user=asha&password=${PASSWORD}` },
    ];
    const ran = await smoke({ headers, checks: JSON.stringify(checks) });
    expect(ran.outputs.failed).toBe('3');
  });

  test('stays on the origin that it was meant for', async () => {
    seen.elsewhere.length = 0;
    await smoke({ headers, url: `${origin}/away`, 'follow-redirects': 'any' });
    await smoke({ headers, url: `${origin}/port`, 'follow-redirects': 'same-host' });
    expect(seen.elsewhere).toHaveLength(2);
    expect(JSON.stringify(seen.elsewhere)).not.toContain(TOKEN.slice(0, 8));
  });

  test('is not shown by problems of the inputs', async () => {
    const given = [
      { headers: `authorization Bearer ${TOKEN}` },
      { headers: `x: ${TOKEN}\u0001` },
      { url: `http://asha:${TOKEN}@127.0.0.1/` },
      { url: '', checks: `- url: ${origin}/ok\n  headers: {x: "${TOKEN}\n` },
      { url: '', checks: `- url: ${origin}/ok\n  headers: [${TOKEN}]` },
      { url: '', checks: `- url: ${origin}/ok\n  header: { x: ${TOKEN} }` },
      { url: '', checks: `- url: ${origin}/ok\n  headers:\n    x: ${TOKEN}\n   y: ${TOKEN}\n` },
      { url: '', checks: `- url: ${origin}/ok\n  headers: { x: *${TOKEN.replace(/[^\w]/g, '')} }` },
    ];
    for (const ran of await Promise.all(given.map((inputs) => smoke({ url: `${origin}/ok`, ...inputs })))) {
      expect(ran.outputs.outcome).toBe('failed');
    }
  });
});

test('inputs that are none end the step before anything is asked', async () => {
  writeFileSync(join(job.folder, 'checks.yml'), `- url: ${origin}/never`);
  symlinkSync(join(job.folder, 'checks.yml'), join(job.workspace, 'link.yml'));
  const given: Array<[Record<string, string>, RegExp]> = [
    [{ checks: '[]' }, /at least one check/],
    [{ checks: '{}' }, /at least one check/],
    [{ checks: '- /never' }, /not a mapping/],
    [{ checks: `- url: ${origin}/never\n  consecutive: "2x"` }, /consecutive/],
    [{ checks: `- url: ${origin}/never\n  expect-stauts: 200` }, /did you mean expect-status/],
    [{ checks: `- url: file:///etc/passwd` }, /file:/],
    [{ checks: `- url: http://169.254.169.254/` }, /metadata/],
    [{ checks: `- url: "http://[::ffff:169.254.169.254]/"` }, /metadata/],
    [{ checks: `- url: http://2852039166/` }, /metadata/],
    [{ checks: 'link.yml' }, /outside the workspace/],
    [
      { checks: 'nowhere.yml' },
      /an input is not valid[^`]*`checks`: cannot read the file "nowhere.yml": there is no such file/,
    ],
    [{ checks: '../checks.yml' }, /outside the workspace/],
    [{ url: `${origin}/never`, 'expect-version': '', 'expect-status': '700' }, /expect-status/],
    [{ checks: `- url: ${origin}/never`, 'expect-version': '1' }, /none of the checks/],
    [{ url: `${origin}/never`, juint: 'x.xml' }, /did you mean `junit`/],
  ];
  await Promise.all(
    given.map(async ([inputs, message]) => {
      const ran = await smoke(inputs);
      expect([ran.outputs.outcome, ran.log]).toEqual(['failed', expect.stringMatching(message)]);
    }),
  );
  expect(seen.front.filter(({ url }) => url === '/never')).toEqual([]);
});

test('a cancelled run ends at once, and has not passed', async () => {
  const step = stepOf({
    deadline: '5m',
    checks: JSON.stringify([{ url: `${origin}/hang` }, { url: `${origin}/nowhere` }]),
  });
  const ran = check(await cancelBundle('smoke-test', job, step, /attempt 1/));
  expect(ran.ms).toBeLessThan(3_000);
  expect(ran.outputs.outcome).toBe('failed');
});
