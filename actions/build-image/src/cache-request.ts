import { createHash } from 'node:crypto';
import type { CacheRequest } from './builder.ts';
import type { ImageSpec } from './image.ts';
import type { Tagging } from './put-tags.ts';

/**
 * Returns where an image's layers are cached. Two images of one repository have different caches, and one image has the
 * same in every branch: what a branch builds first is found by all others.
 */
export const createCacheRequest = (
  { repository, dockerfile, target, platforms }: ImageSpec,
  mode: CacheRequest['mode'],
  host: string,
  { mayMove }: Pick<Tagging, 'mayMove'>,
): CacheRequest & { readonly tag: string } => {
  const parts = JSON.stringify([dockerfile, target ?? '', [...platforms].sort()]);
  const tag = `cache-${createHash('sha256').update(parts).digest('hex').slice(0, 8)}`;
  return {
    mode,
    tag,
    reference: `${host}/${repository}:${tag}`,
    scope: `${repository.replaceAll('/', '-')}-${tag}`,
    isWritable: mayMove(tag) !== false,
  };
};
