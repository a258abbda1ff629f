import { execFileSync } from 'node:child_process';

const NAME = /^[\w.-]+\/[\w.-]+$/;

/** Returns `owner/name` of a git remote's URL, or undefined: `https://host/owner/name.git`, `git@host:owner/name`. */
export const nameOfRemote = (url: string): string | undefined =>
  /^(?:\w+:\/\/[^/]+\/|[^/]+:)([\w.-]+\/[\w.-]+?)(?:\.git)?\/?$/.exec(url.trim())?.[1];

const remoteOf = (root: string): string => {
  try {
    return execFileSync('git', ['remote', 'get-url', 'origin'], { cwd: root, encoding: 'utf8', stdio: 'pipe' });
  } catch {
    return '';
  }
};

/**
 * Returns `owner/name` of the repository at `root`: `given`, else what its remote "origin" says, under whatever name the
 * suite was forked. Throws when neither names one.
 */
export const repositoryName = (root: string, given?: string): string => {
  const name = given ?? nameOfRemote(remoteOf(root));
  if (name !== undefined && NAME.test(name)) return name;
  throw new Error(
    given === undefined
      ? 'the repository\'s name is not known: the remote "origin" is no address of owner/name.\nNext: give --repository owner/name.'
      : `--repository is "${given}".\nWhy: owner/name is expected.`,
  );
};
