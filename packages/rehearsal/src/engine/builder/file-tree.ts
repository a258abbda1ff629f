import { posix } from 'node:path';

/** A file, folder or link of an image; files refer to where their bytes are. */
export type TreeEntry =
  | { readonly type: 'file'; readonly source: string; readonly executable: boolean }
  | { readonly type: 'directory' }
  | { readonly type: 'link'; readonly target: string };

/** The files of a build stage: absolute path in the image to entry, parents always there. */
export class FileTree {
  readonly #entries = new Map<string, TreeEntry>();

  /** Returns a tree with the same entries that changes by itself. */
  copy(): FileTree {
    const tree = new FileTree();
    for (const [path, entry] of this.#entries) tree.#entries.set(path, entry);
    return tree;
  }

  get(path: string): TreeEntry | undefined {
    return path === '/' ? { type: 'directory' } : this.#entries.get(path);
  }

  set(path: string, entry: TreeEntry): void {
    if (path === '/') return;
    for (let parent = posix.dirname(path); parent !== '/'; parent = posix.dirname(parent)) {
      if (this.#entries.get(parent)?.type === 'directory') break;
      this.#entries.set(parent, { type: 'directory' });
    }
    this.#entries.set(path, entry);
  }

  /** Entries at `path` and below it, sorted, with their paths relative to it (`''` for itself). */
  below(path: string): readonly (readonly [string, TreeEntry])[] {
    const prefix = path === '/' ? '/' : `${path}/`;
    const self = path === '/' ? undefined : this.#entries.get(path);
    const found: [string, TreeEntry][] = self ? [['', self]] : [];
    for (const [name, entry] of this.#entries)
      if (name.startsWith(prefix)) found.push([name.slice(prefix.length), entry]);
    return found.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  }
}
