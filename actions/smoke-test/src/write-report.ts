import { lstatSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';

const isInside = (root: string, path: string): boolean => {
  const inside = relative(root, path);
  return inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside);
};

const isLink = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;

/**
 * Returns a writer of files below `roots`, the first of which relative paths belong to. What is checked out may hold
 * links: they are not followed out of the roots. Throws an Error that says why a file cannot be written.
 */
export const createReportWriter =
  (roots: readonly string[]) =>
  (path: string, text: string): void => {
    const [home = '.'] = roots;
    const wanted = resolve(home, path);
    const known = roots.map((root) => realpathSync(root));
    // Before a folder is made: one that does not exist yet has no links in it.
    let existing = dirname(wanted);
    while (lstatSync(existing, { throwIfNoEntry: false }) === undefined) existing = dirname(existing);
    const real = join(realpathSync(existing), relative(existing, dirname(wanted)));
    if (!known.some((root) => isInside(root, real))) throw new Error('it lies outside the workspace');
    const file = join(real, basename(wanted));
    if (isLink(file)) throw new Error('it is a link');
    mkdirSync(real, { recursive: true });
    writeFileSync(file, text);
  };
