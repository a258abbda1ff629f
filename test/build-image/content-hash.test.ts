import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ResolveBase } from '../../actions/build-image/src/base-images.ts';
import { hashIngredients, readContent } from '../../actions/build-image/src/content-hash.ts';
import type { Attestations, ImageSpec } from '../../actions/build-image/src/image.ts';

let root: string;

const spec: ImageSpec = {
  name: 'api',
  repository: 'api',
  context: '.',
  dockerfile: 'docker/Dockerfile',
  buildArgs: new Map(),
  secrets: new Map(),
  platforms: [],
  labels: new Map(),
  skipUnchanged: true,
};

const write = (path: string, text: string) => writeFileSync(join(root, path), text);
const none: Attestations = { provenance: 'none', sbom: false };
const noBase: ResolveBase = async () => undefined;
const hash = async (change: Partial<ImageSpec> = {}, attestations = none, resolve = noBase) =>
  (await readContent(root, { ...spec, ...change }, attestations, resolve)).hash;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'content-hash-'));
  for (const folder of ['docker', 'src', '.git']) mkdirSync(join(root, folder));
  write('docker/Dockerfile', 'FROM scratch\nCOPY . .\n');
  write('src/a.ts', 'a');
  symlinkSync('a.ts', join(root, 'src/link.ts'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('the hash changes with what the image depends on', () => {
  test.each<[string, () => void]>([
    ['the content of a file', () => write('src/a.ts', 'b')],
    ['a new file, whether git knows it or not', () => write('src/b.ts', '')],
    ['a file that is gone', () => unlinkSync(join(root, 'src/a.ts'))],
    ['a file that may be executed', () => chmodSync(join(root, 'src/a.ts'), 0o755)],
    [
      'the target of a link',
      () => {
        unlinkSync(join(root, 'src/link.ts'));
        symlinkSync('b.ts', join(root, 'src/link.ts'));
      },
    ],
    ['an empty folder', () => mkdirSync(join(root, 'empty'))],
    ['the Dockerfile', () => write('docker/Dockerfile', 'FROM scratch\n')],
    ['.dockerignore', () => write('.dockerignore', 'src')],
  ])('%s', async (_, change) => {
    const before = await hash();
    change();
    expect(await hash()).not.toBe(before);
  });

  test.each<[string, Partial<ImageSpec>]>([
    ['target', { target: 'test' }],
    ['a build argument', { buildArgs: new Map([['NODE_ENV', 'production']]) }],
    ['a platform', { platforms: ['linux/arm64'] }],
    ['a label', { labels: new Map([['team', 'core']]) }],
    ['the context', { context: 'src' }],
    ['a secret more', { secrets: new Map([['npm', 'NPM_TOKEN']]) }],
  ])('%s', async (_, change) => {
    expect(await hash(change)).not.toBe(await hash());
  });

  test('attestations', async () => {
    expect(await hash({}, { provenance: 'max', sbom: false })).not.toBe(await hash());
    expect(await hash({}, { provenance: 'none', sbom: true })).not.toBe(await hash());
  });

  test('what the tag of a base image stands for, in a stage that is built', async () => {
    write('docker/Dockerfile', 'ARG BASE=node:24\nFROM golang:1 AS other\nFROM ${BASE} AS wanted\nCOPY . .\n');
    const asked: string[] = [];
    const at = (digest: string) =>
      hash({ target: 'wanted' }, none, async (name) => {
        asked.push(name);
        return digest;
      });
    expect(await at('sha256:1')).not.toBe(await at('sha256:2'));
    expect([...new Set(asked)]).toEqual(['node:24']);
  });
});

describe('the hash stays the same', () => {
  test('for another checkout: times and history do not count', async () => {
    const before = await hash();
    utimesSync(join(root, 'src/a.ts'), 1, 1);
    write('.git/HEAD', 'ref: refs/heads/other');
    expect(await hash()).toBe(before);
  });

  test('whatever variable a secret is in', async () => {
    const one = { secrets: new Map([['npm', 'NPM_TOKEN']]) };
    const other = { secrets: new Map([['npm', 'OTHER_TOKEN']]) };
    expect(await hash(one)).toBe(await hash(other));
  });

  test('for what .dockerignore leaves out', async () => {
    write('.dockerignore', '*.md');
    const before = await hash();
    write('README.md', 'new');
    expect(await hash()).toBe(before);
  });

  test('the ignore file beside the Dockerfile goes before that of the context', async () => {
    write('.dockerignore', 'src');
    write('docker/Dockerfile.dockerignore', '*.md');
    const before = await hash();
    write('README.md', 'new');
    expect(await hash()).toBe(before);
    write('src/a.ts', 'changed');
    expect(await hash()).not.toBe(before);
  });

  test('in whatever order arguments, labels and platforms are given', async () => {
    const one = {
      buildArgs: new Map([
        ['A', '1'],
        ['B', '2'],
      ]),
      platforms: ['linux/amd64', 'linux/arm64'],
    };
    const other = {
      buildArgs: new Map([
        ['B', '2'],
        ['A', '1'],
      ]),
      platforms: ['linux/arm64', 'linux/amd64'],
    };
    expect(await hash(one)).toBe(await hash(other));
  });

  test('for a large file, read in pieces, as for the same file elsewhere', async () => {
    write('large.bin', 'x'.repeat(9 * 1024 * 1024));
    const before = await hash();
    write('large.bin', `${'x'.repeat(9 * 1024 * 1024 - 1)}y`);
    expect(await hash()).not.toBe(before);
  });
});

test('ingredients that are not the same have not the same hash', () => {
  const pairs = fc.uniqueArray(fc.tuple(fc.string(), fc.string()), { maxLength: 3, selector: ([key]) => key });
  const ingredients = fc.tuple(fc.string(), pairs, pairs, pairs);
  const of = ([dockerfile, args, labels, entries]: [string, ...Array<Array<[string, string]>>]) =>
    hashIngredients({
      spec: { buildArgs: new Map(args), secrets: new Map(), labels: new Map(labels), platforms: [] },
      attestations: none,
      bases: [],
      dockerfile,
      entries: (entries ?? []).map(([path, fingerprint]) => ({ path, fingerprint })),
    });
  const sorted = (list: Array<[string, string]> = []) => [...list].sort(([a], [b]) => (a < b ? -1 : 1));
  const key = ([dockerfile, args, labels, entries]: [string, ...Array<Array<[string, string]>>]) =>
    JSON.stringify([dockerfile, sorted(args), sorted(labels), entries]);
  fc.assert(
    fc.property(ingredients, ingredients, (a, b) => {
      expect(of(a) === of(b)).toBe(key(a) === key(b));
    }),
  );
});
