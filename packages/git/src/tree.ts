/** The files of one revision, as they were committed: nothing is read from the work tree. */
export interface Tree {
  /** Every path from the root of the repository. */
  readonly paths: readonly string[];
  /** Contents by path, of those that exist; one git process for all. */
  read(paths: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

/**
 * Returns the contents in the output of `git cat-file --batch` for `paths`, in the order in which they were asked for.
 * What does not exist is left out.
 */
export const parseBatch = (output: Buffer, paths: readonly string[]): Map<string, string> => {
  const found = new Map<string, string>();
  let at = 0;
  for (const path of paths) {
    const end = output.indexOf(0x0a, at);
    if (end < 0) break;
    const header = output.toString('utf8', at, end);
    at = end + 1;
    const [, type, size] = /^[0-9a-f]{40,64} (\w+) (\d+)$/.exec(header) ?? [];
    if (size === undefined) continue;
    if (type === 'blob') found.set(path, output.toString('utf8', at, at + Number(size)));
    at += Number(size) + 1;
  }
  return found;
};
