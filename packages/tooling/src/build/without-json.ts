import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const JSON_IMPORT = /(from ['"]\.[^'"]+)\.json(['"]) with \{ type: ['"]json['"] \}/g;

/** Under a name that no resolver takes for the JSON file, which goes. */
const asModule = async (path: string): Promise<void> => {
  await writeFile(path.replace(/\.json$/, '-json.js'), `export default ${(await readFile(path, 'utf8')).trim()};\n`);
  await rm(path);
};

/** The file of `@actions/cache` that reads its own package.json for the version, which the cache service is told. */
const VERSION_FILE = 'lib/internal/shared/package-version.cjs';
const READS_MANIFEST = "require('../../../package.json')";

/**
 * Gives the bundle JavaScript in place of every JSON file that it imports: ncc 0.45 on Node 24 takes a JSON module for
 * JavaScript in up to every second build, and gives up with "Invalid parser object. Json Modules Plugin".
 */
export const withoutJson = async (root: string, modules: string, scope: string): Promise<void> => {
  for (const entry of await readdir(join(modules, scope), { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && entry.name.endsWith('.json') && entry.name !== 'package.json') await asModule(path);
    if (!entry.isFile() || !entry.name.endsWith('.js')) continue;
    const source = await readFile(path, 'utf8');
    const changed = source.replace(JSON_IMPORT, '$1-json.js$2');
    if (changed !== source) await writeFile(path, changed);
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
