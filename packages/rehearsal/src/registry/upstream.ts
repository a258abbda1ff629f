import type { createHandlers } from './handlers.ts';
import type { ImageStore } from './image-store.ts';
import { digestOf } from './image-store.ts';
import type { Answer, Call } from './protocol.ts';
import { RegistryError, readBody } from './protocol.ts';

/** A registry that this project did not write, and how it is logged in to. */
export interface Upstream {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  readonly user: string;
  readonly password: string;
}

interface Part {
  readonly digest: string;
}

/** Headers that mean something to the other side. */
const REQUEST_HEADERS = ['accept', 'content-type', 'content-range'];
const ANSWER_HEADERS = ['content-type', 'docker-content-digest', 'docker-upload-uuid', 'range', 'location'];

/**
 * Returns handlers that let a real registry keep the bytes, while repositories, tags and their rules are those of the
 * store, as on ECR: what its API puts a tag on is found here, and what is pushed here is found by its API.
 */
export const createForwarding = (
  store: ImageStore,
  { host, user, password }: Upstream,
  own: ReturnType<typeof createHandlers>,
): ReturnType<typeof createHandlers> => {
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

  const forward = async ({ request, query }: Call, path: string, method = request.method ?? 'GET', body?: Buffer) => {
    const headers = Object.fromEntries(
      REQUEST_HEADERS.flatMap((name) => (request.headers[name] ? [[name, String(request.headers[name])]] : [])),
    );
    const url = `http://${host}${path}${query.size > 0 ? `?${query}` : ''}`;
    const sent = { method, headers: { ...headers, authorization }, ...(body ? { body: new Uint8Array(body) } : {}) };
    const response = await fetch(url, sent);
    const kept = ANSWER_HEADERS.flatMap((name) => {
      const value = response.headers.get(name);
      return value === null ? [] : [[name, value.replace(/^https?:\/\/[^/]+/, '')]];
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    const size = method === 'HEAD' ? response.headers.get('content-length') : null;
    const answer: Answer = {
      status: response.status,
      headers: Object.fromEntries([...kept, ...(size === null ? [] : [['content-length', size]])]),
      body: bytes,
    };
    return answer;
  };

  const same = async (call: Call): Promise<Answer> => {
    const { pathname } = new URL(call.request.url ?? '/', 'http://registry');
    const body = ['POST', 'PATCH', 'PUT'].includes(call.request.method ?? '')
      ? await readBody(call.request)
      : undefined;
    return forward(call, pathname, call.request.method, body);
  };

  /** What ECR's API is asked about is in the store, so the blobs of a manifest are kept there too. */
  const keepBlobs = async (call: Call, bytes: Buffer): Promise<void> => {
    const { config, layers = [] } = JSON.parse(bytes.toString('utf8')) as { config?: Part; layers?: Part[] };
    for (const { digest } of [...(config ? [config] : []), ...layers]) {
      if (store.blob(digest) !== undefined) continue;
      const blob = await forward(call, `/v2/${call.name}/blobs/${digest}`, 'GET');
      if (blob.status === 200 && blob.body !== undefined) store.putBlob(blob.body);
    }
  };

  const manifest = async (call: Call): Promise<Answer> => {
    const found = store.manifest(call.name, call.reference);
    if (found === undefined) throw new RegistryError(404, 'MANIFEST_UNKNOWN', 'Requested image not found');
    return forward(call, `/v2/${call.name}/manifests/${found.digest}`);
  };

  return {
    ...own,
    'head-blob': same,
    'get-blob': same,
    'start-upload': same,
    'upload-chunk': same,
    'finish-upload': same,
    'head-manifest': manifest,
    'get-manifest': manifest,
    'put-manifest': async (call) => {
      const bytes = await readBody(call.request);
      // By its digest: the real registry has an opinion of the content, the store of the tag.
      const answer = await forward(call, `/v2/${call.name}/manifests/${digestOf(bytes)}`, 'PUT', bytes);
      if (answer.status !== 201) return answer;
      await keepBlobs(call, bytes);
      return own['put-manifest']({ ...call, bytes });
    },
  };
};
