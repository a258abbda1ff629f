import type { Commit } from './repository.ts';

/** The files of one revision, as they were committed: nothing is read from the work tree. */
export interface Tree {
  /** Every path from the root of the repository. */
  readonly paths: readonly string[];
  /** Those that are links; their content is what they lead to. */
  readonly links: readonly string[];
  /** Those that are submodules: a commit of another repository, without contents here. */
  readonly submodules: readonly string[];
  /** Contents by path, of those that exist; one git process for all. */
  read(paths: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

/** What `git ls-tree -r -z` lists. */
export interface Listing extends Omit<Tree, 'read'> {
  /** Names of the objects that hold the contents, by path; submodules have none. */
  readonly blobs: ReadonlyMap<string, string>;
}

/** Returns the listing of a tree: `100644 blob 0123…<tab>path`, each behind the next with a NUL. */
export const parseListing = (output: string): Listing => {
  const [paths, links, submodules]: [string[], string[], string[]] = [[], [], []];
  const blobs = new Map<string, string>();
  for (let at = 0; at < output.length; ) {
    const end = output.indexOf('\0', at);
    const tab = output.indexOf('\t', at);
    const path = output.slice(tab + 1, end);
    paths.push(path);
    if (output.startsWith('160000', at)) submodules.push(path);
    else blobs.set(path, output.slice(output.lastIndexOf(' ', tab) + 1, tab));
    if (output.startsWith('120000', at)) links.push(path);
    at = end + 1;
  }
  return { paths, links, submodules, blobs };
};

/** Returns a commit by the text of its object. */
export const parseCommit = (sha: string, object: string): Commit => {
  const header = object.slice(0, object.indexOf('\n\n'));
  return { sha, parents: [...header.matchAll(/^parent ([0-9a-f]{40,64})$/gm)].map(([, parent = '']) => parent) };
};

interface Found {
  readonly sha: string;
  readonly type: string;
  readonly text: string;
}

/** Objects in the output of `git cat-file --batch`, by the name they were asked for; what does not exist is left out. */
const parseObjects = (output: Buffer, names: readonly string[]): Map<string, Found> => {
  const found = new Map<string, Found>();
  let at = 0;
  for (const name of names) {
    const end = output.indexOf(0x0a, at);
    if (end < 0) break;
    const header = output.toString('utf8', at, end);
    at = end + 1;
    const [, sha, type, size] = /^([0-9a-f]{40,64}) (\w+) (\d+)$/.exec(header) ?? [];
    if (sha === undefined || type === undefined) continue;
    found.set(name, { sha, type, text: output.toString('utf8', at, at + Number(size)) });
    at += Number(size) + 1;
  }
  return found;
};

/**
 * Returns the contents in the output of `git cat-file --batch` for names of objects, in the order in which they were asked
 * for. What is no file is left out.
 */
export const parseBatch = (output: Buffer, names: readonly string[]): Map<string, string> =>
  new Map(
    [...parseObjects(output, names)].flatMap(([name, { type, text }]) => (type === 'blob' ? [[name, text]] : [])),
  );

/** The same for commits. */
export const parseBatchCommits = (output: Buffer, names: readonly string[]): Map<string, Commit> =>
  new Map(
    [...parseObjects(output, names)].flatMap(([name, { sha, type, text }]) =>
      type === 'commit' ? [[name, parseCommit(sha, text)]] : [],
    ),
  );
