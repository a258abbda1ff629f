import { createHash, randomUUID } from 'node:crypto';
import { globSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { CacheMode } from '../../results/cache-mode.ts';
import { mayRead, mayWrite } from '../../results/cache-mode.ts';
import type { CacheEntry } from '../../results/caches.ts';
import { openCaches } from '../../results/caches.ts';
import { Refusal } from '../../results/refusal.ts';
import { findProgram } from '../on-path.ts';
import type { StandIn, StandInResult, StandInStep } from '../stand-in.ts';

const lines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

const folderOf = (step: StandInStep): string => join(step.store, 'results');

/** As the runner says it; a runner that says nothing lets all be done. */
const modeOf = (step: StandInStep): CacheMode => (step.env.ACTIONS_CACHE_MODE || 'write') as CacheMode;

/** The paths that are there, relative to the workspace. */
const pathsOf = (step: StandInStep): string[] => {
  const absolute = (path: string) => resolve(step.workspace, path.replace(/^~(?=\/|$)/, step.env.HOME ?? '~'));
  const given = lines(step.input('path'));
  const included = given.filter((path) => !path.startsWith('!')).map(absolute);
  const excluded = given.filter((path) => path.startsWith('!')).map((path) => absolute(path.slice(1)));
  return globSync(included, { exclude: excluded }).map((path) => relative(step.workspace, path) || '.');
};

/** How archives are packed, and the version that stands for it and for the paths: both as @actions/cache has them. */
const packing = (step: StandInStep) => {
  const isZstd = findProgram('zstd', step.env.PATH ?? '') !== undefined;
  const parts = [...lines(step.input('path')), isZstd ? 'zstd-without-long' : 'gzip', '1.0'];
  return {
    version: createHash('sha256').update(parts.join('|')).digest('hex'),
    pack: isZstd ? ['--use-compress-program', 'zstdmt'] : ['-z'],
    unpack: isZstd ? ['--use-compress-program', 'unzstd'] : ['-z'],
  };
};

const tar = async (step: StandInStep, ...args: readonly string[]): Promise<void> => {
  const { exitCode } = await step.exec('tar', ['-P', '-C', step.workspace, ...args]);
  if (exitCode !== 0) throw new Error(`Tar failed with exit code ${exitCode ?? 'unknown'}.`);
};

const saveAs = async (step: StandInStep, key: string): Promise<void> => {
  const { version, pack } = packing(step);
  const paths = pathsOf(step);
  if (paths.length === 0) {
    return step.warning('Path(s) specified in the action for caching do(es) not exist, hence no cache is being saved.');
  }
  const folder = join(step.temp, randomUUID());
  const [archive, manifest] = [join(folder, 'cache.tar'), join(folder, 'manifest.txt')];
  mkdirSync(folder);
  try {
    writeFileSync(manifest, paths.join('\n'));
    await tar(step, '--posix', '-cf', archive, ...pack, '--files-from', manifest);
    const caches = openCaches(folderOf(step));
    const blob = caches.reserve(key, version);
    const { size } = statSync(archive);
    renameSync(archive, join(folderOf(step), blob));
    caches.commit(key, version, size);
    step.log(`Cache saved with key: ${key}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** What goes wrong with a cache is a warning, and a key that is taken not even that. */
const save = async (step: StandInStep): Promise<void> => {
  const key = step.state.get('key') ?? step.input('key');
  if (!mayWrite(modeOf(step))) {
    return step.log(`Cache save skipped: the effective cache-mode '${modeOf(step)}' does not permit writes.`);
  }
  try {
    await saveAs(step, key);
  } catch (error) {
    if (error instanceof Refusal && error.code === 'already_exists') {
      return step.log(
        `Failed to save: Unable to reserve cache with key ${key}, another job may be creating this cache.`,
      );
    }
    step.warning(`Failed to save: ${error instanceof Error ? error.message : error}`);
  }
};

const lookUp = (step: StandInStep): CacheEntry | undefined => {
  if (mayRead(modeOf(step))) {
    return openCaches(folderOf(step)).find(step.input('key'), lines(step.input('restore-keys')), packing(step).version);
  }
  step.log(`Cache restore skipped: the effective cache-mode '${modeOf(step)}' does not permit reads.`);
  return undefined;
};

const REPLACES = 'keeps caches with the cache service of this run; every run starts with none.';
const LACKS = 'it keeps caches from run to run, for the branch and those that start from it.';

const RESTORING = {
  path: { required: true },
  key: { required: true },
  'restore-keys': {},
  'fail-on-cache-miss': { default: 'false' },
  'lookup-only': { default: 'false' },
  enableCrossOsArchive: { default: 'false' },
};

const restore = async (step: StandInStep): Promise<StandInResult> => {
  const key = step.input('key');
  const found = lookUp(step);
  const hit = found?.key === key;
  if (!hit && step.input('fail-on-cache-miss') === 'true')
    throw new Error(`Failed to restore cache entry: ${key} is not there.`);
  if (found !== undefined && step.input('lookup-only') !== 'true') {
    await tar(step, '-xf', join(folderOf(step), found.blob), ...packing(step).unpack);
  }
  step.log(found === undefined ? `Cache not found for input keys: ${key}` : `Cache restored from key: ${found.key}`);
  return {
    outputs: {
      'cache-hit': found === undefined ? '' : String(hit),
      'cache-primary-key': key,
      'cache-matched-key': found?.key ?? '',
    },
    state: { key, hit: String(hit) },
  };
};

/** The stand-in of actions/cache. */
export const cache: StandIn = {
  uses: 'actions/cache',
  replaces: REPLACES,
  lacks: LACKS,
  inputs: { ...RESTORING, 'upload-chunk-size': {}, 'save-always': { default: 'false' } },
  run: restore,
  post: async (step) => {
    if (step.jobStatus !== 'success' || step.state.get('hit') === 'true') return;
    await save(step);
  },
};

/** The stand-in of actions/cache/restore. */
export const cacheRestore: StandIn = {
  uses: 'actions/cache/restore',
  replaces: REPLACES,
  lacks: LACKS,
  inputs: RESTORING,
  run: restore,
};

/** The stand-in of actions/cache/save. */
export const cacheSave: StandIn = {
  uses: 'actions/cache/save',
  replaces: REPLACES,
  lacks: LACKS,
  inputs: { path: { required: true }, key: { required: true }, 'upload-chunk-size': {}, enableCrossOsArchive: {} },
  run: async (step) => {
    await save(step);
    return {};
  },
};
