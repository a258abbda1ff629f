import { randomUUID } from 'node:crypto';
import type { ImageStore } from './image-store.ts';
import { digestOf } from './image-store.ts';
import type { Answer, Call, RegistryOperation } from './protocol.ts';
import { RegistryError, readBody } from './protocol.ts';

/** The manifest's own word for its type, else what the client said. */
const mediaTypeOf = (bytes: Buffer, header: string | undefined): string => {
  try {
    const { mediaType } = JSON.parse(bytes.toString('utf8'));
    if (typeof mediaType === 'string') return mediaType;
  } catch {
    throw new RegistryError(400, 'MANIFEST_INVALID', 'manifest invalid: it is not JSON');
  }
  return header ?? 'application/vnd.oci.image.manifest.v1+json';
};

/** Digests that a manifest refers to: blobs of an image, or manifests of an index. */
const referencesOf = (bytes: Buffer): { blobs: string[]; manifests: string[] } => {
  const { config, layers = [], manifests = [] } = JSON.parse(bytes.toString('utf8'));
  const digests = (items: { digest?: string }[]) => items.flatMap(({ digest }) => (digest ? [digest] : []));
  return { blobs: digests([...(config ? [config] : []), ...layers]), manifests: digests(manifests) };
};

/** Returns what each request of the distribution protocol does to the store. */
export const createHandlers = (
  store: ImageStore,
): Readonly<Record<RegistryOperation, (call: Call) => Promise<Answer>>> => {
  const uploads = new Map<string, Buffer[]>();

  const blob = async ({ reference }: Call): Promise<Answer> => {
    const body = store.blob(reference);
    if (!body) throw new RegistryError(404, 'BLOB_UNKNOWN', 'blob unknown to registry');
    return {
      status: 200,
      headers: { 'docker-content-digest': reference, 'content-type': 'application/octet-stream' },
      body,
    };
  };

  const keep = (name: string, bytes: Buffer, digest: string | null): Answer => {
    if (digest !== digestOf(bytes)) {
      throw new RegistryError(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content');
    }
    store.putBlob(bytes);
    return { status: 201, headers: { location: `/v2/${name}/blobs/${digest}`, 'docker-content-digest': digest } };
  };

  const started = (name: string, id: string, size: number): Answer => ({
    status: 202,
    headers: {
      location: `/v2/${name}/blobs/uploads/${id}`,
      'docker-upload-uuid': id,
      range: `0-${Math.max(0, size - 1)}`,
    },
  });

  const uploadOf = (id: string): Buffer[] => {
    const chunks = uploads.get(id);
    if (!chunks) throw new RegistryError(404, 'BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry');
    return chunks;
  };

  const manifest = async ({ name, reference }: Call): Promise<Answer> => {
    const found = store.manifest(name, reference);
    if (!found) throw new RegistryError(404, 'MANIFEST_UNKNOWN', 'Requested image not found');
    return {
      status: 200,
      headers: { 'docker-content-digest': found.digest, 'content-type': found.mediaType },
      body: found.bytes,
    };
  };

  return {
    ping: async () => ({ status: 200 }),
    'head-blob': blob,
    'get-blob': blob,
    'start-upload': async ({ request, query, name }) => {
      const mount = query.get('mount');
      if (mount && store.blob(mount)) {
        return { status: 201, headers: { location: `/v2/${name}/blobs/${mount}`, 'docker-content-digest': mount } };
      }
      if (query.has('digest')) return keep(name, await readBody(request), query.get('digest'));
      const id = randomUUID();
      uploads.set(id, []);
      return started(name, id, 0);
    },
    'upload-chunk': async ({ request, name, reference }) => {
      const chunks = uploadOf(reference);
      const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
      const from = /^(?:bytes[ =])?(\d+)-/.exec(request.headers['content-range'] ?? '')?.[1];
      const chunk = await readBody(request);
      if (from !== undefined && Number(from) !== size) {
        throw new RegistryError(416, 'BLOB_UPLOAD_INVALID', `the chunk starts at ${from}, not at ${size}`);
      }
      chunks.push(chunk);
      return started(name, reference, size + chunk.length);
    },
    'finish-upload': async ({ request, query, name, reference }) => {
      const chunks = uploadOf(reference);
      const answer = keep(name, Buffer.concat([...chunks, await readBody(request)]), query.get('digest'));
      uploads.delete(reference);
      return answer;
    },
    'head-manifest': manifest,
    'get-manifest': manifest,
    'put-manifest': async ({ request, bytes: read, name, reference }) => {
      const bytes = read ?? (await readBody(request));
      const mediaType = mediaTypeOf(bytes, request.headers['content-type']);
      const byDigest = reference.startsWith('sha256:');
      if (byDigest && reference !== digestOf(bytes)) {
        throw new RegistryError(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content');
      }
      const { blobs, manifests } = referencesOf(bytes);
      const missing =
        blobs.find((digest) => !store.blob(digest)) ?? manifests.find((digest) => !store.manifest(name, digest));
      if (missing) throw new RegistryError(404, 'BLOB_UNKNOWN', `manifest refers to ${missing}, which was not pushed`);
      const put = store.putManifest(name, bytes, mediaType, byDigest ? undefined : reference);
      if (put.result === 'immutable') {
        throw new RegistryError(
          400,
          'TAG_INVALID',
          `The image tag '${put.tag}' already exists in the '${name}' repository and cannot be overwritten because the repository is immutable.`,
        );
      }
      return {
        status: 201,
        headers: { location: `/v2/${name}/manifests/${put.digest}`, 'docker-content-digest': put.digest },
      };
    },
    'list-tags': async ({ name }) => ({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify({ name, tags: [...store.tags(name).keys()].sort() })),
    }),
  };
};
