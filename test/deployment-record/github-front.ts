import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** `lost-response` carries the request out and answers nothing; the others do not carry it out. */
export type GitHubFault = 'throttle' | '5xx' | 'reset' | 'lost-response';

/** GitHub behind a line that fails when it is told to. */
export interface GitHubFront {
  readonly url: string;
  /** Strikes the next `times` requests whose `METHOD /path` matches. */
  strike(kind: GitHubFault, request: RegExp, times: number): void;
  clear(): void;
  close(): Promise<void>;
}

const ANSWERS = {
  throttle: [429, { 'retry-after': '60' }, '{"message":"You have exceeded a secondary rate limit."}'],
  '5xx': [502, {}, '<html>Unicorn!</html>'],
} as const;

/** Starts a server on loopback that passes everything on to `target`. */
export const startGitHubFront = async (target: string): Promise<GitHubFront> => {
  let plan: { kind: GitHubFault; request: RegExp; left: number } | undefined;
  const server = createServer(async (request, response) => {
    const { method = 'GET', url = '/' } = request;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const struck = plan !== undefined && plan.left > 0 && plan.request.test(`${method} ${url}`) ? plan : undefined;
    if (struck) struck.left -= 1;
    if (struck?.kind === 'reset') return void request.socket.destroy();
    if (struck?.kind === 'throttle' || struck?.kind === '5xx') {
      const [status, headers, body] = ANSWERS[struck.kind];
      return void response.writeHead(status, headers).end(body);
    }
    const { authorization = '' } = request.headers;
    const sent = chunks.length === 0 ? {} : { body: Buffer.concat(chunks) };
    const passed = await fetch(target + url, { method, headers: { authorization }, ...sent }).catch(() => undefined);
    if (passed === undefined || struck?.kind === 'lost-response') return void request.socket.destroy();
    response.writeHead(passed.status, { 'content-type': 'application/json' }).end(await passed.text());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    strike: (kind, request, times) => {
      plan = { kind, request, left: times };
    },
    clear: () => {
      plan = undefined;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
