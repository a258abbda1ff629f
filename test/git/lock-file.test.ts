import { readFileSync } from 'node:fs';
import { parseLockFile } from '@hospital-ops/git/lock-file';
import type { LockGraph } from '@hospital-ops/git/lock-graph';
import { lockDifference } from '@hospital-ops/git/lock-graph';
import { parsePnpmLock } from '@hospital-ops/git/pnpm-lock';
import { scanPnpmLock } from '@hospital-ops/git/pnpm-scan';
import { describe, expect, test } from '@jest/globals';

const SAMPLE = readFileSync(new URL('../fixtures/hospital-ops/pnpm-lock.yaml', import.meta.url), 'utf8');

const parsed = (path: string, text: string): LockGraph => {
  const graph = parseLockFile(path, text);
  if (!graph) throw new Error(`${path} was not understood:\n${text}`);
  return graph;
};

interface PnpmParts {
  readonly importers?: string;
  readonly packages?: string;
  readonly snapshots?: string;
  readonly settings?: string;
}

const PNPM = {
  settings: 'settings:\n  autoInstallPeers: true\n',
  importers: `  .: {}

  apps/api:
    dependencies:
      '@h/shared':
        specifier: workspace:*
        version: link:../../packages/shared
      fastify:
        specifier: ^5.0.0
        version: 5.0.0(peer@1.0.0)

  apps/web:
    devDependencies:
      aliased:
        specifier: npm:left@^1
        version: left@1.0.0

  packages/shared: {}
`,
  packages: `  fastify@5.0.0:
    resolution: {integrity: sha512-fff==}
    engines: {node: '>=20'}
    deprecated: |-
      two
      lines: of text

  left@1.0.0:
    resolution: {integrity: sha512-lll==}

  peer@1.0.0:
    resolution: {integrity: sha512-ppp==, tarball: https://example.org/peer.tgz}

  right@1.0.0:
    resolution: {integrity: sha512-rrr==}
`,
  snapshots: `  fastify@5.0.0(peer@1.0.0):
    dependencies:
      peer: 1.0.0
    transitivePeerDependencies:
      - supports-color

  left@1.0.0:
    optionalDependencies:
      right: 1.0.0

  peer@1.0.0: {}

  right@1.0.0: {}
`,
};

const pnpm = (parts: PnpmParts = {}) => {
  const { settings, importers, packages, snapshots } = { ...PNPM, ...parts };
  return `lockfileVersion: '9.0'\n\n${settings}\nimporters:\n\n${importers}\npackages:\n\n${packages}\nsnapshots:\n\n${snapshots}`;
};

const edit = (part: keyof typeof PNPM, from: string, to: string) => pnpm({ [part]: PNPM[part].replaceAll(from, to) });

const NPM = {
  name: 'h',
  lockfileVersion: 3,
  packages: {
    '': { workspaces: ['apps/*', 'packages/*'] },
    'apps/api': { name: '@h/api', dependencies: { '@h/shared': '*', fastify: '^5' } },
    'apps/web': { name: '@h/web', devDependencies: { left: '^1' } },
    'packages/shared': { name: '@h/shared', dependencies: { right: '^1' } },
    'node_modules/@h/shared': { resolved: 'packages/shared', link: true },
    'node_modules/fastify': { version: '5.0.0', integrity: 'f', dependencies: { right: '^2' } },
    'node_modules/fastify/node_modules/right': { version: '2.0.0', integrity: 'r2' },
    'node_modules/left': { version: '1.0.0', integrity: 'l', dependencies: { right: '^1' } },
    'node_modules/right': { version: '1.0.0', integrity: 'r', peerDependencies: { absent: '*' } },
  },
};

const npm = (more: Readonly<Record<string, unknown>> = {}, without: readonly string[] = []) => {
  const packages = Object.entries({ ...NPM.packages, ...more }).filter(([location]) => !without.includes(location));
  return JSON.stringify({ ...NPM, packages: Object.fromEntries(packages) });
};

const API = ['apps/api', 'packages/shared'];
const WEB = ['apps/web'];

test.each<[string, string, string, string, string | undefined, string | undefined]>([
  ['pnpm: nothing', 'pnpm-lock.yaml', pnpm(), pnpm(), undefined, undefined],
  [
    'pnpm: a package of one',
    'pnpm-lock.yaml',
    pnpm(),
    edit('packages', 'sha512-fff==', 'sha512-new=='),
    'fastify@5.0.0(peer@1.0.0)',
    undefined,
  ],
  [
    'pnpm: what a package of one uses, behind an alias',
    'pnpm-lock.yaml',
    pnpm(),
    edit('packages', 'sha512-rrr==', 'sha512-new=='),
    undefined,
    'right@1.0.0',
  ],
  ['pnpm: a peer', 'pnpm-lock.yaml', pnpm(), edit('packages', 'peer.tgz', 'other.tgz'), 'peer@1.0.0', undefined],
  ['pnpm: a word about a package', 'pnpm-lock.yaml', pnpm(), edit('packages', 'of text', 'more'), undefined, undefined],
  ['pnpm: a range alone', 'pnpm-lock.yaml', pnpm(), edit('importers', '^5.0.0', '^5.0'), undefined, undefined],
  [
    'pnpm: a dependency that is gone',
    'pnpm-lock.yaml',
    pnpm(),
    edit('snapshots', '    optionalDependencies:\n      right: 1.0.0\n', '    optional: true\n'),
    undefined,
    'left@1.0.0',
  ],
  ['pnpm: settings', 'pnpm-lock.yaml', pnpm(), edit('settings', 'true', 'false'), 'its settings', 'its settings'],
  ['npm: nothing', 'package-lock.json', npm(), npm({ 'apps/new': {} }), undefined, undefined],
  [
    'npm: a package of one, nested',
    'package-lock.json',
    npm(),
    npm({ 'node_modules/fastify/node_modules/right': { version: '2.0.1', integrity: 'r3' } }),
    'right@2.0.1',
    undefined,
  ],
  [
    'npm: a package of both',
    'package-lock.json',
    npm(),
    npm({ 'node_modules/right': { version: '1.0.1', integrity: 'x' } }),
    'right@1.0.1',
    'right@1.0.1',
  ],
  [
    'npm: a package that moved to another folder is the same',
    'package-lock.json',
    npm(),
    npm({ 'apps/web/node_modules/left': NPM.packages['node_modules/left'] }, ['node_modules/left']),
    undefined,
    undefined,
  ],
  [
    'npm: another of two versions',
    'package-lock.json',
    npm(),
    npm({}, ['node_modules/fastify/node_modules/right']),
    'fastify@5.0.0',
    undefined,
  ],
])('%s', (_, path, base, head, api, web) => {
  const [before, after] = [parsed(path, base), parsed(path, head)];
  expect(lockDifference(before, API, after, API)).toBe(api);
  expect(lockDifference(before, WEB, after, WEB)).toBe(web);
});

test.each([
  ['pnpm of another version', 'pnpm-lock.yaml', pnpm().replace("'9.0'", "'6.0'")],
  ['pnpm that is no YAML', 'pnpm-lock.yaml', 'a: ['],
  ['pnpm with a conflict', 'pnpm-lock.yaml', pnpm().replace('importers:', '<<<<<<< HEAD\nimporters:')],
  ['pnpm in two documents', 'pnpm-lock.yaml', `---\n${pnpm()}\n---\n${pnpm()}`],
  ['npm of version 1', 'package-lock.json', '{"lockfileVersion":1,"dependencies":{}}'],
  ['npm that is no JSON', 'package-lock.json', '{'],
  ['npm without packages', 'package-lock.json', '{"lockfileVersion":3}'],
  ['Yarn', 'yarn.lock', '# yarn lockfile v1'],
])('not understood: %s', (_, path, text) => {
  expect(parseLockFile(path, text)).toBeUndefined();
});

describe('line by line and by the YAML parser', () => {
  const bySlow = (text: string) => parsePnpmLock(text, () => undefined);
  const withoutSettings = (graph: LockGraph | undefined) => graph && { ...graph, settings: '' };

  test.each([
    ['the sample', SAMPLE],
    ['the small one', pnpm()],
    ['Windows line ends', pnpm().replaceAll('\n', '\r\n')],
  ])('%s reads the same', (_, text) => {
    expect(withoutSettings(parsePnpmLock(text))).toEqual(withoutSettings(bySlow(text)));
    expect(scanPnpmLock(text.replaceAll('\r\n', '\n'))).toBeDefined();
  });

  test.each([
    ['a value over two lines', edit('snapshots', 'peer: 1.0.0', 'peer:\n        1.0.0')],
    ['a key of its own kind', edit('snapshots', '  peer@1.0.0: {}', '  ? peer@1.0.0\n  : {}')],
    ['a resolution over lines', edit('packages', '{integrity: sha512-lll==}', '\n      integrity: sha512-lll==')],
    ['a double quote', edit('snapshots', 'peer: 1.0.0', 'peer: "1.0.0"')],
    ['a comment', edit('snapshots', 'peer: 1.0.0', 'peer: 1.0.0 # why')],
  ])('%s is left to the YAML parser', (_, text) => {
    expect(scanPnpmLock(text)).toBeUndefined();
    expect(lockDifference(parsed('pnpm-lock.yaml', text), API, parsed('pnpm-lock.yaml', pnpm()), API)).toBe(
      'its settings',
    );
    expect(withoutSettings(bySlow(text))).toEqual(withoutSettings(parsePnpmLock(pnpm())));
  });
});
