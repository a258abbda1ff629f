import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from './command.ts';

export interface Scratch {
  readonly command: Command;
  /** Commits whose parents are missing. */
  boundary(): Promise<ReadonlySet<string>>;
  /** Fetches from the remote; `--depth`, `--deepen` or `--unshallow` in `options`. */
  fetch(options: readonly string[], wanted: readonly string[]): Promise<void>;
  dispose(): Promise<void>;
}

/** Returns the commits in git's file `shallow`, whose parents are missing; empty for a complete clone. */
export const boundaryIn = async (shallowFile: string): Promise<ReadonlySet<string>> => {
  try {
    return new Set((await readFile(shallowFile, 'utf8')).split('\n').filter((line) => line !== ''));
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT') return new Set();
    throw error;
  }
};

export const shallowFileOf = async (command: Command): Promise<string> =>
  (await command.text(['rev-parse', '--path-format=absolute', '--git-path', 'shallow'])).trimEnd();

/**
 * Makes a bare repository that borrows the objects and the shallow boundary of the checkout, so that fetching into it
 * leaves the checkout as it is. Nothing is copied but the boundary.
 */
export const createScratch = async (checkout: Command, remote: string, temporary: string): Promise<Scratch> => {
  const path = await mkdtemp(join(temporary, 'detect-changes-'));
  const dispose = () => rm(path, { recursive: true, force: true });
  try {
    const format = (await checkout.text(['rev-parse', '--show-object-format'])).trim();
    await checkout.text(['init', '--quiet', '--bare', '--template=', `--object-format=${format}`, '--', path]);
    const objects = (await checkout.text(['rev-parse', '--path-format=absolute', '--git-path', 'objects'])).trimEnd();
    const head = (await checkout.text(['rev-parse', '--verify', 'HEAD'])).trim();
    await mkdir(join(path, 'objects', 'info'), { recursive: true });
    await writeFile(join(path, 'objects', 'info', 'alternates'), `${objects}\n`);
    // A complete clone has no such file.
    await copyFile(await shallowFileOf(checkout), join(path, 'shallow')).catch(() => {});
    const command = checkout.within(path);
    await command.text(['config', 'remote.origin.url', remote]);
    // A ref lets git tell the server what is here already.
    await command.text(['update-ref', 'refs/heads/checked-out', head]);
    await command.text(['symbolic-ref', 'HEAD', 'refs/heads/checked-out']);
    return {
      command,
      boundary: () => boundaryIn(join(path, 'shallow')),
      fetch: async (options, wanted) => {
        // Trees and commits are all that a comparison of names needs; a server without filters sends the rest too.
        const flags = ['--quiet', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules', '--no-auto-gc'];
        await command.remote(remote, ['fetch', ...flags, '--filter=blob:none', ...options, 'origin', ...wanted]);
        // As a partial clone it would fail at the first content that it lacks, instead of saying which they are.
        for (const key of ['promisor', 'partialclonefilter'])
          await command.attempt(['config', '--unset-all', `remote.origin.${key}`]);
      },
      dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
};
