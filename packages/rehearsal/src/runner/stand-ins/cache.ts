import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { StandIn, StandInResult, StandInStep } from '../stand-in.ts';

const lines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

const paths = (step: StandInStep): string[] =>
  lines(step.input('path')).map((path) => resolve(step.workspace, path.replace(/^~(?=\/|$)/, step.env.HOME ?? '~')));

/** A cache is known by its key and by the paths in it, as GitHub's version of a cache. */
const folderOf = (step: StandInStep): string =>
  join(
    step.store,
    'caches',
    createHash('sha256')
      .update(lines(step.input('path')).join('\n'))
      .digest('hex'),
  );

interface Entry {
  readonly key: string;
  readonly folder: string;
  readonly created: number;
}

const entries = (step: StandInStep): Entry[] => {
  const root = folderOf(step);
  if (!existsSync(root)) return [];
  return readdirSync(root)
    .map((name) => join(root, name))
    .filter((folder) => existsSync(join(folder, 'key')))
    .map((folder) => ({
      key: readFileSync(join(folder, 'key'), 'utf8'),
      folder,
      created: statSync(join(folder, 'key')).mtimeMs,
    }))
    .sort((a, b) => b.created - a.created);
};

/** The exact key, else the newest entry that starts with one of the prefixes, in their order. */
const findEntry = (step: StandInStep): Entry | undefined => {
  const all = entries(step);
  const prefixes = [step.input('key'), ...lines(step.input('restore-keys'))];
  return (
    all.find((entry) => entry.key === step.input('key')) ??
    prefixes.map((prefix) => all.find((entry) => entry.key.startsWith(prefix))).find((entry) => entry !== undefined)
  );
};

const save = async (step: StandInStep): Promise<void> => {
  const key = step.state.get('key') ?? step.input('key');
  const folder = join(folderOf(step), createHash('sha256').update(key).digest('hex'));
  if (existsSync(folder)) return step.log(`Cache already exists: ${key}`);
  mkdirSync(folder, { recursive: true });
  for (const [index, path] of paths(step).entries()) {
    if (existsSync(path)) cpSync(path, join(folder, String(index)), { recursive: true });
  }
  writeFileSync(join(folder, 'key'), key);
  // Newest first is told by the time of the file, which must differ between two entries.
  await pause(2);
  step.log(`Cache saved with key: ${key}`);
};

const REPLACES = 'keeps caches in a folder of this run; every run starts with none.';
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
  const found = findEntry(step);
  const hit = found?.key === key;
  if (!hit && step.input('fail-on-cache-miss') === 'true')
    throw new Error(`Failed to restore cache entry: ${key} is not there.`);
  if (found !== undefined && step.input('lookup-only') !== 'true') {
    for (const [index, path] of paths(step).entries()) {
      const kept = join(found.folder, String(index));
      if (existsSync(kept)) cpSync(kept, path, { recursive: true });
    }
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
