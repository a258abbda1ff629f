import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '..', '..');
const elsewhere = mkdtempSync(join(tmpdir(), 'hospital-ops-elsewhere-'));

afterAll(() => rmSync(elsewhere, { recursive: true, force: true }));

const link = (from: string, to: string) => {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
};

/** node_modules as npm would lay it out there: real folders, and links to the copied workspaces. */
const installElsewhere = () => {
  const walk = (folder: string) => {
    mkdirSync(join(elsewhere, folder), { recursive: true });
    for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isSymbolicLink()) symlinkSync(readlinkSync(join(ROOT, path)), join(elsewhere, path));
      else if (entry.isDirectory()) walk(path);
      else link(join(ROOT, path), join(elsewhere, path));
    }
  };
  walk('node_modules');
};

const copySources = () => {
  const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT });
  for (const file of list
    .toString()
    .split('\0')
    .filter((name) => name !== '' && existsSync(join(ROOT, name)))) {
    mkdirSync(dirname(join(elsewhere, file)), { recursive: true });
    copyFileSync(join(ROOT, file), join(elsewhere, file));
  }
};

const hashes = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((file) => [relative(folder, file), createHash('sha256').update(readFileSync(file)).digest('hex')] as const)
      // Which commit it was built from is known inside a checkout alone.
      .filter(([file]) => file !== 'SOURCE')
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

test('a build in another folder gives the same bytes', () => {
  copySources();
  installElsewhere();
  execFileSync(process.execPath, ['packages/tooling/src/build/main.ts'], { cwd: elsewhere, stdio: 'pipe' });
  const here = hashes(join(ROOT, 'dist'));
  expect(Object.keys(here)).toContain(join('ecs-deploy', 'index.js'));
  expect(hashes(join(elsewhere, 'dist'))).toEqual(here);
});
