import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import ncc from '@vercel/ncc';

interface NccResult {
  readonly code: string;
  readonly assets: Readonly<Record<string, { readonly source: string | Uint8Array }>>;
}

/** What ncc leaves, without a word, of a module that it did not find. */
const LOST = /eval\("require"\)\("\.[^)]*\)/;

/**
 * Bundles `entry` with all it imports into `out`: index.js, numbered chunks and licenses.txt. Not minified. Throws when a
 * module is missing in it.
 */
export const bundle = async (entry: string, out: string): Promise<void> => {
  const result = (await ncc(entry, {
    cache: false,
    license: 'licenses.txt',
    quiet: true,
    target: 'es2023',
  })) as NccResult;
  const files = new Map<string, string | Uint8Array>([['index.js', result.code]]);
  for (const [name, asset] of Object.entries(result.assets)) files.set(name, asset.source);
  const [lost] = [...files.values()].flatMap((content) => LOST.exec(content.toString()) ?? []);
  if (lost !== undefined) throw new Error(`ncc did not find a module: it left ${lost} in the bundle`);
  for (const [name, content] of files) {
    await mkdir(dirname(join(out, name)), { recursive: true });
    await writeFile(join(out, name), content);
  }
};
