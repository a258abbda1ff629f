import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import MarkdownIt from 'markdown-it';

export const ROOT = join(import.meta.dirname, '..', '..');

const markdown = new MarkdownIt({ html: true });

export interface Snippet {
  readonly language: string;
  readonly text: string;
  /** 1-based line of the fence. */
  readonly line: number;
}

export interface Page {
  /** From the repository's root. */
  readonly path: string;
  readonly text: string;
  /** Targets of links and images. */
  readonly links: readonly string[];
  /** Ids of headings, as GitHub makes them. */
  readonly anchors: ReadonlySet<string>;
  readonly snippets: readonly Snippet[];
  /** Rows of tables: the Markdown of each cell, headings left out. */
  readonly rows: ReadonlyArray<readonly string[]>;
}

/** GitHub's: lower case, spaces to hyphens, and nothing but letters, digits, hyphens and underscores. */
const slug = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');

const readPage = (path: string): Page => {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const tokens = markdown.parse(text, {});
  const inline = tokens.flatMap(({ children }) => children ?? []);
  const headings = tokens.flatMap((token, index) =>
    token.type === 'heading_open' ? [(tokens[index + 1]?.children ?? []).map(({ content }) => content).join('')] : [],
  );
  const counts = new Map<string, number>();
  const anchors = headings.map((heading) => {
    const base = slug(heading);
    const count = counts.get(base) ?? 0;
    counts.set(base, count + 1);
    return count === 0 ? base : `${base}-${count}`;
  });
  const rows: string[][] = [];
  let body = false;
  for (const token of tokens) {
    if (token.type === 'tbody_open') body = true;
    else if (token.type === 'tbody_close') body = false;
    else if (body && token.type === 'tr_open') rows.push([]);
    else if (body && token.type === 'inline') rows.at(-1)?.push(token.content);
  }
  return {
    path,
    text,
    links: inline.flatMap((token) => [token.attrGet('href') ?? token.attrGet('src') ?? []].flat().map(String)),
    anchors: new Set(anchors),
    snippets: tokens
      .filter(({ type }) => type === 'fence')
      .map(({ info, content, map }) => ({ language: info.trim(), text: content, line: (map?.[0] ?? 0) + 1 })),
    rows,
  };
};

/** Every page of the repository but those of fixtures. */
export const pages: readonly Page[] = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'],
  { cwd: ROOT, encoding: 'utf8' },
)
  .split('\n')
  .filter((path) => path !== '' && !path.startsWith('test/fixtures/') && existsSync(join(ROOT, path)))
  .map(readPage);

export const pageAt = (path: string): Page => {
  const page = pages.find((one) => one.path === path);
  if (page === undefined) throw new Error(`there is no ${path}.`);
  return page;
};

/** Code spans of a piece of Markdown. */
export const codeIn = (text: string): string[] =>
  markdown
    .parseInline(text, {})
    .flatMap(({ children }) => children ?? [])
    .filter(({ type }) => type === 'code_inline')
    .map(({ content }) => content);
