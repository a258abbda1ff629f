import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a release tree is made of. The rehearsal's own code is not part of it. */
const SOURCES = [
  'actions',
  'packages',
  '.github/workflows',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
];
const NOT_BUILT = ['packages/rehearsal/'];

const filesBelow = async (root: string, path: string): Promise<string[]> => {
  try {
    const entries = await readdir(join(root, path), { withFileTypes: true, recursive: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) =>
        join(entry.parentPath, entry.name)
          .slice(root.length + 1)
          .replaceAll('\\', '/'),
      );
  } catch {
    return [path];
  }
};

/** Returns a hash of every source that the release tree is built from, so that an unchanged one is not built again. */
export const sourceFingerprint = async (root: string): Promise<string> => {
  const files = (await Promise.all(SOURCES.map((path) => filesBelow(root, path)))).flat().sort();
  const hash = createHash('sha256');
  for (const file of files) {
    if (NOT_BUILT.some((prefix) => file.startsWith(prefix)) || file.includes('node_modules/')) continue;
    hash
      .update(`${file}\0`)
      .update(await readFile(join(root, file)))
      .update('\0');
  }
  return hash.digest('hex');
};
