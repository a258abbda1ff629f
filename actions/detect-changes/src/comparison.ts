import type { Commit, Repository } from '@hospital-ops/git/repository';
import type { GitHubApi } from '@hospital-ops/github/api';

/** Two commits to compare and why these, or why there is nothing to compare with. */
export type Base =
  | {
      readonly base: string;
      readonly head: string;
      readonly reason: string;
      /** Sentences that somebody has to read before this is released. */
      readonly notes?: readonly string[];
      readonly besides?: readonly Besides[];
    }
  | { readonly unknown: string; readonly head: string };

/** Another commit that may run, beside the base: what changed since it counts too. */
export interface Besides {
  readonly sha: string;
  /** Services that may run it; undefined where nobody knows which. Filters are compared with it all the same. */
  readonly services: ReadonlySet<string> | undefined;
  /** Whether those services run it for sure, so that the base does not speak for them. */
  readonly instead: boolean;
  readonly why: string;
}

export interface BaseContext {
  readonly repository: Repository;
  /** The commit that is checked out. */
  readonly checkedOut: Commit;
  /** As the event tells it. */
  readonly defaultBranch: string | undefined;
  /** Undefined without a token. */
  readonly api: Pick<GitHubApi, 'listDeployments' | 'deploymentWord'> | undefined;
}

export const shortSha = (sha: string): string => sha.slice(0, 7);
