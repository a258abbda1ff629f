import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { codeIn, pageAt, ROOT } from './markdown.ts';

/** Returns source text with each `${…}` as `…`, so that what it prints can be looked for in it. */
const plain = (source: string): string => {
  let text = '';
  for (let at = 0; at < source.length; at += 1) {
    if (!source.startsWith('${', at)) {
      text += source[at];
      continue;
    }
    for (let depth = 0; at < source.length; at += 1) {
      if (source[at] === '{') depth += 1;
      if (source[at] === '}') depth -= 1;
      if (source[at] === '}' && depth === 0) break;
    }
    text += '…';
  }
  return text.replace(/\\(['"`])/g, '$1');
};

const files = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', 'actions', 'packages', '.github/workflows'],
  {
    cwd: ROOT,
    encoding: 'utf8',
  },
);
const sources = files
  .split('\n')
  .filter((path) => /\.(ts|yml|json)$/.test(path) && !/^packages\/(rehearsal|tooling)\//.test(path))
  .filter((path) => existsSync(join(ROOT, path)))
  .map((path) => plain(readFileSync(join(ROOT, path), 'utf8')));

/** What differs from case to case: `…`, `"x"`, `N`, `NAME`, numbers, and the codes of AWS. */
const VARIABLE = /…|"[^"]*"|\b(?:N|[A-Z]{4,}|\d+|[A-Z][a-z]+[A-Z]\w+)\b/;
const VARIABLES = new RegExp(VARIABLE, 'g');

const patternOf = (piece: string): RegExp =>
  new RegExp(
    piece
      .split(VARIABLE)
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('[^\\n]{0,160}'),
  );

const letters = (text: string): number => text.replace(VARIABLES, '').replace(/\W/g, '').length;

/** A message is put together of pieces at colons; each that says something must stand in a source. */
const isPrinted = (quote: string): boolean => {
  const pieces = quote.split(/: ?/);
  const long = pieces.filter((piece) => letters(piece) >= 8);
  const telling = long.length > 0 ? long : pieces.filter((piece) => letters(piece) >= 4);
  return telling.length > 0 && telling.every((piece) => sources.some((text) => patternOf(piece).test(text)));
};

const missing = (quotes: readonly string[]): string[] => quotes.filter((quote) => !isPrinted(quote));

test('docs/operating.md quotes texts that the sources have', () => {
  const { text, rows } = pageAt('docs/operating.md');
  const from = text.indexOf('## By the text');
  const quoted = rows
    .filter(([first = '']) => text.indexOf(`| ${first} |`) > from)
    .flatMap(([first = '']) => codeIn(first));
  expect(quoted.length).toBeGreaterThan(25);
  expect(missing(quoted)).toEqual([]);
});

test('a text that nobody prints is found out, one that is too short too', () => {
  expect(missing(['the moon is "…"', '…', '"x"', 'a check failed before anything was changed: …'])).toEqual([
    'the moon is "…"',
    '…',
    '"x"',
  ]);
});
