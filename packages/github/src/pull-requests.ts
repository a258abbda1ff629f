export interface OpenedPullRequest {
  readonly number: number;
  readonly url: string;
}

/** Opening pull requests. Methods throw OpsError that names the permission. */
export interface PullRequests {
  /** The open pull request of these two branches of the repository. Needs `pull-requests: read`. */
  find(head: string, base: string): Promise<OpenedPullRequest | undefined>;
  /** Needs `pull-requests: write`, and that the repository allows Actions to open pull requests. */
  open(request: { head: string; base: string; title: string; body: string }): Promise<OpenedPullRequest>;
  /** Creates a branch; one that is there already at that commit is taken. Needs `contents: write`. */
  createBranch(name: string, sha: string): Promise<void>;
}
