import type { PullRequestFacts } from '../github/world.ts';
import type { Consumer } from './consumer.ts';
import { git, tryGit } from './git.ts';

/** What happened on GitHub, and what ran before it. */
export interface RehearsedEvent {
  readonly name: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly ref: string;
  readonly refType: 'branch' | 'tag';
  readonly sha: string;
  /** One phrase for the first line: `push of the tag v1.1.0`. */
  readonly phrase: string;
  /** The commit that every service ran before, and its version; undefined for a first release. */
  readonly baseline: { readonly sha: string; readonly version: string } | undefined;
  /** What the run is to bring, where that is not its own commit: the version before, of a roll-back. */
  readonly goal?: { readonly sha: string; readonly version: string };
  /** The commit that a manual run names by its input, where that is not its own: of a hotfix. */
  readonly named?: { readonly sha: string; readonly version: string };
  /** Files that the push or the pull request changes. */
  readonly changedFiles?: readonly string[];
  /** The pull request that the event is about. */
  readonly pullRequest?: PullRequestFacts;
}

export const ZERO = '0'.repeat(40);

/** The version that a commit has for the suite: its tag without the v, else seven digits of the commit. */
export const versionOf = (sha: string, tag?: string): string => tag?.replace(/^v(?=\d)/, '') ?? sha.slice(0, 7);

export const common = (consumer: Consumer) => {
  const [owner = '', name = ''] = consumer.name.split('/');
  return {
    repository: {
      full_name: consumer.name,
      name,
      owner: { login: owner },
      default_branch: consumer.defaultBranch,
      private: true,
    },
    sender: { login: 'rehearser' },
  };
};

/** Returns the files that differ between two commits, as GitHub's `paths` filters see them. */
export const changedBetween = async (path: string, base: string, head: string): Promise<string[]> =>
  (await git(path, 'diff', '--name-only', '--no-renames', '-z', base, head)).split('\0').filter((file) => file !== '');

/** Returns the commit that `revision` names. Throws an Error with `what` when there is none. */
export const commitOf = async (path: string, revision: string, what: string): Promise<string> => {
  const sha = await tryGit(path, 'rev-parse', '--verify', '--quiet', `${revision}^{commit}`);
  if (sha === undefined)
    throw new Error(`${what} is not in the repository. Next: create it there, or name another one.`);
  return sha;
};
