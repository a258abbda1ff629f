import { createHash, hash } from 'node:crypto';
import { createReadStream, lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Ignore } from '@hospital-ops/git/dockerignore';

/** One entry of a build context. `fingerprint` covers kind, permissions and content. */
export interface ContextEntry {
  /** Relative to the context, with `/`. */
  readonly path: string;
  readonly fingerprint: string;
}

/** Larger files are read in pieces. */
const MAX_WHOLE_BYTES = 8 * 1024 * 1024;

/** Milliseconds after which others get their turn: the answers of registries come in meanwhile. */
const TURN_MS = 20;

interface Found {
  readonly path: string;
  readonly kind: 'file' | 'link' | 'directory';
}

/** The history is no part of what is built: it differs between two checkouts of one commit. */
const isGit = (path: string): boolean => path === '.git';

const walk = async (root: string, folder: string, ignore: Ignore, found: Found[]): Promise<void> => {
  for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (isGit(path)) continue;
    const excluded = ignore.excludes(path);
    if (entry.isDirectory()) {
      if (!excluded) found.push({ path, kind: 'directory' });
      if (!ignore.prunes(path)) await walk(root, path, ignore, found);
    } else if (!excluded && entry.isSymbolicLink()) found.push({ path, kind: 'link' });
    else if (!excluded && entry.isFile()) found.push({ path, kind: 'file' });
  }
};

const hashLarge = async (path: string): Promise<string> => {
  const digest = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), digest);
  return digest.digest('hex');
};

/** Read at once where it is small: for thousands of files that takes half the time of reading them by promises. */
const fingerprintOf = (root: string, { path, kind }: Found): string | Promise<string> => {
  const full = join(root, path);
  if (kind === 'link') return `link ${readlinkSync(full)}`;
  const { mode, size } = lstatSync(full);
  const permissions = (mode & 0o7777).toString(8);
  if (kind === 'directory') return `directory ${permissions}`;
  const told = (digest: string) => `file ${permissions} ${digest}`;
  return size <= MAX_WHOLE_BYTES ? told(hash('sha256', readFileSync(full), 'hex')) : hashLarge(full).then(told);
};

/**
 * Returns what the builder would see of `root`, sorted by path: every file, folder and link that `ignore` leaves, whether
 * git knows it or not. Contents are read, so that neither a stale index nor a filter such as LFS can hide a change.
 */
export const contextEntries = async (root: string, ignore: Ignore): Promise<ContextEntry[]> => {
  const found: Found[] = [];
  await walk(root, '', ignore, found);
  found.sort((a, b) => (a.path < b.path ? -1 : 1));
  const entries: ContextEntry[] = [];
  let turn = performance.now();
  for (const item of found) {
    entries.push({ path: item.path, fingerprint: await fingerprintOf(root, item) });
    if (performance.now() - turn < TURN_MS) continue;
    await new Promise((resolve) => setImmediate(resolve));
    turn = performance.now();
  }
  return entries;
};
