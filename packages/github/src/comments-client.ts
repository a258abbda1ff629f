import type { Comments } from './comments.ts';
import { integerAt, textAt } from './json.ts';
import type { GitHubClientOptions } from './requests.ts';
import { createRequests } from './requests.ts';

/** The API's own maximum (docs.github.com, REST, pagination). */
const PER_PAGE = 100;

const READ = { what: 'cannot list the comments', permission: 'pull-requests: read' };
const WRITE = { what: 'cannot write the comment', permission: 'pull-requests: write' };

/** Returns the API over HTTP. */
export const createComments = (options: GitHubClientOptions): Comments => {
  const requests = createRequests(options);
  return {
    list: async (number, page) => {
      const route = '/repos/{owner}/{repo}/issues/{issue_number}/comments';
      const found = await requests.read(READ, route, { issue_number: number, per_page: PER_PAGE, page });
      return (Array.isArray(found) ? found : []).map((raw) => ({
        id: integerAt(raw, 'id') ?? 0,
        body: textAt(raw, 'body') ?? '',
        author: textAt(raw, 'user', 'login') ?? '',
      }));
    },
    create: async (number, body) => {
      const route = '/repos/{owner}/{repo}/issues/{issue_number}/comments';
      return integerAt(await requests.send(WRITE, 'POST', route, { issue_number: number, body }), 'id') ?? 0;
    },
    update: async (id, body) => {
      await requests.send(WRITE, 'PATCH', '/repos/{owner}/{repo}/issues/comments/{comment_id}', {
        comment_id: id,
        body,
      });
    },
  };
};
