import type { ApiCall, Route } from './api.ts';
import { listReply, notFound, pageOf, problem } from './api.ts';
import { changedFiles, commitOf, commitsOf } from './revisions.ts';

/** Files in one comparison (docs.github.com, compare two commits), and in a pull request (list pull requests files). */
const COMPARE_FILES = 300;
const PULL_REQUEST_FILES = 3_000;

const pageUrl = ({ facts }: ApiCall) => `https://github.com/${facts.repository}`;

const lines = (text: string | undefined): string[] => (text ?? '').split('\n').filter((line) => line !== '');

const refs = async ({ facts }: ApiCall, prefix: string) =>
  lines(await facts.git('for-each-ref', '--format=%(refname) %(objectname) %(objecttype)', prefix)).map((line) => {
    const [ref = '', sha = '', type = ''] = line.split(' ');
    return { ref, object: { sha, type } };
  });

const compare = async (call: ApiCall) => {
  const { git } = call.facts;
  const [, base = '', head = ''] = /^(.+?)\.\.\.(.+)$/.exec(call.path.basehead ?? '') ?? [];
  const [baseSha, headSha] = [await commitOf(git, base), await commitOf(git, head)];
  if (baseSha === undefined || headSha === undefined) return notFound();
  const mergeBase = await git('merge-base', baseSha, headSha);
  if (mergeBase === undefined) return problem(404, 'No common ancestor between the two revisions.');
  const [behind = 0, ahead = 0] = lines(await git('rev-list', '--left-right', '--count', `${baseSha}...${headSha}`))
    .flatMap((line) => line.split(/\s+/))
    .map(Number);
  const { from, to, headers } = pageOf(ahead, call);
  const all = await commitsOf(git, pageUrl(call), '--reverse', `${baseSha}..${headSha}`);
  const status = ahead > 0 ? (behind > 0 ? 'diverged' : 'ahead') : behind > 0 ? 'behind' : 'identical';
  return {
    status: 200,
    headers,
    body: {
      html_url: `${pageUrl(call)}/compare/${base}...${head}`,
      status,
      ahead_by: ahead,
      behind_by: behind,
      total_commits: ahead,
      merge_base_commit: { sha: mergeBase },
      commits: all.slice(from, to),
      // Files come with the first page only.
      files: from === 0 ? (await changedFiles(git, mergeBase, headSha)).slice(0, COMPARE_FILES) : [],
    },
  };
};

const pullRequest = ({ facts, path }: ApiCall) =>
  facts.pullRequests.find(({ number }) => String(number) === path.number);

const filesOf = async (call: ApiCall) => {
  const found = pullRequest(call);
  if (found === undefined) return undefined;
  const { git } = call.facts;
  const [base, head] = [await commitOf(git, found.base), await commitOf(git, found.head)];
  const mergeBase = base && head && (await git('merge-base', base, head));
  return mergeBase && head ? changedFiles(git, mergeBase, head) : undefined;
};

const pullRequestFiles = async (call: ApiCall) => {
  const files = await filesOf(call);
  return files === undefined ? notFound() : listReply(files.slice(0, PULL_REQUEST_FILES), call);
};

const jobs = (call: ApiCall) => {
  const { facts, path } = call;
  if (path.run !== String(facts.runId) || (path.attempt ?? '1') !== '1') return notFound();
  const all = facts.jobs().map((job) => ({
    ...job,
    run_id: facts.runId,
    run_attempt: 1,
    html_url: `${pageUrl(call)}/actions/runs/${facts.runId}/job/${job.id}`,
  }));
  const { from, to, headers } = pageOf(all.length, call);
  return { status: 200, headers, body: { total_count: all.length, jobs: all.slice(from, to) } };
};

const workflowRun = (call: ApiCall) => {
  const { facts, path } = call;
  if (path.run !== String(facts.runId) || (path.attempt ?? '1') !== '1') return notFound();
  const html_url = `${pageUrl(call)}/actions/runs/${facts.runId}`;
  const run_started_at = new Date(facts.startedAt).toISOString().replace(/\.\d+Z$/, 'Z');
  return { status: 200, body: { id: facts.runId, run_attempt: 1, status: 'in_progress', html_url, run_started_at } };
};

/** What is read of a repository, its runs and its pull requests; answered from the local git repository. */
export const repositoryRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '',
    handle: (call) => {
      const [owner = '', name = ''] = call.facts.repository.split('/');
      const { repository: full_name, defaultBranch: default_branch } = call.facts;
      return { status: 200, body: { id: 1, name, full_name, owner: { login: owner }, private: true, default_branch } };
    },
  },
  { method: 'GET', path: '/compare/{basehead...}', handle: compare },
  {
    method: 'GET',
    path: '/commits/{ref...}',
    handle: async (call) => {
      const sha = await commitOf(call.facts.git, call.path.ref ?? '');
      if (sha === undefined) return problem(422, `No commit found for SHA: ${call.path.ref}`);
      return { status: 200, body: (await commitsOf(call.facts.git, pageUrl(call), '-1', sha))[0] };
    },
  },
  {
    method: 'GET',
    path: '/git/ref/{ref...}',
    handle: async (call) => {
      const found = (await refs(call, `refs/${call.path.ref}`)).find(({ ref }) => ref === `refs/${call.path.ref}`);
      return found === undefined ? notFound() : { status: 200, body: found };
    },
  },
  {
    method: 'GET',
    path: '/git/matching-refs/{ref...}',
    handle: async (call) => {
      // A prefix of names, where git's own patterns match whole segments.
      const prefix = `refs/${call.path.ref}`;
      return listReply(
        (await refs(call, 'refs')).filter(({ ref }) => ref.startsWith(prefix)),
        call,
      );
    },
  },
  {
    method: 'GET',
    path: '/tags',
    handle: async (call) => {
      const names = lines(
        await call.facts.git('for-each-ref', '--format=%(refname:strip=2)', '--sort=-refname', 'refs/tags'),
      );
      const tags = await Promise.all(
        names.map(async (name) => ({
          name,
          commit: { sha: (await commitOf(call.facts.git, `refs/tags/${name}`)) ?? '' },
        })),
      );
      return listReply(tags, call);
    },
  },
  { method: 'GET', path: '/actions/runs/{run}', handle: workflowRun },
  { method: 'GET', path: '/actions/runs/{run}/attempts/{attempt}', handle: workflowRun },
  { method: 'GET', path: '/actions/runs/{run}/jobs', handle: jobs },
  { method: 'GET', path: '/actions/runs/{run}/attempts/{attempt}/jobs', handle: jobs },
  {
    method: 'GET',
    path: '/pulls/{number}',
    handle: async (call) => {
      const found = pullRequest(call);
      if (found === undefined) return notFound();
      const side = async (ref: string) => ({ ref, sha: (await commitOf(call.facts.git, ref)) ?? '', repo: { id: 1 } });
      const { number, title } = found;
      const [base, head] = [await side(found.base), await side(found.head)];
      return { status: 200, body: { number, title, base, head, changed_files: (await filesOf(call))?.length ?? 0 } };
    },
  },
  { method: 'GET', path: '/pulls/{number}/files', handle: pullRequestFiles },
];
