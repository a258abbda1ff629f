import { execFileSync } from 'node:child_process';
import { devNull } from 'node:os';
import { join } from 'node:path';

const ENV = { PATH: process.env.PATH ?? '', GIT_CONFIG_GLOBAL: devNull, GIT_CONFIG_SYSTEM: devNull };

export interface BenchRepository {
  readonly folder: string;
  readonly before: string;
  readonly head: string;
}

type Files = ReadonlyMap<string, string>;

const data = (text: string) => `data ${Buffer.byteLength(text)}\n${text}\n`;

const commit = (message: string, files: Files): string => {
  const changes = [...files].map(([path, text]) => `M 100644 inline ${path}\n${data(text)}`);
  return `commit refs/heads/main\ncommitter A <a@example.org> 1767225600 +0000\n${data(message)}${changes.join('')}\n`;
};

/** Two commits: `before`, then `changed` on top. Nothing is checked out but what the action reads from the workspace. */
export const makeRepository = (root: string, name: string, before: Files, changed: Files): BenchRepository => {
  const folder = join(root, name);
  const git = (args: readonly string[], input = '') =>
    execFileSync('git', [...args], { cwd: root, env: ENV, input, maxBuffer: 64e6 })
      .toString()
      .trim();
  git(['init', '--quiet', '--initial-branch=main', folder]);
  git(['-C', folder, 'fast-import', '--quiet'], commit('before', before) + commit('after', changed));
  const [head = '', base = ''] = git(['-C', folder, 'rev-parse', 'main', 'main~1']).split('\n');
  return { folder, before: base, head };
};

const numbered = (count: number, entry: (at: number) => readonly [string, string]): Files =>
  new Map(Array.from({ length: count }, (_, at) => entry(at)));

const sourcePath = (at: number) => `apps/app${at % 50}/src/module${Math.floor(at / 50) % 40}/file${at}.ts`;

/** `count` changed files over 50 folders. */
export const manyChanged = (root: string, count: number): BenchRepository =>
  makeRepository(
    root,
    `changed-${count}`,
    new Map([['README.md', 'a']]),
    numbered(count, (at) => [sourcePath(at), '']),
  );

/** `count` files, of which 50 change. */
export const fewChanged = (root: string, count: number): BenchRepository =>
  makeRepository(
    root,
    `tracked-${count}`,
    numbered(count, (at) => [sourcePath(at), '']),
    numbered(50, (at) => [sourcePath(at), 'b']),
  );

const PACKAGES = 500;
const EXTERNAL = 4_000;

const importer = (folder: string, uses: readonly (readonly [string, string])[]) =>
  `\n  ${folder}:\n    dependencies:\n${uses.map(([name, version]) => `      ${name}:\n        specifier: ${version}\n        version: ${version}\n`).join('')}`;

/** A lock file of some 30,000 lines; `mark` becomes part of what `ext7` is. */
const lockFile = (mark: string): string => {
  const external = Array.from({ length: EXTERNAL }, (_, at) => at);
  const importers = Array.from({ length: PACKAGES }, (_, at) =>
    importer(`packages/p${at}`, [
      [`ext${at}`, '1.0.0'],
      [`ext${at + PACKAGES}`, '1.0.0'],
    ]),
  );
  const packages = external.map(
    (at) => `\n  ext${at}@1.0.0:\n    resolution: {integrity: sha512-${at === 7 ? mark : ''}${at}==}\n`,
  );
  const snapshots = external.map((at) => {
    const uses = [at * 2 + 1, at * 2 + 2].filter((other) => other < EXTERNAL);
    const lines = uses.map((other) => `      ext${other}: 1.0.0\n`).join('');
    return lines === '' ? `\n  ext${at}@1.0.0: {}\n` : `\n  ext${at}@1.0.0:\n    dependencies:\n${lines}`;
  });
  return `lockfileVersion: '9.0'\n\nimporters:\n${importers.join('')}\npackages:\n${packages.join('')}\nsnapshots:\n${snapshots.join('')}`;
};

export interface Monorepo extends BenchRepository {
  readonly lockLines: number;
  readonly pipeline: string;
}

/** 500 packages in a chain of tens, 50 services on them, and a change of the lock file and of one manifest. */
export const monorepo = (root: string): Monorepo => {
  const manifest = (at: number) => {
    const uses = at % 10 === 9 ? {} : { [`@h/p${at + 1}`]: 'workspace:*' };
    return JSON.stringify({ name: `@h/p${at}`, dependencies: { ...uses, [`ext${at}`]: '1.0.0' } });
  };
  const services = Array.from({ length: 50 }, (_, at) => `  s${at}: { path: packages/p${at * 10} }\n`).join('');
  const pipeline = `project: shop\nservices:\n${services}environments: { staging: { region: ap-south-1 } }\n`;
  const lock = lockFile('a');
  const before = new Map([
    ['.github/hospital-ops.yml', pipeline],
    ['pnpm-workspace.yaml', 'packages: [packages/*]\n'],
    ['package.json', '{}'],
    ['pnpm-lock.yaml', lock],
    ...Array.from({ length: PACKAGES }, (_, at) => [`packages/p${at}/package.json`, manifest(at)] as const),
  ]);
  const changed = new Map([
    ['pnpm-lock.yaml', lockFile('b')],
    ['packages/p499/package.json', `${manifest(499)}\n`],
  ]);
  return { ...makeRepository(root, 'monorepo', before, changed), lockLines: lock.split('\n').length, pipeline };
};
