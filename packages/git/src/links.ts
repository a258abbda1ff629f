import picomatch from 'picomatch';
import type { Tree } from './tree.ts';

/** Where a path leads when committed links are followed. */
export interface Followed {
  /** The path itself, and each that a link on it leads to: patterns with `*`, `?`, `[…]`, a backslash before what is none. */
  readonly patterns: readonly string[];
  /** Links and submodules on the way: when one of them changes, the path leads to something else. */
  readonly via: readonly string[];
}

export interface Links {
  /**
   * Follows a pattern below `root`. As for a builder, whose context `root` is, no link leads out of it: `/` is the root, and
   * so is what lies above it. Links in a circle lead nowhere.
   */
  follow(pattern: string, root: string): Followed;
  /** Links that lie below a folder. */
  below(folder: string): readonly string[];
}

/** As many as Linux follows (path_resolution(7)); what has more of them cannot be opened. */
const MAX_LINKS = 40;
/** Wildcards may take links that lead to links; where they lead to more than this, the root counts as a whole. */
const MAX_WAYS = 500;

const WILDCARD = /[*?[]/;

/** Returns a pattern that matches this very path. */
export const literal = (path: string): string => path.replace(/[*?[\]\\]/g, '\\$&');

/** Returns the one path that a pattern stands for, or undefined when it holds a wildcard. */
export const literalOf = (pattern: string): string | undefined =>
  WILDCARD.test(pattern.replace(/\\./g, '')) ? undefined : pattern.replace(/\\(.)/g, '$1');

type Matches = (path: string) => boolean;

/** Wildcards of COPY are those of Go (path/filepath, Match); whatever else picomatch would read is meant as it is written. */
const compile = (pattern: string, more: readonly string[] = []): Matches => {
  const escaped = pattern.replace(/\\.|\[[^\]]*\]|[(){}!+@|$]/gs, (found) => (found.length > 1 ? found : `\\${found}`));
  return picomatch([escaped, ...more.map((suffix) => escaped + suffix)], { dot: true, windows: false, flags: 's' });
};

/** Returns whether a path matches a pattern of COPY; its folders match what lies in them too. */
export const matcherOf = (pattern: string): Matches => compile(pattern, ['/**']);

const partsOf = (path: string): string[] => path.split('/').filter((part) => part !== '' && part !== '.');

const joined = (root: string, parts: readonly string[]): string =>
  [...(root === '.' ? [] : [literal(root)]), ...parts].join('/') || '.';

/** Resolves `..` by words, as builders do; what leads above the root ends there. */
const resolveParts = (parts: readonly string[]): string[] => {
  const resolved: string[] = [];
  for (const part of parts) {
    if (part === '..') resolved.pop();
    else resolved.push(part);
  }
  return resolved;
};

const partMatcher = (pattern: string): Matches => {
  const plain = literalOf(pattern);
  return plain === undefined ? compile(pattern) : (name) => name === plain;
};

/**
 * Returns what of a pattern is left behind the link `own`, or undefined when that does not lie on its way. `**` may stand
 * for any folders: of a link there all that is behind it counts.
 */
const restBehind = (
  own: readonly string[],
  parts: readonly string[],
  matchers: readonly Matches[],
): readonly string[] | undefined => {
  const crossing = parts.indexOf('**');
  const open = crossing >= 0 && own.length > crossing;
  const named = open ? own.slice(0, crossing) : own;
  if (named.length > parts.length || !named.every((name, at) => matchers[at]?.(name))) return undefined;
  return open ? [] : parts.slice(own.length);
};

const within = (path: string, folder: string): string | undefined => {
  if (folder === '.') return path;
  return path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : undefined;
};

interface Way {
  readonly parts: readonly string[];
  readonly links: number;
}

/** Returns what follows the links of `tree`, whose targets are read at once. */
export const readLinks = async (tree: Tree): Promise<Links> => {
  const targets = tree.links.length > 0 ? await tree.read(tree.links) : new Map<string, string>();
  const special = [...targets.keys(), ...tree.submodules];
  const specialIn = (root: string) =>
    special.flatMap((path) => {
      const inside = within(path, root);
      return inside === undefined ? [] : [{ path, own: partsOf(inside) }];
    });
  return {
    below: (folder) => tree.links.filter((link) => within(link, folder) !== undefined),
    follow: (pattern, root) => {
      const ways: Way[] = [{ parts: resolveParts(partsOf(pattern)), links: 0 }];
      const via = new Set<string>();
      const seen = new Set<string>();
      for (const { parts, links } of ways) {
        const matchers = parts.map(partMatcher);
        for (const { path, own } of specialIn(root)) {
          const rest = restBehind(own, parts, matchers);
          if (rest === undefined) continue;
          via.add(path);
          const target = targets.get(path);
          if (target === undefined) continue;
          const from = target.startsWith('/') ? [] : own.slice(0, -1);
          const next = [...resolveParts([...from, ...partsOf(target)]).map(literal), ...rest];
          const key = next.join('/');
          if (seen.has(key)) continue;
          seen.add(key);
          if (ways.length === MAX_WAYS) return { patterns: [joined(root, [])], via: [...via] };
          if (links < MAX_LINKS) ways.push({ parts: next, links: links + 1 });
        }
      }
      return { patterns: ways.map(({ parts }) => joined(root, parts)), via: [...via] };
    },
  };
};
