import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { pageAt, pages, ROOT } from './markdown.ts';

const problemOf = (from: string, link: string): string | undefined => {
  if (/^(https?:|mailto:)/.test(link)) return URL.canParse(link) ? undefined : 'is no address';
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? from : normalize(join(dirname(from), decodeURIComponent(path)));
  if (target.startsWith('..')) return 'leads out of the repository';
  if (!existsSync(join(ROOT, target))) return `there is no ${target}`;
  if (anchor === undefined) return undefined;
  if (!target.endsWith('.md')) return 'has an anchor into what is no page';
  return pageAt(target).anchors.has(anchor) ? undefined : `${target} has no heading for #${anchor}`;
};

describe.each(pages.map((page) => [page.path, page] as const))('%s', (path, page) => {
  test('has no link that leads nowhere', () => {
    expect(page.links.map((link) => [link, problemOf(path, link)]).filter(([, problem]) => problem)).toEqual([]);
  });
});

test.each([
  ['docs/concepts.md', 'nowhere.md', 'there is no docs/nowhere.md'],
  ['README.md', 'docs/concepts.md#no-such', 'docs/concepts.md has no heading for #no-such'],
  ['README.md', '#no-such', 'README.md has no heading for #no-such'],
  ['README.md', '../elsewhere', 'leads out of the repository'],
  ['docs/concepts.md', 'security.md#aws', undefined],
])('from %s to %s: %s', (from, link, problem) => expect(problemOf(from, link)).toBe(problem));

test('every page of docs/ is reached from the README', () => {
  const seen = new Set<string>();
  const follow = (path: string): void => {
    if (seen.has(path) || !path.endsWith('.md')) return;
    seen.add(path);
    for (const link of pageAt(path).links) {
      const [target = ''] = link.split('#');
      if (target !== '' && !/^\w+:/.test(target)) follow(normalize(join(dirname(path), target)));
    }
  };
  follow('README.md');
  expect(pages.map(({ path }) => path).filter((path) => /^docs\/[^/]+\.md$/.test(path) && !seen.has(path))).toEqual([]);
});
