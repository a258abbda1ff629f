import { execFileSync, spawn } from 'node:child_process';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { FakeClock } from '@hospital-ops/action-kit/fake-clock';
import { createRepository } from '@hospital-ops/git/client';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { GitWorld, gitEnv } from '../detect-changes/git-world.ts';

const TOKEN = 'ghs_secret';
const AUTHORIZATION = `basic ${Buffer.from(`x-access-token:${TOKEN}`).toString('base64')}`;
const BACKEND = join(execFileSync('git', ['--exec-path'], { encoding: 'utf8' }).trim(), 'git-http-backend');

/** git's own HTTP server as a CGI program, behind a check of the token. */
const serve = (root: string, seen: string[]) => (request: IncomingMessage, response: ServerResponse) => {
  seen.push(request.headers.authorization ?? '');
  if (request.headers.authorization !== AUTHORIZATION) {
    response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
    return;
  }
  const url = new URL(request.url ?? '', 'http://localhost');
  const backend = spawn(BACKEND, [], {
    env: {
      PATH: process.env.PATH,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      HTTP_CONTENT_ENCODING: String(request.headers['content-encoding'] ?? ''),
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'],
      REMOTE_USER: 'x',
    },
  });
  request.pipe(backend.stdin);
  const chunks: Buffer[] = [];
  backend.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  backend.on('close', () => {
    const output = Buffer.concat(chunks);
    const end = output.indexOf('\r\n\r\n');
    for (const line of output.toString('latin1', 0, end).split('\r\n')) {
      const [name = '', value = ''] = line.split(': ');
      if (name.toLowerCase() === 'status') response.statusCode = Number(value.slice(0, 3));
      else response.setHeader(name, value);
    }
    response.end(output.subarray(end + 4));
  });
};

let world: GitWorld;
let server: Server;
let seen: string[];
let origin: string;
beforeEach(async () => {
  world = new GitWorld();
  seen = [];
  server = createServer(serve(world.root, seen));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
});
afterEach(async () => {
  await new Promise((closed) => server.close(closed));
  world.dispose();
});

const repositoryWith = (options: { readonly token?: string; readonly serverUrl?: string }) => {
  const before = world.commit({ a: 'a' });
  const sha = world.commit({ b: 'b' });
  world.push('main');
  const directory = world.checkout({ depth: 1, sha, ref: 'refs/heads/main' });
  world.git(directory, 'remote', 'set-url', 'origin', `${origin}/origin.git`);
  const repository = createRepository({
    directory,
    env: gitEnv,
    signal: new AbortController().signal,
    clock: new FakeClock(),
    temporary: world.root,
    token: options.token,
    serverUrl: options.serverUrl ?? origin,
  });
  return { repository, before, sha };
};

test('a server that asks for the token gets it, and the commit is fetched', async () => {
  const { repository, before, sha } = repositoryWith({ token: TOKEN });
  expect(await repository.obtain(before)).toMatchObject({ sha: before });
  expect(await repository.changes(before, sha)).toEqual([{ path: 'b', status: 'added' }]);
  await repository.dispose();
  expect(new Set(seen)).toEqual(new Set([AUTHORIZATION]));
});

test.each([
  ['without a token', {}],
  ['with a token for another server', { token: TOKEN, serverUrl: 'https://github.com' }],
])('%s none is sent, and the fetch is refused', async (_, options) => {
  const { repository, before } = repositoryWith(options);
  await expect(repository.obtain(before)).rejects.toThrow('git fetch failed.');
  await repository.dispose();
  expect(new Set(seen)).toEqual(new Set(['']));
});
