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
  readonly platforms: readonly string[];
  readonly labels: ReadonlyMap<string, string>;
  /** Undefined for the default: the commit, and the version of a release tag. */
  readonly tags?: readonly string[] | undefined;
  /** A tag or digest that is put under the tags instead of a build. */
  readonly promoteFrom?: string | undefined;
  readonly skipUnchanged: boolean;
}

export type ImageOutcome = 'built' | 'skipped' | 'promoted';

/** Milliseconds by phase; a phase that did not happen is not there. */
export type Phases = Readonly<Partial<Record<'hash' | 'look-up' | 'build' | 'tag', number>>>;

/** What became of one image. Texts are empty where there is nothing to say, as for an image that was not pushed. */
export interface ImageResult {
  readonly name: string;
  readonly outcome: ImageOutcome | 'planned';
  /** What a dry run would do; undefined for a real one. */
  readonly plan?: 'build' | 'skip' | 'promote' | undefined;
  /** `registry/repository@sha256:…` */
  readonly image: string;
  readonly digest: string;
  readonly tags: readonly string[];
  /** The commit that the image was built from, by its own label. */
  readonly revision: string;
  readonly contentHash: string;
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
