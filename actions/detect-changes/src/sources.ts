import type { Change } from '@hospital-ops/git/diff';
import { contextSources } from '@hospital-ops/git/dockerfile';
import type { Ignore } from '@hospital-ops/git/dockerignore';
import { parseDockerignore } from '@hospital-ops/git/dockerignore';
import type { Tree } from '@hospital-ops/git/tree';
import type { Workspace } from '@hospital-ops/git/workspace';
import { packageClosure, packagesOf, readWorkspace, shapesWorkspace } from '@hospital-ops/git/workspace';
import type { Pipeline, Service } from '@hospital-ops/pipeline/model';
import { fillPlaceholders } from '@hospital-ops/pipeline/placeholders';
import picomatch from 'picomatch';

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

/** A source of COPY names a file or a folder; with a wildcard, each that it matches. */
const copied = (context: string, source: string, excludes: Excludes, through: readonly string[]): Source => {
  const from = joinPath(context, source);
  if (!/[*?[\\]/.test(source)) return { path: from, takes: (path) => !excludes(path), through };
  const matches = picomatch([from, `${from}/**`], { dot: true, noextglob: true, nobrace: true, flags: 's' });
  return { path: context, takes: (path) => matches(path) && !excludes(path), through };
};

const dockerfileSources = (
  service: Service,
  project: string,
  files: ReadonlyMap<string, string> | undefined,
  excludes: Excludes,
): Source[] => {
  const { build } = service;
  const [ownIgnore, commonIgnore] = ignoreFiles(service);
  // The ignore file of a Dockerfile is read instead of the common one.
  const read = [build.dockerfile, ownIgnore, ...(files?.has(ownIgnore) ? [] : [commonIgnore])];
  const own = read.map((path) => ({ path, through: [] }));
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
  // A link to a Dockerfile holds a path, and anything else is no Dockerfile either.
  const { sources, unsure } = /^\s*FROM\s/im.test(dockerfile)
    ? contextSources(dockerfile, { target: build.target, buildArgs })
    : { sources: [], unsure: 'it has no FROM' };
  const through = (what: string) => [`${what} in ${build.dockerfile}`];
  return [
    ...own,
    ...sources.map((source) => copied(build.context, source, excludes, through(`COPY ${source}`))),
    ...(unsure === undefined ? [] : [{ path: build.context, through: through(`unsure: ${unsure},`) }]),
  ];
};

const packageParts = (service: Service, workspace: Workspace): ServiceParts => {
  const ways = packageClosure(workspace, packagesOf(workspace, service.path));
  const within = (folder: string) => folder === service.path || folder.startsWith(`${service.path}/`);
  const sources = [...ways]
    .filter(([folder]) => !within(folder))
    .map(([folder, way]): Source => {
      // A service that is a part of a package is not made of all of it.
      const around = service.path.startsWith(`${folder}/`);
      const path = around ? `${folder}/package.json` : folder;
      return { path, through: way.at(-1) === service.path ? way : [...way, service.name] };
    });
  return { sources, packages: [...ways.keys()] };
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
  const paths = services.map(({ path }) => path);
  const workspace = tree && (await readWorkspace(tree, paths));
  const present = new Set(tree?.paths);
  const wanted = services.flatMap((service) => [service.build.dockerfile, ...ignoreFiles(service)]);
  const files = await tree?.read([...new Set(wanted)].filter((path) => present.has(path)));
  const rules = new Map<string, Excludes>();
  const excludesOf = (service: Service): Excludes => {
    const file = ignoreFiles(service).find((path) => files?.has(path));
    const text = file === undefined ? undefined : files?.get(file);
    if (text === undefined) return () => false;
    const { context } = service.build;
    const key = `${context}\0${file}`;
    const found = rules.get(key) ?? keptFrom(parseDockerignore(text), context);
    rules.set(key, found);
    return found;
  };
  return new Map(
    services.map((service) => {
      const parts = workspace ? packageParts(service, workspace) : { sources: [], packages: [] };
      const docker = dockerfileSources(service, pipeline.project, files, excludesOf(service));
      const own = { path: service.path, through: [] };
      return [service.name, { sources: [own, ...parts.sources, ...docker], packages: parts.packages }];
    }),
  );
};
