import type { ReadGit } from './world.ts';

/** Returns the full sha that `revision` names (branch, tag, sha), or undefined. Nothing that git would take as an option. */
export const commitOf = async (git: ReadGit, revision: string): Promise<string | undefined> => {
  if (revision === '' || revision.startsWith('-')) return undefined;
  for (const candidate of [`refs/heads/${revision}`, `refs/tags/${revision}`, revision]) {
    const sha = await git('rev-parse', '--verify', '--quiet', '--end-of-options', `${candidate}^{commit}`);
    if (sha !== undefined && /^[0-9a-f]{40}$/.test(sha)) return sha;
  }
  return undefined;
};

const FORMAT = '%H%x1f%an%x1f%ae%x1f%aI%x1f%P%x1f%B%x1e';

/** Returns commits in the API's form, in the order in which git lists them for `args`. */
export const commitsOf = async (git: ReadGit, page: string, ...args: readonly string[]): Promise<unknown[]> => {
  const log = (await git('log', `--format=${FORMAT}`, ...args)) ?? '';
  return log
    .split('\x1e')
    .map((entry) => entry.replace(/^\n/, ''))
    .filter((entry) => entry !== '')
    .map((entry) => {
      const [sha = '', name = '', email = '', date = '', parents = '', message = ''] = entry.split('\x1f');
      return {
        sha,
        html_url: `${page}/commit/${sha}`,
        commit: { message: message.trimEnd(), author: { name, email, date } },
        author: null,
        parents: parents
          .split(' ')
          .filter(Boolean)
          .map((parent) => ({ sha: parent })),
      };
    });
};

const STATUS: Readonly<Record<string, string>> = {
  A: 'added',
  D: 'removed',
  M: 'modified',
  R: 'renamed',
  C: 'copied',
  T: 'changed',
};

/** Returns the changed files between two commits in the API's form, sorted by name as git does. */
export const changedFiles = async (git: ReadGit, from: string, to: string): Promise<unknown[]> => {
  const tokens = ((await git('diff', '--name-status', '-z', '-M', from, to)) ?? '').split('\0');
  const files: unknown[] = [];
  for (let at = 0; at < tokens.length; ) {
    const code = tokens[at]?.[0] ?? '';
    if (!Object.hasOwn(STATUS, code)) break;
    const moved = code === 'R' || code === 'C';
    const [first = '', second = ''] = [tokens[at + 1], tokens[at + 2]];
    files.push({
      filename: moved ? second : first,
      status: STATUS[code],
      ...(moved ? { previous_filename: first } : {}),
    });
    at += moved ? 3 : 2;
  }
  return files;
};
