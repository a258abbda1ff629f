import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ImageStore } from '@hospital-ops/rehearsal/registry/image-store';
import { createImageStore, digestOf, tagMayMove } from '@hospital-ops/rehearsal/registry/image-store';
import type { Registry } from '@hospital-ops/rehearsal/registry/registry-server';
import { startRegistry } from '@hospital-ops/rehearsal/registry/registry-server';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

let store: ImageStore;
let registry: Registry;
let base: string;

const type = 'application/vnd.oci.image.manifest.v1+json';
const config = Buffer.from('{}');
const manifestOf = (layer: Buffer): string =>
  JSON.stringify({
    schemaVersion: 2,
    mediaType: type,
    config: { digest: digestOf(config), size: config.length },
    layers: [{ digest: digestOf(layer), size: layer.length }],
  });

const send = (method: string, path: string, body?: string | Buffer, headers: Record<string, string> = {}) =>
  fetch(`${base}${path}`, { method, headers, ...(body !== undefined && { body: new Uint8Array(Buffer.from(body)) }) });
const errorOf = async (response: Response) => {
  const { errors } = (await response.json()) as { errors: { code: string; message: string }[] };
  return { status: response.status, ...errors[0] };
};
const upload = async (repository: string, bytes: Buffer): Promise<Response> => {
  const start = await send('POST', `/v2/${repository}/blobs/uploads/`);
  return send('PUT', `${start.headers.get('location')}?digest=${digestOf(bytes)}`, bytes);
};
const pushManifest = async (repository: string, tag: string, text: string) => {
  const layer = Buffer.from(text);
  await upload(repository, config);
  await upload(repository, layer);
  return send('PUT', `/v2/${repository}/manifests/${tag}`, manifestOf(layer), { 'content-type': type });
};

beforeAll(async () => {
  store = createImageStore();
  registry = await startRegistry({ store });
  base = `http://${registry.host}`;
  store.createRepository('hospital/api');
  store.createRepository('kept', { imageTagMutability: 'IMMUTABLE' });
});
afterAll(() => registry?.close());

describe('a registry that behaves as ECR', () => {
  test('what was put is got byte for byte, by tag and by digest', async () => {
    const put = await pushManifest('hospital/api', 'v1', 'one');
    expect(put.status).toBe(201);
    const digest = put.headers.get('docker-content-digest') ?? '';
    for (const reference of ['v1', digest]) {
      const got = await send('GET', `/v2/hospital/api/manifests/${reference}`);
      expect(got.headers.get('content-type')).toBe(type);
      expect(await got.text()).toBe(manifestOf(Buffer.from('one')));
    }
    expect((await send('HEAD', `/v2/hospital/api/manifests/${digest}`)).status).toBe(200);
    expect(await (await send('GET', `/v2/hospital/api/blobs/${digestOf(config)}`)).text()).toBe('{}');
    expect(await (await send('GET', '/v2/hospital/api/tags/list')).json()).toEqual({
      name: 'hospital/api',
      tags: ['v1'],
    });
  });

  test('a mutable tag moves, and the image that had it stays', async () => {
    const before = store.tags('hospital/api').get('v1');
    await pushManifest('hospital/api', 'v1', 'two');
    expect(store.tags('hospital/api').get('v1')).not.toBe(before);
    expect(store.manifest('hospital/api', before ?? '')).toBeDefined();
  });

  test('an immutable tag is put once, also when the digest is the same', async () => {
    expect((await pushManifest('kept', 'v1', 'one')).status).toBe(201);
    for (const text of ['two', 'one']) {
      const refused = await errorOf(await pushManifest('kept', 'v1', text));
      expect(refused).toMatchObject({ status: 400, code: 'TAG_INVALID' });
      expect(refused.message).toMatch(/'v1' already exists in the 'kept' repository and cannot be overwritten/);
    }
    expect((await pushManifest('kept', 'v2', 'one')).status).toBe(201);
  });

  test('a repository that is not there is not made by a push', async () => {
    expect(await errorOf(await send('POST', '/v2/unknown/blobs/uploads/'))).toMatchObject({
      status: 404,
      code: 'NAME_UNKNOWN',
      message: "The repository with name 'unknown' does not exist in the registry with id '123456789012'",
    });
  });

  test('a blob may come in chunks, in their order', async () => {
    const start = await send('POST', '/v2/kept/blobs/uploads/');
    const location = start.headers.get('location') ?? '';
    expect((await send('PATCH', location, 'abc', { 'content-range': '0-2' })).headers.get('range')).toBe('0-2');
    expect((await send('PATCH', location, 'x', { 'content-range': '7-7' })).status).toBe(416);
    expect((await send('PATCH', location, 'def', { 'content-range': '3-5' })).headers.get('range')).toBe('0-5');
    const digest = digestOf(Buffer.from('abcdef'));
    expect((await send('PUT', `${location}?digest=${digest}`)).status).toBe(201);
    expect(store.blob(digest)?.toString()).toBe('abcdef');
  });

  test('a blob of another repository is mounted without being sent', async () => {
    const mounted = await send('POST', `/v2/kept/blobs/uploads/?mount=${digestOf(config)}&from=hospital/api`);
    expect(mounted.status).toBe(201);
    const unknown = await send('POST', `/v2/kept/blobs/uploads/?mount=${digestOf(Buffer.from('?'))}&from=hospital/api`);
    expect(unknown.status).toBe(202);
  });

  test.each<[string, () => Promise<Response>, number, string]>([
    [
      'bytes that do not have their digest',
      () =>
        upload('kept', Buffer.from('')).then(async () => {
          const start = await send('POST', '/v2/kept/blobs/uploads/');
          return send('PUT', `${start.headers.get('location')}?digest=${digestOf(config)}`, 'other');
        }),
      400,
      'DIGEST_INVALID',
    ],
    [
      'a manifest whose layer was not pushed',
      () => send('PUT', '/v2/kept/manifests/v9', manifestOf(Buffer.from('absent')), { 'content-type': type }),
      404,
      'BLOB_UNKNOWN',
    ],
    ['a manifest that is not JSON', () => send('PUT', '/v2/kept/manifests/v9', 'x'), 400, 'MANIFEST_INVALID'],
    ['a tag that is not there', () => send('GET', '/v2/kept/manifests/none'), 404, 'MANIFEST_UNKNOWN'],
    [
      'an upload that was never started',
      () => send('PUT', '/v2/kept/blobs/uploads/x?digest=y'),
      404,
      'BLOB_UPLOAD_UNKNOWN',
    ],
    ['a request that the protocol does not have', () => send('DELETE', '/v2/kept/manifests/v1'), 404, 'UNSUPPORTED'],
  ])('%s is refused', async (_name, request, status, code) => {
    expect(await errorOf(await request())).toMatchObject({ status, code });
  });

  test('a fault strikes as often as it is asked to', async () => {
    registry.inject({ operation: 'head-manifest', status: 503, times: 2 });
    const statuses = [];
    for (let count = 0; count < 3; count++) statuses.push((await send('HEAD', '/v2/kept/manifests/v1')).status);
    expect(statuses).toEqual([503, 503, 200]);
    expect(registry.requests.at(-1)).toMatchObject({ operation: 'head-manifest', status: 200 });
  });
});

test('nobody gets in without the password, where one is asked for', async () => {
  const closed = await startRegistry({
    store,
    credentials: (user, password) => `${user}:${password}` === 'AWS:pass:word',
  });
  const ask = async (authorization?: string) => {
    const response = await fetch(`http://${closed.host}/v2/`, { headers: authorization ? { authorization } : {} });
    await response.text();
    return [response.status, response.headers.get('www-authenticate')?.split(' ')[0]];
  };
  expect(await ask()).toEqual([401, 'Basic']);
  expect(await ask(`Basic ${Buffer.from('AWS:pass').toString('base64')}`)).toEqual([401, 'Basic']);
  expect(await ask(`Basic ${Buffer.from('AWS:pass:word').toString('base64')}`)).toEqual([200, undefined]);
  await closed.close();
});

test('a taken port is an error', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  await expect(startRegistry({ store, port: (taken.address() as AddressInfo).port })).rejects.toThrow('EADDRINUSE');
  await new Promise((resolve) => taken.close(resolve));
});

test.each([
  ['MUTABLE', 'v1', true],
  ['IMMUTABLE', 'latest', false],
  ['IMMUTABLE_WITH_EXCLUSION', 'latest', true],
  ['IMMUTABLE_WITH_EXCLUSION', 'cache-api', true],
  ['IMMUTABLE_WITH_EXCLUSION', 'v1.0.0', false],
  ['MUTABLE_WITH_EXCLUSION', 'latest', false],
  ['MUTABLE_WITH_EXCLUSION', 'v1x0', true],
] as const)('in a repository that is %s the tag %s may move: %s', (imageTagMutability, tag, moves) => {
  const options = {
    imageTagMutability,
    exclusionFilters: ['latest', 'cache-*', 'v1.0'],
    scanOnPush: false,
    encryption: {},
    tags: [],
  };
  expect(tagMayMove(options, tag)).toBe(moves);
});
