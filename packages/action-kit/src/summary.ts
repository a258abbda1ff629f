import { hidePasswords, neutralize, neutralizeToLine } from './untrusted.ts';

/** The runner refuses a step summary above 1 MiB (FileCommandManager.cs); a little is kept for what is added at a cut. */
export const MAX_SUMMARY_BYTES = 1_024 * 1_024 - 4_096;

/** Markdown that was rendered by this module, so that foreign text in it is already escaped. */
export type Markdown = string & { readonly markdown: unique symbol };

const markdown = (text: string) => text as Markdown;

/** Returns foreign text as Markdown that renders as those very characters: no markup, mention, link or HTML. */
export const escapeMarkdown = (text: string): Markdown =>
  markdown(
    neutralize(hidePasswords(text))
      .replace(/&/g, '&amp;')
      .replace(/</g, '&lt;')
      .replace(/>/g, '&gt;')
      .replace(/[\\`*_{}[\]()#+\-.!|~:@$]/g, (character) => `&#${character.charCodeAt(0)};`),
  );

const cell = (value: string | Markdown): string => value.replace(/\n/g, '<br>').replace(/(?<!\\)\|/g, '&#124;');

/** A value of a table: text is foreign unless it came from this module's `code`, `bold`, `link` or `escapeMarkdown`. */
export interface Cell {
  readonly rendered: Markdown;
}

export const text = (value: string): Cell => ({ rendered: escapeMarkdown(value) });
export const code = (value: string): Cell =>
  value === '' ? text('') : { rendered: markdown(`<code>${escapeMarkdown(value)}</code>`) };
export const bold = (value: string): Cell => ({ rendered: markdown(`<b>${escapeMarkdown(value)}</b>`) });

/** A link; anything but an http(s) URL is shown as text. */
export const link = (label: string, url: string): Cell =>
  /^https?:\/\/[^\s<>"']+$/.test(url)
    ? { rendered: markdown(`<a href="${url.replace(/&/g, '&amp;')}">${escapeMarkdown(label)}</a>`) }
    : text(label);

/** One section of the job summary, built block by block. */
export class Summary {
  readonly #blocks: string[] = [];

  heading(title: string): this {
    this.#blocks.push(`### ${escapeMarkdown(neutralizeToLine(title))}`);
    return this;
  }

  paragraph(...parts: readonly Cell[]): this {
    this.#blocks.push(parts.map((part) => part.rendered.replace(/\n/g, '<br>')).join(' '));
    return this;
  }

  table(header: readonly string[], rows: ReadonlyArray<readonly Cell[]>): this {
    if (rows.length === 0) return this;
    const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
    this.#blocks.push(
      [
        line(header.map((title) => cell(escapeMarkdown(title)))),
        line(header.map(() => '---')),
        ...rows.map((row) => line(row.map(({ rendered }) => cell(rendered)))),
      ].join('\n'),
    );
    return this;
  }

  /** Foreign text as it is, folded under a title; a fence longer than any in the text keeps it in. */
  details(title: string, body: string, open = false): this {
    const inert = neutralize(body);
    const longest = Math.max(2, ...[...inert.matchAll(/`+/g)].map(([run]) => run.length));
    const fence = '`'.repeat(longest + 1);
    this.#blocks.push(
      `<details${open ? ' open' : ''}><summary>${escapeMarkdown(neutralizeToLine(title))}</summary>\n\n${fence}text\n${inert}\n${fence}\n\n</details>`,
    );
    return this;
  }

  /** Returns the section's Markdown, cut between blocks where it would not fit into `limit` bytes. */
  render(limit = MAX_SUMMARY_BYTES): string {
    const kept: string[] = [];
    let size = 0;
    for (const block of this.#blocks) {
      size += Buffer.byteLength(block) + 2;
      if (size > limit) {
        kept.push('_The rest was left out: a job summary holds 1 MiB._');
        break;
      }
      kept.push(block);
    }
    return kept.length === 0 ? '' : `${kept.join('\n\n')}\n\n`;
  }
}
