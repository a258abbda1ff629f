import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FakeClock } from '@hospital-ops/action-kit/fake-clock';
import type { Credentials } from '@hospital-ops/registry-client/authentication';
import { createRegistry } from '@hospital-ops/registry-client/client';
import { digestOf, MANIFEST_TYPES } from '@hospital-ops/registry-client/manifest';
import { afterEach, describe, expect, test } from '@jest/globals';

type Answer = (request: IncomingMessage, response: ServerResponse, count: number) => void;

const open: Server[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** A registry that answers as the test says; what was asked is kept as `METHOD path authorization`. */
const serve = async (answer: Answer, ...logins: Credentials[]) => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? '-'}`);
    request.resume().on('end', () => answer(request, response, asked.length));
  });
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clock = new FakeClock();
  const registry = createRegistry({
    host,
    credentials: () => logins[0],
    renew: async () => void (logins.length > 1 && logins.shift()),
    clock,
    signal: new AbortController().signal,
  });
  return { registry, asked, clock, host };
};

const bytes = Buffer.from('{"config":{"digest":"sha256:1"}}');
const digest = digestOf(bytes);
const image = { digest, mediaType: MANIFEST_TYPES[0], bytes };
const credentials = { username: 'AWS', password: 'pass' };
const basic = `Basic ${btoa('AWS:pass')}`;

const ok = (response: ServerResponse, headers: Record<string, string> = { 'docker-content-digest': digest }) =>
  response.writeHead(200, headers).end();

describe('digests', () => {
  test('are read by HEAD', async () => {
    const { registry, asked } = await serve((_, response) => ok(response));
    expect(await registry.digest('r/api', '1.0')).toBe(digest);
    expect(asked).toEqual(['HEAD /v2/r/api/manifests/1.0 -']);
  });

  test('are computed from the manifest where a registry does not tell them', async () => {
    const { registry } = await serve((request, response) => {
      response.writeHead(200, { 'content-type': MANIFEST_TYPES[1] }).end(request.method === 'GET' ? bytes : undefined);
    });
    expect(await registry.digest('api', '1.0')).toBe(digest);
    expect(await registry.manifest('api', '1.0')).toEqual({ ...image, mediaType: MANIFEST_TYPES[1] });
  });

  test('of what is not there are undefined, be it the tag or the repository', async () => {
    const { registry } = await serve((_, response) =>
      response.writeHead(404).end('{"errors":[{"code":"NAME_UNKNOWN"}]}'),
    );
    expect(await registry.digest('api', '1.0')).toBeUndefined();
    expect(await registry.manifest('api', '1.0')).toBeUndefined();
  });

  test('that do not fit the bytes are refused', async () => {
    const { registry } = await serve((_, response) => response.end('{"other":1}'));
    await expect(registry.manifest('api', digest)).rejects.toThrow('failed');
  });
});

describe('tries', () => {
  test.each([429, 500, 502, 503])('%i is tried again', async (status) => {
    const { registry, clock } = await serve((_, response, count) => {
      if (count < 3) response.writeHead(status).end();
      else ok(response);
    });
    expect(await registry.digest('api', '1')).toBe(digest);
    expect(clock.sleeps).toEqual([250, 500]);
  });

  test('a broken connection is tried again', async () => {
    const { registry } = await serve((request, response, count) => {
      if (count < 3) request.socket.destroy();
      else ok(response);
    });
    expect(await registry.digest('api', '1')).toBe(digest);
  });

  test('an answer that breaks off is tried again', async () => {
    const { registry } = await serve((request, response, count) => {
      response.writeHead(200, { 'content-length': String(bytes.length) });
      if (count > 1) return void response.end(bytes);
      response.write(bytes.subarray(0, 5), () => request.socket.destroy());
    });
    expect((await registry.manifest('api', digest))?.bytes.equals(bytes)).toBe(true);
  });

  test.each([400, 401, 403, 405])('%i is final', async (status) => {
    const { registry, asked } = await serve((_, response) => {
      response.writeHead(status).end('{"errors":[{"code":"DENIED","message":"no ##[add-mask]x"}]}');
    });
    const error = await registry.putManifest('api', '1', image).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ status, code: 'DENIED', what: expect.stringContaining(`status ${status} DENIED`) });
    expect((error as { why: string }).why).not.toContain('##[');
    expect(asked).toHaveLength(1);
  });

  test('end at last', async () => {
    const { registry, asked } = await serve((_, response) => response.writeHead(503).end('busy'));
    await expect(registry.digest('api', '1')).rejects.toMatchObject({ status: 503 });
    expect(asked).toHaveLength(7);
  });
});

describe('authentication', () => {
  test('basic credentials go along from the first request', async () => {
    const { registry, asked } = await serve((_, response) => ok(response), credentials);
    await registry.digest('api', '1');
    expect(asked).toEqual([`HEAD /v2/api/manifests/1 ${basic}`]);
  });

  test('a Bearer challenge is answered with a token for this repository, which is kept', async () => {
    const { registry, asked, host } = await serve((request, response) => {
      if (request.url?.startsWith('/token')) return void response.end('{"token":"t1"}');
      if (request.headers.authorization === 'Bearer t1') return void ok(response);
      response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${host}/token",service="s"` }).end();
    }, credentials);
    expect(await registry.digest('api', '1')).toBe(digest);
    expect(await registry.digest('api', '2')).toBe(digest);
    expect(asked).toEqual([
      `HEAD /v2/api/manifests/1 ${basic}`,
      `GET /token?service=s&scope=repository%3Aapi%3Apull%2Cpush ${basic}`,
      'HEAD /v2/api/manifests/1 Bearer t1',
      'HEAD /v2/api/manifests/2 Bearer t1',
    ]);
  });

  test('credentials that are refused are not sent again and again', async () => {
    const { registry, asked } = await serve(
      (_, response) => response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end(),
      credentials,
    );
    await expect(registry.digest('api', '1')).rejects.toMatchObject({ status: 401 });
    expect(asked).toHaveLength(1);
  });

  test('credentials that are taken no more are renewed, for all requests to come', async () => {
    const renewed = `Basic ${btoa('AWS:new')}`;
    const { registry, asked } = await serve(
      ({ headers }, response) =>
        headers.authorization === renewed
          ? ok(response)
          : response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end(),
      credentials,
      { username: 'AWS', password: 'new' },
    );
    for (const repository of ['api', 'web']) expect(await registry.digest(repository, '1')).toBe(digest);
    expect(asked).toEqual([
      `HEAD /v2/api/manifests/1 ${basic}`,
      `HEAD /v2/api/manifests/1 ${renewed}`,
      `HEAD /v2/web/manifests/1 ${renewed}`,
    ]);
  });
});

test('labels of an index are those of its first image, attestations left aside', async () => {
  const config = Buffer.from('{"config":{"Labels":{"team":"core"}}}');
  const child = Buffer.from(JSON.stringify({ config: { digest: digestOf(config) } }));
  const index = Buffer.from(
    JSON.stringify({
      manifests: [
        { digest: 'sha256:0', platform: { os: 'unknown' } },
        { digest: digestOf(child), platform: { os: 'linux' } },
      ],
    }),
  );
  const { registry } = await serve(
    (request, response) => void response.end(request.url?.includes('/blobs/') ? config : child),
  );
  const manifest = { digest: digestOf(index), mediaType: MANIFEST_TYPES[1], bytes: index };
  expect(await registry.labels('api', manifest)).toEqual({ team: 'core' });
});
