import type { BuildRequest } from './builder.ts';
import type { CachePlan } from './cache-plan.ts';

const flags = (name: string, values: readonly string[]): string[] => values.flatMap((value) => [name, value]);

const pairs = (map: ReadonlyMap<string, string>): string[] => [...map].map(([key, value]) => `${key}=${value}`);

const common = (request: BuildRequest): string[] => [
  '--file',
  request.dockerfile,
  ...flags('--tag', [request.reference]),
  ...flags('--label', pairs(request.labels)),
  ...flags('--build-arg', pairs(request.buildArgs)),
  ...flags(
    '--secret',
    [...request.secrets].map(([id, variable]) => `id=${id},env=${variable}`),
  ),
  ...(request.target === undefined ? [] : ['--target', request.target]),
  ...(request.platforms.length === 0 ? [] : ['--platform', request.platforms.join(',')]),
  ...(request.pull ? ['--pull'] : []),
];

/** Returns the arguments of `docker` for a build by buildx that pushes by itself and writes what it did to `metadata`. */
export const buildxArguments = (request: BuildRequest, cache: CachePlan, metadata: string): string[] => [
  'buildx',
  'build',
  '--progress',
  'plain',
  '--metadata-file',
  metadata,
  ...(request.push ? ['--push'] : []),
  ...(request.provenance === 'none' ? [] : ['--provenance', `mode=${request.provenance}`]),
  ...(request.sbom ? ['--sbom', 'true'] : []),
  ...flags('--cache-from', cache.from),
  ...flags('--cache-to', cache.to),
  ...common(request),
  request.context,
];

/** Returns the arguments of `docker` for a build by an engine without buildx; pushing is a command of its own. */
export const engineArguments = (request: BuildRequest): string[] => ['build', ...common(request), request.context];
