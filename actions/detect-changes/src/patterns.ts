import type { Change, Status } from '@hospital-ops/git/diff';
import picomatch from 'picomatch';

export const STATUSES = ['added', 'modified', 'deleted'] as const satisfies readonly Status[];

/** One pattern of a list, in its place. */
export interface Rule {
  readonly negated: boolean;
  /** Only changes of these kinds; undefined for all. */
  readonly statuses: ReadonlySet<Status> | undefined;
  /** What every path that matches begins with. */
  readonly prefix: string;
  matches(path: string): boolean;
}

export type PatternList = readonly Rule[];

/**
 * Dotfiles match, `/` separates everywhere, and the `s` flag lets names hold newlines. `debug` makes picomatch throw for
 * a pattern it cannot compile: it would otherwise silently match nothing.
 */
const OPTIONS: picomatch.PicomatchOptions = { dot: true, windows: false, flags: 's', debug: true };

/** A leading `!` subtracts, unless it opens the extglob `!(…)`; two of them cancel out. */
const splitNegation = (text: string): { negated: boolean; glob: string } => {
  const [marks = ''] = /^(?:!(?!\())*/.exec(text) ?? [];
  return { negated: marks.length % 2 === 1, glob: text.slice(marks.length) };
};

/**
 * A leading `/` or `./` means nothing, since every path counts from the root; a trailing `/` means all that is below, and
 * `/`, `./` and `.` the root itself.
 */
const normalizeGlob = (glob: string): string =>
  /^[./]*\/$|^\.$/.test(glob) && !glob.includes('..') ? '**' : glob.replace(/^(?:\.?\/+)+/, '').replace(/\/+$/, '/**');

/** Everything that picomatch may read as more than itself. */
const MAGIC = /[*?[\](){}!+@\\|$^,"]/;

/** The literal text that every match begins and ends with. A slash before `**` is optional, so it is left off. */
const literalEnds = (glob: string): readonly [prefix: string, suffix: string] => {
  const first = glob.search(MAGIC);
  const last = [...glob].reverse().join('').search(MAGIC);
  if (first < 0) return [glob, ''];
  return [glob.slice(0, first).replace(/\/$/, ''), glob.slice(glob.length - last).replace(/^\//, '')];
};

/**
 * `(auth)` is a group for picomatch, which matches `auth`. Without a `|` in it nobody needs one, but folders are called so
 * (Next.js), so the name with its parentheses matches too, as it does for `[slug]`.
 */
const withLiteralGroups = (glob: string): string =>
  glob.replace(/(?<![?*+@!\\])\(([\w .-]*)\)(?![?*+{])/g, '@($1|\\($1\\))');

/** picomatch leaves double quotes out, as a shell does; a name may have them, so they match themselves too. */
const withLiteralQuotes = (glob: string): string => glob.replace(/(?<!\\)"/g, '\\"');

/**
 * Returns the folder of `folder/**`, the commonest pattern by far: picomatch takes for it what lies below the folder, and a
 * file called like the folder itself. No expression has to be made for that.
 */
const folderOf = (glob: string): string | undefined => /^([\w-][\w.-]*(?:\/[\w-][\w.-]*)*)\/\*\*$/.exec(glob)?.[1];

/** What picomatch's own matcher does for a glob that is not negated, without its cost per path: most paths end early. */
const compile = (glob: string): ((path: string) => boolean) => {
  const folder = folderOf(glob);
  if (folder !== undefined) {
    const start = `${folder}/`;
    return (path) => path === folder || path.startsWith(start);
  }
  const meanings = new Set([withLiteralGroups(glob), withLiteralGroups(withLiteralQuotes(glob))]);
  const expressions = [...meanings].map((meaning) => picomatch.makeRe(meaning, OPTIONS));
  const [prefix, suffix] = literalEnds(glob);
  const matches = (path: string) => expressions.some((expression) => expression.test(path));
  return (path) => path === glob || (path.startsWith(prefix) && path.endsWith(suffix) && matches(path));
};

/**
 * `!(docs/**|web/**)` and `!(docs/**|web/**)**` mean "below none of these". With `/` or `**` inside, the answer of
 * picomatch depends on the order of the alternatives and on the depth of the path, so each is matched on its own.
 * Returns undefined for any other pattern.
 */
const noneOf = (glob: string): ((path: string) => boolean) | undefined => {
  const [, inner] = /^!\(([^()]*)\)(?:\*\*)?$/s.exec(glob) ?? [];
  if (inner === undefined || !/\/|\*\*/.test(inner) || /[{}[\]\\]/.test(inner)) return undefined;
  const alternatives = inner.split('|').map((alternative) => compile(normalizeGlob(alternative)));
  return (path) => !alternatives.some((matches) => matches(path));
};

/** Returns the rule that a pattern spells. Throws an Error that says why a pattern cannot be one. */
export const parseRule = (text: string, statuses?: ReadonlySet<Status>): Rule => {
  const { negated, glob } = splitNegation(text);
  const normal = normalizeGlob(glob);
  if (normal === '') throw new Error(`the pattern "${text}" is empty`);
  try {
    const none = noneOf(normal);
    if (none) return { negated, statuses, prefix: '', matches: none };
    return { negated, statuses, prefix: literalEnds(normal)[0], matches: compile(normal) };
  } catch (error) {
    throw new Error(`the pattern "${text}" cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
};

/** Returns the statuses of a predicate such as `added|Modified`, or the first word that is none. */
export const parseStatuses = (predicate: string): ReadonlySet<Status> | { readonly unknown: string } => {
  const statuses = new Set<Status>();
  for (const word of predicate.split('|').map((part) => part.trim())) {
    const status = STATUSES.find((candidate) => candidate === word.toLowerCase());
    if (status === undefined) return { unknown: word };
    statuses.add(status);
  }
  return statuses;
};

const applies = (rule: Rule, status: Status) => rule.statuses === undefined || rule.statuses.has(status);

/** Returns what the last rule that matches says of a change, or undefined when none does. */
export const lastMatch = (rules: PatternList, { path, status }: Change): boolean | undefined => {
  for (let index = rules.length - 1; index >= 0; index -= 1) {
    const rule = rules[index];
    if (rule && applies(rule, status) && rule.matches(path)) return !rule.negated;
  }
  return undefined;
};

/**
 * Returns whether the list takes a change: the last rule that matches decides. A list of only negations starts from
 * everything that its rules speak of (all changes, or those of their statuses); any other list starts from nothing.
 */
export const matchesList = (rules: PatternList, change: Change): boolean =>
  lastMatch(rules, change) ??
  (rules.length > 0 && rules.every(({ negated }) => negated) && rules.some((rule) => applies(rule, change.status)));

/**
 * Returns whether the list could take a file of `folder`, which ends with a slash, or is empty for the root. Asked once a
 * folder, it saves most of the patterns for most of the files.
 */
export const mayTake = (rules: PatternList, folder: string): boolean =>
  rules.every(({ negated }) => negated) ||
  rules.some(({ negated, prefix }) => !negated && (folder.startsWith(prefix) || prefix.startsWith(folder)));
