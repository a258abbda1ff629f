import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';

const ROOT = join(import.meta.dirname, '..', '..');
const dist = (...path: string[]) => join(ROOT, 'dist', ...path);
const actions = readdirSync(join(ROOT, 'actions'));

interface ActionFile {
  readonly runs: { readonly using: string; readonly main: string };
  readonly inputs?: Readonly<Record<string, { description: string; default?: unknown }>>;
  readonly outputs?: Readonly<Record<string, { description: string }>>;
}

const actionFile = (action: string) => parse(readFileSync(dist(action, 'action.yml'), 'utf8')) as ActionFile;

describe.each(actions)('%s', (action) => {
  test('is at the root of the tree, on node24, with a stub that loads', () => {
    const { runs } = actionFile(action);
    expect(runs).toMatchObject({ using: 'node24', main: 'index.js' });
    expect(readFileSync(dist(action, runs.main), 'utf8')).toContain(`actions['${action}']`);
  });

  test('knows every input that its action.yml declares, and no other', () => {
    const { inputs = {} } = actionFile(action);
    const env = Object.fromEntries(Object.keys(inputs).map((name) => [`INPUT_${name.toUpperCase()}`, '\u0001']));
    const { status, output } = start(action, { ...env, 'INPUT_NO-SUCH-INPUT': 'x' });
    expect(status).toBe(1);
    const unknown = [...output.matchAll(/`([a-z-]+)`: is no input of this action/g)].map(([, name]) => name);
    expect([...new Set(unknown)]).toEqual(['no-such-input']);
  });

  test('sets every declared output also when its inputs are wrong', () => {
    const { outputs = {} } = actionFile(action);
    const { output } = start(action, { 'INPUT_NO-SUCH-INPUT': 'x' });
    const set = [...output.matchAll(/^::set-output name=([^:]+)::/gm)].map(([, name]) => name);
    expect(set.sort()).toEqual(expect.arrayContaining(Object.keys(outputs).sort()));
  });
});

const start = (action: string, env: Record<string, string>): { status: number; output: string } => {
  try {
    const options = {
      env: { PATH: process.env.PATH ?? '', GITHUB_WORKSPACE: ROOT, ...env },
      encoding: 'utf8',
    } as const;
    return {
      status: 0,
      output: execFileSync(process.execPath, [dist(action, 'index.js')], { ...options, stdio: 'pipe' }),
    };
  } catch (error) {
    const { status, stdout } = error as { status: number; stdout: string };
    return { status, output: stdout };
  }
};

test('workflows are carried byte for byte', () => {
  for (const file of readdirSync(join(ROOT, '.github/workflows'))) {
    const carried = readFileSync(dist('.github/workflows', file));
    expect(carried.equals(readFileSync(join(ROOT, '.github/workflows', file)))).toBe(true);
  }
});

test.each([
  'LICENSE',
  'README.md',
  'lib/licenses.txt',
  'sbom.cdx.json',
  'SOURCE',
  'package.json',
  'schemas/hospital-ops.schema.json',
])('carries %s', (file) => expect(existsSync(dist(file))).toBe(true));

test('no machine path and no registry host is in it', () => {
  const texts = readdirSync(dist(), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'licenses.txt')
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
  for (const text of texts) {
    expect(text.includes(ROOT)).toBe(false);
    expect(/registry\.npmjs\.org/.test(text)).toBe(false);
  }
});
