/** One image as the user asked for it. Paths are relative to the workspace. */
export interface ImageSpec {
  /** The key of `images`, or the repository's name. */
  readonly name: string;
  readonly repository: string;
  readonly context: string;
  /** `<context>/Dockerfile` unless given. */
  readonly dockerfile: string;
  readonly target?: string | undefined;
  readonly buildArgs: ReadonlyMap<string, string>;
  /** Id of a BuildKit secret to the environment variable that holds it. */
  readonly secrets: ReadonlyMap<string, string>;
  readonly platforms: readonly string[];
  readonly labels: ReadonlyMap<string, string>;
  /** As asked for, placeholders in them; undefined for the default: the commit, and the version of a release tag. */
  readonly tags?: readonly string[] | undefined;
  /** A tag, digest or whole reference that is put under the tags instead of a build. */
  readonly promoteFrom?: string | undefined;
  readonly skipUnchanged: boolean;
}

export const PROVENANCE = ['none', 'min', 'max'] as const;

/** What BuildKit is to attest about a build. */
export interface Attestations {
  readonly provenance: (typeof PROVENANCE)[number];
  readonly sbom: boolean;
}

export type ImageOutcome = 'built' | 'skipped' | 'promoted';

/** In the order in which they happen. */
export const PHASES = ['hash', 'look-up', 'login', 'build', 'push', 'copy', 'scan', 'tag'] as const;

/** Milliseconds by phase; a phase that did not happen is not there. */
export type Phases = Readonly<Partial<Record<(typeof PHASES)[number], number>>>;

/** What became of one image. Texts are empty where there is nothing to say, as for an image that was not pushed. */
export interface ImageResult {
  readonly name: string;
  readonly outcome: ImageOutcome | 'planned';
  /** What a dry run would do; undefined for a real one. */
  readonly plan?: 'build' | 'skip' | 'promote' | undefined;
  /** `registry/repository@sha256:…` */
  readonly image: string;
  readonly digest: string;
  /** Where `digest` is an index: platform to the digest of its image. */
  readonly platformDigests: Readonly<Record<string, string>>;
  /** Those that are on the image. */
  readonly tags: readonly string[];
  /** The commit that the image was built from, by its own label. */
  readonly revision: string;
  readonly contentHash: string;
  /** Steps of the build that came out of a cache; undefined where there was no build. */
  readonly cachedSteps?: number | undefined;
  readonly phases: Phases;
  readonly durationMs: number;
}

/** Where the build comes from. */
export interface Source {
  readonly revision: string;
  /** The full version of a `v*` tag: `1.2.3`. */
  readonly version?: string | undefined;
  /** `https://github.com/owner/repository` */
  readonly url?: string | undefined;
}
