/** A package as a lock file resolves it, or a folder of the workspace. */
export interface LockNode {
  /** For people: `minimatch@9.0.5`, or the folder. */
  readonly label: string;
  /** The same in two lock files only if they install the same here: contents, and which version of what it uses. */
  readonly signature: string;
  /** Keys of what it uses, in `nodes`. */
  readonly next: readonly string[];
}

/** What a lock file resolves, as far as it decides what is installed. */
export interface LockGraph {
  /** Folders of the workspace, `.` for its root, to their keys in `nodes`. */
  readonly importers: ReadonlyMap<string, string>;
  readonly nodes: ReadonlyMap<string, LockNode>;
  /** What concerns all of them. */
  readonly settings: string;
}

const closure = (graph: LockGraph, folders: Iterable<string>): ReadonlyMap<string, string> => {
  const keys = new Set<string>();
  for (const folder of folders) {
    const key = graph.importers.get(folder);
    if (key !== undefined) keys.add(key);
  }
  const found = new Map<string, string>();
  for (const key of keys) {
    const node = graph.nodes.get(key);
    if (!node) continue;
    found.set(`${node.label}\n${node.signature}`, node.label);
    for (const next of node.next) keys.add(next);
  }
  return found;
};

/**
 * Returns the first package that is installed for `headFolders` and was not, as it is now, for `baseFolders`, or the
 * other way around; undefined when both install the same.
 */
export const lockDifference = (
  base: LockGraph,
  baseFolders: Iterable<string>,
  head: LockGraph,
  headFolders: Iterable<string>,
): string | undefined => {
  if (base.settings !== head.settings) return 'its settings';
  const [before, after] = [closure(base, baseFolders), closure(head, headFolders)];
  const folders = new Set([...base.importers.keys(), ...head.importers.keys()]);
  const known = new Set(before.values());
  const labels = [
    ...[...after].filter(([key]) => !before.has(key)),
    ...[...before].filter(([key]) => !after.has(key)),
  ].map(([, label]) => label);
  // What is new says more than what uses it, and a package more than the folder that uses it.
  const packages = labels.filter((label) => !folders.has(label));
  return packages.find((label) => !known.has(label)) ?? packages[0] ?? labels[0];
};
