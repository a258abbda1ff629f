import { execFile } from 'node:child_process';
import { devNull } from 'node:os';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Authorship and time that do not depend on whose machine it is, so that a rehearsal's commits are the same everywhere. */
const IDENTITY = {
  GIT_AUTHOR_NAME: 'Rehearsal',
  GIT_AUTHOR_EMAIL: 'rehearsal@example.org',
  GIT_COMMITTER_NAME: 'Rehearsal',
  GIT_COMMITTER_EMAIL: 'rehearsal@example.org',
  GIT_CONFIG_GLOBAL: devNull,
  GIT_CONFIG_SYSTEM: devNull,
};

/** Runs git in `folder` without the developer's configuration; returns its output without the last line end. */
export const git = async (folder: string, ...args: readonly string[]): Promise<string> => {
  const { stdout } = await execute('git', [...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, ...IDENTITY },
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout.replace(/\n$/, '');
};

/** Returns git's answer, or undefined when it refused. */
export const tryGit = async (folder: string, ...args: readonly string[]): Promise<string | undefined> => {
  try {
    return await git(folder, ...args);
  } catch {
    return undefined;
  }
};

/** Commits everything in `folder` as at `date`. */
export const commitAll = async (folder: string, message: string, date: string): Promise<void> => {
  await git(folder, 'add', '--all');
  await execute('git', ['commit', '--quiet', '--message', message], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, ...IDENTITY, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date },
  });
};
