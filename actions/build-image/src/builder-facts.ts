/** What a builder can do, as far as it says so. */
export interface BuilderFacts {
  /** Version of buildx; undefined where the docker command has none. */
  readonly buildx: string | undefined;
  /** `docker`, `docker-container`, `remote`, …; empty when it does not say. */
  readonly driver: string;
  /** Version of BuildKit; undefined when it does not say. */
  readonly buildkit: string | undefined;
  /** Whether the engine keeps images in containerd's store, with which it has all of BuildKit. */
  readonly hasContainerdStore: boolean;
}

const VERSION = /v?(\d+\.\d+(?:\.\d+)?)/;

/** Returns the facts in the answers of `docker buildx version`, `docker buildx inspect` and `docker info`. */
export const parseBuilderFacts = (buildx: string | undefined, inspect: string, info: string): BuilderFacts => ({
  buildx: buildx === undefined ? undefined : (VERSION.exec(buildx)?.[1] ?? ''),
  driver: /^Driver:\s*(\S+)/m.exec(inspect)?.[1] ?? '',
  buildkit: VERSION.exec(/^\s*BuildKit(?: version)?:\s*(\S+)/im.exec(inspect)?.[1] ?? '')?.[1],
  hasContainerdStore: info.includes('io.containerd.snapshotter'),
});

const isAtLeast = (version: string | undefined, least: readonly [number, number]): boolean => {
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number);
  return major > least[0] || (major === least[0] && minor >= least[1]);
};

/** Whether caches can be written anywhere but into the image (docs.docker.com, cache storage backends). */
export const canExportCache = ({ buildx, driver, hasContainerdStore }: BuilderFacts): boolean =>
  buildx !== undefined && driver !== '' && driver !== 'stand-in' && (driver !== 'docker' || hasContainerdStore);

/** Whether BuildKit itself speaks GitHub's cache service as it is since 2025-04 (buildx 0.21, BuildKit 0.20). */
export const hasGhaBackend = (facts: BuilderFacts): boolean =>
  canExportCache(facts) && isAtLeast(facts.buildx, [0, 21]) && isAtLeast(facts.buildkit, [0, 20]);
