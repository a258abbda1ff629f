import { ToolError } from '@hospital-ops/action-kit/errors';
import { parseInteger } from '@hospital-ops/action-kit/numbers';
import { runGit } from './process.ts';

export interface GitOptions {
  /** The checkout. */
  readonly directory: string;
  /** Environment of the runner; git gets it without what would point it at another repository. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Folder for the scratch repository, such as RUNNER_TEMP. */
  readonly temporary: string;
  /** Token for fetches from `serverUrl`, and for no other host. */
  readonly token: string | undefined;
  /** `GITHUB_SERVER_URL`, such as `https://github.com`. */
  readonly serverUrl: string;
}

/** A local command should take milliseconds; two minutes are for a repository of millions of commits. */
const LOCAL_MS = 120_000;
const FETCH_MS = 600_000;

/** Variables that name another repository, index or configuration than the one this action was told to look at. */
const MISLEADING = new Set([
  'GIT_DIR',
  'GIT_WORK_TREE',
  'GIT_INDEX_FILE',
  'GIT_OBJECT_DIRECTORY',
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_NAMESPACE',
  'GIT_PREFIX',
  'GIT_TRACE',
  'GIT_TRACE_CURL',
  'GIT_CURL_VERBOSE',
]);

const originOf = (url: string): string | undefined => (URL.canParse(url) ? new URL(url).origin : undefined);

/** Returns variables that make git send the token to `remote` alone; none when that is not on `serverUrl`. */
const credentials = (options: GitOptions, remote: string): Record<string, string> => {
  const origin = originOf(remote);
  if (!options.token || !/^https?:/.test(remote) || origin !== originOf(options.serverUrl)) return {};
  const basic = Buffer.from(`x-access-token:${options.token}`).toString('base64');
  // Configuration that the job itself hands down by such variables stays in force.
  const given = parseInteger(options.env.GIT_CONFIG_COUNT ?? '') ?? 0;
  return {
    GIT_CONFIG_COUNT: String(given + 1),
    [`GIT_CONFIG_KEY_${given}`]: `http.${origin}/.extraheader`,
    [`GIT_CONFIG_VALUE_${given}`]: `AUTHORIZATION: basic ${basic}`,
  };
};

/** Runs git in the checkout, or in another git directory. */
export interface Command {
  text(args: readonly string[], input?: string): Promise<string>;
  bytes(args: readonly string[], input?: string): Promise<Buffer>;
  /** Standard output, or undefined when git ended with a failure of its own. */
  attempt(args: readonly string[]): Promise<string | undefined>;
  /** Talks to `remote`, with the token when it may have it. */
  remote(remote: string, args: readonly string[]): Promise<string>;
  within(gitDirectory: string): Command;
}

/** Returns git as a command: no global configuration is written, and dubious ownership is allowed per command. */
export const createCommand = (options: GitOptions, gitDirectory?: string): Command => {
  const env: Record<string, string | undefined> = {
    ...Object.fromEntries(Object.entries(options.env).filter(([name]) => !MISLEADING.has(name))),
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    // A partial clone would otherwise go to the network, without the token, in the middle of a comparison.
    GIT_NO_LAZY_FETCH: '1',
  };
  const where = gitDirectory === undefined ? [] : [`--git-dir=${gitDirectory}`];
  const prefix = ['-c', 'safe.directory=*', '-c', 'core.quotePath=false', ...where];
  const { directory: cwd, signal } = options;
  const bytes = (args: readonly string[], input?: string) =>
    runGit([...prefix, ...args], {
      env,
      cwd,
      signal,
      timeoutMs: LOCAL_MS,
      ...(input === undefined ? {} : { input }),
    });
  const text = async (args: readonly string[], input?: string) => (await bytes(args, input)).toString('utf8');
  return {
    text,
    bytes,
    attempt: async (args) => {
      try {
        return await text(args);
      } catch (error) {
        if (error instanceof ToolError && error.exitCode !== undefined) return undefined;
        throw error;
      }
    },
    remote: async (remote, args) => {
      const output = await runGit([...prefix, ...args], {
        env: { ...env, ...credentials(options, remote) },
        cwd,
        signal,
        timeoutMs: FETCH_MS,
      });
      return output.toString('utf8');
    },
    within: (other) => createCommand(options, other),
  };
};
