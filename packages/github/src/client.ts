import type { Commit, GitHubApi, Job, PullRequestFile } from './api.ts';
import { createDeployments } from './deployments.ts';
import { at, integerAt, textAt } from './json.ts';
import type { GitHubClientOptions } from './requests.ts';
import { createRequests } from './requests.ts';

/** The API's own maximum (docs.github.com, REST, pagination). */
const PER_PAGE = 100;
/** A run holds at most 256 jobs per matrix; ten pages are more than any release has. */
const MAX_PAGES = 10;

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const FAILED_STEP = new Set(['failure', 'timed_out']);

const toJob = (raw: unknown): Job => ({
  id: integerAt(raw, 'id') ?? 0,
  name: textAt(raw, 'name') ?? '',
  status: textAt(raw, 'status') ?? '',
  conclusion: textAt(raw, 'conclusion'),
  url: textAt(raw, 'html_url'),
  failedStep: textAt(
    list(at(raw, 'steps')).find((step) => FAILED_STEP.has(textAt(step, 'conclusion') ?? '')),
    'name',
  ),
});

const toCommit = (raw: unknown): Commit => ({
  sha: textAt(raw, 'sha') ?? '',
  subject: (textAt(raw, 'commit', 'message') ?? '').split(/\r\n|\r|\n/, 1)[0] ?? '',
  author: textAt(raw, 'author', 'login') ?? textAt(raw, 'commit', 'author', 'name'),
  url: textAt(raw, 'html_url'),
});

/** 3,000 files in pages of 100 (docs.github.com, REST, list pull requests files). */
const FILE_PAGES = 30;

const toFile = (raw: unknown): PullRequestFile => ({
  path: textAt(raw, 'filename') ?? '',
  status: textAt(raw, 'status') ?? '',
  previous: textAt(raw, 'previous_filename'),
});

/** Returns the API over HTTP. Reads are tried three times when GitHub fails or cannot be reached. */
export const createGitHubApi = (options: GitHubClientOptions): GitHubApi => {
  const requests = createRequests(options);
  const get = (
    what: string,
    permission: string,
    route: string,
    parameters: Readonly<Record<string, unknown>>,
    delays?: readonly number[],
  ) => requests.read({ what, permission }, route, parameters, delays);

  return {
    listJobs: async (runId, attempt) => {
      const jobs: Job[] = [];
      for (let page = 1; page <= MAX_PAGES; page += 1) {
        const data = await get(
          'cannot list the jobs of this run',
          'actions: read',
          '/repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt_number}/jobs',
          { run_id: runId, attempt_number: attempt, per_page: PER_PAGE, page },
        );
        const found = list(at(data, 'jobs'));
        jobs.push(...found.map(toJob));
        if (found.length === 0 || jobs.length >= (integerAt(data, 'total_count') ?? 0)) break;
      }
      return jobs;
    },
    runStartedAt: async (runId, attempt) => {
      const data = await get(
        'cannot read this run',
        'actions: read',
        '/repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt_number}',
        { run_id: runId, attempt_number: attempt },
        // Only good to have: nobody waits for a second try.
        [],
      );
      const at = Date.parse(textAt(data, 'run_started_at') ?? '');
      return Number.isNaN(at) ? undefined : at;
    },
    compare: async (base, head, limit) => {
      const page = (number: number) =>
        get('cannot compare two revisions', 'contents: read', '/repos/{owner}/{repo}/compare/{basehead}', {
          basehead: `${base}...${head}`,
          per_page: PER_PAGE,
          page: number,
        });
      // Pages run from the oldest commit to the newest; what is wanted stands on the last ones.
      const first = await page(1);
      const total = integerAt(first, 'total_commits') ?? list(at(first, 'commits')).length;
      const last = Math.max(1, Math.ceil(total / PER_PAGE));
      const commits = [...list(at(last === 1 ? first : await page(last), 'commits'))];
      if (last > 1 && commits.length < limit) {
        commits.unshift(...list(at(last === 2 ? first : await page(last - 1), 'commits')));
      }
      return {
        commits: commits.map(toCommit).reverse().slice(0, limit),
        total,
        behind: integerAt(first, 'behind_by') ?? 0,
        url: textAt(first, 'html_url'),
      };
    },
    ...createDeployments(requests),
    pullRequestFiles: async (number) => {
      const read = (route: string, parameters: Readonly<Record<string, unknown>>) =>
        get('cannot read the pull request', 'pull-requests: read', route, { pull_number: number, ...parameters });
      const files: PullRequestFile[] = [];
      for (let page = 1; page <= FILE_PAGES; page += 1) {
        const found = list(await read('/repos/{owner}/{repo}/pulls/{pull_number}/files', { per_page: PER_PAGE, page }));
        files.push(...found.map(toFile));
        if (found.length < PER_PAGE) break;
      }
      // Asked for last: a push in between shows in the commit.
      const request = await read('/repos/{owner}/{repo}/pulls/{pull_number}', {});
      return { files, total: integerAt(request, 'changed_files'), headSha: textAt(request, 'head', 'sha') };
    },
  };
};
