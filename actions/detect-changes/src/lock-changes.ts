import type { Change } from '@hospital-ops/git/diff';
import { isReadableLockFile, parseLockFile } from '@hospital-ops/git/lock-file';
import type { LockGraph } from '@hospital-ops/git/lock-graph';
import { lockDifference } from '@hospital-ops/git/lock-graph';
import type { Tree } from '@hospital-ops/git/tree';
import type { ServiceParts } from './sources.ts';

/** What the change of one lock file means. */
export type LockChange =
  /** Why it concerns every service. */
  | { readonly everywhere: string }
  /** By service: the way from the file to it, or undefined when it installs the same. Others take it as any other file. */
  | { readonly byService: ReadonlyMap<string, readonly string[] | undefined> };

type PartsByService = ReadonlyMap<string, ServiceParts>;

interface Revision {
  readonly tree: Tree;
  readonly parts: PartsByService;
}

/** What is installed at the root is at hand for every package, so it counts for each. */
const foldersOf = (parts: PartsByService, name: string) => ['.', ...(parts.get(name)?.packages ?? [])];

const compareLocks = (base: LockGraph, head: LockGraph, before: PartsByService, after: PartsByService): LockChange => {
  const byService = new Map<string, readonly string[] | undefined>();
  for (const name of after.keys()) {
    const folders = [...foldersOf(before, name), ...foldersOf(after, name)].filter((folder) => folder !== '.');
    if (!folders.some((folder) => head.importers.has(folder) || base.importers.has(folder))) continue;
    const other = lockDifference(base, foldersOf(before, name), head, foldersOf(after, name));
    byService.set(name, other === undefined ? undefined : [other, name]);
  }
  return { byService };
};

const lockChange = async ({ path, status }: Change, base: Revision, head: Revision): Promise<LockChange> => {
  if (status !== 'modified') return { everywhere: `a lock file that was ${status} changes every service` };
  const [before, after] = await Promise.all([base.tree.read([path]), head.tree.read([path])]);
  const [old, now] = [before, after].map((contents) => parseLockFile(path, contents.get(path) ?? ''));
  if (!old || !now) return { everywhere: 'a lock file of a version that is not known changes every service' };
  return compareLocks(old, now, base.parts, head.parts);
};

/** Returns what the changed lock files that can be read mean for the services, by path. */
export const lockChanges = async (
  changes: readonly Change[],
  base: () => Promise<Revision>,
  head: Revision,
): Promise<ReadonlyMap<string, LockChange>> => {
  const found = new Map<string, LockChange>();
  for (const change of changes.filter(({ path }) => isReadableLockFile(path))) {
    found.set(change.path, await lockChange(change, await base(), head));
  }
  return found;
};
