import { mkdir, rm, writeFile } from 'node:fs/promises';
import type { RequestListener, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { createAuthority } from './authority.ts';

export interface EgressOptions {
  /** Who answers for a host (`discord.com`; with its port where that is neither 80 nor 443), or undefined for nobody. */
  routes(host: string): RequestListener | undefined;
  /** A folder of this run, for the authority's certificate. */
  readonly temp: string;
}

export interface RefusedHost {
  readonly host: string;
  readonly count: number;
}

export interface Egress {
  readonly proxyUrl: string;
  readonly caFile: string;
  /** What a child process needs so that its requests come here: the standard proxy and certificate variables. */
  readonly env: Readonly<Record<string, string>>;
  /** Hosts that were asked for and that nobody answers for, in the order in which they first came. */
  refused(): readonly RefusedHost[];
  close(): Promise<void>;
}

const TLS_HANDSHAKE = 22;
const DEFAULT_PORTS = new Set(['', '80', '443']);

/** Returns `host`, or `host:port` where the port is none of the web's own, in lower case and without a dot at the end. */
const routeName = (authority: string): string => {
  const [, host = authority, port = ''] = /^(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(authority) ?? [];
  const name = host.toLowerCase().replace(/\.$/, '');
  return DEFAULT_PORTS.has(port) ? name : `${name}:${port}`;
};

const refusal = (host: string) =>
  `The rehearsal has no stand-in for ${JSON.stringify(host)}, and nothing leaves this machine.\n`;

const answerRefusal = (response: ServerResponse, host: string) => {
  response.writeHead(502, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
  response.end(refusal(host));
};

/**
 * Starts a forward proxy on loopback. It ends TLS itself, with certificates of an authority made for this run, and hands
 * every request to the handler of its host; it never opens a connection to anywhere.
 */
export const startEgress = async ({ routes, temp }: EgressOptions): Promise<Egress> => {
  const authority = await createAuthority();
  const refused = new Map<string, number>();
  const hosts = new WeakMap<Duplex, string>();
  const sockets = new Set<Duplex>();
  const track = (socket: Duplex) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  };
  const refuse = (host: string) => void refused.set(host, (refused.get(host) ?? 0) + 1);

  const inner = createServer((request, response) => {
    const host = hosts.get(request.socket) ?? '';
    const handler = routes(host);
    if (handler) return handler(request, response);
    refuse(host);
    answerRefusal(response, host);
  });

  const serve = (socket: Duplex, host: string) => {
    track(socket);
    hosts.set(socket, host);
    inner.emit('connection', socket);
  };

  const outer = createServer((request, response) => {
    const target = request.url ?? '';
    if (!/^http:\/\//i.test(target) || !URL.canParse(target)) {
      response.writeHead(400, { 'content-type': 'text/plain; charset=utf-8' });
      return response.end('This is a forward proxy: it takes CONNECT and absolute http addresses.\n');
    }
    const url = new URL(target);
    const host = routeName(url.host);
    const handler = routes(host);
    if (!handler) {
      refuse(host);
      return answerRefusal(response, host);
    }
    request.url = `${url.pathname}${url.search}`;
    return handler(request, response);
  });

  outer.on('connection', track);
  outer.on('connect', (request, client: Socket, head: Buffer) => {
    const host = routeName(request.url ?? '');
    if (!routes(host)) {
      refuse(host);
      const body = refusal(host);
      client.end(
        `HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
      );
      return;
    }
    client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    if (head.length > 0) client.unshift(head);
    client.once('data', (first: Buffer) => {
      client.pause();
      client.unshift(first);
      // Some clients (undici) tunnel http as well; a TLS record of a handshake begins with 22.
      if (first[0] !== TLS_HANDSHAKE) {
        serve(client, host);
        return void client.resume();
      }
      void authority.contextFor(host.replace(/:\d+$/, '')).then(
        (secureContext) => {
          if (!client.destroyed) {
            serve(new TLSSocket(client, { isServer: true, secureContext, ALPNProtocols: ['http/1.1'] }), host);
          }
        },
        () => client.destroy(),
      );
    });
  });

  await mkdir(temp, { recursive: true });
  const caFile = join(temp, 'rehearsal-authority.pem');
  await writeFile(caFile, authority.certificatePem);
  await new Promise<void>((resolve, reject) => {
    outer.once('error', reject);
    outer.listen(0, '127.0.0.1', resolve);
  });
  const proxyUrl = `http://127.0.0.1:${(outer.address() as AddressInfo).port}`;
  const direct = '127.0.0.1,localhost,::1';
  return {
    proxyUrl,
    caFile,
    env: {
      HTTPS_PROXY: proxyUrl,
      HTTP_PROXY: proxyUrl,
      https_proxy: proxyUrl,
      http_proxy: proxyUrl,
      NO_PROXY: direct,
      no_proxy: direct,
      NODE_USE_ENV_PROXY: '1',
      NODE_EXTRA_CA_CERTS: caFile,
      SSL_CERT_FILE: caFile,
      CURL_CA_BUNDLE: caFile,
    },
    refused: () => [...refused].map(([host, count]) => ({ host, count })),
    close: async () => {
      const closed = new Promise<void>((resolve) => void outer.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      inner.closeAllConnections();
      outer.closeAllConnections();
      await closed;
      await rm(caFile, { force: true });
    },
  };
};
