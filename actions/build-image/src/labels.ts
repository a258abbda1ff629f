import type { Source } from './image.ts';

export const REVISION_LABEL = 'org.opencontainers.image.revision';

/**
 * Returns the labels of a build: the OCI annotations that say where it comes from (image-spec, annotations.md), and the
 * user's, which win. The first kind is no part of the content hash, or nothing would ever be unchanged.
 */
export const buildLabels = (
  { revision, version, url }: Source,
  now: number,
  own: ReadonlyMap<string, string>,
): Map<string, string> =>
  new Map([
    ['org.opencontainers.image.created', new Date(now).toISOString()],
    ...(url === undefined ? [] : [['org.opencontainers.image.source', url] as const]),
    ...(revision === '' ? [] : [[REVISION_LABEL, revision] as const]),
    ...(version === undefined ? [] : [['org.opencontainers.image.version', version] as const]),
    ...own,
  ]);
