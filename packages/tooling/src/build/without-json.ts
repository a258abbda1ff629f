import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const JSON_IMPORT = /(from ['"]\.[^'"]+)\.json(['"]) with \{ type: ['"]json['"] \}/g;

/** The file of `@actions/cache` that reads its own package.json for the version, which the cache service is told. */
const VERSION_FILE = 'lib/internal/shared/package-version.cjs';
const READS_MANIFEST = "require('../../../package.json')";

/**
 * Gives the bundle JavaScript in place of every JSON file that it imports, made of the sources: TypeScript 7 leaves out
 * the JSON files of some builds, and ncc 0.45 says nothing of a module that it does not find.
 */
export const withoutJson = async (root: string, modules: string, scope: string): Promise<void> => {
  for (const name of await readdir(join(modules, scope))) {
    const sources = join(root, 'packages', name, 'src');
    const emitted = join(modules, scope, name);
    for (const file of await readdir(sources, { recursive: true })) {
      if (!file.endsWith('.json')) continue;
      const text = (await readFile(join(sources, file), 'utf8')).trim();
      await writeFile(join(emitted, file.replace(/\.json$/, '-json.js')), `export default ${text};\n`);
      await rm(join(emitted, file), { force: true });
    }
    for (const file of await readdir(emitted, { recursive: true })) {
      if (!file.endsWith('.js')) continue;
      const source = await readFile(join(emitted, file), 'utf8');
      const changed = source.replace(JSON_IMPORT, '$1-json.js$2');
      if (changed !== source) await writeFile(join(emitted, file), changed);
    }
  }
  const copy = join(modules, '@actions', 'cache');
  await cp(join(root, 'node_modules/@actions/cache'), copy, { recursive: true });
  const { version } = JSON.parse(await readFile(join(copy, 'package.json'), 'utf8')) as { version: string };
  const file = join(copy, VERSION_FILE);
  const source = await readFile(file, 'utf8');
  if (!source.includes(READS_MANIFEST))
    throw new Error(`${file} has changed: packages/tooling/src/build/without-json.ts`);
  await writeFile(file, source.replace(READS_MANIFEST, JSON.stringify({ version })));
};
