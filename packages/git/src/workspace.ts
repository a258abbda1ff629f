import { OpsError } from '@hospital-ops/action-kit/errors';
import { isMap } from '@hospital-ops/action-kit/is-map';
import { parseYaml } from '@hospital-ops/action-kit/structured';
import picomatch from 'picomatch';
import type { Links } from './links.ts';
import { literal, literalOf } from './links.ts';
import type { Tree } from './tree.ts';

export interface WorkspacePackage {
  /** From the root of the repository; `.` for the root package. */
  readonly folder: string;
  readonly name: string | undefined;
  /**
   * Folders of the packages of this repository that its manifest names, in every kind of dependency, and the links and
   * submodules on the way to them.
   */
  readonly dependencies: readonly string[];
}

export interface Workspace {
  /** By folder. */
  readonly packages: ReadonlyMap<string, WorkspacePackage>;
}

/** True for a file that decides which packages there are and what they use of each other. */
export const shapesWorkspace = (path: string): boolean =>
  path === 'pnpm-workspace.yaml' || path === 'package.json' || path.endsWith('/package.json');

type Json = Readonly<Record<string, unknown>>;

const KINDS = ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies'] as const;

/** Files of the root that decide what every package of the workspace resolves to. */
const ROOT_FILES = new Set([
  'package.json',
  'pnpm-workspace.yaml',
  'pnpm-lock.yaml',
  'package-lock.json',
  'npm-shrinkwrap.json',
  'yarn.lock',
  'bun.lock',
  'bun.lockb',
  '.npmrc',
  '.yarnrc.yml',
  '.pnpmfile.cjs',
]);

/** True for a file of the root that may change every package: a lock file, a manifest, settings of a package manager. */
export const changesEveryPackage = (path: string): boolean => ROOT_FILES.has(path);

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];

const parseManifest = (path: string, text: string): Json => {
  try {
    const value: unknown = JSON.parse(text.replace(/^\ufeff/, ''));
    if (isMap(value)) return value;
  } catch (error) {
    throw new OpsError({ what: `"${path}" is not valid JSON.`, cause: error });
  }
  throw new OpsError({ what: `"${path}" is not a JSON object.` });
};

/** Returns the patterns of member folders: pnpm's when its file is there, else those of the root manifest. */
const memberPatterns = (contents: ReadonlyMap<string, string>): string[] => {
  const pnpm = contents.get('pnpm-workspace.yaml');
  if (pnpm !== undefined) {
    const value = parseYaml(pnpm);
    return isMap(value) ? texts(value.packages) : [];
  }
  const root = contents.get('package.json');
  const workspaces = root === undefined ? undefined : parseManifest('package.json', root).workspaces;
  return isMap(workspaces) ? texts(workspaces.packages) : texts(workspaces);
};

/** As package managers read them: `!` takes away wherever it stands, and installed packages are never members. */
const memberFilter = (patterns: readonly string[]): ((folder: string) => boolean) => {
  const clean = (pattern: string) => pattern.replace(/^(!?)(?:\.?\/)+/, '$1').replace(/\/+$/, '');
  const split = (negated: boolean) =>
    patterns
      .map(clean)
      .filter((pattern) => pattern.startsWith('!') === negated)
      .map((pattern) => picomatch(pattern.replace(/^!/, ''), { dot: true }));
  const [wanted, unwanted] = [split(false), split(true)];
  return (folder) => wanted.some((matches) => matches(folder)) && !unwanted.some((matches) => matches(folder));
};

const MANIFEST = /^(?:(.+)\/)?package\.json$/s;

const manifestOf = (folder: string) => (folder === '.' ? 'package.json' : `${folder}/package.json`);

/** Resolves `../shared` of `file:../shared` against a package's folder; undefined when it leads out of the repository. */
const resolveFolder = (from: string, relative: string): string | undefined => {
  const parts = from === '.' ? [] : from.split('/');
  for (const part of relative.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join('/') || '.';
};

/** `a/b`, `a`: a service may be a part of a package. The root is no package of this kind. */
const withFoldersAbove = (folder: string): string[] => {
  const parts = folder.split('/');
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
};

interface Manifest {
  readonly folder: string;
  readonly json: Json;
}

const specsOf = ({ json }: Manifest): Array<readonly [name: string, spec: string]> =>
  KINDS.flatMap((kind) => {
    const section = json[kind];
    return isMap(section) ? Object.entries(section).map(([name, spec]) => [name, String(spec)] as const) : [];
  });

const linkedFolder = (manifest: Manifest, spec: string): string | undefined => {
  const [, path] = /^(?:file|link|portal|workspace):((?:\.{1,2}|~)?\/.*|\.{1,2})$/.exec(spec) ?? [];
  return path === undefined ? undefined : resolveFolder(manifest.folder, path);
};

/** A folder as it is named, with the links on the way to it, and last where it really is. */
const wayTo = (folder: string, links: Links): readonly string[] => {
  const { patterns, via } = links.follow(literal(folder), '.');
  return [...via, literalOf(patterns.at(-1) ?? '') ?? folder];
};

/** A dependency on a name that a member has counts as one on the member, whatever range it gives: rather one too many. */
const dependencyOf = (
  manifest: Manifest,
  [name, spec]: readonly [string, string],
  byName: ReadonlyMap<string, readonly string[]>,
  links: Links,
): readonly string[] => {
  if (spec.startsWith('npm:')) return [];
  const linked = linkedFolder(manifest, spec);
  if (linked !== undefined) return wayTo(linked, links);
  const [, alias] = /^workspace:(@?[^@]+)@/.exec(spec) ?? [];
  return byName.get(alias ?? name) ?? [];
};

/**
 * Returns the packages of the workspace (pnpm, npm or Yarn) in `tree`, those in `folders`, and those that they link to
 * by path, with their dependencies on each other. Nothing is installed. Throws OpsError for a manifest that cannot be read.
 */
export const readWorkspace = async (tree: Tree, folders: readonly string[], links: Links): Promise<Workspace> => {
  const present = new Set(tree.paths);
  const isMember = memberFilter(
    memberPatterns(await tree.read(['pnpm-workspace.yaml', 'package.json'].filter((path) => present.has(path)))),
  );
  const members = tree.paths.flatMap((path) => {
    const [whole, folder] = MANIFEST.exec(path) ?? [];
    if (whole === undefined || folder === undefined || folder.split('/').includes('node_modules')) return [];
    return isMember(folder) ? [[folder]] : [];
  });
  const linkedMembers = tree.links.filter(isMember).map((link) => wayTo(link, links));
  const ways = [...members, ...linkedMembers];
  const manifests = new Map<string, Manifest>();
  let wanted = [...new Set([...ways.flatMap((way) => way.at(-1) ?? []), ...folders.flatMap(withFoldersAbove)])];
  while (wanted.length > 0) {
    const paths = wanted.map(manifestOf).filter((path) => present.has(path));
    const read = [...(await tree.read(paths))].map(([path, text]) => {
      const folder = MANIFEST.exec(path)?.[1] ?? '.';
      return { folder, json: parseManifest(path, text) };
    });
    for (const manifest of read) manifests.set(manifest.folder, manifest);
    const linked = read.flatMap((manifest) =>
      specsOf(manifest).flatMap(([, spec]) => linkedFolder(manifest, spec) ?? []),
    );
    wanted = [...new Set(linked.map((folder) => wayTo(folder, links).at(-1) ?? folder))].filter(
      (folder) => !manifests.has(folder) && present.has(manifestOf(folder)),
    );
  }
  const byName = new Map(
    ways.flatMap((way) => {
      const name = manifests.get(way.at(-1) ?? '')?.json.name;
      return typeof name === 'string' ? [[name, way] as const] : [];
    }),
  );
  const packages = [...manifests.values()].map((manifest) => {
    const dependencies = specsOf(manifest).flatMap((entry) => dependencyOf(manifest, entry, byName, links));
    const name = manifest.json.name;
    return {
      folder: manifest.folder,
      name: typeof name === 'string' ? name : undefined,
      dependencies: [...new Set(dependencies)].filter((folder) => folder !== manifest.folder),
    };
  });
  return { packages: new Map(packages.map((one) => [one.folder, one])) };
};

/** Returns the packages that a folder of files belongs to: those in it and below it, else the nearest one above it. */
export const packagesOf = (workspace: Workspace, folder: string): readonly string[] => {
  const inside = [...workspace.packages.keys()].filter((own) => own === folder || own.startsWith(`${folder}/`));
  if (inside.length > 0) return inside;
  for (let above = folder; above.includes('/'); ) {
    above = above.slice(0, above.lastIndexOf('/'));
    if (workspace.packages.has(above)) return [above];
  }
  return [];
};

/**
 * Returns the folders of the packages that those in `folders` are made of, themselves first, each with the way to it:
 * `[packages/shared, packages/ui, apps/web]` says that web uses ui and ui uses shared. The shortest way is told.
 */
export const packageClosure = (
  workspace: Workspace,
  folders: readonly string[],
): ReadonlyMap<string, readonly string[]> => {
  const ways = new Map<string, readonly string[]>(folders.map((folder) => [folder, [folder]]));
  for (const [current, way] of ways) {
    for (const next of workspace.packages.get(current)?.dependencies ?? []) {
      if (!ways.has(next)) ways.set(next, [next, ...way]);
    }
  }
  return ways;
};
