import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { BenchRepository } from './detect-repositories.ts';
import { fewChanged, manyChanged, monorepo } from './detect-repositories.ts';
import { median, mib, print, table } from './figures.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const OURS = join(ROOT, 'dist', 'detect-changes', 'index.js');
/** The bundle of dorny/paths-filter, where somebody has put one. */
const THEIRS = process.env.PATHS_FILTER_BUNDLE ?? '';
const RUNS = 5;
const FILTERS = Array.from({ length: 50 }, (_, at) => `app${at}:\n  - apps/app${at}/**\n`).join('');

const RSS_HOOK = `data:text/javascript,${encodeURIComponent(
  "import { writeSync } from 'node:fs'; process.on('exit', () => writeSync(3, String(process.resourceUsage().maxRSS)));",
)}`;

/** The least that anybody can do: git's answer, and every file against every pattern until one takes it. */
const FLOOR = `
const { execFileSync } = require('node:child_process');
const picomatch = require(process.env.PICOMATCH);
const filters = process.env.INPUT_FILTERS.split('\\n').filter((l) => l.includes('-')).map((l) => picomatch(l.trim().slice(2), { dot: true }));
const out = execFileSync('git', ['diff', '--name-status', '-z', '--no-renames', process.env.BASE, 'HEAD'], { maxBuffer: 1e9 }).toString().split('\\0');
const hits = filters.map(() => 0);
for (let i = 1; i < out.length; i += 2) filters.forEach((f, at) => { if (f(out[i])) hits[at] += 1; });
`;

interface Measured {
  readonly ms: number;
  readonly rss: number;
}

const once = async (
  command: string,
  args: readonly string[],
  env: Record<string, string>,
  cwd: string,
): Promise<Measured> => {
  const start = performance.now();
  const child = spawn(command, [...args], { cwd, env, stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
  let [rss, problem] = ['', ''];
  (child.stdio[3] as NodeJS.ReadableStream).on('data', (chunk) => {
    rss += String(chunk);
  });
  child.stderr?.on('data', (chunk) => {
    problem += String(chunk);
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const ms = performance.now() - start;
  if (code !== 0) throw new Error(`${args.at(-1)} ended with ${code}: ${problem}`);
  return { ms, rss: Number(rss) * 1024 };
};

const measure = async (run: () => Promise<Measured>): Promise<Measured> => {
  const runs: Measured[] = [];
  for (let at = 0; at <= RUNS; at += 1) runs.push(await run());
  const warm = runs.slice(1);
  return { ms: median(warm.map(({ ms }) => ms)), rss: median(warm.map(({ rss }) => rss)) };
};

const envOf = (repository: BenchRepository, root: string, inputs: Readonly<Record<string, string>>) => {
  const file = (name: string, text = '') => {
    const path = join(root, name);
    writeFileSync(path, text);
    return path;
  };
  const payload = { before: repository.before, after: repository.head, ref: 'refs/heads/main', forced: false };
  const more = { repository: { default_branch: 'main', name: 'x', owner: { login: 'y', name: 'y' } } };
  return {
    PATH: process.env.PATH ?? '',
    HOME: root,
    GIT_CONFIG_GLOBAL: devNull,
    GITHUB_EVENT_NAME: 'push',
    GITHUB_REF: 'refs/heads/main',
    GITHUB_SHA: repository.head,
    GITHUB_REPOSITORY: 'y/x',
    GITHUB_WORKSPACE: repository.folder,
    GITHUB_EVENT_PATH: file('event.json', JSON.stringify({ ...payload, ...more })),
    GITHUB_OUTPUT: file('outputs'),
    GITHUB_STEP_SUMMARY: file('summary'),
    RUNNER_TEMP: root,
    BASE: repository.before,
    PICOMATCH: createRequire(import.meta.url).resolve('picomatch'),
    ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
  };
};

const node = (args: readonly string[], env: Record<string, string>, cwd: string) => () =>
  once(process.execPath, ['--import', RSS_HOOK, ...args], env, cwd);

const row = (what: string, { ms, rss }: Measured, target: string) => [
  what,
  `${(ms / 1000).toFixed(3)} s`,
  Number.isFinite(rss) && rss > 0 ? mib(rss) : '',
  target,
];

const HEADER = ['', 'wall time', 'peak memory', 'target'];

const compare = async (title: string, repository: BenchRepository, root: string, target: string) => {
  const env = envOf(repository, root, { filters: FILTERS });
  const cwd = repository.folder;
  const diff = ['diff', '--name-status', '-z', '--no-renames', repository.before, 'HEAD'];
  const git = await measure(() => once('git', diff, env, cwd));
  const bare = await measure(node(['-e', '0'], env, cwd));
  const floor = await measure(node(['-e', FLOOR], env, cwd));
  const ours = await measure(node([OURS], env, cwd));
  const rows = [
    row('git diff --name-status -z', git, ''),
    row('node, doing nothing', bare, ''),
    row('git and picomatch alone', floor, ''),
    row('detect-changes', ours, `${target}; ${((floor.ms * 2.5) / 1000).toFixed(3)} s (2.5 × git and picomatch)`),
  ];
  if (existsSync(THEIRS)) {
    const inputs = { token: '', base: '', 'list-files': 'none', 'initial-fetch-depth': '100' };
    const theirs = envOf(repository, root, { filters: FILTERS, ...inputs });
    rows.push(row('dorny/paths-filter', await measure(node([THEIRS], theirs, cwd)), ''));
  }
  print(`## ${title}, 50 filters\n`);
  table(HEADER, rows);
};

const root = mkdtempSync(join(tmpdir(), 'bench-detect-'));
try {
  if (!existsSync(OURS)) throw new Error(`there is no ${pathToFileURL(OURS).pathname}: build first`);
  for (const count of [5_000, 20_000, 80_000]) {
    const target = count === 20_000 ? '0.25 s, 100 MiB' : 'grows with the files';
    await compare(`${count} changed files`, manyChanged(root, count), root, target);
  }
  await compare('100000 tracked files, 50 changed', fewChanged(root, 100_000), root, '0.10 s');
  const repository = monorepo(root);
  mkdirSync(join(repository.folder, '.github'), { recursive: true });
  writeFileSync(join(repository.folder, '.github', 'hospital-ops.yml'), repository.pipeline);
  const env = envOf(repository, root, {});
  const graph = await measure(node([OURS], env, repository.folder));
  print(`## 500 packages, 50 services, a lock file of ${repository.lockLines} lines that changed\n`);
  const [, changes = ''] = /changes<<(?:.*)\n(.*)\n/.exec(readFileSync(env.GITHUB_OUTPUT, 'utf8')) ?? [];
  table(HEADER, [row(`detect-changes: ${JSON.parse(changes).length} of 50 services`, graph, '1 s')]);
} finally {
  rmSync(root, { recursive: true, force: true });
}
