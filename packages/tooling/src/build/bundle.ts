import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import ncc from '@vercel/ncc';

interface NccResult {
  readonly code: string;
  readonly assets: Readonly<Record<string, { readonly source: string | Uint8Array }>>;
}

/** Bundles `entry` with all it imports into `out`: index.js, numbered chunks and licenses.txt. Not minified. */
export const bundle = async (entry: string, out: string): Promise<void> => {
  const result = (await ncc(entry, {
    cache: false,
    license: 'licenses.txt',
    quiet: true,
    target: 'es2023',
  })) as NccResult;
  const files = new Map<string, string | Uint8Array>([['index.js', result.code]]);
  for (const [name, asset] of Object.entries(result.assets)) files.set(name, asset.source);
  for (const [name, content] of files) {
    await mkdir(dirname(join(out, name)), { recursive: true });
    await writeFile(join(out, name), content);
  }
};
