export type Pair = readonly [name: string, value: string];

export interface Pairs {
  readonly pairs: readonly Pair[];
  /** What is wrong, each with its line; never a value. */
  readonly problems: readonly string[];
}

const withoutReturn = (line: string): string => line.replace(/\r$/, '');

/** `NAME<<END` where `<<` stands before the first `=`, which is how the runner reads GITHUB_ENV. */
const heredocOf = (line: string): Pair | undefined => {
  const at = line.indexOf('<<');
  const equals = line.indexOf('=');
  return at < 0 || (equals >= 0 && equals < at) ? undefined : [line.slice(0, at).trim(), line.slice(at + 2).trim()];
};

/**
 * Returns the pairs of `NAME=value` lines and of `NAME<<END` blocks, in order, and what is wrong with the others. Values
 * keep every character; that of a block keeps its line ends but for the last. The rule of which of `=` and `<<` decides
 * is that of environment files (actions/runner, FileCommandManager.cs). A name given twice is a problem.
 */
export const parsePairs = (text: string): Pairs => {
  const pairs: Pair[] = [];
  const problems: string[] = [];
  const lines = text.split('\n');
  const firstLine = new Map<string, number>();
  const add = (name: string, value: string, line: number) => {
    const first = firstLine.get(name);
    if (first === undefined) firstLine.set(name, line);
    else problems.push(`${name} stands in line ${first} and again in line ${line}`);
    pairs.push([name, value]);
  };
  for (let index = 0; index < lines.length; index += 1) {
    const line = withoutReturn(lines[index] ?? '');
    if (line.trim() === '') continue;
    const block = heredocOf(line);
    if (block === undefined) {
      const at = line.indexOf('=');
      const name = line.slice(0, Math.max(at, 0)).trim();
      if (name === '') problems.push(`line ${index + 1} is not NAME=value`);
      else add(name, line.slice(at + 1), index + 1);
      continue;
    }
    const [name, end] = block;
    if (name === '' || end === '') {
      problems.push(`line ${index + 1} is not NAME<<END: both the name and the word that ends it are needed`);
      continue;
    }
    const last = lines.findIndex((each, at) => at > index && withoutReturn(each) === end);
    if (last < 0) {
      // Where it should have ended nobody knows: what follows is not read as pairs, it may be part of a secret.
      problems.push(`${name}, begun in line ${index + 1}, has no end: no line after it is just the word behind \`<<\``);
      break;
    }
    const value = lines.slice(index + 1, last).join('\n');
    // The value's last line end belongs to the block, be it LF or, as at its end, CRLF.
    add(name, lines[last]?.endsWith('\r') ? withoutReturn(value) : value, index + 1);
    index = last;
  }
  return { pairs, problems };
};

/** Returns text that `parsePairs` reads back as this one pair. */
export const formatPair = ([name, value]: Pair): string => {
  if (!value.includes('\n') && !value.endsWith('\r')) return `${name}=${value}`;
  const lines = new Set(value.split('\n').map(withoutReturn));
  let end = 'END';
  while (lines.has(end)) end += '_';
  return `${name}<<${end}\n${value}\n${end}`;
};
