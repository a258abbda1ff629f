import type { Change } from '@hospital-ops/git/diff';
import type { GitHubApi, PullRequestFile } from '@hospital-ops/github/api';
import type { PullRequest } from '@hospital-ops/github/payload';
import type { Base } from './comparison.ts';

/** What the API's words mean; a rename counts on both sides, and a word that is not known as a modification. */
const changesOf = ({ path, status, previous }: PullRequestFile): Change[] => {
  if (status === 'added' || status === 'copied') return [{ path, status: 'added' }];
  if (status === 'removed') return [{ path, status: 'deleted' }];
  if (status !== 'renamed') return [{ path, status: 'modified' }];
  const old: Change[] = previous === undefined ? [] : [{ path: previous, status: 'deleted' }];
  return [...old, { path, status: 'added' }];
};

/** Returns the changes of a pull request as the API tells them, for a job without a checkout. */
export const askForFiles = async (
  { number, baseSha, headSha }: PullRequest,
  api: Pick<GitHubApi, 'pullRequestFiles'>,
): Promise<{ readonly base: Base; readonly changes: readonly Change[] }> => {
  const found = await api.pullRequestFiles(number);
  const head = headSha ?? found.headSha ?? '';
  const unknown = (why: string) => ({ base: { unknown: why, head }, changes: [] });
  const request = `pull request #${number}`;
  if (found.headSha !== head) return unknown(`${request} was pushed to since this run began`);
  const { files, total } = found;
  // The API ends at 3,000 files without a word.
  if (total === undefined) return unknown(`the API does not tell how many files ${request} has`);
  if (files.length < total) return unknown(`the API lists ${files.length} of the ${total} files of ${request}`);
  if (files.some(({ path, status, previous }) => path === '' || (status === 'renamed' && previous === undefined))) {
    return unknown(`the API lists a file of ${request} without its name`);
  }
  const reason = `there is no checkout, so the API was asked for the files of ${request}`;
  return { base: { base: baseSha ?? '', head, reason }, changes: files.flatMap(changesOf) };
};
