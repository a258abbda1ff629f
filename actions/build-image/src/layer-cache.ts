import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import type { CachePlan } from './cache-plan.ts';

/** GitHub's cache of files, as this action uses it. */
export interface FileCache {
  /** Fetches what was last saved under `prefix`; false when there is nothing. */
  restore(folder: string, prefix: string): Promise<boolean>;
  save(folder: string, key: string): Promise<void>;
}

/** With these the runner lets a job write no caches; the client then skips a save without saying that anything is amiss. */
const READ_ONLY = ['read', 'none'];

/**
 * Returns GitHub's cache; `mode` is ACTIONS_CACHE_MODE. Loads the client only when it is used: it is large, and most runs
 * need none.
 */
export const githubCache = (mode = ''): FileCache => ({
  restore: async (folder, prefix) => {
    const { restoreCache } = await import('@actions/cache');
    return (await restoreCache([folder], `${prefix}-`, [`${prefix}-`])) !== undefined;
  },
  save: async (folder, key) => {
    if (READ_ONLY.includes(mode.trim().toLowerCase()))
      throw new Error(`denied: this job may not write caches (${mode})`);
    const { saveCache } = await import('@actions/cache');
    await saveCache([folder], key);
  },
});

export interface LayerCacheOptions {
  readonly cache: FileCache;
  readonly scope: string;
  /** Unlike for every build: entries of GitHub's cache are never written twice. */
  readonly revision: string;
  warn(text: string): void;
}

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * Runs `build` between fetching and saving the folder of `plan`, if it has one, which whoever made the plan removes. What
 * goes wrong with the cache is a warning: an image is there all the same.
 */
export const withSavedFolder = async <T>(
  plan: CachePlan,
  options: LayerCacheOptions,
  build: (plan: CachePlan) => Promise<T>,
): Promise<T> => {
  const { folder } = plan;
  if (folder === undefined) return build(plan);
  const { cache, scope, revision, warn } = options;
  const prefix = `build-image-${scope}`;
  const isThere = await cache.restore(folder.read, prefix).catch((error: unknown) => {
    warn(`the layer cache could not be fetched: ${reason(error)}`);
    return false;
  });
  // BuildKit fails for a folder that is not there.
  const result = await build(isThere && existsSync(folder.read) ? plan : { ...plan, from: [] });
  if (existsSync(folder.written)) {
    // The cache finds a folder again under the path that it was saved from.
    await rm(folder.read, { recursive: true, force: true });
    await rename(folder.written, folder.read);
    await cache
      .save(folder.read, `${prefix}-${revision}`)
      .catch((error: unknown) => warn(`the layer cache could not be saved: ${reason(error)}`));
  }
  return result;
};
