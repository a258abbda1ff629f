/** Where a commit stands to another. `diverged` is also said of two without common history. */
export type Relation = 'identical' | 'ahead' | 'behind' | 'diverged';

/** Branches of the repository. Methods throw OpsError; what is not known is never `true`. Need `contents: read`. */
export interface Branches {
  defaultBranch(): Promise<string>;
  /** Names of the branches that begin with `prefix`. */
  list(prefix: string): Promise<readonly string[]>;
  /** Whether the branch exists and `sha` is its newest commit or one before it. */
  holds(branch: string, sha: string): Promise<boolean>;
  /** Where `head` stands to `base`, and how many commits of `head` are not in `base`; undefined for an unknown commit. */
  relation(base: string, head: string): Promise<{ readonly relation: Relation; readonly ahead: number } | undefined>;
}
