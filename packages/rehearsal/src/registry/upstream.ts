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

  /** What ECR's API is asked about is in the store, so blobs are kept there too. */
  const finish = async (call: Call): Promise<Answer> => {
    const answer = await same(call);
    const digest = answer.status === 201 ? call.query.get('digest') : null;
    if (digest !== null) {
      const blob = await forward({ ...call, query: new URLSearchParams() }, `/v2/${call.name}/blobs/${digest}`, 'GET');
      if (blob.body !== undefined && blob.status === 200) store.putBlob(blob.body);
    }
    return answer;
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
    'start-upload': finish,
    'upload-chunk': same,
    'finish-upload': finish,
    'head-manifest': manifest,
    'get-manifest': manifest,
    'put-manifest': async (call) => {
      const bytes = await readBody(call.request);
      // By its digest: the real registry has an opinion of the content, the store of the tag.
      const answer = await forward(call, `/v2/${call.name}/manifests/${digestOf(bytes)}`, 'PUT', bytes);
      return answer.status === 201 ? own['put-manifest']({ ...call, bytes }) : answer;
    },
  };
};
