import { execFileSync } from 'node:child_process';
import { OpsError } from '@hospital-ops/action-kit/errors';

/** A remote that does not answer must not hold a release for ever; milliseconds. */
const TIMEOUT_MS = 120_000;

export interface Git {
  /** Standard output without its last line break. Throws OpsError with what git said. */
  (...args: readonly string[]): string;
  /** The same with more variables in its environment. */
  with(env: Readonly<Record<string, string>>): Git;
}

/** Returns what makes git send a job's token to `server`, without a word of it on a command line. */
const credentials = (env: NodeJS.ProcessEnv): Record<string, string> => {
  const { GITHUB_TOKEN: token, GITHUB_SERVER_URL: server = 'https://github.com' } = env;
  if (!token) return {};
  return {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `http.${server}/.extraheader`,
    GIT_CONFIG_VALUE_0: `AUTHORIZATION: basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`,
  };
};

/** Returns git in the folder `root`. */
export const createGit = (root: string, env: NodeJS.ProcessEnv = process.env): Git => {
  const run = (...args: readonly string[]): string => {
    try {
      return execFileSync('git', args, {
        cwd: root,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: TIMEOUT_MS,
        maxBuffer: 64 * 1024 * 1024,
        env: { ...env, ...credentials(env), GIT_TERMINAL_PROMPT: '0' },
      }).replace(/\n$/, '');
    } catch (error) {
      const { stderr = '' } = error as { stderr?: string };
      throw new OpsError({ what: `git ${args[0]} failed.`, why: stderr.trim(), cause: error });
    }
  };
  return Object.assign(run, { with: (more: Readonly<Record<string, string>>) => createGit(root, { ...env, ...more }) });
};

/** Whether git says yes: `merge-base --is-ancestor` and such. */
export const gitSays = (git: Git, ...args: readonly string[]): boolean => {
  try {
    git(...args);
    return true;
  } catch {
    return false;
  }
};
