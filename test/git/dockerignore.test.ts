import { parseDockerignore } from '@hospital-ops/git/dockerignore';
import { describe, expect, test } from '@jest/globals';

describe('what .dockerignore keeps from the builder', () => {
  test.each<[string, string, string[], string[]]>([
    ['nothing by itself', '', [], ['a', '.git/config', 'node_modules/x']],
    ['a name counts from the root', 'dist', ['dist', 'dist/a.js'], ['apps/dist', 'dist2']],
    ['a leading slash changes nothing', '/dist/', ['dist', 'dist/a'], ['apps/dist']],
    ['* stays in one folder', '*.md', ['README.md'], ['docs/a.md', 'md']],
    ['** crosses folders', '**/*.md', ['README.md', 'docs/a.md', 'a/b/c.md'], ['a.mdx']],
    ['** finds a folder anywhere', '**/node_modules', ['node_modules', 'apps/api/node_modules/x'], ['modules']],
    ['** at the end takes everything below', 'docs/**', ['docs/a', 'docs/b/c'], ['docs']],
    ['? is one character', 'a?.txt', ['ab.txt'], ['a.txt', 'abc.txt', 'a/.txt']],
    ['classes', '[a-c].txt', ['a.txt', 'c.txt'], ['d.txt']],
    ['dots and plus signs are themselves', 'a.b+c', ['a.b+c'], ['axb+c', 'a.bbc']],
    ['comments and empty lines say nothing', '# a\n\n  \nb', ['b'], ['a', '# a']],
    ['the last rule wins', '*\n!src\nsrc/secret', ['a', 'src/secret'], ['src', 'src/a']],
    ['! brings back what lies in an ignored folder', 'apps\n!apps/api', ['apps/web', 'apps/web/a'], ['apps/api/a']],
    ['an exception that is ignored again', '**\n!**/*.ts\n**/*.test.ts', ['a.js', 'x/a.test.ts'], ['x/a.ts']],
    ['Windows line ends', 'a\r\nb\r\n', ['a', 'b'], ['c']],
  ])('%s', (_, rules, excluded, kept) => {
    const ignore = parseDockerignore(rules);
    expect(excluded.filter((path) => !ignore.excludes(path))).toEqual([]);
    expect(kept.filter((path) => ignore.excludes(path))).toEqual([]);
  });

  test.each([
    ['node_modules', 'node_modules', true],
    ['apps\n!apps/api', 'apps', false],
    ['apps\nweb\n!apps/api', 'web', true],
    ['*\n!**/keep', 'deep', false],
    ['*\n!src/*.ts', 'src', false],
    ['*\n!src/*.ts', 'docs', true],
    ['', 'src', false],
  ])('with %j the folder %s need not be looked into: %p', (rules, folder, prunes) => {
    expect(parseDockerignore(rules).prunes(folder)).toBe(prunes);
  });
});
