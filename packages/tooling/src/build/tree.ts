import { execFileSync } from 'node:child_process';
import { copyFile, cp, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundle } from './bundle.ts';
import { actionNames, compile } from './compile.ts';
import type { BuildOptions } from './options.ts';
import { applySelfReference } from './self-reference.ts';
import { softwareBill } from './software-bill.ts';

/** Files of the repository's root that a release carries as they are. */
const ROOT_FILES = ['LICENSE', 'CHANGELOG.md', 'SECURITY.md'];

/** All that stands in an action's index.js: the code is shared, see dist/lib. */
const stub = (action: string): string =>
  `import { actions } from '../lib/index.js';\n\nawait actions['${action}']();\n`;

const sourceCommit = (root: string): string => {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return 'unknown: built outside a git checkout';
  }
};

/** Puts what `tree` holds in the place of what `out` holds but its README, which main carries: whoever reads it finds all or nothing. */
const putInPlace = async (tree: string, out: string, aside: string): Promise<void> => {
  await mkdir(out, { recursive: true });
  await mkdir(aside);
  for (const entry of await readdir(out)) {
    if (entry !== 'README.md') await rename(join(out, entry), join(aside, entry));
  }
  for (const entry of await readdir(tree)) await rename(join(tree, entry), join(out, entry));
  await rm(aside, { recursive: true });
  await rm(tree, { recursive: true });
};

/** Writes the release tree of the repository at `root` to `root/dist`: what a tag carries, file for file. */
export const buildReleaseTree = async (root: string, { selfReference }: BuildOptions = {}): Promise<void> => {
  const out = join(root, 'build', 'tree');
  const actions = await actionNames(root);
  const entry = await compile(root, actions);
  await mkdir(out);
  await bundle(entry, join(out, 'lib'));
  for (const action of actions) {
    await mkdir(join(out, action));
    await writeFile(join(out, action, 'index.js'), stub(action));
    for (const file of ['action.yml', 'README.md']) {
      await copyFile(join(root, 'actions', action, file), join(out, action, file));
    }
  }
  await writeFile(join(out, 'package.json'), `${JSON.stringify({ private: true, type: 'module' }, null, 2)}\n`);
  await cp(join(root, '.github', 'workflows'), join(out, '.github', 'workflows'), { recursive: true });
  await mkdir(join(out, 'schemas'));
  await copyFile(join(root, 'packages/pipeline/src/schema.json'), join(out, 'schemas/hospital-ops.schema.json'));
  for (const file of ROOT_FILES) await copyFile(join(root, file), join(out, file));
  await writeFile(join(out, 'sbom.cdx.json'), await softwareBill(root));
  await writeFile(join(out, 'SOURCE'), `${sourceCommit(root)}\n`);
  if (selfReference) await applySelfReference(out, selfReference);
  await putInPlace(out, join(root, 'dist'), join(root, 'build', 'before'));
};
