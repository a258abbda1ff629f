/** Where a commit stands to another. `diverged` is also said of two without common history. */
export type Relation = 'identical' | 'ahead' | 'behind' | 'diverged';

/** Where a commit `head` stands to another, `base`. */
export interface Standing {
  readonly relation: Relation;
  /** How many commits of `head` are not in `base`. */
  readonly ahead: number;
  /** How many commits of `base` are not in `head`. */
  readonly behind: number;
}

/** Branches of the repository. Methods throw OpsError; what is not known is never `true`. Need `contents: read`. */
export interface Branches {
  defaultBranch(): Promise<string>;
  /** Names of the branches that begin with `prefix`. */
  list(prefix: string): Promise<readonly string[]>;
  /** Whether the branch exists and `sha` is its newest commit or one before it. */
  holds(branch: string, sha: string): Promise<boolean>;
  /** Undefined for a commit that GitHub does not know. */
  relation(base: string, head: string): Promise<Standing | undefined>;
}
