import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';

const given = new Set<number>();

/** Returns a TCP port of 127.0.0.1 that nothing listens on, and that was not returned before. */
export const freePort = async (): Promise<number> => {
  for (;;) {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    if (given.has(port)) continue;
    given.add(port);
    return port;
  }
};
