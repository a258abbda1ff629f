/** Tells what .dockerignore keeps from the builder. */
export interface Ignore {
  /** Whether a file or folder (`apps/api/src`, relative to the context) is kept from the builder. */
  excludes(path: string): boolean;
  /** Whether a folder need not be looked into: it is excluded, and no `!` rule could bring back something below it. */
  prunes(folder: string): boolean;
}

interface Rule {
  readonly negated: boolean;
  readonly pattern: string;
  readonly regex: RegExp;
}

const escapeRegExp = (text: string): string => text.replace(/[.+^${}()|\\/]/g, '\\$&');

/** `**` crosses folders, `*` and `?` stay in one, `[a-z]` is a class; a backslash takes the next character as it is. */
const toRegExp = (pattern: string): RegExp => {
  let source = '';
  for (let index = 0; index < pattern.length; index += 1) {
    const rest = pattern.slice(index);
    const characters = /^\[[^\]]+\]/.exec(rest)?.[0];
    if (rest.startsWith('**/')) {
      source += '(?:.*/)?';
      index += 2;
    } else if (rest.startsWith('**')) {
      source += '.*';
      index += 1;
    } else if (rest.startsWith('*')) source += '[^/]*';
    else if (rest.startsWith('?')) source += '[^/]';
    else if (rest.startsWith('\\') && rest.length > 1) {
      source += escapeRegExp(rest.charAt(1));
      index += 1;
    } else if (characters !== undefined) {
      source += characters;
      index += characters.length - 1;
    } else source += escapeRegExp(rest.charAt(0));
  }
  return new RegExp(`^${source}$`, 's');
};

const parseRule = (line: string): Rule | undefined => {
  const trimmed = line.trim();
  const negated = trimmed.startsWith('!');
  const pattern = (negated ? trimmed.slice(1).trim() : trimmed)
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
  if (trimmed.startsWith('#') || pattern === '') return undefined;
  return { negated, pattern, regex: toRegExp(pattern) };
};

const parentsAndSelf = (path: string): string[] => {
  const parts = path.split('/');
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
};

/** Whether a `!` rule may match below `folder`: its fixed beginning lies there, or leads there. */
const mayReach = ({ pattern }: Rule, folder: string): boolean => {
  const fixed = pattern.replace(/[*?[\\].*$/s, '');
  return fixed.startsWith(`${folder}/`) || `${folder}/`.startsWith(fixed === pattern ? `${fixed}/` : fixed);
};

/**
 * Returns the rules of a .dockerignore file. They are not those of .gitignore: a pattern counts from the context's root,
 * the last rule that matches a path or a folder above it wins (docs.docker.com, build context, .dockerignore files).
 */
export const parseDockerignore = (text: string): Ignore => {
  const rules = text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .flatMap((line) => parseRule(line) ?? []);
  const excludes = (path: string): boolean => {
    const paths = parentsAndSelf(path);
    const last = rules.findLast(({ regex }) => paths.some((candidate) => regex.test(candidate)));
    return last !== undefined && !last.negated;
  };
  return {
    excludes,
    prunes: (folder) => excludes(folder) && !rules.some((rule) => rule.negated && mayReach(rule, folder)),
  };
};
