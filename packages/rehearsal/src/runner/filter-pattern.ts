/**
 * Returns a regular expression for one of GitHub's filter patterns, as for branches and tags: `*` matches all but a
 * slash, `**` everything, `?` and `+` repeat the character before them, `[]` is a set of characters. Docs: "Filter
 * pattern cheat sheet" of the workflow syntax.
 */
const compile = (pattern: string): RegExp => {
  let source = '';
  for (let index = 0; index < pattern.length; index += 1) {
    const character = pattern.charAt(index);
    if (character === '*') {
      const double = pattern.charAt(index + 1) === '*';
      if (double) index += 1;
      // `**/` also matches no folder at all.
      if (double && pattern.charAt(index + 1) === '/') {
        index += 1;
        source += '(?:.*/)?';
      } else source += double ? '.*' : '[^/]*';
    } else if (character === '\\') {
      index += 1;
      source += pattern.charAt(index).replace(/[^\w\s]/, '\\$&');
    } else if (character === '[') {
      const end = pattern.indexOf(']', index);
      if (end < 0) throw new Error(`The pattern "${pattern}" has a "[" without "]".`);
      source += `[${pattern.slice(index + 1, end).replace(/[\\^]/g, '\\$&')}]`;
      index = end;
    } else if (character === '?' || character === '+') source += character;
    else source += character.replace(/[^\w\s/-]/, '\\$&');
  }
  return new RegExp(`^${source}$`);
};

/** Returns whether `name` passes a list of patterns: the last one that matches decides, `!` before it excludes. */
export const passesPatterns = (name: string, patterns: readonly string[]): boolean =>
  patterns.reduce((passes, pattern) => {
    const negative = pattern.startsWith('!');
    return compile(negative ? pattern.slice(1) : pattern).test(name) ? !negative : passes;
  }, false);
