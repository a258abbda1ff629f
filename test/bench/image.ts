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
import { run, timed } from './commands.ts';
import { startEmptyMachine } from './empty-machine.ts';
import { median, print, seconds, table } from './figures.ts';

const OURS = fileURLToPath(new URL('../../dist/build-image/index.js', import.meta.url));
const RUNS = 5;
const MEGABYTE = 1_024 * 1_024;

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

const skipping = async (folder: string, { upstream, config, busybox, prune }: PrivateBuildKit): Promise<void> => {
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
    const outputOf = (name: string): string =>
      new RegExp(`^${name}<<(\\S+)\\n(.*?)\\n\\1$`, 'ms').exec(readFileSync(output, 'utf8'))?.[2] ?? '';
    /** Of one image, in a step that took `whole` milliseconds: some of them run beside one another. */
    const phasesOf = (name: string, whole: number): Array<readonly [string, number]> => {
      const image = JSON.parse(outputOf('results'))[name];
      const work = Number(outputOf('duration-ms'));
      return [
        ['Node and the end of its process', Math.round(whole - work)],
        ['login to ECR', work - image['duration-ms']],
        ...Object.entries(image['phases-ms'] as Record<string, number>),
      ];
    };
    // The bare command, logged in beforehand.
    const { password } = tokens.issue(Date.now());
    const login = (host: string, user: string, word: string) => [
      host,
      { auth: Buffer.from(`${user}:${word}`).toString('base64') },
    ];
    const logins = [login(registry.host, 'AWS', password), login(upstream.host, upstream.user, upstream.password)];
    writeFileSync(join(config, 'config.json'), JSON.stringify({ auths: Object.fromEntries(logins) }));
    for (const name of ['bare', 'ours']) store.createRepository(name);
    const cache = `type=registry,ref=${registry.host}/bare:cache`;
    const flags = ['--push', '--tag', `${registry.host}/bare:1`, '--provenance', 'false'];
    const caches = ['--cache-from', cache, '--cache-to', `${cache},mode=max`];
    const bare = (env: NodeJS.ProcessEnv = common) =>
      run('docker', ['buildx', 'build', ...flags, ...caches, workspace], env);
    const unchanged = () => ours({ REPOSITORY: 'ours', TAGS: '1' });

    const first = await timed(unchanged);
    const firstPhases = phasesOf('ours', first);
    await bare();
    const machine = await startEmptyMachine(upstream, common).catch((error: Error) => error);
    if (machine instanceof Error) print(`No empty machine is measured: ${machine.message}\n`);
    const [skipped, warm, pruned]: [number[], number[], number[]] = [[], [], []];
    const fresh: Array<Readonly<Record<string, number>>> = [];
    // In turn, so that what else the machine does falls on all of them.
    for (let at = 0; at < RUNS; at += 1) {
      skipped.push(await timed(unchanged));
      warm.push(await timed(bare));
      await prune();
      pruned.push(await timed(bare));
      if (machine instanceof Error) continue;
      await machine.forget();
      const parts = await machine.setUp();
      fresh.push({ ...parts, build: await timed(() => bare(machine.env)) });
    }
    const last = await timed(unchanged);
    const unchangedPhases = phasesOf('ours', last);
    if (!(machine instanceof Error)) await machine.close();
    const ms = median(skipped);
    const row = (what: string, times: readonly number[], target = '') => {
      const middle = median(times);
      return [what, `${middle.toFixed(0)} ms`, (middle / ms).toFixed(1), target];
    };
    const whole = fresh.map((parts) => Object.values(parts).reduce((sum, part) => sum + part, 0));
    print('An unchanged image, the whole step with the start of Node, beside the bare command (medians, same run).\n');
    table(
      ['', 'time', 'times as long as build-image', 'target: at least'],
      [
        row('build-image, unchanged', skipped),
        row('docker buildx build --push, warm local cache', warm, '1'),
        row('the same with a builder that has no layers, registry cache', pruned),
        ...(whole.length > 0 ? [row('the same on an empty machine, registry cache', whole, '8')] : []),
        row('build-image, first build', [first]),
      ],
    );
    print(`Phases of the first build: ${told(firstPhases)}.`);
    print(`Phases when unchanged: ${told(unchangedPhases)}.`);
    if (!(machine instanceof Error)) {
      const parts = ['create', 'pull', 'start', 'build'];
      const middles = parts.map((part) => [part, Math.round(median(fresh.map((each) => each[part] ?? 0)))] as const);
      print(`Phases on an empty machine: ${told(middles)}.`);
      print(
        `It has a Docker Engine, and gets its builder as from docker/setup-buildx-action: \`docker buildx create\`, BuildKit's image (${machine.imageMb.toFixed(0)} MB here) from a registry on this machine, a container of it. The start of that action's own Node is not counted.\n`,
      );
    }
    await inParallel(folder, busybox, ours, common);
  } finally {
    await registry.close();
    await aws.close();
  }
};

const told = (entries: ReadonlyArray<readonly [string, number]>): string =>
  entries.map(([name, time]) => `${name} ${time} ms`).join(', ');

const inParallel = async (
  folder: string,
  busybox: string,
  ours: (given: Readonly<Record<string, string>>) => Promise<unknown>,
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
