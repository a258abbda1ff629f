/** Returns the pairs of a GITHUB_OUTPUT, GITHUB_ENV or GITHUB_STATE file. Throws an Error in the runner's words. */
export const parsePairs = (content: string): Array<readonly [name: string, value: string]> => {
  const lines = content.split('\n');
  // What follows the last line end is no line.
  if (lines.at(-1) === '') lines.pop();
  const pairs: Array<readonly [string, string]> = [];
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    if (line === '') continue;
    const equals = line.indexOf('=');
    const heredoc = line.indexOf('<<');
    if (equals >= 0 && (heredoc < 0 || equals < heredoc)) {
      if (equals === 0) throw new Error(`Invalid format '${line}'. Name must not be empty`);
      pairs.push([line.slice(0, equals), line.slice(equals + 1)]);
    } else if (heredoc >= 0) {
      const name = line.slice(0, heredoc);
      const delimiter = line.slice(heredoc + 2);
      if (name === '' || delimiter === '') {
        throw new Error(`Invalid format '${line}'. Name must not be empty and delimiter must not be empty`);
      }
      const end = lines.indexOf(delimiter, index + 1);
      if (end < 0) throw new Error(`Invalid value. Matching delimiter not found '${delimiter}'`);
      pairs.push([name, lines.slice(index + 1, end).join('\n')]);
      index = end;
    } else {
      throw new Error(`Invalid format '${line}'`);
    }
  }
  return pairs;
};

/** Returns the lines of a GITHUB_PATH file. */
export const parsePaths = (content: string): string[] => content.split(/\r\n|\r|\n/).filter((line) => line !== '');

/** A job summary holds 1 MiB per step (actions/runner, FileCommandManager.cs). */
export const MAX_SUMMARY_BYTES = 1_024 * 1_024;

/** Variables that a step may not hand to the steps after it (actions/runner, FileCommandManager.cs). */
export const BLOCKED_VARIABLES: readonly string[] = ['NODE_OPTIONS'];
