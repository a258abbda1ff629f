import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createEcrService } from '@hospital-ops/rehearsal/aws/ecr';
import { startLocalAws } from '@hospital-ops/rehearsal/aws/local-aws';
import { createImageStore } from '@hospital-ops/rehearsal/registry/image-store';
import { startRegistry } from '@hospital-ops/rehearsal/registry/registry-server';
import { createRegistryTokens } from '@hospital-ops/rehearsal/registry/tokens';
import { readContent } from '../../actions/build-image/src/content-hash.ts';
import type { PrivateBuildKit } from '../support/private-buildkit.ts';
import { startPrivateBuildKit } from '../support/private-buildkit.ts';
import { median, print, seconds, table } from './figures.ts';

const OURS = fileURLToPath(new URL('../../dist/build-image/index.js', import.meta.url));
const RUNS = 5;
const MEGABYTE = 1_024 * 1_024;

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await work();
  return performance.now() - start;
};

const run = (command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, [...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += String(chunk)));
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`${command} ended with ${code}: ${said}`))));
  });

/** Hashing a context, at three sizes: twice the files take twice the time. */
const hashing = async (folder: string): Promise<void> => {
  print('Hashing a context (in one process, files in the page cache; medians).\n');
  const spec = { name: 'x', repository: 'x', context: '.', dockerfile: 'Dockerfile', skipUnchanged: true };
  const empty = { buildArgs: new Map(), secrets: new Map(), platforms: [], labels: new Map() };
  const rows: string[][] = [];
  for (const files of [2_500, 5_000, 10_000]) {
    const workspace = join(folder, `hash-${files}`);
    const content = Buffer.alloc(Math.round((500 * MEGABYTE) / 10_000), 'x');
    for (let index = 0; index < files; index += 1) {
      const inner = join(workspace, `folder-${Math.floor(index / 100)}`);
      if (index % 100 === 0) mkdirSync(inner, { recursive: true });
      content.writeUInt32LE(index);
      writeFileSync(join(inner, `file-${index}`), content);
    }
    writeFileSync(join(workspace, 'Dockerfile'), 'FROM scratch\nCOPY . /\n');
    const hash = () =>
      readContent(workspace, { ...spec, ...empty }, { provenance: 'none', sbom: false }, async () => undefined);
    await hash();
    const times: number[] = [];
    for (let at = 0; at < RUNS; at += 1) times.push(await timed(hash));
    const ms = median(times);
    const floor = await timed(() =>
      run('sh', ['-c', `find '${workspace}' -type f -print0 | xargs -0 sha256sum`], process.env),
    );
    const size = `${Math.round((files * content.length) / MEGABYTE)} MB`;
    rows.push([
      `${files}`,
      size,
      `${ms.toFixed(0)} ms`,
      `${((ms * 1_000) / files).toFixed(0)} µs`,
      `${floor.toFixed(0)} ms`,
      files === 10_000 ? '2 s' : '',
    ]);
    rmSync(workspace, { recursive: true });
  }
  table(['files', 'size', 'time', 'per file', 'sha256sum of the same', 'target: less than'], rows);
};

/** A build of three stages with dependencies of some megabytes, as a service has. */
const writeService = (workspace: string, busybox: string, mark: string): void => {
  mkdirSync(join(workspace, 'src'), { recursive: true });
  cpSync(busybox, join(workspace, 'busybox'));
  for (let index = 0; index < 200; index += 1)
    writeFileSync(join(workspace, 'src', `${index}.js`), `${mark} ${index}\n`.repeat(50));
  const shell = 'FROM scratch AS tools\nCOPY busybox /bin/busybox\nSHELL ["/bin/busybox", "sh", "-c"]\n';
  const dependencies = `RUN /bin/busybox dd if=/dev/urandom of=/dependencies bs=1M count=20 && /bin/busybox echo ${mark} && /bin/busybox sleep 2\n`;
  writeFileSync(
    join(workspace, 'Dockerfile'),
    `${shell}FROM tools AS deps\n${dependencies}FROM tools\nCOPY --from=deps /dependencies /\nCOPY src /app/\n`,
  );
};

const skipping = async (
  folder: string,
  { upstream, config, busybox, prune, halt, boot }: PrivateBuildKit,
): Promise<void> => {
  const store = createImageStore();
  const tokens = createRegistryTokens();
  const accepts = (user: string, password: string) => tokens.accepts(user, password, Date.now());
  const registry = await startRegistry({ store, upstream, credentials: accepts });
  const engine = { start: () => Promise.reject(new Error('no tasks here')), close: async () => undefined };
  const services = [createEcrService({ store, registryHost: registry.host, tokens })];
  const aws = await startLocalAws({ engine, region: 'ap-south-1', services });
  try {
    const workspace = join(folder, 'service');
    writeService(workspace, busybox, 'one');
    const common = {
      PATH: process.env.PATH,
      HOME: folder,
      RUNNER_TEMP: folder,
      GITHUB_WORKSPACE: workspace,
      GITHUB_SHA: 'c'.repeat(40),
      AWS_ENDPOINT_URL: aws.url,
      AWS_REGION: 'ap-south-1',
      AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'example',
      DOCKER_CONFIG: config,
    };
    const output = join(folder, 'output');
    const ours = (given: Readonly<Record<string, string>>) => {
      writeFileSync(output, '');
      const inputs = {
        CONTEXT: '.',
        'REGISTRY-AUTH': 'ecr',
        'CREATE-REPOSITORY': 'true',
        PUSH: 'true',
        CACHE: 'registry',
        'RESOLVE-BASE-IMAGES': 'true',
        'SKIP-UNCHANGED': 'true',
        'SCAN-GATE': 'none',
        'SCAN-TIMEOUT': '5m',
        'SCAN-FIXABLE-ONLY': 'false',
        PROVENANCE: 'none',
        SBOM: 'false',
        'DRY-RUN': 'false',
        ...given,
      };
      const named = Object.entries(inputs).map(([name, value]) => [`INPUT_${name}`, value]);
      return run(process.execPath, [OURS], { ...common, ...Object.fromEntries(named), GITHUB_OUTPUT: output });
    };
    const results = (): Record<string, { 'phases-ms': Record<string, number> }> =>
      JSON.parse(/^results<<(\S+)\n(.*?)\n\1$/ms.exec(readFileSync(output, 'utf8'))?.[2] ?? '{}');
    // The bare command, logged in beforehand.
    const { password } = tokens.issue(Date.now());
    const auth = Buffer.from(`AWS:${password}`).toString('base64');
    const file = join(config, 'config.json');
    writeFileSync(file, JSON.stringify({ auths: { [registry.host]: { auth } } }));
    for (const name of ['bare', 'ours']) store.createRepository(name);
    const cache = `type=registry,ref=${registry.host}/bare:cache`;
    const bare = () =>
      run(
        'docker',
        [
          'buildx',
          'build',
          '--push',
          '--tag',
          `${registry.host}/bare:1`,
          '--cache-from',
          cache,
          '--cache-to',
          `${cache},mode=max`,
          '--provenance',
          'false',
          workspace,
        ],
        common,
      );
    const first = await timed(() => ours({ REPOSITORY: 'ours', TAGS: '1' }));
    const phases = Object.entries(results().ours?.['phases-ms'] ?? {});
    await bare();
    const [skipped, warm, pruned, empty]: number[][] = [[], [], [], []];
    for (let at = 0; at < RUNS; at += 1) {
      skipped?.push(await timed(() => ours({ REPOSITORY: 'ours', TAGS: '1' })));
      warm?.push(await timed(bare));
    }
    const unchanged = Object.entries(results().ours?.['phases-ms'] ?? {});
    for (let at = 0; at < RUNS; at += 1) {
      await prune();
      pruned?.push(await timed(bare));
    }
    // A machine that has nothing has no builder either. What docker/setup-buildx-action does besides, fetching BuildKit's
    // image and starting a container of it, is not counted.
    for (let at = 0; at < RUNS; at += 1) {
      await halt();
      empty?.push(
        await timed(async () => {
          await boot();
          await bare();
        }),
      );
    }
    const [ms = 0, warmMs = 0, prunedMs = 0, emptyMs = 0] = [skipped, warm, pruned, empty].map((one) =>
      median(one ?? []),
    );
    print('An unchanged image, the whole step with the start of Node, beside the bare command (medians, same run).\n');
    table(
      ['', 'time', 'times as long as build-image', 'target: at least'],
      [
        ['build-image, unchanged', `${ms.toFixed(0)} ms`, '1.0', ''],
        ['docker buildx build --push, warm local cache', `${warmMs.toFixed(0)} ms`, (warmMs / ms).toFixed(1), '1'],
        [
          'the same with a builder that has no layers, registry cache',
          `${prunedMs.toFixed(0)} ms`,
          (prunedMs / ms).toFixed(1),
          '',
        ],
        [
          'the same on an empty machine: builder started, registry cache',
          `${emptyMs.toFixed(0)} ms`,
          (emptyMs / ms).toFixed(1),
          '8',
        ],
        ['build-image, first build', `${first.toFixed(0)} ms`, '', ''],
      ],
    );
    const told = (entries: ReadonlyArray<readonly [string, number]>) =>
      entries.map(([name, time]) => `${name} ${time} ms`).join(', ');
    print(`Phases of the first build: ${told(phases)}.`);
    print(`Phases when unchanged: ${told(unchanged)}.\n`);
    await inParallel(folder, busybox, ours, common);
  } finally {
    await registry.close();
    await aws.close();
  }
};

const inParallel = async (
  folder: string,
  busybox: string,
  ours: (given: Readonly<Record<string, string>>) => Promise<void>,
  common: { GITHUB_WORKSPACE: string },
): Promise<void> => {
  const times: number[] = [];
  for (const places of ['1', '4']) {
    const names = [1, 2, 3, 4].map((index) => `many-${places}-${index}`);
    for (const name of names) writeService(join(common.GITHUB_WORKSPACE, name), busybox, name);
    const images = Object.fromEntries(names.map((name) => [name, { repository: name, context: name }]));
    times.push(await timed(() => ours({ IMAGES: JSON.stringify(images), 'MAX-PARALLEL': places, TAGS: '1' })));
  }
  const [serial = 0, parallel = 0] = times;
  print('Four new images with a step of 2 s each.\n');
  table(
    ['max-parallel', 'time', 'ratio'],
    [
      ['1', seconds(serial), '1.0'],
      ['4', seconds(parallel), (serial / parallel).toFixed(1)],
    ],
  );
  rmSync(join(folder, 'output'));
};

const folder = mkdtempSync(join(tmpdir(), 'image-bench-'));
try {
  await hashing(folder);
  const buildkit = await startPrivateBuildKit().catch((error: Error) => error);
  if (buildkit instanceof Error) {
    print(`No build is measured: ${buildkit.message} (\`.ci/run\` says how to get them).`);
  } else {
    await skipping(folder, buildkit).finally(() => buildkit.close());
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
