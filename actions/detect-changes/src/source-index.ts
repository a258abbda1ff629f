import type { Source } from './sources.ts';

interface Entry {
  readonly owner: string;
  readonly order: number;
  readonly source: Source;
}

/** Finds whose source a file is by its folders, so that the cost does not grow with the number of sources. */
export interface SourceIndex {
  /** The first source of each owner that takes the file. */
  find(path: string): ReadonlyMap<string, Source>;
}

/** Returns an index of the sources of each owner, in their order. */
export const indexSources = (
  sourcesOf: Iterable<readonly [owner: string, sources: readonly Source[]]>,
): SourceIndex => {
  const byPath = new Map<string, Entry[]>();
  for (const [owner, sources] of sourcesOf) {
    for (const [order, source] of sources.entries()) {
      const entries = byPath.get(source.path);
      if (entries) entries.push({ owner, order, source });
      else byPath.set(source.path, [{ owner, order, source }]);
    }
  }
  return {
    find: (path) => {
      const found = new Map<string, Entry>();
      const visit = (folder: string) => {
        for (const entry of byPath.get(folder) ?? []) {
          const before = found.get(entry.owner);
          if (before !== undefined && before.order <= entry.order) continue;
          if (entry.source.takes?.(path) ?? true) found.set(entry.owner, entry);
        }
      };
      visit(path);
      for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) visit(path.slice(0, at));
      visit('.');
      return new Map([...found].map(([owner, { source }]) => [owner, source]));
    },
  };
};
