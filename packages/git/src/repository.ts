import type { Change } from './diff.ts';
import type { Tag } from './tags.ts';
import type { Tree } from './tree.ts';

export interface Commit {
  readonly sha: string;
  /** As the commit itself names them, also where a shallow clone does not have them. */
  readonly parents: readonly string[];
}

export interface MergeBase {
  /** Undefined when the two have no common history at all. */
  readonly sha: string | undefined;
}

/**
 * One checkout and the repository that it came from. What the checkout lacks is fetched into a scratch repository
 * beside it, which borrows the checkout's objects: the checkout itself, its configuration and its shallow boundary
 * stay as they are. Methods throw ToolError when git fails or the history cannot be had, CancelledError when cancelled.
 */
export interface Repository {
  /** The commit that is checked out. One process looks for the commit `besides` too, which `obtain` then has at hand. */
  head(besides?: string): Promise<Commit>;
  /** The commit that `revision` names in the checkout, or undefined. */
  find(revision: string): Promise<Commit | undefined>;
  /** The commit with this full SHA, fetched when it is not there; undefined when the server does not have it. */
  obtain(sha: string): Promise<Commit | undefined>;
  /** The newest commit of a branch or tag of the remote (`refs/heads/main`), fetched; undefined when it has no such ref. */
  obtainRef(ref: string): Promise<Commit | undefined>;
  /** Name of the remote's default branch, or undefined when it does not tell. */
  defaultBranch(): Promise<string | undefined>;
  /** The tags of the remote; of the checkout when it has no remote. */
  tags(): Promise<readonly Tag[]>;
  /** The nearest of `candidates` in the history behind `head`, by ancestry and then version; fetches as far as needed. */
  nearestTag(head: string, candidates: readonly Tag[]): Promise<Tag | undefined>;
  /** Fetches as much history as a certain answer needs. */
  mergeBase(a: string, b: string): Promise<MergeBase>;
  isAncestor(ancestor: string, descendant: string): Promise<boolean>;
  /** What differs between the trees of two commits. */
  changes(base: string, head: string): Promise<readonly Change[]>;
  tree(revision: string): Promise<Tree>;
  /** Removes the scratch repository. */
  dispose(): Promise<void>;
}
