import type { Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import type { DockerCommand } from './command.ts';
import { reasonOf } from './command.ts';

/** The network of one rehearsal's containers. */
export interface DockerNetwork {
  readonly name: string;
  /** Where containers reach a server of this machine's loopback, for a URL of it; other URLs are returned as they are. */
  reach(url: string): Promise<string>;
  close(): Promise<void>;
}

const isLoopback = (host: string): boolean => /^(localhost|127\.[\d.]+|\[::1\])$/.test(host);

interface Forwarder {
  readonly port: number;
  close(): Promise<void>;
}

/** Hands connections to `host` on to a server of this machine's loopback. */
const startForwarder = async (host: string, target: { host: string; port: number }): Promise<Forwarder> => {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.once('close', () => sockets.delete(socket));
  };
  const server: Server = createServer((incoming) => {
    const outgoing = keep(connect(target));
    keep(incoming).pipe(outgoing).pipe(incoming);
    // Whichever side breaks, the other one must see it.
    incoming.once('error', () => outgoing.destroy());
    outgoing.once('error', () => incoming.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
};

/** Makes a bridge network with a label of `name=value`. Rejects when the Engine refuses. */
export const createDockerNetwork = async (
  docker: DockerCommand,
  name: string,
  label: string,
): Promise<DockerNetwork> => {
  const made = await docker.run(['network', 'create', '--driver', 'bridge', '--label', label, name]);
  if (made.exitCode !== 0) throw new Error(`the Docker Engine made no network: ${reasonOf(made)}`);
  const seen = await docker.run([
    'network',
    'inspect',
    '--format',
    '{{range .IPAM.Config}}{{.Gateway}}\n{{end}}',
    name,
  ]);
  const gateway = seen.stdout.split('\n').find((line) => /^\d+(\.\d+){3}$/.test(line));
  const forwarders = new Map<string, Promise<Forwarder>>();
  return {
    name,
    reach: async (text) => {
      const url = new URL(text);
      if (!isLoopback(url.hostname)) return text;
      if (gateway === undefined) throw new Error(`the network ${name} of the Docker Engine has no gateway.`);
      const target = { host: url.hostname.replace(/[[\]]/g, ''), port: Number(url.port) };
      const forwarder = forwarders.get(url.host) ?? startForwarder(gateway, target);
      forwarders.set(url.host, forwarder);
      url.hostname = gateway;
      url.port = String((await forwarder).port);
      return url.href;
    },
    close: async () => {
      for (const forwarder of await Promise.allSettled(forwarders.values())) {
        if (forwarder.status === 'fulfilled') await forwarder.value.close();
      }
      await docker.run(['network', 'rm', name]);
    },
  };
};
