import type { GitHubFacts, RunJob } from '@hospital-ops/rehearsal/github/world';
import type { LocalGitHub } from '../../support/local-github.ts';
import { startLocalGitHub } from '../../support/local-github.ts';

/**
 * Starts GitHub over a new repository: `main` with the tag v1.0.0 on its first commit, `commits` more of them, and a branch
 * `topic` with `files` new files and one renamed, open as pull request 7.
 */
export const startFixture = async ({
  commits = 1,
  files = 2,
  jobs = [] as readonly RunJob[],
  permissionsOf = undefined as GitHubFacts['permissionsOf'],
} = {}): Promise<LocalGitHub> => {
  const person = 'committer Asha <asha@example.org> 1767225600 +0000';
  const data = (text: string) => `data ${Buffer.byteLength(text)}\n${text}\n`;
  const commit = (branch: string, message: string, changes: string) =>
    `commit refs/heads/${branch}\n${person}\n${data(message)}${branch === 'topic' ? 'from refs/heads/main\n' : ''}${changes}\n`;
  const file = (path: string, text: string) => `M 100644 inline ${path}\n${data(text)}`;
  const history = [
    commit('main', 'first', file('README.md', 'one\ntwo\nthree\n') + file('a.txt', 'a\n')),
    `reset refs/tags/v1.0.0\nfrom refs/heads/main\n\n`,
    ...Array.from({ length: commits }, (_, at) => commit('main', `change ${at + 1}\n\nbody`, file('a.txt', `${at}\n`))),
    commit(
      'topic',
      'topic',
      `R README.md GUIDE.md\n${Array.from({ length: files }, (_, at) => file(`new/${at}.txt`, `${at}\n`)).join('')}`,
    ),
  ];
  return startLocalGitHub(history.join(''), {
    ...(permissionsOf === undefined ? {} : { permissionsOf }),
    jobs: () => jobs,
    pullRequests: [{ number: 7, title: 'Topic', base: 'main', head: 'topic' }],
    now: () => Date.UTC(2026, 0, 1),
  });
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
