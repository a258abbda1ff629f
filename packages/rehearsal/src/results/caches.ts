import { statSync } from 'node:fs';
import { join } from 'node:path';
import { openRecords } from './records.ts';
import { Refusal } from './refusal.ts';

export interface CacheEntry {
  readonly key: string;
  /** Says what is in it: a digest of its paths and of how they are packed. */
  readonly version: string;
  readonly blob: string;
  readonly size: number;
}

/** Of a key, in characters, and of the keys of one request (@actions/cache, checkKey and restoreCache). */
const [KEY_LENGTH, KEYS] = [512, 10];

/** What a repository may keep (docs: dependency caching reference, usage limits). */
const MOST_BYTES = 10 * 1024 ** 3;

const checkKey = (key: string): void => {
  if (key === '' || key.length > KEY_LENGTH || key.includes(',')) {
    throw new Refusal(
      'invalid_argument',
      `the key "${key.slice(0, 40)}" is not 1 to ${KEY_LENGTH} characters without commas`,
    );
  }
};

/** Returns the entry of exactly this key, else the newest whose key begins with one of the keys, in their order. */
export const chooseCache = <E extends { readonly key: string }>(
  newestFirst: readonly E[],
  key: string,
  restoreKeys: readonly string[],
): E | undefined =>
  newestFirst.find((entry) => entry.key === key) ??
  [key, ...restoreKeys]
    .map((prefix) => newestFirst.find((entry) => entry.key.startsWith(prefix)))
    .find((entry) => entry !== undefined);

/** The caches in `folder`. A key is written once per version and never changes. */
export const openCaches = (folder: string) => {
  const records = openRecords<CacheEntry>(join(folder, 'caches'));
  const nameOf = (key: string, version: string) => `${version} ${key}`;
  const blobOf = (key: string, version: string) => `cache-${records.idOf(nameOf(key, version))}`;
  return {
    /** Returns the blob that is to be written. */
    reserve: (key: string, version: string): string => {
      checkKey(key);
      if (!records.reserve(nameOf(key, version))) {
        throw new Refusal('already_exists', 'cache entry with the same key, version, and scope already exists');
      }
      return blobOf(key, version);
    },
    /** Makes what was written known; returns its number. Throws Refusal where it is not what was promised. */
    commit: (key: string, version: string, size: number): number => {
      const [name, blob] = [nameOf(key, version), blobOf(key, version)];
      if (!records.isReserved(name) || records.isWritten(name)) {
        throw new Refusal('not_found', `no cache with the key "${key}" is being written`);
      }
      const written = statSync(join(folder, blob), { throwIfNoEntry: false })?.size;
      if (written !== size) {
        throw new Refusal('failed_precondition', `${size} bytes were announced and ${written ?? 'none'} came`);
      }
      const kept = records.all().reduce((sum, entry) => sum + entry.size, size);
      if (kept > MOST_BYTES)
        throw new Refusal('failed_precondition', 'the caches of a repository are over the 10 GB limit');
      return records.write(name, { key, version, blob, size });
    },
    isCommitted: (blob: string): boolean => records.all().some((entry) => entry.blob === blob),
    find: (key: string, restoreKeys: readonly string[], version: string): CacheEntry | undefined => {
      if (restoreKeys.length >= KEYS) throw new Refusal('invalid_argument', `more than ${KEYS} keys are given`);
      for (const one of [key, ...restoreKeys]) checkKey(one);
      const sameVersion = records.all().filter((entry) => entry.version === version);
      return chooseCache(sameVersion, key, restoreKeys);
    },
  };
};

export type Caches = ReturnType<typeof openCaches>;
