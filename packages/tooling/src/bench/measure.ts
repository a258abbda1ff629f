import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pathToFileURL } from 'node:url';

/** Prints the process's peak memory on its way out, through a descriptor that the action does not use. */
const RSS_HOOK = `data:text/javascript,${encodeURIComponent(
  "import { writeSync } from 'node:fs'; process.on('exit', () => writeSync(3, String(process.resourceUsage().maxRSS)));",
)}`;

/** Adds up the bytes of the files that are loaded as code. */
const BYTES_HOOK = `data:text/javascript,${encodeURIComponent(
  "import { registerHooks } from 'node:module'; import { statSync, writeSync } from 'node:fs'; let sum = 0;" +
    "registerHooks({ load: (url, context, next) => { if (url.startsWith('file:')) sum += statSync(new URL(url)).size; return next(url, context); } });" +
    "process.on('exit', () => writeSync(3, String(sum / 1024)));",
)}`;

export interface Run {
  readonly milliseconds: number;
  /** Peak resident set, bytes. */
  readonly rss: number;
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
};

/** Starts node with `args` and returns the milliseconds until it ended, or until `until` resolved, whichever is first. */
const time = async (args: readonly string[], env: Record<string, string>, until?: Promise<void>): Promise<Run> => {
  const start = performance.now();
  const child = spawn(process.execPath, [...args], { env, stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  let rss = '';
  (child.stdio[3] as NodeJS.ReadableStream | undefined)?.on('data', (chunk) => {
    rss += String(chunk);
  });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  await Promise.race([ended, ...(until ? [until] : [])]);
  const milliseconds = performance.now() - start;
  child.kill('SIGTERM');
  await ended;
  // maxRSS is in kilobytes (Node.js documentation, process.resourceUsage).
  return { milliseconds, rss: Number(rss) * 1024 };
};

/** A start of node that does nothing: what every action pays before its first line. */
export const bareNode = (): Promise<Run> => time(['--import', RSS_HOOK, '-e', '0'], {});

/** A start of an action without inputs: it ends when the missing inputs were reported. */
export const untilInputError = (entry: string, env: Record<string, string>, hook = RSS_HOOK): Promise<Run> =>
  time(['--import', hook, pathToFileURL(entry).pathname], env);

/** A start of an action until its first request to AWS arrives; the answer is an error that ends it. */
export const untilFirstAwsCall = async (entry: string, env: Record<string, string>, hook = RSS_HOOK): Promise<Run> => {
  const arrived = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    arrived.resolve();
    request.resume();
    response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1', connection: 'close' });
    response.end('{"__type":"AccessDeniedException","message":"benchmark"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const aws = {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'example',
    };
    return await time(['--import', hook, pathToFileURL(entry).pathname], { ...env, ...aws }, arrived.promise);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
};

/** Returns the bytes of code that an action loads from its start to its first AWS call or its input error. */
export const codeLoaded = async (
  start: (entry: string, env: Record<string, string>, hook: string) => Promise<Run>,
  entry: string,
  env: Record<string, string>,
): Promise<number> => (await start(entry, env, BYTES_HOOK)).rss;
