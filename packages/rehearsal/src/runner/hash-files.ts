import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import picomatch from 'picomatch';

/** Returns the files below `root`, relative and in order; links are not followed. */
export const filesBelow = (root: string): string[] =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();

/**
 * Returns the SHA-256 over the SHA-256 of each file of the workspace that the patterns match, empty without a match.
 * The number says that the files are the same; it is not GitHub's own, whose order of files is not documented.
 */
export const hashFiles = (workspace: string, patterns: readonly string[]): string => {
  const matchers = patterns.map((pattern) => ({
    negative: pattern.startsWith('!'),
    matches: picomatch(pattern.replace(/^!/, '').replace(/^\.\//, ''), { dot: true }),
  }));
  const chosen = filesBelow(workspace).filter((file) =>
    matchers.reduce((in_, { negative, matches }) => (matches(file) ? !negative : in_), false),
  );
  if (chosen.length === 0) return '';
  const whole = createHash('sha256');
  for (const file of chosen)
    whole.update(
      createHash('sha256')
        .update(readFileSync(join(workspace, file)))
        .digest(),
    );
  return whole.digest('hex');
};
