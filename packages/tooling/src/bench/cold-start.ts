import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { actionNames } from '../build/compile.ts';
import { parseManifest } from '../docs/tables.ts';
import { ROOT } from '../paths.ts';
import type { Run } from './measure.ts';
import { bareNode, codeLoaded, median, untilFirstAwsCall, untilInputError } from './measure.ts';

/** Inputs with which an action that uses AWS gets as far as its first call. */
const FIRST_CALL: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'build-image': { REPOSITORY: 'bench', CONTEXT: '.', 'PROMOTE-FROM': 'bench' },
  'ecs-deploy': { CLUSTER: 'bench', SERVICE: 'bench' },
  'run-migrations': { CLUSTER: 'bench', 'TASK-DEFINITION': 'bench' },
};

const RUNS = 10;
const kib = (bytes: number): string => `${(bytes / 1024).toFixed(0)} KiB`;
const mib = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(2)} MiB`;

const dist = join(ROOT, 'dist');
const files = (await readdir(dist, { withFileTypes: true, recursive: true })).filter((entry) => entry.isFile());
const contents = await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name))));
const raw = contents.reduce((sum, content) => sum + content.length, 0);
const packed = gzipSync(Buffer.concat(contents), { level: 9 }).length;

/** Bytes of JavaScript that `entry` loads, itself included, following static and dynamic imports alike. */
const code = await Promise.all(
  (await readdir(join(dist, 'lib')))
    .filter((name) => name.endsWith('.js'))
    .map((name) => readFile(join(dist, 'lib', name))),
);
const shared = code.reduce((sum, content) => sum + content.length, 0);

const temp = await mkdtemp(join(tmpdir(), 'hospital-ops-bench-'));
try {
  const env = { PATH: process.env.PATH ?? '', HOME: temp, RUNNER_TEMP: temp, GITHUB_WORKSPACE: ROOT };
  const inputs = async (name: string) => {
    const manifest = parseManifest(await readFile(join(dist, name, 'action.yml'), 'utf8'));
    const defaults = manifest.inputs.flatMap(([input, { default: value }]) =>
      value === undefined || String(value).includes('${{') ? [] : [[input.toUpperCase(), String(value)] as const],
    );
    const all = { ...Object.fromEntries(defaults), ...FIRST_CALL[name] };
    return Object.fromEntries(Object.entries(all).map(([key, value]) => [`INPUT_${key}`, value]));
  };
  await bareNode();
  const print = (line: string) => process.stdout.write(`${line}\n`);
  print(`release tree: ${mib(raw)}, gzip ${mib(packed)} (target: at most 2 MiB gzipped)`);
  print(`shared code in lib/: ${code.length} files, ${mib(shared)}\n`);
  print(`Cold start: medians of ${RUNS} runs, each beside a run of bare node, which does nothing.\n`);
  print('| bundle | code it loads | cold start | bare node beside it | difference | target | peak RSS |');
  print('|---|---|---|---|---|---|---|');
  for (const name of await actionNames(ROOT)) {
    const entry = join(dist, name, 'index.js');
    const aws = FIRST_CALL[name] !== undefined;
    const start = aws ? untilFirstAwsCall : untilInputError;
    const given = { ...env, ...(await inputs(name)) };
    const runs: Run[] = [];
    const bare: Run[] = [];
    for (let i = 0; i < RUNS; i += 1) {
      bare.push(await bareNode());
      runs.push(await start(entry, given));
    }
    const ms = median(runs.map((run) => run.milliseconds));
    const beside = median(bare.map((run) => run.milliseconds));
    const rss = Math.max(...runs.map((run) => run.rss));
    const size = await codeLoaded(start, entry, given);
    print(
      `| ${name} | ${kib(size)} | ${ms.toFixed(1)} ms | ${beside.toFixed(1)} ms | +${(ms - beside).toFixed(1)} ms | ${aws ? '75 ms, to the first AWS call' : '45 ms, to the input error'} | ${mib(rss)} |`,
    );
  }
} finally {
  await rm(temp, { recursive: true });
}
