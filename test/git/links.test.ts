import { matcherOf, readLinks } from '@hospital-ops/git/links';
import { expect, test } from '@jest/globals';

const linksOf = (targets: Readonly<Record<string, string>>, submodules: readonly string[] = []) => {
  const links = Object.keys(targets);
  return readLinks({ paths: links, links, submodules, read: async () => new Map(Object.entries(targets)) });
};

test.each<[string, Readonly<Record<string, string>>, string, string, string[]]>([
  ['nothing on the way', { a: 'b' }, 'c/a', '.', ['c/a']],
  ['the end', { a: 'b' }, 'a', '.', ['a', 'b']],
  ['the middle', { 'x/a': '../b' }, 'x/a/c', '.', ['x/a/c', 'b/c']],
  ['a target behind another link', { a: 'b/c', b: 'd' }, 'a/e', '.', ['a/e', 'b/c/e', 'd/c/e']],
  ['a context of its own', { 'ctx/a': '/b', a: 'z' }, 'a', 'ctx', ['ctx/a', 'ctx/b']],
  ['more ups than there are folders', { 'ctx/a': '../../b' }, 'a', 'ctx', ['ctx/a', 'ctx/b']],
  ['the root', { 'x/a': '..' }, 'x/a', '.', ['x/a', '.']],
  ['itself', { a: 'a' }, 'a', '.', ['a', 'a']],
  ['a wildcard', { 'l-1': 'x', 'l-2': 'y', m: 'z' }, 'l-?/f*', '.', ['l-?/f*', 'x/f*', 'y/f*']],
  ['folders in between', { 'x/y/l': '../z' }, 'x/**/f', '.', ['x/**/f', 'x/z']],
  ['a name with brackets', { '[a]': 'b[c]' }, '\\[a\\]', '.', ['\\[a\\]', 'b\\[c\\]']],
])('a link at %s is followed', async (_, targets, pattern, root, expected) => {
  expect((await linksOf(targets)).follow(pattern, root).patterns).toEqual(expected);
});

test('links in a circle end, and links without end are the whole root', async () => {
  expect((await linksOf({ a: 'b', b: 'a/c' })).follow('a', '.').patterns.length).toBeLessThan(50);
  const many = Object.fromEntries(Array.from({ length: 600 }, (_, at) => [`l${at}`, `t${at}`]));
  expect((await linksOf(many)).follow('l*', '.').patterns).toEqual(['.']);
});

test('links and submodules on the way are told', async () => {
  const links = await linksOf({ a: 'vendor/lib/x' }, ['vendor/lib', 'vendor/other']);
  expect(links.follow('a', '.').via).toEqual(['a', 'vendor/lib']);
});

test.each([
  ['app/(auth)/*.ts', 'app/(auth)/a.ts', true],
  ['app/(auth)/*.ts', 'app/auth/a.ts', false],
  ['*.{a,b}', 'x.{a,b}', true],
  ['!x*', '!xy', true],
  ['[^a]b', 'cb', true],
  ['a*', 'a\nb/c', true],
  ['a*', 'b/ab', false],
])('the pattern %s of COPY takes %j: %s', (pattern, path, expected) => {
  expect(matcherOf(pattern)(path)).toBe(expected);
});
