import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { request as askTarget, createServer } from 'node:http';
import { listenOnLoopback } from '../listen.ts';
import type { Picked, Place } from './pick-target.ts';
import type { Handled } from './traffic-metrics.ts';

export interface LoadBalancerServer {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

const page = (response: ServerResponse, status: number, body: string, contentType = 'text/html'): void => {
  response.writeHead(status, {
    'content-type': contentType,
    server: 'awselb/2.0',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
};

const title = (text: string): string =>
  `<html><head><title>${text}</title></head><body><center><h1>${text}</h1></center></body></html>\r\n`;

/** Headers of one hop only, which a proxy must not pass on (RFC 9110, 7.6.1). */
const HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

const forward = (
  request: IncomingMessage,
  response: ServerResponse,
  place: Place,
  scheme: string,
  onAnswer: () => void,
): void => {
  const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !HOP.includes(name)));
  const before = request.headers['x-forwarded-for'];
  const client = request.socket.remoteAddress ?? '127.0.0.1';
  const asked = askTarget(
    {
      host: place.host,
      port: place.port,
      method: request.method,
      path: request.url,
      agent: false,
      headers: {
        ...headers,
        'x-forwarded-for': before === undefined ? client : `${String(before)}, ${client}`,
        'x-forwarded-proto': request.headers['x-forwarded-proto'] ?? scheme,
        'x-forwarded-port': request.headers['x-forwarded-port'] ?? (scheme === 'https' ? '443' : '80'),
        ...(request.headers['transfer-encoding'] === undefined ? {} : { 'transfer-encoding': 'chunked' }),
      },
    },
    (answer) => {
      onAnswer();
      const kept = Object.fromEntries(Object.entries(answer.headers).filter(([name]) => !HOP.includes(name)));
      response.writeHead(answer.statusCode ?? 502, kept);
      answer.pipe(response);
      answer.on('error', () => response.destroy());
    },
  );
  // "HTTP 502: bad gateway": the target closed the connection or refused it (ALB troubleshooting).
  asked.on('error', () => (response.headersSent ? response.destroy() : page(response, 502, title('502 Bad Gateway'))));
  response.on('close', () => asked.destroy());
  request.pipe(asked);
};

const serve = (request: IncomingMessage, response: ServerResponse, picked: Picked, onAnswer: () => void): void => {
  switch (picked.kind) {
    case 'target':
      forward(request, response, picked.place, 'https', onAnswer);
      return;
    case 'no-healthy-target':
      page(response, 503, title('503 Service Temporarily Unavailable'));
      return;
    case 'fixed':
      page(response, picked.status, picked.body, picked.contentType);
      return;
    case 'redirect':
      response.writeHead(picked.status, { location: picked.location, 'content-length': 0 });
      response.end();
      return;
    default:
      page(response, 404, title('404 Not Found'));
      return;
  }
};

/** Answers requests as the local load balancers do: by Host header and path. */
export interface Picking {
  readonly elb: {
    pick(host: string, path: string): Picked;
    /** Told of every request once it is answered. */
    record?(handled: Handled): void;
  };
}

/**
 * Returns the data plane of the local load balancers: requests go by Host header and path to a healthy target. 503 when
 * there is none, 502 when it does not answer, 404 when no rule matches. Requests that are under way when a target begins
 * to drain are finished.
 */
export const loadBalancerHandler =
  (aws: Picking): RequestListener =>
  (request, response) => {
    const picked = aws.elb.pick(request.headers.host ?? '', request.url ?? '/');
    const before = performance.now();
    let seconds: number | undefined;
    response.on('finish', () =>
      aws.elb.record?.({ picked, status: response.statusCode, byTarget: seconds !== undefined, seconds: seconds ?? 0 }),
    );
    serve(request, response, picked, () => {
      seconds = (performance.now() - before) / 1000;
    });
  };

/** Starts that data plane on a port of 127.0.0.1. */
export const startLoadBalancer = async (
  aws: Picking,
  options: { readonly port?: number } = {},
): Promise<LoadBalancerServer> => listenOnLoopback(createServer(loadBalancerHandler(aws)), options.port);
