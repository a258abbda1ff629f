import type { Change } from '@hospital-ops/git/diff';
import { contextSources } from '@hospital-ops/git/dockerfile';
import type { Ignore } from '@hospital-ops/git/dockerignore';
import { parseDockerignore } from '@hospital-ops/git/dockerignore';
import type { Followed, Links } from '@hospital-ops/git/links';
import { literal, literalOf, matcherOf, readLinks } from '@hospital-ops/git/links';
import type { Tree } from '@hospital-ops/git/tree';
import type { Workspace } from '@hospital-ops/git/workspace';
import { packageClosure, packagesOf, readWorkspace, shapesWorkspace } from '@hospital-ops/git/workspace';
import type { Pipeline, Service } from '@hospital-ops/pipeline/model';
import { fillPlaceholders } from '@hospital-ops/pipeline/placeholders';

/** Files that a service is made of, and how they come to be part of it. */
export interface Source {
  /** A file, or a folder with all that is below it; `.` for everything. */
  readonly path: string;
  /** For what a path cannot say alone: a pattern, or files that are kept from the builder. */
  readonly takes?: (path: string) => boolean;
  /** The way from the file to the service: `packages/shared`, `apps/api`. Empty for the service's own folder. */
  readonly through: readonly string[];
}

/** What a service is made of at one revision. */
export interface ServiceParts {
  readonly sources: readonly Source[];
  /** Folders of the workspace packages that it is made of, its own first. Empty when it is none. */
  readonly packages: readonly string[];
}

const joinPath = (context: string, path: string): string => {
  if (path === '.') return context;
  return context === '.' ? path : `${context}/${path}`;
};

const ignoreFiles = ({ build }: Service): readonly [own: string, common: string] => [
  `${build.dockerfile}.dockerignore`,
  joinPath(build.context, '.dockerignore'),
];

/** True when the files of a change decide what services are made of. */
export const shapesServices = ({ services }: Pipeline): ((change: Change) => boolean) => {
  const files = new Set(
    [...services.values()].flatMap((service) => [service.build.dockerfile, ...ignoreFiles(service)]),
  );
  return ({ path }) => shapesWorkspace(path) || files.has(path);
};

/** Whether the builder gets a file; remembered, since many services share one context. */
const keptFrom = (ignore: Ignore, context: string): ((path: string) => boolean) => {
  const known = new Map<string, boolean>();
  return (path) => {
    let excluded = known.get(path);
    if (excluded === undefined) {
      excluded = ignore.excludes(context === '.' ? path : path.slice(context.length + 1));
      known.set(path, excluded);
    }
    return excluded;
  };
};

type Excludes = (path: string) => boolean;

/** Without a tree a path leads nowhere else. */
const AS_WRITTEN: Links = {
  follow: (pattern) => ({ patterns: [pattern], via: [] }),
  below: () => [],
};

/** What a pattern leads to below `root`; `excludes` takes away what the builder does not get. */
const sourcesOf = (
  { patterns, via }: Followed,
  root: string,
  through: readonly string[],
  excludes?: Excludes,
): Source[] => [
  ...via.map((path) => ({ path, through })),
  ...patterns.map((pattern): Source => {
    const path = literalOf(pattern);
    if (path !== undefined) return { path, through, ...(excludes && { takes: (file) => !excludes(file) }) };
    const matches = matcherOf(pattern);
    return { path: root, through, takes: (file) => matches(file) && !excludes?.(file) };
  }),
];

/** A folder, and what lies behind the links in it, which lead out of it for whoever builds or tests there. */
const folderSources = (folder: string, links: Links, through: readonly string[]): Source[] => {
  const own = links.follow(literal(folder), '.');
  const found = sourcesOf(own, '.', through);
  const seen = new Set(own.via);
  for (const { path } of found) {
    for (const link of links.below(path)) {
      if (seen.has(link)) continue;
      seen.add(link);
      found.push(...sourcesOf(links.follow(literal(link), '.'), '.', [...through, `the link ${link}`]));
    }
  }
  return found;
};

type Contents = ReadonlyMap<string, string>;

interface DockerfileWorld {
  readonly files: Contents | undefined;
  readonly links: Links;
  /** Where the build context really is. */
  readonly context: string;
  readonly excludes: Excludes;
}

const dockerfileSources = (
  service: Service,
  project: string,
  { files, links, context, excludes }: DockerfileWorld,
): Source[] => {
  const { build } = service;
  const [ownIgnore, commonIgnore] = ignoreFiles(service);
  // The ignore file of a Dockerfile is read instead of the common one.
  const read = [build.dockerfile, ownIgnore, ...(files?.has(ownIgnore) ? [] : [commonIgnore])];
  const own = [
    ...links.follow(literal(build.context), '.').via.map((path) => ({ path, through: [] })),
    ...read.flatMap((path) => sourcesOf(links.follow(literal(path), '.'), '.', [])),
  ];
  const dockerfile = files?.get(build.dockerfile);
  if (dockerfile === undefined) return own;
  const values = { project, service: service.name };
  // {sha} is another one for every commit, so an argument that holds it is not known.
  const buildArgs = Object.fromEntries(
    Object.entries(build.buildArgs).map(([key, value]) => [
      key,
      value.includes('{sha}') ? undefined : fillPlaceholders(value, values, () => {}),
    ]),
  );
  const { sources, unsure } = /^\s*FROM\s/im.test(dockerfile)
    ? contextSources(dockerfile, { target: build.target, buildArgs })
    : { sources: [], unsure: 'it has no FROM' };
  const through = (what: string) => [`${what} in ${build.dockerfile}`];
  return [
    ...own,
    ...sources.flatMap((source) =>
      sourcesOf(links.follow(source, context), context, through(`COPY ${source}`), excludes),
    ),
    ...(unsure === undefined ? [] : [{ path: context, through: through(`unsure: ${unsure},`) }]),
  ];
};

const packageParts = (service: Service, folder: string, workspace: Workspace, links: Links): ServiceParts => {
  const ways = packageClosure(workspace, packagesOf(workspace, folder));
  const within = (other: string) => other === folder || other.startsWith(`${folder}/`);
  const sources = [...ways]
    .filter(([other]) => !within(other))
    .flatMap(([other, way]): Source[] => {
      const through = way.at(-1) === folder ? way : [...way, service.name];
      // A service that is a part of a package is not made of all of it.
      const around = folder.startsWith(`${other}/`);
      return around ? [{ path: `${other}/package.json`, through }] : folderSources(other, links, through);
    });
  return { sources, packages: [...ways.keys()] };
};

/** Where a path really is, once all links on it are followed. */
const realPath = (path: string, links: Links): string =>
  literalOf(links.follow(literal(path), '.').patterns.at(-1) ?? '') ?? path;

/** Reads files by the paths that they are named by, through links. */
const readThrough = async (tree: Tree, links: Links, paths: readonly string[]): Promise<Contents> => {
  const real = new Map([...new Set(paths)].map((path) => [path, realPath(path, links)]));
  const contents = await tree.read([...new Set(real.values())]);
  return new Map(
    [...real].flatMap(([path, at]) => {
      const text = contents.get(at);
      return text === undefined ? [] : [[path, text]];
    }),
  );
};

/**
 * Returns what each service is made of in `tree`: own folder, workspace packages, Dockerfile and what it copies. Without
 * a tree (`graph: off`) the folder and the files of the Dockerfile alone.
 */
export const serviceParts = async (
  pipeline: Pipeline,
  tree: Tree | undefined,
): Promise<ReadonlyMap<string, ServiceParts>> => {
  const services = [...pipeline.services.values()];
  const tied = tree && (await readLinks(tree));
  const links = tied ?? AS_WRITTEN;
  const folderOf = ({ path }: Service) => realPath(path, links);
  const workspace = tree && tied && (await readWorkspace(tree, services.map(folderOf), tied));
  const wanted = services.flatMap((service) => [service.build.dockerfile, ...ignoreFiles(service)]);
  const files = tree && (await readThrough(tree, links, wanted));
  const rules = new Map<string, Excludes>();
  const excludesOf = (service: Service, context: string): Excludes => {
    const file = ignoreFiles(service).find((path) => files?.has(path));
    const text = file === undefined ? undefined : files?.get(file);
    if (text === undefined) return () => false;
    const key = `${context}\0${file}`;
    const found = rules.get(key) ?? keptFrom(parseDockerignore(text), context);
    rules.set(key, found);
    return found;
  };
  return new Map(
    services.map((service) => {
      const parts = workspace
        ? packageParts(service, folderOf(service), workspace, links)
        : { sources: [], packages: [] };
      const context = realPath(service.build.context, links);
      const about = { files, links, context, excludes: excludesOf(service, context) };
      const docker = dockerfileSources(service, pipeline.project, about);
      const own = folderSources(service.path, links, []);
      return [service.name, { sources: [...own, ...parts.sources, ...docker], packages: parts.packages }];
    }),
  );
};
