import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
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

/** Files that are read at once: enough to keep the disk and the hash busy. */
const READERS = 16;

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

const hashFile = async (path: string, size: number): Promise<string> => {
  const hash = createHash('sha256');
  if (size <= MAX_WHOLE_BYTES) return hash.update(await readFile(path)).digest('hex');
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash);
  return hash.digest('hex');
};

const fingerprintOf = async (root: string, { path, kind }: Found): Promise<string> => {
  const full = join(root, path);
  if (kind === 'link') return `link ${await readlink(full)}`;
  const { mode, size } = await lstat(full);
  const permissions = (mode & 0o7777).toString(8);
  return kind === 'directory' ? `directory ${permissions}` : `file ${permissions} ${await hashFile(full, size)}`;
};

/**
 * Returns what the builder would see of `root`, sorted by path: every file, folder and link that `ignore` leaves, whether
 * git knows it or not. Contents are read, so that neither a stale index nor a filter such as LFS can hide a change.
 */
export const contextEntries = async (root: string, ignore: Ignore): Promise<ContextEntry[]> => {
  const found: Found[] = [];
  await walk(root, '', ignore, found);
  found.sort((a, b) => (a.path < b.path ? -1 : 1));
  const entries: ContextEntry[] = new Array(found.length);
  let next = 0;
  const reader = async (): Promise<void> => {
    for (let index = next++; index < found.length; index = next++) {
      const item = found[index];
      if (item) entries[index] = { path: item.path, fingerprint: await fingerprintOf(root, item) };
    }
  };
  await Promise.all(Array.from({ length: READERS }, reader));
  return entries;
};
