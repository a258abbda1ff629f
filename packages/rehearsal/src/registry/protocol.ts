import type { IncomingMessage } from 'node:http';

/** One kind of request, as faults and the request log name it. */
export type RegistryOperation =
  | 'ping'
  | 'head-blob'
  | 'get-blob'
  | 'start-upload'
  | 'upload-chunk'
  | 'finish-upload'
  | 'head-manifest'
  | 'get-manifest'
  | 'put-manifest'
  | 'list-tags';

/** An error of the distribution protocol (opencontainers/distribution-spec, error codes). */
export class RegistryError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

export interface Call {
  readonly request: IncomingMessage;
  /** The body, where it was read already. */
  readonly bytes?: Buffer;
  readonly query: URLSearchParams;
  /** Repository name. */
  readonly name: string;
  /** Digest, tag or upload id. */
  readonly reference: string;
}

export const readBody = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
};

const operations: Readonly<Record<string, RegistryOperation>> = {
  'HEAD blobs': 'head-blob',
  'GET blobs': 'get-blob',
  'POST uploads': 'start-upload',
  'PATCH uploads': 'upload-chunk',
  'PUT uploads': 'finish-upload',
  'HEAD manifests': 'head-manifest',
  'GET manifests': 'get-manifest',
  'PUT manifests': 'put-manifest',
  'GET tags': 'list-tags',
};

export interface Route {
  readonly operation: RegistryOperation;
  readonly name: string;
  readonly reference: string;
}

/** Returns what a request is about, or undefined when the protocol has no such request. */
export const route = (method: string, path: string): Route | undefined => {
  if (path === '/v2/' || path === '/v2') return { operation: 'ping', name: '', reference: '' };
  const match = /^\/v2\/(.+?)\/(?:(blobs\/uploads|manifests|blobs)\/([^/]*)|(tags)\/list)$/.exec(path);
  const kind = (match?.[2] ?? match?.[4] ?? '').replace('blobs/', '');
  const operation = operations[`${method} ${kind}`];
  return match && operation ? { operation, name: match[1] ?? '', reference: match[3] ?? '' } : undefined;
};
