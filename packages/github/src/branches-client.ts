import { OpsError } from '@hospital-ops/action-kit/errors';
import type { Branches, Relation } from './branches.ts';
import { statusOf } from './errors.ts';
import { integerAt, textAt } from './json.ts';
import type { GitHubClientOptions } from './requests.ts';
import { createRequests } from './requests.ts';

const RELATIONS: readonly string[] = ['identical', 'ahead', 'behind', 'diverged'] satisfies readonly Relation[];

const purpose = (what: string) => ({ what, permission: 'contents: read' });

const isMissing = (error: unknown): boolean => error instanceof OpsError && statusOf(error.cause) === 404;

/** Returns the API over HTTP. */
export const createBranches = (options: GitHubClientOptions): Branches => {
  const requests = createRequests(options);
  const relation: Branches['relation'] = async (base, head) => {
    try {
      // Only how they stand is wanted, so that one commit a page is enough.
      const found = await requests.read(
        purpose('cannot compare two revisions'),
        '/repos/{owner}/{repo}/compare/{basehead}',
        { basehead: `${base}...${head}`, per_page: 1 },
      );
      const status = textAt(found, 'status') ?? '';
      const ahead = integerAt(found, 'ahead_by');
      const behind = integerAt(found, 'behind_by');
      if (!RELATIONS.includes(status) || ahead === undefined || behind === undefined) {
        throw new OpsError({ what: 'GitHub does not tell how two commits stand to each other.' });
      }
      return { relation: status as Relation, ahead, behind };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  };
  return {
    defaultBranch: async () => {
      const name = textAt(
        await requests.read(purpose('cannot read the repository'), '/repos/{owner}/{repo}'),
        'default_branch',
      );
      if (name === undefined) throw new OpsError({ what: 'GitHub does not tell which branch is the default one.' });
      return name;
    },
    list: async (prefix) => {
      const route = '/repos/{owner}/{repo}/git/matching-refs/{ref}';
      const found = await requests.read(purpose('cannot list the branches'), route, { ref: `heads/${prefix}` });
      return (Array.isArray(found) ? found : []).flatMap((raw) => {
        const ref = textAt(raw, 'ref') ?? '';
        return ref.startsWith('refs/heads/') ? [ref.slice('refs/heads/'.length)] : [];
      });
    },
    holds: async (branch, sha) => {
      const found = await relation(branch, sha);
      return found?.relation === 'identical' || found?.relation === 'behind';
    },
    relation,
  };
};
