import { posix } from 'node:path';
import picomatch from 'picomatch';
import { BuildError, UnsupportedError } from './build-error.ts';
import type { Instruction } from './dockerfile.ts';
import { parseExecForm } from './dockerfile.ts';
import type { FileTree, TreeEntry } from './file-tree.ts';
import { splitWords } from './words.ts';

const supportedFlags = ['from', 'chown', 'chmod', 'link'];

/** Sources and destination of a COPY or ADD, variables already replaced. */
const parseOperands = (instruction: Instruction, rest: string): { sources: readonly string[]; destination: string } => {
  for (const flag of Object.keys(instruction.flags)) {
    if (!supportedFlags.includes(flag)) {
      throw new UnsupportedError(
        `the stand-in builder does not support ${instruction.keyword} --${flag} (line ${instruction.line}).`,
      );
    }
  }
  const words = parseExecForm(rest) ?? splitWords(rest);
  const destination = words.at(-1);
  if (words.length < 2 || destination === undefined) {
    throw new BuildError(
      `dockerfile parse error on line ${instruction.line}: ${instruction.keyword} requires at least two arguments, ` +
        `but only ${words.length} was provided. Destination could not be determined`,
    );
  }
  const sources = words.slice(0, -1);
  if (instruction.keyword === 'ADD') {
    for (const source of sources) {
      if (/^[a-z+]+:\/\/|^git@|\.(tar|tgz|tbz2?|txz)(\.\w+)?$/.test(source)) {
        throw new UnsupportedError(
          `the stand-in builder neither downloads nor unpacks: ADD ${source} (line ${instruction.line}).`,
        );
      }
    }
  }
  return { sources, destination };
};

const findSources = (from: FileTree, source: string): readonly string[] => {
  const path = posix.join('/', source).replace(/(.)\/$/, '$1');
  if (!/[*?[]/.test(source)) return from.get(path) === undefined ? [] : [path];
  const matches = picomatch(path.slice(1), { dot: true, nonegate: true, noextglob: true, nobrace: true });
  return from.below('/').flatMap(([name]) => (matches(name) ? [`/${name}`] : []));
};

const withMode = (entry: TreeEntry, mode: string | undefined): TreeEntry => {
  if (entry.type !== 'file' || mode === undefined) return entry;
  return { ...entry, executable: /[1357]/.test(mode.slice(-3)) };
};

export interface CopyPlaces {
  readonly into: FileTree;
  readonly from: FileTree;
  readonly workdir: string;
  /** What is said of a source that is not there, beside that. */
  readonly hint: string | undefined;
}

/**
 * Carries out a COPY or ADD from one tree into another, as Docker does: a folder's content is copied, not the folder; a
 * destination that ends in "/" or takes several sources is a folder. Owners are not kept: nothing runs as another user.
 */
export const copyInto = (
  { into, from, workdir, hint = '' }: CopyPlaces,
  instruction: Instruction,
  rest: string,
): void => {
  const { sources, destination } = parseOperands(instruction, rest);
  const target = posix.resolve(workdir, destination);
  const found = sources.flatMap((source) => {
    const paths = findSources(from, source);
    if (paths.length === 0) {
      throw new BuildError(
        `failed to compute cache key: failed to calculate checksum: "${posix.join('/', source)}": not found${hint}`,
      );
    }
    return paths;
  });
  const intoFolder =
    /(^\.{0,2}|\/\.{0,2})$/.test(destination) || found.length > 1 || into.get(target)?.type === 'directory';
  const { chmod } = instruction.flags;
  for (const path of found) {
    const entry = from.get(path);
    if (entry?.type === 'directory') {
      into.set(target, { type: 'directory' });
      for (const [relative, inner] of from.below(path)) {
        if (relative !== '') into.set(posix.join(target, relative), withMode(inner, chmod));
      }
    } else if (entry) {
      into.set(intoFolder ? posix.join(target, posix.basename(path)) : target, withMode(entry, chmod));
    }
  }
};
