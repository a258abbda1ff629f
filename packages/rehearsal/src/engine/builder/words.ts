import { BuildError } from './build-error.ts';

/** Replaces `$name`, `${name}`, `${name:-default}` and `${name:+alternative}`; `\$` stays a dollar sign. */
export const expand = (text: string, lookup: (name: string) => string | undefined): string =>
  text.replace(
    /\\\$|\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)(?::([-+])([^}]*))?\})/g,
    (all: string, plain?: string, braced?: string, operator?: string, word = '') => {
      if (all === '\\$') return '$';
      const value = lookup(plain ?? braced ?? '');
      if (operator === '-') return value ? value : expand(word, lookup);
      if (operator === '+') return value ? expand(word, lookup) : '';
      return value ?? '';
    },
  );

/** Splits at blanks outside quotes, and takes the quotes away. */
export const splitWords = (text: string): readonly string[] => {
  const words: string[] = [];
  for (const [word] of text.matchAll(/(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\])+/g)) {
    words.push(
      word.replace(
        /"((?:\\.|[^"\\])*)"|'([^']*)'|\\(.)/g,
        (_all, double?: string, single?: string, escaped?: string) =>
          double !== undefined ? double.replace(/\\(["\\$])/g, '$1') : (single ?? escaped ?? ''),
      ),
    );
  }
  return words;
};

/** Parses `a=b c="d e"`, and the old form `a b`, of ENV and LABEL. */
export const parsePairs = (text: string, line: number, keyword: string): readonly (readonly [string, string])[] => {
  const words = splitWords(text);
  const [first = ''] = words;
  if (!first.includes('=')) {
    if (words.length < 2)
      throw new BuildError(`dockerfile parse error on line ${line}: ${keyword} must have two arguments`);
    return [[first, text.trimStart().slice(first.length).trim()]];
  }
  return words.map((word) => {
    const at = word.indexOf('=');
    if (at < 1) {
      throw new BuildError(
        `dockerfile parse error on line ${line}: Syntax error - can't find = in "${word}". Must be of the form: name=value`,
      );
    }
    return [word.slice(0, at), word.slice(at + 1)];
  });
};
