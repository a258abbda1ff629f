import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { BuildError } from './build-error.ts';
import type { DockerIgnore } from './dockerignore.ts';
import { parseDockerIgnore } from './dockerignore.ts';
import { FileTree } from './file-tree.ts';

const readIfThere = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

const addFolder = (tree: FileTree, root: string, folder: string, ignore: DockerIgnore): void => {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    const ignored = ignore.ignores(path);
    const source = join(root, path);
    if (entry.isDirectory()) {
      if (!ignored) tree.set(`/${path}`, { type: 'directory' });
      if (!ignore.skips(path)) addFolder(tree, root, path, ignore);
    } else if (entry.isFile() && !ignored) {
      tree.set(`/${path}`, { type: 'file', source, executable: (statSync(source).mode & 0o111) !== 0 });
    } else if (entry.isSymbolicLink() && !ignored) {
      throw new BuildError(`the stand-in builder does not support symbolic links in the build context: ${path}`);
    }
  }
};

/**
 * Returns the files of a build context: what .dockerignore leaves, or the file `<dockerfile>.dockerignore` where there is
 * one, which goes before it.
 */
export const readContext = (root: string, dockerfile: string): FileTree => {
  if (!statSync(root, { throwIfNoEntry: false })?.isDirectory()) {
    throw new BuildError(`unable to prepare context: path "${root}" not found`);
  }
  const rules = readIfThere(`${dockerfile}.dockerignore`) ?? readIfThere(join(root, '.dockerignore')) ?? '';
  const tree = new FileTree();
  addFolder(tree, root, '', parseDockerIgnore(rules));
  return tree;
};
