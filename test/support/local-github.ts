import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GitHub } from '@hospital-ops/rehearsal/github/server';
import { startGitHub } from '@hospital-ops/rehearsal/github/server';
import type { GitHubFacts } from '@hospital-ops/rehearsal/github/world';

export const TOKEN = 'ghs_rehearsal';
export const REPOSITORY = 'rivercare/hospital-ops';

/** Starts GitHub over a repository in which `git` runs; it throws where git refuses. */
export const startGitHubOver = (
  git: (...args: readonly string[]) => string,
  facts: Partial<GitHubFacts> = {},
): Promise<GitHub> =>
  startGitHub({
    repository: REPOSITORY,
    defaultBranch: 'main',
    token: TOKEN,
    git: async (...args) => {
      try {
        return git(...args);
      } catch {
        return undefined;
      }
    },
    runId: 99,
    startedAt: Date.UTC(2026, 0, 1),
    jobs: () => [],
    pullRequests: [],
    now: () => Date.now(),
    ...facts,
  });

export interface LocalGitHub {
  readonly github: GitHub;
  /** Runs git in the repository, and returns what it said. */
  git(...args: readonly string[]): string;
  /** Adds a commit without files on top of `parent`, on no branch. Returns its SHA. */
  commit(message: string, parent?: string): string;
  close(): Promise<void>;
}

/** Starts GitHub over a new repository with what `history` adds to it, in the form of git fast-import. */
export const startLocalGitHub = async (history = '', facts: Partial<GitHubFacts> = {}): Promise<LocalGitHub> => {
  const folder = mkdtempSync(join(tmpdir(), 'github-'));
  const env = {
    PATH: process.env.PATH ?? '',
    GIT_CONFIG_GLOBAL: devNull,
    GIT_CONFIG_SYSTEM: devNull,
    GIT_AUTHOR_NAME: 'Asha',
    GIT_AUTHOR_EMAIL: 'asha@example.org',
    GIT_COMMITTER_NAME: 'Asha',
    GIT_COMMITTER_EMAIL: 'asha@example.org',
  };
  const run = (args: readonly string[], input = '') =>
    execFileSync('git', [...args], {
      cwd: folder,
      env,
      input,
      stdio: ['pipe', 'pipe', 'ignore'],
      maxBuffer: 64e6,
    }).toString();
  const git = (...args: readonly string[]) => run(args).trim();
  git('init', '--quiet', '--initial-branch=main');
  run(['fast-import', '--quiet'], history);
  const github = await startGitHubOver(git, facts);
  return {
    github,
    git,
    commit: (message, parent) => {
      const tree = run(['mktree']).trim();
      return git('commit-tree', tree, ...(parent === undefined ? [] : ['-p', parent]), '-m', message);
    },
    close: async () => {
      await github.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
