import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createAuthority } from '../../packages/rehearsal/src/egress/authority.ts';
import type { Job, Ran } from '../support/bundle.ts';
import { createJob, runBundle } from '../support/bundle.ts';
import { expectContract } from '../support/hostile.ts';

const DAY_MS = 86_400_000;

let job: Job;
const open: Server[] = [];
beforeAll(() => {
  job = createJob();
});
afterAll(async () => {
  await Promise.all(open.map((server) => new Promise((done) => server.close(done))));
  job.remove();
});

const listen = async (server: Server): Promise<number> => {
  open.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return (server.address() as AddressInfo).port;
};

const answering = (location = '/') =>
  createHttp((request, response) => {
    if (request.url === '/away') response.writeHead(302, { location }).end();
    else response.end('{"version":"1.2.3"}');
  });

/** A TLS server whose certificate is valid for this time; `/away` leads to `elsewhere`. Returns its address and its trust. */
const serveTls = async (validForMs: number, elsewhere?: string) => {
  const authority = await createAuthority(validForMs);
  const secureContext = await authority.contextFor('127.0.0.1');
  const http = answering(elsewhere);
  const port = await listen(
    createServer((socket) => {
      const secure = new TLSSocket(socket, { isServer: true, secureContext });
      secure.on('error', () => undefined);
      http.emit('connection', secure);
    }),
  );
  return { url: `https://127.0.0.1:${port}`, pem: authority.certificatePem };
};

const smoke = async (checks: ReadonlyArray<Record<string, unknown>>, trusted = '', more = {}): Promise<Ran> => {
  const file = join(job.folder, 'trusted.pem');
  writeFileSync(file, trusted);
  const inputs = { checks: JSON.stringify(checks), deadline: '0', ...more };
  const ran = await runBundle('smoke-test', job, { inputs, env: { NODE_EXTRA_CA_CERTS: file } });
  expectContract(ran);
  return ran;
};

interface Report {
  readonly outcome: string;
  readonly failures: ReadonlyArray<{ readonly assertion: string; readonly got: string }>;
}
const reportOf = (ran: Ran) => JSON.parse(ran.outputs.report ?? '') as Report[];

test('certificates must be valid as long as is asked, on every hop; what has expired is said', async () => {
  const long = await serveTls(200 * DAY_MS);
  const http = await listen(answering());
  const short = await serveTls(10.5 * DAY_MS, `${long.url}/`);
  const down = await serveTls(10.5 * DAY_MS, `http://127.0.0.1:${http}/`);
  const expired = await serveTls(-1_000);
  const ran = await smoke(
    [
      { url: `${long.url}/` },
      { url: `${short.url}/`, 'min-certificate-days': 10 },
      { url: `${short.url}/`, 'min-certificate-days': 11 },
      { url: `${short.url}/away`, 'min-certificate-days': 30 },
      { url: `${down.url}/away`, 'follow-redirects': 'any' },
      { url: `${expired.url}/` },
      { url: `http://127.0.0.1:${http}/` },
    ],
    [long, short, down, expired].map(({ pem }) => pem).join(''),
    { 'min-certificate-days': '90' },
  );
  const report = reportOf(ran).map(
    ({ outcome, failures: [first] }) => `${outcome} ${first?.assertion ?? ''} ${first?.got ?? ''}`,
  );
  expect(report).toEqual([
    'passed  ',
    'passed  ',
    expect.stringMatching(/^failed certificate 10 days, until 20/),
    expect.stringMatching(/^failed certificate 10 days/),
    expect.stringMatching(/^failed redirect 302 .*from https to http/),
    'failed answer the certificate has expired (CERT_HAS_EXPIRED)',
    'passed  ',
  ]);
});

test('a JUnit file is written where it was asked for, folders made, and links are not followed', async () => {
  const url = `http://127.0.0.1:${await listen(answering())}/`;
  const checks = [
    { url, name: 'a <b> & "c"' },
    { url, 'expect-status': 500 },
  ];
  const ran = await smoke(checks, '', { junit: 'reports/smoke/junit.xml' });
  const xml = readFileSync(join(job.workspace, 'reports/smoke/junit.xml'), 'utf8');
  expect(xml).toMatch(/<testsuite name="smoke-test" tests="2" failures="1" errors="0"/);
  expect(xml).toContain('name="a &lt;b&gt; &amp; &quot;c&quot;"');
  expect(ran.log).not.toContain('could not be written');
  const target = join(job.folder, 'elsewhere.xml');
  symlinkSync(target, join(job.workspace, 'link.xml'));
  symlinkSync(job.folder, join(job.workspace, 'folder'));
  for (const junit of ['link.xml', 'folder/elsewhere.xml', '../elsewhere.xml']) {
    const refused = await smoke([{ url }], '', { junit });
    expect([refused.outputs.outcome, refused.log]).toEqual([
      'passed',
      expect.stringMatching(/could not be written: it/),
    ]);
  }
  expect(existsSync(target)).toBe(false);
  await smoke([{ url }], '', { junit: join(job.temp, 'smoke.xml') });
  expect(existsSync(join(job.temp, 'smoke.xml'))).toBe(true);
});
