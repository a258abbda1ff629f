import { clip } from '../clip.ts';
import { escapeMrkdwn } from './escape.ts';
import { SLACK } from './limits.ts';

export interface SlackText {
  readonly type: 'mrkdwn' | 'plain_text';
  readonly text: string;
  readonly verbatim?: boolean;
  readonly emoji?: boolean;
}

export interface SlackBlock {
  readonly type: 'header' | 'section' | 'context';
  readonly text?: SlackText;
  readonly fields?: readonly SlackText[];
  readonly elements?: readonly SlackText[];
}

/** `verbatim` keeps Slack from making links, channels and mentions out of bare text. */
export const mrkdwn = (text: string): SlackText => ({
  type: 'mrkdwn',
  verbatim: true,
  text: text.trim() === '' ? '–' : text,
});

export const section = (text: string): SlackBlock => ({ type: 'section', text: mrkdwn(text) });

/** A section of a title and lines, or nothing where there are no lines. */
export const listSection = (title: string, lines: readonly string[]): SlackBlock[] =>
  lines.length === 0 ? [] : [section([`*${title}*`, ...lines].join('\n'))];

/** Returns foreign text escaped and cut. */
export const clipped = (text: string, limit: number): string => clip(text, limit, escapeMrkdwn);

/** Texts in two columns: Slack takes ten to a section. */
export const columns = (texts: readonly SlackText[]): SlackBlock[] => {
  const rows: SlackBlock[] = [];
  for (let at = 0; at < texts.length; at += SLACK.sectionFields) {
    rows.push({ type: 'section', fields: texts.slice(at, at + SLACK.sectionFields) });
  }
  return rows;
};

/** Characters of every text of `blocks`. */
export const lengthOf = (blocks: readonly SlackBlock[]): number =>
  blocks
    .flatMap((block) => [...(block.text ? [block.text] : []), ...(block.fields ?? []), ...(block.elements ?? [])])
    .reduce((sum, { text }) => sum + text.length, 0);
