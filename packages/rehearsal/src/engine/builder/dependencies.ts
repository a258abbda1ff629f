import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import semver from 'semver';
import { BuildError } from './build-error.ts';
import type { FileTree } from './file-tree.ts';

/**
 * Where an image of the stand-in builder expects the packages it links to. The process engine puts a link to the suite's
 * node_modules there, so an image's digest does not depend on where the suite lies.
 */
export const dependenciesFolder = '/.rehearsal/dependencies';

/** Returns the suite's node_modules folder that holds `name`, or undefined. */
export const findInstalled = (name: string): string | undefined => {
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, 'node_modules', name, 'package.json'))) return join(folder, 'node_modules');
  }
  return undefined;
};

interface Manifest {
  readonly name?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const readManifest = (path: string, source: string): Manifest => {
  try {
    return JSON.parse(readFileSync(source, 'utf8'));
  } catch {
    throw new BuildError(`${path} is not valid JSON, so its dependencies cannot be linked`);
  }
};

/** Refuses what the suite does not have: an image without it would fail at its start, far from the cause. */
const checkInstalled = (name: string, range: string, manifest: string): void => {
  const folder = findInstalled(name);
  const need = `${manifest} needs ${name}@${range}`;
  if (folder === undefined) {
    throw new BuildError(
      `${need}, which the stand-in builder cannot link: it is not among the suite's own development dependencies. ` +
        'Add it there, or rehearse with a Docker Engine.',
    );
  }
  const version = String(JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8')).version);
  if (semver.validRange(range) !== null && !semver.satisfies(version, range)) {
    throw new BuildError(`${need}, but the suite has ${version}, and the stand-in builder can link no other version.`);
  }
};

/**
 * Stands in for `pnpm install` and its like in `folder` of a stage: gives every package.json a node_modules of links, to
 * workspace packages beside it and to the suite's own packages for the rest. Development dependencies are left out: nothing
 * that a RUN would do with them is done. Returns how many manifests and packages were linked.
 */
export const linkDependencies = (tree: FileTree, folder: string): { manifests: number; packages: number } => {
  const manifests = tree.below(folder).flatMap(([relative, entry]) => {
    if (entry.type !== 'file' || posix.basename(relative) !== 'package.json') return [];
    if (relative.split('/').includes('node_modules')) return [];
    const path = posix.join(folder, relative);
    return [{ path, home: posix.dirname(path), manifest: readManifest(path, entry.source) }];
  });
  const workspace = new Map(manifests.map(({ home, manifest }) => [manifest.name, home]));
  let packages = 0;
  for (const { path, home, manifest } of manifests) {
    for (const [name, range] of Object.entries(manifest.dependencies ?? {})) {
      const link = posix.join(home, 'node_modules', name);
      const neighbour = workspace.get(name);
      if (neighbour !== undefined) {
        tree.set(link, { type: 'link', target: posix.relative(posix.dirname(link), neighbour) });
      } else if (range.startsWith('workspace:')) {
        throw new BuildError(
          `${path} needs the workspace package ${name}, whose package.json was not copied before the install`,
        );
      } else {
        checkInstalled(name, range, path);
        tree.set(link, { type: 'link', target: posix.join(dependenciesFolder, name) });
      }
      packages++;
    }
  }
  return { manifests: manifests.length, packages };
};
