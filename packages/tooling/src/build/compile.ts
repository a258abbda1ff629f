import { execFileSync } from 'node:child_process';
import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { leanCore } from './lean-core.ts';
import { sdkModules } from './sdk-modules.ts';
import { pruneSdkSchemas } from './sdk-schemas.ts';
import { withoutJson } from './without-json.ts';

/** Beside what is compiled: the file that keeps another build of this tree waiting. */
export const LOCK = 'lock';

const SCOPE = '@hospital-ops';
const PACKAGE = `${JSON.stringify({ type: 'module', exports: { './*': './*.js' } }, null, 2)}\n`;

/** Names of the actions in `root`: the folders below actions/ that hold an action.yml, sorted. */
export const actionNames = async (root: string): Promise<string[]> => {
  const names: string[] = [];
  for (const entry of (await readdir(join(root, 'actions'))).sort()) {
    if ((await readdir(join(root, 'actions', entry))).includes('action.yml')) names.push(entry);
  }
  return names;
};

/** The one entry of the bundle: each action behind its own `import()`, so that a stub loads no other's code. */
const entryModule = (actions: readonly string[]): string =>
  [
    'export const actions = {',
    ...actions.map((name) => `  '${name}': async () => (await import('./actions/${name}/src/main.js')).main(),`),
    '};',
    '',
  ].join('\n');

/**
 * Compiles actions and packages into `<root>/build`, with the workspace packages laid out below build/node_modules so
 * that the emitted imports resolve to emitted code. Returns the path of the bundle's entry.
 */
export const compile = async (root: string, actions: readonly string[]): Promise<string> => {
  const out = join(root, 'build');
  await mkdir(out, { recursive: true });
  for (const entry of await readdir(out)) {
    if (!entry.startsWith(LOCK)) await rm(join(out, entry), { recursive: true });
  }
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: 'inherit',
  });
  for (const name of await readdir(join(out, 'packages'))) {
    const target = join(out, 'node_modules', SCOPE, name);
    await mkdir(target, { recursive: true });
    await cp(join(out, 'packages', name, 'src'), target, { recursive: true });
    await writeFile(join(target, 'package.json'), PACKAGE);
  }
  await rm(join(out, 'packages'), { recursive: true });
  await leanCore(root, join(out, 'node_modules'));
  await sdkModules(root, join(out, 'node_modules'));
  await pruneSdkSchemas(join(out, 'node_modules'), join(out, 'node_modules', SCOPE));
  await withoutJson(root, join(out, 'node_modules'), SCOPE);
  await writeFile(join(out, 'package.json'), '{ "type": "module" }\n');
  const entry = join(out, 'entry.js');
  await writeFile(entry, entryModule(actions));
  return entry;
};
