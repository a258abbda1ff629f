import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Egress } from '@hospital-ops/rehearsal/egress/proxy';
import { startEgress } from '@hospital-ops/rehearsal/egress/proxy';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const echo: RequestListener = (request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => {
    body += chunk.toString();
  });
  request.on('end', () => response.end(`${request.method} ${request.headers.host} ${request.url} ${body}`));
};

const KNOWN = new Set(['discord.com', 'plain.example', 'odd.example:8443', '192.0.2.7']);

let temp = '';
let egress: Egress;
beforeAll(async () => {
  temp = await mkdtemp(join(tmpdir(), 'egress-'));
  egress = await startEgress({ temp, routes: (host) => (KNOWN.has(host) ? echo : undefined) });
});
afterAll(async () => {
  await egress.close();
  expect(await readdir(temp)).toEqual([]);
  await rm(temp, { recursive: true });
});

const hasCurl = (() => {
  try {
    execFileSync('curl', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

const spawned = (file: string, args: readonly string[]): Promise<string> =>
  new Promise((resolve) => {
    const env = { PATH: process.env.PATH ?? '', ...egress.env };
    execFile(file, [...args], { env, timeout: 20_000 }, (error, stdout, stderr) =>
      resolve(error ? `failed: ${stdout}${stderr}` : stdout),
    );
  });

const viaFetch = (url: string) =>
  spawned(process.execPath, [
    '-e',
    `fetch(${JSON.stringify(url)}, { method: 'POST', body: 'hi' }).then(async (r) => console.log(r.status, await r.text()), (e) => { console.error(e.cause?.message ?? e.message); process.exit(1); })`,
  ]);

const viaHttps = (url: string) =>
  spawned(process.execPath, [
    '-e',
    `const r = require(${JSON.stringify(url.startsWith('https') ? 'node:https' : 'node:http')}).request(${JSON.stringify(url)}, { method: 'POST' }, (a) => { process.stdout.write(a.statusCode + ' '); a.pipe(process.stdout); }); r.on('error', (e) => { console.error(e.message); process.exit(1); }); r.end('hi');`,
  ]);

const viaCurl = (url: string) => spawned('curl', ['-sS', '--fail-with-body', '-d', 'hi', '-w', ' %{http_code}', url]);

const clients = [
  ['global fetch', viaFetch],
  ['node:http and node:https', viaHttps],
  ...(hasCurl ? [['curl', viaCurl] as const] : []),
] as const;

describe.each(clients)('%s of a child process', (_, send) => {
  test.each([
    ['https://discord.com/api/x?y=1', 'POST discord.com /api/x?y=1 hi'],
    ['http://plain.example/path', 'POST plain.example /path hi'],
    ['https://odd.example:8443/', 'POST odd.example:8443 / hi'],
    ['https://192.0.2.7/', 'POST 192.0.2.7 / hi'],
  ])('reaches the stand-in of %s', async (url, expected) => {
    const answer = await send(url);
    expect(answer).toContain(expected);
    expect(answer).toContain('200');
  });

  test('is refused a host that nobody answers for', async () => {
    const before = egress.refused().find(({ host }) => host === 'evil.example')?.count ?? 0;
    expect(await send('https://evil.example/')).toMatch(/^failed/);
    expect(egress.refused()).toContainEqual({ host: 'evil.example', count: before + 1 });
  });
});

test('this machine itself is reached directly', () => {
  expect(egress.env.NO_PROXY?.split(',')).toEqual(expect.arrayContaining(['127.0.0.1', 'localhost']));
  expect(egress.env.no_proxy).toBe(egress.env.NO_PROXY);
});

test('no private key is on disk', async () => {
  for (const name of await readdir(temp)) {
    expect(await readFile(join(temp, name), 'utf8')).not.toContain('PRIVATE KEY');
  }
});
