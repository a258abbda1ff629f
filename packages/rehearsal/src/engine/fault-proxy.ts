import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request as httpRequest } from 'node:http';
import { freePort } from './ports.ts';

export interface FaultProxyOptions {
  readonly target: { readonly host: string; readonly port: number };
  /** Connections are refused until then. Milliseconds. */
  readonly listenAfterMs: number;
  /** Everybody but the load balancer's health check is answered with 500. */
  readonly failsVisitors: boolean;
}

export interface FaultProxy {
  readonly address: { readonly host: string; readonly port: number };
  close(): Promise<void>;
}

/** How an Application Load Balancer's health check names itself ("Health checks for Application Load Balancer target groups"). */
const isHealthCheck = ({ headers }: IncomingMessage): boolean =>
  (headers['user-agent'] ?? '').startsWith('ELB-HealthChecker/');

const passOn = (
  { host, port }: FaultProxyOptions['target'],
  request: IncomingMessage,
  response: ServerResponse,
): void => {
  const { method, url: path, headers } = request;
  const onward = httpRequest({ host, port, method, path, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  // A container that refuses is one whose connection breaks: the caller must see no answer of a proxy.
  onward.on('error', () => request.socket.destroy());
  request.pipe(onward);
};

/** Starts a proxy before a container's port that makes it misbehave. The address is known at once. */
export const startFaultProxy = async (options: FaultProxyOptions): Promise<FaultProxy> => {
  const { target, listenAfterMs, failsVisitors } = options;
  const server = createServer((request, response) => {
    if (!failsVisitors || isHealthCheck(request)) passOn(target, request, response);
    else response.writeHead(500, { 'content-type': 'text/plain' }).end('Internal Server Error\n');
  });
  const port = await freePort();
  const timer = setTimeout(() => server.listen(port, '127.0.0.1'), listenAfterMs);
  return {
    address: { host: '127.0.0.1', port },
    close: () =>
      new Promise((resolve) => {
        clearTimeout(timer);
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
