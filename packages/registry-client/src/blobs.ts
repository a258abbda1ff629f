import { isTransientRegistryError, RegistryError } from './errors.ts';
import type { Transport } from './transport.ts';

/** The layers and configurations of a registry. Every call throws RegistryError. */
export interface BlobStore {
  hasBlob(repository: string, digest: string): Promise<boolean>;
  /** Lets `repository` have a blob of its neighbour `from`; false where the registry does not. */
  mountBlob(repository: string, digest: string, from: string): Promise<boolean>;
  /** The content, to be read once. */
  openBlob(repository: string, digest: string): Promise<Blob>;
  /** Puts a blob; the registry refuses it when its digest is another. One try. */
  putBlob(repository: string, digest: string, blob: Blob): Promise<void>;
}

export interface Blob {
  /** Bytes; undefined where the registry does not say. */
  readonly size: string | undefined;
  readonly content: ReadableStream<Uint8Array>;
}

const locationOf = (headers: Headers): string => {
  const location = headers.get('location');
  if (location !== null) return location;
  throw new RegistryError('the start of an upload', { status: 202, code: undefined, message: 'it names no place' });
};

export const createBlobs = ({ exchange, stream }: Transport): BlobStore => ({
  hasBlob: async (repository, digest) => {
    const { status } = await exchange({ method: 'HEAD', repository, path: `blobs/${digest}` }, [404]);
    return status !== 404;
  },
  mountBlob: async (repository, digest, from) => {
    const query = new URLSearchParams({ mount: digest, from });
    try {
      const { status } = await exchange({ method: 'POST', repository, path: `blobs/uploads/?${query}` });
      return status === 201;
    } catch (error) {
      // A registry that knows no mounts, or not this neighbour, may say so in many ways; the blob is copied then.
      if (error instanceof RegistryError && !isTransientRegistryError(error)) return false;
      throw error;
    }
  },
  openBlob: async (repository, digest) => {
    const path = `blobs/${digest}`;
    const { body, headers } = await stream({ method: 'GET', repository, path });
    const content = (body ?? new ReadableStream({ start: (controller) => controller.close() })) as Blob['content'];
    return { size: headers.get('content-length') ?? undefined, content };
  },
  putBlob: async (repository, digest, { size, content }) => {
    const started = await exchange({ method: 'POST', repository, path: 'blobs/uploads/' });
    const place = locationOf(started.headers);
    const path = `${place}${place.includes('?') ? '&' : '?'}${new URLSearchParams({ digest })}`;
    const headers = {
      'content-type': 'application/octet-stream',
      ...(size === undefined ? {} : { 'content-length': size }),
    };
    const answer = await stream({ method: 'PUT', repository, path, headers, body: content });
    await answer.body?.cancel();
  },
});
