import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StoredRelease {
  readonly id: number;
  readonly tag_name: string;
  readonly name: string;
  readonly body: string;
  draft: boolean;
  readonly prerelease: boolean;
  make_latest?: string;
  readonly assets: Array<{ id: number; name: string; content: Buffer }>;
}

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

/** GitHub's release API as docs.github.com has it, with immutable releases: nothing of a published one can be changed. */
export const startFakeReleases = async () => {
  const releases: StoredRelease[] = [];
  const tokens = new Set<string>();
  let failing: RegExp | undefined;
  let next = 1;
  const shown = ({ assets, ...release }: StoredRelease, base: string) => ({
    ...release,
    html_url: `${base}/page/${release.tag_name}`,
    upload_url: `${base}/uploads/${release.id}/assets{?name,label}`,
    assets: assets.map(({ id, name }) => ({ id, name })),
  });
  const answerTo = async (request: IncomingMessage): Promise<readonly [number, unknown]> => {
    const base = `http://${request.headers.host}`;
    const url = new URL(request.url ?? '/', base);
    const key = `${request.method} ${url.pathname}`;
    const body = await bodyOf(request);
    tokens.add(request.headers.authorization ?? '');
    if (failing?.test(`${key}${url.search}`)) return [502, { message: 'Bad Gateway' }];
    const json = () => JSON.parse(body.toString()) as Partial<StoredRelease>;
    if (key === 'GET /repos/ward-9/ops/releases') return [200, releases.map((one) => shown(one, base))];
    if (key === 'POST /repos/ward-9/ops/releases') {
      const made = { id: next++, assets: [], ...json() } as unknown as StoredRelease;
      releases.unshift(made);
      return [201, shown(made, base)];
    }
    const id = Number(url.pathname.split('/').at(-1));
    const uploaded = releases.find((one) => url.pathname === `/uploads/${one.id}/assets`);
    const holder = releases.find(({ assets }) => assets.some((asset) => asset.id === id));
    const patched = releases.find((one) => one.id === id);
    if (request.method === 'POST' && uploaded?.draft) {
      const name = url.searchParams.get('name') ?? '';
      if (uploaded.assets.some((asset) => asset.name === name)) return [422, { message: 'already_exists' }];
      uploaded.assets.push({ id: next++, name, content: body });
      return [201, {}];
    }
    if (request.method === 'DELETE' && holder?.draft) {
      holder.assets.splice(0, holder.assets.length, ...holder.assets.filter((asset) => asset.id !== id));
      return [204, undefined];
    }
    if (request.method === 'PATCH' && patched?.draft) {
      Object.assign(patched, json());
      return [200, shown(patched, base)];
    }
    return [404, { message: 'Not Found' }];
  };
  const server = createServer((request, response) => {
    void answerTo(request).then(([status, body]) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(body === undefined ? undefined : JSON.stringify(body));
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    releases,
    tokens,
    /** Requests like `POST /uploads/…` that fit are answered with 502. */
    fail: (pattern: RegExp | undefined) => {
      failing = pattern;
    },
    close: () =>
      new Promise<void>((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
};
