import type { Change } from '@hospital-ops/git/diff';
import { isReadableLockFile } from '@hospital-ops/git/lock-file';
import type { Repository } from '@hospital-ops/git/repository';
import { changesEveryPackage } from '@hospital-ops/git/workspace';
import type { ServiceFilters } from './classify.ts';
import type { LoadedPipeline } from './inputs.ts';
import type { LockChange } from './lock-changes.ts';
import { lockChanges } from './lock-changes.ts';
import type { PatternList } from './patterns.ts';
import { lastMatch, matchesList } from './patterns.ts';
import { indexSources } from './source-index.ts';
import type { ServiceParts, Source } from './sources.ts';
import { serviceParts, shapesServices } from './sources.ts';

const asItWas = ({ through, ...source }: Source): Source => ({
  ...source,
  through: through.length === 0 ? ['as of the base'] : [...through, 'as of the base'],
});

const combined = (
  head: ReadonlyMap<string, ServiceParts>,
  base: ReadonlyMap<string, ServiceParts> | undefined,
): Array<[string, readonly Source[]]> =>
  [...head].map(([name, { sources }]) => [name, [...sources, ...(base?.get(name)?.sources ?? []).map(asItWas)]]);

const everywhereOf = (
  loaded: LoadedPipeline,
  change: Change,
  graph: boolean,
  lock: LockChange | undefined,
): string | undefined => {
  const { path } = change;
  if (path === loaded.file) return 'the pipeline file';
  if (matchesList(loaded.globalRules, change)) return '`global-paths`';
  if (lock) return 'everywhere' in lock ? lock.everywhere : undefined;
  if (!graph || !changesEveryPackage(path) || isReadableLockFile(path)) return undefined;
  return path.includes('lock')
    ? 'a lock file that is not understood changes every service'
    : 'a manifest of the root changes every service';
};

/**
 * Returns the services of the pipeline file with what they are made of at the head and, where that changed, at the base:
 * what a service no longer uses was a part of it too.
 */
export const serviceFilters = async (
  loaded: LoadedPipeline,
  graph: boolean,
  changes: readonly Change[],
  { base, head, repository }: { readonly base: string; readonly head: string; readonly repository: Repository },
): Promise<ServiceFilters> => {
  const { pipeline } = loaded;
  const services = [...pipeline.services.values()];
  const withGraph = graph && changes.length > 0;
  const headTree = withGraph ? await repository.tree(head) : undefined;
  const parts = await serviceParts(pipeline, headTree);
  const reshaped = withGraph && changes.some(shapesServices(pipeline));
  const baseTree = async () => repository.tree(base);
  const before = reshaped ? await serviceParts(pipeline, await baseTree()) : undefined;
  const locks = headTree
    ? await lockChanges(changes, async () => ({ tree: await baseTree(), parts: before ?? parts }), {
        tree: headTree,
        parts,
      })
    : new Map<string, LockChange>();
  const index = indexSources(combined(parts, before));
  const rulesOf = (name: string): PatternList => loaded.serviceRules.get(name) ?? [];
  return {
    services: services.map(({ name, dependsOn }) => ({ name, dependsOn })),
    reasons: (change) => {
      const lock = locks.get(change.path);
      const everywhere = everywhereOf(loaded, change, graph, lock);
      const ways = new Map<string, readonly string[]>();
      const found = index.find(change.path);
      for (const { name } of services) {
        if (everywhere !== undefined) {
          ways.set(name, [`(${everywhere})`]);
          continue;
        }
        const ruled = lastMatch(rulesOf(name), change);
        if (ruled === false) continue;
        const source = found.get(name);
        const locked = lock && 'byService' in lock && lock.byService.has(name) ? lock.byService.get(name) : null;
        // The lock file decides for itself, however the Dockerfile copies it; a service's own folder holds it whole.
        const way = locked === null || source?.through.length === 0 ? source?.through : locked;
        if (way) ways.set(name, way);
        else if (ruled) ways.set(name, ['(by `paths`)']);
      }
      return { known: lock !== undefined, ways };
    },
  };
};
