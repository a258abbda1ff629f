import type { BlobStore } from './blobs.ts';
import { createBlobs } from './blobs.ts';
import { RegistryError } from './errors.ts';
import type { Manifest } from './manifest.ts';
import { digestOf, MANIFEST_TYPES, targetOf } from './manifest.ts';
import { isDigest, isTag } from './reference.ts';
import type { RegistryOptions } from './transport.ts';
import { createTransport } from './transport.ts';

/** An OCI registry (distribution specification 1.1) as the suite uses it. Every call throws RegistryError. */
export interface Registry extends BlobStore {
  /** `host` or `host:port`. */
  readonly host: string;
  /** The digest that a tag or digest has here, or undefined when the repository holds no such manifest. */
  digest(repository: string, reference: string): Promise<string | undefined>;
  manifest(repository: string, reference: string): Promise<Manifest | undefined>;
  /** Puts the very bytes of a manifest under a tag, or under their own digest. */
  putManifest(repository: string, reference: string, manifest: Manifest): Promise<void>;
  /** The labels of an image, or of the first image of an index. */
  labels(repository: string, manifest: Manifest): Promise<Readonly<Record<string, string>>>;
  /** Every tag of a repository; none when there is no such repository. */
  tags(repository: string): Promise<string[]>;
}

const accept = { accept: MANIFEST_TYPES.join(', ') };

/** The most pages of tags that are read: ECR keeps 100,000 images per repository (service quotas). */
const MAX_PAGES = 200;

/** Returns a client of one registry. Reads and writes are tried again on 429, 5xx and broken connections, never on others. */
export const createRegistry = (options: RegistryOptions): Registry => {
  const { host } = options;
  const transport = createTransport(options);
  const { exchange } = transport;

  const manifest = async (repository: string, reference: string): Promise<Manifest | undefined> => {
    const response = await exchange(
      { method: 'GET', repository, path: `manifests/${reference}`, headers: accept },
      [404],
    );
    const { bytes } = response;
    if (response.status === 404) return undefined;
    const digest = digestOf(bytes);
    const told = isDigest(reference) ? reference : response.headers.get('docker-content-digest');
    if (told !== null && told !== digest) {
      const message = `it answered for ${told} with bytes whose digest is ${digest}`;
      throw new RegistryError(`GET ${host}/${repository} manifests/${reference}`, {
        status: 200,
        code: undefined,
        message,
      });
    }
    const mediaType = response.headers.get('content-type')?.split(';')[0]?.trim();
    return { digest, mediaType: mediaType || MANIFEST_TYPES[0], bytes };
  };

  const labels = async (repository: string, of: Manifest): Promise<Readonly<Record<string, string>>> => {
    const target = targetOf(of);
    if (target === undefined) return {};
    if (target.kind === 'manifest') {
      const image = await manifest(repository, target.digest);
      return image ? labels(repository, image) : {};
    }
    const response = await exchange({ method: 'GET', repository, path: `blobs/${target.digest}` });
    const { config } = JSON.parse(response.bytes.toString('utf8')) as {
      config?: { Labels?: Record<string, string> | null };
    };
    return config?.Labels ?? {};
  };

  const tags = async (repository: string): Promise<string[]> => {
    const found: string[] = [];
    let path: string | undefined = 'tags/list?n=1000';
    for (let page = 0; path !== undefined && page < MAX_PAGES; page += 1) {
      const answer = await exchange({ method: 'GET', repository, path }, [404]);
      if (answer.status === 404) return [];
      const list: unknown = (JSON.parse(answer.bytes.toString('utf8')) as { tags?: unknown }).tags;
      for (const tag of Array.isArray(list) ? list : []) if (typeof tag === 'string' && isTag(tag)) found.push(tag);
      path = /<([^>]+)>\s*;\s*rel="?next"?/.exec(answer.headers.get('link') ?? '')?.[1];
    }
    return found;
  };

  return {
    ...createBlobs(transport),
    host,
    manifest,
    labels,
    tags,
    digest: async (repository, reference) => {
      const path = `manifests/${reference}`;
      const response = await exchange({ method: 'HEAD', repository, path, headers: accept }, [404]);
      if (response.status === 404) return undefined;
      return response.headers.get('docker-content-digest') ?? (await manifest(repository, reference))?.digest;
    },
    putManifest: async (repository, reference, { mediaType, bytes }) => {
      const headers = { 'content-type': mediaType };
      await exchange({ method: 'PUT', repository, path: `manifests/${reference}`, headers, body: bytes });
    },
  };
};
