import { bold, code, escapeMarkdown, link, MAX_SUMMARY_BYTES, Summary, text } from '@hospital-ops/action-kit/summary';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import MarkdownIt from 'markdown-it';

const markdown = new MarkdownIt({ html: true, linkify: true });
const visibleText = (html: string) =>
  html
    .replace(/<[^>]*>/g, '')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&amp;/g, '&');

describe('foreign text in Markdown', () => {
  test('renders as those very characters', () => {
    const printable = fc
      .string({ unit: 'grapheme-ascii', minLength: 1 })
      .map((value) => value.trim().replace(/ {2,}/g, ' '));
    fc.assert(
      fc.property(printable, (value) => {
        expect(visibleText(markdown.renderInline(escapeMarkdown(value)))).toBe(value);
      }),
    );
  });

  test.each([
    ['a table cell', '| forged | row |\n| --- | --- |'],
    ['HTML', '<img src=x onerror=alert(1)>'],
    ['a link', '[click](https://evil.example)'],
    ['a bare link', 'https://evil.example'],
    ['a mention', '@team/oncall'],
    ['an issue reference', '#12'],
  ])('%s stays text', (_, value) => {
    const html = markdown.render(new Summary().table(['a', 'b'], [[text(value), code(value)]]).render());
    expect(html.match(/<tr>/g)).toHaveLength(2);
    expect(html).not.toMatch(/<img|<a /);
    expect(escapeMarkdown(value)).not.toMatch(/(^|[^&])[@#]\w/);
  });

  test('a title stays one line', () => {
    const html = markdown.render(new Summary().heading('1.0\n2.0').details('a\n\nb', 'c').render());
    expect(html).toMatch(/<h3>[^<\n]*1\.0[^<\n]*2\.0<\/h3>\n<details><summary>a[^<\n]*b<\/summary>/);
  });

  test('a fence in a log does not end the fold', () => {
    const rendered = new Summary().details('log', 'a\n```\n# forged\n````\nb').render();
    expect(rendered).toContain('`````text\na\n```\n# forged\n````\nb\n`````');
  });

  test('only http links become links', () => {
    expect(link('x', 'javascript:alert(1)').rendered).not.toContain('<a');
    expect(link('x', 'https://a.example/?b=1&c').rendered).toBe('<a href="https://a.example/?b=1&amp;c">x</a>');
  });
});

test('a summary stays below the limit of the runner', () => {
  const summary = new Summary().heading('x').paragraph(bold('kept'));
  for (let i = 0; i < 50; i += 1) summary.details(`log ${i}`, 'x'.repeat(4_000).concat('\n').repeat(10));
  const rendered = summary.render();
  expect(Buffer.byteLength(rendered)).toBeLessThan(MAX_SUMMARY_BYTES + 100);
  expect(rendered).toContain('The rest was left out');
  expect(rendered).toContain('kept');
});
