import { join } from 'node:path';
import type { CacheRequest } from './builder.ts';
import type { BuilderFacts } from './builder-facts.ts';
import { canExportCache, hasGhaBackend } from './builder-facts.ts';

/** How one build uses a cache. */
export interface CachePlan {
  /** Values of `--cache-from`. */
  readonly from: readonly string[];
  /** Values of `--cache-to`. */
  readonly to: readonly string[];
  /** A folder that is fetched from GitHub's cache before the build and saved after it. */
  readonly folder?: { readonly read: string; readonly written: string } | undefined;
  /** What is not as it was asked for, and how it would be. */
  readonly note?: string | undefined;
}

const NOTHING: CachePlan = { from: [], to: [] };

/** One layer's failure must not fail the build: a cache is a convenience. */
const LENIENT = 'ignore-error=true';

const SET_UP = "a builder of docker/setup-buildx-action, or an Engine with containerd's image store, has it";

const registryPlan = ({ reference, isWritable }: CacheRequest, facts: BuilderFacts): CachePlan => {
  const from = [`type=registry,ref=${reference}`];
  if (!isWritable) {
    const note = `no cache is written: the repository does not let the tag of ${reference} move (exclude \`cache-*\` from its immutability).`;
    return { from, to: [], note };
  }
  if (!canExportCache(facts)) {
    const note = `the cache is kept in the image itself, last stage only: this builder writes no other; ${SET_UP}.`;
    return { from, to: ['type=inline'], note };
  }
  // ECR takes caches only as images (its guide, "cache manifests").
  return { from, to: [`type=registry,ref=${reference},mode=max,image-manifest=true,oci-mediatypes=true,${LENIENT}`] };
};

const ghaPlan = ({ scope }: CacheRequest, facts: BuilderFacts, hasService: boolean, folder: string): CachePlan => {
  if (!hasService) return { ...NOTHING, note: "no cache is used: GitHub's cache service is not in reach of this job." };
  if (hasGhaBackend(facts)) {
    return { from: [`type=gha,scope=${scope}`], to: [`type=gha,scope=${scope},mode=max,${LENIENT}`] };
  }
  if (!canExportCache(facts)) return { ...NOTHING, note: `no cache is used: this builder writes none; ${SET_UP}.` };
  const [read, written] = [join(folder, 'read'), join(folder, 'written')];
  return {
    from: [`type=local,src=${read}`],
    to: [`type=local,dest=${written},mode=max,${LENIENT}`],
    folder: { read, written },
  };
};

/**
 * Returns how a build uses its cache. `folder` is free for a cache that is saved as files; `hasService` tells whether
 * GitHub's cache service can be asked.
 */
export const planCache = (
  request: CacheRequest | undefined,
  facts: BuilderFacts,
  hasService: boolean,
  folder: string,
): CachePlan => {
  if (request === undefined || request.mode === 'none' || facts.buildx === undefined) return NOTHING;
  if (request.mode === 'gha') return ghaPlan(request, facts, hasService, folder);
  if (request.mode === 'registry') return registryPlan(request, facts);
  return { from: [`type=registry,ref=${request.reference}`], to: ['type=inline'] };
};
