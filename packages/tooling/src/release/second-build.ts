import { createHash } from 'node:crypto';
import { copyFileSync, linkSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';

const link = (from: string, to: string): void => {
  try {
    linkSync(from, to);
  } catch {
    // Another file system.
    copyFileSync(from, to);
  }
};

/**
 * Lays out `root`'s node_modules in `elsewhere` as npm would there: real folders, and links to that folder's own
 * workspaces. A link to the whole folder would lead a bundler back to where it came from.
 */
export const installElsewhere = (root: string, elsewhere: string, folder = 'node_modules'): void => {
  mkdirSync(join(elsewhere, folder), { recursive: true });
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isSymbolicLink()) symlinkSync(readlinkSync(join(root, path)), join(elsewhere, path));
    else if (entry.isDirectory()) installElsewhere(root, elsewhere, path);
    else link(join(root, path), join(elsewhere, path));
  }
};

/** Returns the SHA-256 of each file below `folder`, by path. */
export const hashesOf = (folder: string): ReadonlyMap<string, string> =>
  new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((file) => [relative(folder, file), createHash('sha256').update(readFileSync(file)).digest('hex')] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

/** Returns the paths at which two folders differ, a file that one of them lacks among them. */
export const differences = (one: string, other: string): string[] => {
  const [a, b] = [hashesOf(one), hashesOf(other)];
  return [...new Set([...a.keys(), ...b.keys()])].filter((path) => a.get(path) !== b.get(path)).sort();
};
