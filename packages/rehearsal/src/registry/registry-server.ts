import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHandlers } from './handlers.ts';
import type { ImageStore } from './image-store.ts';
import type { Answer, RegistryOperation, Route } from './protocol.ts';
import { RegistryError, route } from './protocol.ts';
import type { Upstream } from './upstream.ts';
import { createForwarding } from './upstream.ts';

/** Answers the next `times` requests of an operation with `status` instead of doing them. */
export interface RegistryFault {
  readonly operation: RegistryOperation;
  readonly status: number;
  readonly times: number;
  /** Requests with other paths are let through. */
  readonly path?: RegExp;
  /** What is said with it: the code and message of an OCI error body. */
  readonly error?: { readonly code: string; readonly message: string };
}

export interface RegistryOptions {
  readonly store: ImageStore;
  /** Named in error messages. */
  readonly accountId?: string;
  /** User and password that every request must bring (`AWS:token` on ECR); nobody is asked when absent. */
  readonly credentials?: (user: string, password: string) => boolean;
  /** Keeps the bytes of what is pushed, in place of the store. */
  readonly upstream?: Upstream | undefined;
  /** 0 takes a free port. */
  readonly port?: number;
}

export interface Registry {
  readonly port: number;
  /** `127.0.0.1:PORT`, the first part of image references. */
  readonly host: string;
  readonly requests: readonly {
    readonly operation: RegistryOperation;
    readonly status: number;
    readonly path: string;
  }[];
  inject(fault: RegistryFault): void;
  close(): Promise<void>;
}

const authorized = (request: IncomingMessage, check: RegistryOptions['credentials']): boolean => {
  if (!check) return true;
  const [, encoded = ''] = /^Basic (.+)$/.exec(request.headers.authorization ?? '') ?? [];
  const [user = '', ...password] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  return check(user, password.join(':'));
};

const errorAnswer = (error: unknown): Answer => {
  const known = error instanceof RegistryError;
  const code = known ? error.code : 'UNKNOWN';
  const message = error instanceof Error ? error.message : String(error);
  return {
    status: known ? error.status : 500,
    headers: {
      'content-type': 'application/json',
      ...(code === 'UNAUTHORIZED' && { 'www-authenticate': 'Basic realm="registry",service="ecr.amazonaws.com"' }),
    },
    body: Buffer.from(JSON.stringify({ errors: [{ code, message }] })),
  };
};

const send = (request: IncomingMessage, response: ServerResponse, { status, headers, body }: Answer): void => {
  const bytes = body ?? Buffer.alloc(0);
  response.writeHead(status, {
    'docker-distribution-api-version': 'registry/2.0',
    'content-length': bytes.length,
    ...headers,
  });
  response.end(request.method === 'HEAD' ? undefined : bytes);
  // What an early answer left unread would block the connection.
  request.resume();
};

/**
 * Starts an OCI distribution registry on 127.0.0.1 that behaves as ECR does: a repository must exist before a push (404
 * NAME_UNKNOWN), and a tag of an immutable repository is not put twice (400 TAG_INVALID), not even for the same digest.
 * Pushes of real Docker clients work. Rejects when the port is taken.
 */
export const startRegistry = async ({
  store,
  accountId = '123456789012',
  credentials,
  upstream,
  port = 0,
}: RegistryOptions): Promise<Registry> => {
  const own = createHandlers(store);
  const handlers = upstream === undefined ? own : createForwarding(store, upstream, own);
  const faults: { fault: RegistryFault; left: number }[] = [];
  const requests: { operation: RegistryOperation; status: number; path: string }[] = [];

  const answer = async (request: IncomingMessage, { operation, name, reference }: Route, url: URL): Promise<Answer> => {
    const armed = faults.find(
      ({ fault, left }) => fault.operation === operation && left > 0 && (fault.path?.test(url.pathname) ?? true),
    );
    if (armed) {
      armed.left--;
      const { status, error } = armed.fault;
      return { status, body: Buffer.from(error ? JSON.stringify({ errors: [error] }) : 'injected fault\n') };
    }
    if (!authorized(request, credentials)) throw new RegistryError(401, 'UNAUTHORIZED', 'Not Authorized');
    if (operation !== 'ping' && !store.hasRepository(name)) {
      throw new RegistryError(
        404,
        'NAME_UNKNOWN',
        `The repository with name '${name}' does not exist in the registry with id '${accountId}'`,
      );
    }
    return handlers[operation]({ request, query: url.searchParams, name, reference });
  };

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://registry');
    const path = decodeURIComponent(url.pathname);
    const found = route(request.method ?? 'GET', path);
    const unsupported = new RegistryError(
      404,
      'UNSUPPORTED',
      `The operation is unsupported: ${request.method} ${path}`,
    );
    const answered = found ? answer(request, found, url) : Promise.reject(unsupported);
    answered.catch(errorAnswer).then((result) => {
      if (found) requests.push({ operation: found.operation, status: result.status, path });
      send(request, response, result);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  return {
    port: bound,
    host: `127.0.0.1:${bound}`,
    requests,
    inject: (fault) => faults.push({ fault, left: fault.times }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
