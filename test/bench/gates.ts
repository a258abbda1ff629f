import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ECSClient, waitUntilTasksStopped } from '@aws-sdk/client-ecs';
import { exits } from '../../packages/rehearsal/src/aws/scripted-engine.ts';
import { createJob, startBundle } from '../support/bundle.ts';
import { startBundleAws } from '../support/bundle-aws.ts';
import { median, mib, print, seconds, table } from './figures.ts';

/** How long migrations take, milliseconds: at no beat that a poll could happen to share. */
const LASTED = [310, 1_130, 2_470, 4_290, 7_730, 9_170, 12_610, 15_390];

interface Lag {
  readonly lagMs: number;
  readonly sdkLagMs: number;
}

/** From the container's exit to the end of the step, and to the end of the SDK's own waiter. */
const lagOfMigrations = async (): Promise<Lag[]> => {
  const scripts = Object.fromEntries(LASTED.map((ms) => [`takes-${ms}`, exits(0, ms)]));
  return Promise.all(
    LASTED.map(async (ms): Promise<Lag> => {
      const world = await startBundleAws(scripts, []);
      const job = createJob();
      try {
        const began = Promise.withResolvers<string>();
        const exited = Promise.withResolvers<number>();
        world.aws.onEvent((event) => {
          if (event.kind !== 'task') return;
          began.resolve(event.task.arn);
          if (event.task.containers.some(({ exitCode }) => exitCode !== undefined)) exited.resolve(Date.now());
        });
        const inputs = { cluster: 'c', 'task-definition': 'migrate', image: `takes-${ms}` };
        const running = startBundle('run-migrations', job, { inputs, env: world.env });
        const client = new ECSClient({
          endpoint: world.aws.url,
          region: world.aws.region,
          credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
        });
        const waited = began.promise.then(async (arn) => {
          await waitUntilTasksStopped({ client, maxWaitTime: 600 }, { cluster: 'c', tasks: [arn] });
          return Date.now();
        });
        const { outputs } = await running.ended;
        const ended = Date.now();
        if (outputs.outcome !== 'succeeded') throw new Error(`it is ${outputs.outcome}: ${outputs.reason}`);
        const at = await exited.promise;
        return { lagMs: ended - at, sdkLagMs: (await waited) - at };
      } finally {
        await world.close();
        job.remove();
      }
    }),
  );
};

interface Measured {
  readonly ms: number;
  readonly bytes: number;
}

/** Has a process write down its largest size when it ends. */
const WATCH =
  "process.on('exit', () => require('fs').writeFileSync(process.env.RSS_FILE, String(process.resourceUsage().maxRSS)))";

const run = async (args: readonly string[], env: Readonly<Record<string, string>>): Promise<Measured> => {
  const folder = mkdtempSync(join(tmpdir(), 'bench-gates-'));
  const file = (name: string) => join(folder, name);
  for (const name of ['output', 'summary']) writeFileSync(file(name), '');
  writeFileSync(file('watch.cjs'), WATCH);
  const start = performance.now();
  const child = spawn(process.execPath, ['--require', file('watch.cjs'), ...args], {
    stdio: 'ignore',
    env: {
      PATH: process.env.PATH ?? '',
      RSS_FILE: file('rss'),
      GITHUB_OUTPUT: file('output'),
      GITHUB_STEP_SUMMARY: file('summary'),
      GITHUB_WORKSPACE: folder,
      ...env,
    },
  });
  const [code] = await once(child, 'exit');
  const ms = performance.now() - start;
  const bytes = Number(readFileSync(file('rss'), 'utf8')) * 1024;
  rmSync(folder, { recursive: true });
  if (code !== 0) throw new Error(`it ended with ${code}`);
  return { ms, bytes };
};

const smoke = (checks: ReadonlyArray<Readonly<Record<string, unknown>>>): Promise<Measured> =>
  run(['dist/smoke-test/index.js'], {
    INPUT_CHECKS: JSON.stringify(checks),
    INPUT_CONCURRENCY: '20',
    'INPUT_EXPECT-STATUS': '200-299',
    'INPUT_VERSION-PATH': '$.version',
    'INPUT_REQUEST-TIMEOUT': '10s',
    INPUT_DEADLINE: '2m',
    INPUT_INTERVAL: '2s',
    INPUT_CONSECUTIVE: '1',
  });

const several = async (count: number, measure: () => Promise<Measured>): Promise<Measured> => {
  const all: Measured[] = [];
  for (let index = 0; index < count; index += 1) all.push(await measure());
  return { ms: median(all.map(({ ms }) => ms)), bytes: Math.max(...all.map(({ bytes }) => bytes)) };
};

const curl = async (urls: readonly string[]): Promise<number | undefined> => {
  const start = performance.now();
  try {
    const args = [
      '--silent',
      '--parallel',
      '--parallel-max',
      '20',
      '--no-keepalive',
      ...urls.flatMap((url) => ['-o', '/dev/null', url]),
    ];
    await promisify(execFile)('curl', args);
    return performance.now() - start;
  } catch {
    return undefined;
  }
};

const server = createServer((request, response) => {
  if (request.url?.startsWith('/large') === true) response.end(Buffer.alloc(10_000_000, 'x'));
  else response.end('{"version":"1.2.3","status":"ok"}');
});
await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const version = { 'expect-version': '1.2.3', 'expect-json': { '$.status': 'ok' } };
const many = (path: string, more = {}) =>
  Array.from({ length: 100 }, (_, index) => ({ url: `${origin}${path}${index}`, ...more }));

const bare = await several(10, () => run(['--eval', '0'], {}));
const one = await several(10, () => smoke([{ url: `${origin}/version`, ...version }]));
const hundred = await several(5, () => smoke(many('/check/', version)));
const large = await several(3, () => smoke(many('/large/')));
const beside = await curl(many('/check/').map(({ url }) => url));
server.closeAllConnections();
server.close();

print('## smoke-test\n');
const milliseconds = (ms: number | undefined) => (ms === undefined ? 'not here' : `${ms.toFixed(0)} ms`);
table(
  ['what', 'median', 'target', 'largest size', 'beside'],
  [
    [
      'one check that passes at once, Node included',
      milliseconds(one.ms),
      'under 300 ms',
      mib(one.bytes),
      `node --eval 0: ${milliseconds(bare.ms)}`,
    ],
    [
      '100 checks, 20 at once',
      milliseconds(hundred.ms),
      'under 1500 ms',
      mib(hundred.bytes),
      `curl --parallel: ${milliseconds(beside)}`,
    ],
    [
      '100 answers of 10 MB, 20 at once',
      milliseconds(large.ms),
      '',
      mib(large.bytes),
      `of 100 small ones: ${mib(hundred.bytes)}`,
    ],
  ],
);

const lags = await lagOfMigrations();
const lag = lags.map(({ lagMs }) => lagMs);
const sdk = lags.map(({ sdkLagMs }) => sdkLagMs);
print('## run-migrations\n');
table(
  ['what', 'number', 'median', 'worst', 'target', "the SDK's waiter", 'ratio'],
  [
    [
      "from the container's exit to the end of the step",
      String(lags.length),
      seconds(median(lag)),
      seconds(Math.max(...lag)),
      'median 2 s',
      `${seconds(median(sdk))} (worst ${seconds(Math.max(...sdk))})`,
      (median(sdk) / median(lag)).toFixed(1),
    ],
  ],
);
process.exit(0);
