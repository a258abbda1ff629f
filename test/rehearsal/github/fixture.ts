import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GitHub } from '@hospital-ops/rehearsal/github/server';
import { startGitHub } from '@hospital-ops/rehearsal/github/server';
import type { GitHubFacts, RunJob } from '@hospital-ops/rehearsal/github/world';

export const TOKEN = 'ghs_rehearsal';
export const REPOSITORY = 'rivercare/hospital-ops';

export interface Fixture {
  readonly github: GitHub;
  git(...args: readonly string[]): string;
  close(): Promise<void>;
}

/**
 * Starts GitHub over a new repository: `main` with the tag v1.0.0 on its first commit, `commits` more of them, and a branch
 * `topic` with `files` new files and one renamed, open as pull request 7.
 */
export const startFixture = async ({
  commits = 1,
  files = 2,
  jobs = [] as readonly RunJob[],
  permissionsOf = undefined as GitHubFacts['permissionsOf'],
} = {}): Promise<Fixture> => {
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
  const person = 'committer Asha <asha@example.org> 1767225600 +0000';
  const data = (text: string) => `data ${Buffer.byteLength(text)}\n${text}\n`;
  const commit = (branch: string, message: string, changes: string) =>
    `commit refs/heads/${branch}\n${person}\n${data(message)}${branch === 'topic' ? 'from refs/heads/main\n' : ''}${changes}\n`;
  const file = (path: string, text: string) => `M 100644 inline ${path}\n${data(text)}`;
  git('init', '--quiet', '--initial-branch=main');
  const stream = [
    commit('main', 'first', file('README.md', 'one\ntwo\nthree\n') + file('a.txt', 'a\n')),
    `reset refs/tags/v1.0.0\nfrom refs/heads/main\n\n`,
    ...Array.from({ length: commits }, (_, at) => commit('main', `change ${at + 1}\n\nbody`, file('a.txt', `${at}\n`))),
    commit(
      'topic',
      'topic',
      `R README.md GUIDE.md\n${Array.from({ length: files }, (_, at) => file(`new/${at}.txt`, `${at}\n`)).join('')}`,
    ),
  ];
  run(['fast-import', '--quiet'], stream.join(''));
  const github = await startGitHub({
    ...(permissionsOf === undefined ? {} : { permissionsOf }),
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
    jobs: () => jobs,
    pullRequests: [{ number: 7, title: 'Topic', base: 'main', head: 'topic' }],
    now: () => Date.UTC(2026, 0, 1),
  });
  return {
    github,
    git,
    close: async () => {
      await github.close();
      rmSync(folder, { recursive: true });
    },
  };
};

export const jobOf = (id: number, conclusion: RunJob['conclusion']): RunJob => ({
  id,
  name: `job ${id}`,
  status: conclusion === null ? 'in_progress' : 'completed',
  conclusion,
  steps: [
    { number: 1, name: 'Set up', status: 'completed', conclusion: 'success' },
    { number: 2, name: `step of ${id}`, status: 'completed', conclusion },
  ],
});
