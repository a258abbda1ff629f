import { contextSources } from '@hospital-ops/git/dockerfile';
import type { Tree } from '@hospital-ops/git/tree';
import type { Workspace } from '@hospital-ops/git/workspace';
import { changesEveryPackage, packageClosure, readWorkspace } from '@hospital-ops/git/workspace';
import type { Pipeline, Service } from '@hospital-ops/pipeline/model';
import { fillPlaceholders } from '@hospital-ops/pipeline/placeholders';
import picomatch from 'picomatch';
import type { PatternList } from './patterns.ts';

/** Files that a service is made of, and how they come to be part of it. */
export interface Source {
  matches(path: string): boolean;
  /** The way from the file to the service: `packages/shared`, `apps/api`. Empty for the service's own folder. */
  readonly through: readonly string[];
}

export interface ServiceFilter {
  readonly name: string;
  readonly sources: readonly Source[];
  /** The service's `paths`, on top of its sources. */
  readonly rules: PatternList;
  readonly dependsOn: readonly string[];
}

const below = (folder: string) => (path: string) => folder === '.' || path === folder || path.startsWith(`${folder}/`);

const exactly = (file: string) => (path: string) => path === file;

const join = (context: string, path: string): string => {
  if (path === '.') return context;
  return context === '.' ? path : `${context}/${path}`;
};

/** A source of COPY names a file or a folder; with a wildcard, each that it matches. */
const copied = (context: string, source: string): ((path: string) => boolean) => {
  const from = join(context, source);
  if (!/[*?[\\]/.test(source)) return below(from);
  const matches = picomatch([from, `${from}/**`], { dot: true, noextglob: true, nobrace: true, flags: 's' });
  return (path) => matches(path);
};

const dockerfileSources = (service: Service, dockerfile: string | undefined, pipeline: Pipeline): Source[] => {
  const { build } = service;
  const ignore = [`${build.dockerfile}.dockerignore`, join(build.context, '.dockerignore')];
  const own = [build.dockerfile, ...ignore].map((file) => ({ matches: exactly(file), through: [] }));
  if (dockerfile === undefined) return own;
  const values = { project: pipeline.project, service: service.name };
  // {sha} is another one for every commit, so an argument that holds it stays unknown.
  const args = Object.entries(build.buildArgs).filter(([, value]) => !value.includes('{sha}'));
  const filled = Object.fromEntries(args.map(([key, value]) => [key, fillPlaceholders(value, values, () => {})]));
  const { sources, unsure } = contextSources(dockerfile, filled);
  const through = (what: string) => [`${what} in ${build.dockerfile}`];
  return [
    ...own,
    ...sources.map((source) => ({ matches: copied(build.context, source), through: through(`COPY ${source}`) })),
    ...(unsure === undefined ? [] : [{ matches: below(build.context), through: through(`unsure: ${unsure},`) }]),
  ];
};

const packageSources = (service: Service, workspace: Workspace): Source[] =>
  [...packageClosure(workspace, service.path)]
    .slice(1)
    .map(([folder, way]) => ({ matches: below(folder), through: way }));

/**
 * Returns the filters of the pipeline's services from the files of the head: own folder, workspace packages,
 * Dockerfile and what it copies, `paths`. Without a tree (`graph: off`) the folder, the Dockerfile and `paths` alone.
 */
export const serviceFilters = async (
  pipeline: Pipeline,
  tree: Tree | undefined,
  rulesOf: (service: Service) => PatternList,
): Promise<ServiceFilter[]> => {
  const services = [...pipeline.services.values()];
  const workspace =
    tree &&
    (await readWorkspace(
      tree,
      services.map(({ path }) => path),
    ));
  const present = new Set(tree?.paths);
  const dockerfiles = await tree?.read([
    ...new Set(services.map(({ build }) => build.dockerfile).filter((path) => present.has(path))),
  ]);
  return services.map((service) => ({
    name: service.name,
    sources: [
      { matches: below(service.path), through: [] },
      ...(workspace ? packageSources(service, workspace) : []),
      ...dockerfileSources(service, dockerfiles?.get(service.build.dockerfile), pipeline),
    ],
    rules: rulesOf(service),
    dependsOn: service.dependsOn,
  }));
};

/** Why a change of `path` is one of every service, or undefined. */
export const globalReason = (path: string, configFile: string | undefined, withGraph: boolean): string | undefined => {
  if (path === configFile) return 'the pipeline file';
  return withGraph && changesEveryPackage(path) ? 'a lock file or root manifest changes every service' : undefined;
};
