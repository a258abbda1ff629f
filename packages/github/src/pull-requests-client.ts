import { OpsError } from '@hospital-ops/action-kit/errors';
import { integerAt, textAt } from './json.ts';
import type { OpenedPullRequest, PullRequests } from './pull-requests.ts';
import type { GitHubClientOptions } from './requests.ts';
import { createRequests } from './requests.ts';

const opened = (raw: unknown): OpenedPullRequest => {
  const number = integerAt(raw, 'number');
  if (number === undefined) throw new OpsError({ what: 'GitHub does not tell the number of the pull request.' });
  return { number, url: textAt(raw, 'html_url') ?? '' };
};

/** Returns the API over HTTP. */
export const createPullRequests = (options: GitHubClientOptions): PullRequests => {
  const requests = createRequests(options);
  const { owner } = options.repository;
  return {
    find: async (head, base) => {
      const purpose = { what: 'cannot list the pull requests', permission: 'pull-requests: read' };
      const query = { head: `${owner}:${head}`, base, state: 'open', per_page: 1 };
      const found = await requests.read(purpose, '/repos/{owner}/{repo}/pulls', query);
      return Array.isArray(found) && found.length > 0 ? opened(found[0]) : undefined;
    },
    open: async (request) => {
      const purpose = { what: 'cannot open the pull request', permission: 'pull-requests: write' };
      return opened(await requests.send(purpose, 'POST', '/repos/{owner}/{repo}/pulls', request));
    },
    createBranch: async (name, sha) => {
      const purpose = { what: 'cannot create the branch', permission: 'contents: write' };
      const ref = `refs/heads/${name}`;
      try {
        await requests.send(purpose, 'POST', '/repos/{owner}/{repo}/git/refs', { ref, sha });
      } catch (error) {
        const there = await requests
          .read(purpose, '/repos/{owner}/{repo}/git/ref/{ref}', { ref: `heads/${name}` })
          .catch(() => undefined);
        if (textAt(there, 'object', 'sha') !== sha) throw error;
      }
    },
  };
};
