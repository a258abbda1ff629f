import { rm, writeFile } from 'node:fs/promises';

export interface PassedEnvironment {
  readonly args: readonly string[];
  /** For the environment of the docker command itself. */
  readonly env: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

/**
 * Passes variables to `docker create` so that none shows on a command line: through a file of mode 0600 at `file`, and
 * those of several lines, which such a file cannot hold, through the docker command's own environment.
 */
export const passEnvironment = async (
  file: string,
  variables: Readonly<Record<string, string>>,
): Promise<PassedEnvironment> => {
  const entries = Object.entries(variables);
  const long = entries.filter(([, value]) => /[\r\n]/.test(value));
  const short = entries.filter(([, value]) => !/[\r\n]/.test(value));
  await writeFile(file, short.map(([name, value]) => `${name}=${value}\n`).join(''), { mode: 0o600 });
  return {
    args: ['--env-file', file, ...long.flatMap(([name]) => ['--env', name])],
    env: Object.fromEntries(long),
    remove: () => rm(file, { force: true }),
  };
};
