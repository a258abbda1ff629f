import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FakeClock } from '@hospital-ops/action-kit/fake-clock';
import { createHttpSender } from '@hospital-ops/chat/http/client';
import type { DeliveryPorts } from '@hospital-ops/chat/http/deliver';

export interface Loopback {
  readonly url: URL;
  readonly clock: FakeClock;
  readonly ports: DeliveryPorts;
  /** Bodies in the order in which they came. */
  readonly bodies: string[];
  close(): Promise<void>;
}

export type Step = (response: ServerResponse, request: IncomingMessage) => void;

/** Starts a server that answers the n-th request by the n-th step, and every later one by the last. */
export const startLoopback = async (path: string, steps: readonly Step[]): Promise<Loopback> => {
  const bodies: string[] = [];
  const listener: RequestListener = (request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      const step = steps[Math.min(bodies.length, steps.length - 1)];
      bodies.push(body);
      step?.(response, request);
    });
  };
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const clock = new FakeClock();
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`),
    clock,
    ports: { send: createHttpSender({}), clock, signal: new AbortController().signal },
    bodies,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

export const answer =
  (status: number, body = '', headers: Readonly<Record<string, string>> = {}): Step =>
  (response) => {
    response.writeHead(status, headers);
    response.end(body);
  };

/** The request was read, its effect may have happened, and the connection breaks. */
export const reset: Step = (_, request) => request.socket.destroy();
