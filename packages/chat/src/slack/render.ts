import { clip, clipLines, firstOf } from '../clip.ts';
import type { ChatMessage, Field, Mention, ServiceChange } from '../message.ts';
import type { Size } from '../size.ts';
import { styleOf } from '../status.ts';
import { changelogTitle, plainText, safeUrl, serviceLines, serviceTitle, shortSha } from '../wording.ts';
import { escapeCode, escapeMrkdwn, mrkdwnLink } from './escape.ts';
import { SIZES, SLACK, SMALLEST } from './limits.ts';

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

/** What the webhook and chat.postMessage take. `text` is what notifications show. */
export interface SlackPayload {
  readonly text: string;
  readonly mrkdwn: false;
  readonly unfurl_links: false;
  readonly unfurl_media: false;
  readonly blocks: readonly SlackBlock[];
  /** Always there: chat.update keeps what it is not told to replace. */
  readonly attachments: ReadonlyArray<{ readonly color: string; readonly blocks: readonly SlackBlock[] }>;
  /** A reply is shown in the channel too. */
  readonly reply_broadcast?: true;
}

/** `verbatim` keeps Slack from making links, channels and mentions out of bare text. */
const mrkdwn = (text: string): SlackText => ({ type: 'mrkdwn', verbatim: true, text: text.trim() === '' ? '–' : text });

const section = (text: string): SlackBlock => ({ type: 'section', text: mrkdwn(text) });

const clipped = (text: string, limit: number) => clip(text, limit, escapeMrkdwn);

const mentionOf = ({ kind, id }: Mention) => (kind === 'user' ? `<@${id}>` : `<!subteam^${id}>`);

const fieldText = (field: Field, size: Size): SlackText =>
  mrkdwn(
    `*${clipped(field.name, 60)}*\n${mrkdwnLink(safeUrl(field.url, 150), clipped(field.value, size.fieldValue) || '–')}`,
  );

/** Two columns: Slack takes ten fields to a section. */
const fieldSections = (fields: readonly Field[], size: Size): SlackBlock[] => {
  const texts = fields.slice(0, size.fields).map((field) => fieldText(field, size));
  const more = fields.length - texts.length;
  const all = more > 0 ? [...texts.slice(0, -1), mrkdwn(`*More*\n+${more + 1} more`)] : texts;
  const rows: SlackBlock[] = [];
  for (let at = 0; at < all.length; at += SLACK.sectionFields) {
    rows.push({ type: 'section', fields: all.slice(at, at + SLACK.sectionFields) });
  }
  return rows;
};

const serviceText = (service: ServiceChange, size: Size): string => {
  const log = clipLines(service.log, size.log, escapeCode);
  return [
    `${styleOf(service.outcome).emoji} *${clipped(serviceTitle(service), 150)}*`,
    ...serviceLines(service).map((line) => clipped(line, 250)),
    ...(service.reason === undefined ? [] : [clipped(service.reason, size.reason)]),
    ...(log.trim() === '' ? [] : [`\`\`\`\n${log}\n\`\`\``]),
  ].join('\n');
};

const listSection = (title: string, lines: readonly string[]): SlackBlock[] =>
  lines.length === 0 ? [] : [section([`*${title}*`, ...lines].join('\n'))];

const detailBlocks = (message: ChatMessage, size: Size): SlackBlock[] => {
  const { changelog } = message;
  const jobs = firstOf(message.failedJobs, size.jobs, ({ name, url, step }) => {
    const at = step === undefined ? '' : ` at ${clipped(step, 60)}`;
    return `• ${mrkdwnLink(safeUrl(url, 200), clipped(name, 80))}${at}`;
  });
  const commits = firstOf(
    changelog?.entries ?? [],
    size.commits,
    ({ sha, subject, author, url }) =>
      `• ${mrkdwnLink(safeUrl(url, 160), clipped(shortSha(sha), 14))} ${clipped(subject, 90)}${author === undefined ? '' : ` – ${clipped(author, 40)}`}`,
    changelog?.total,
  );
  const links = message.links.slice(0, 3).map(({ label, url }) => mrkdwnLink(safeUrl(url, 200), clipped(label, 60)));
  const last = [...links, clipped(message.footer, 150)].filter((part) => part !== '').join('  ·  ');
  const hidden = message.services.length - size.services;
  return [
    ...(message.text === undefined ? [] : [section(clipped(message.text, size.text))]),
    ...fieldSections(message.fields, size),
    ...message.services.slice(0, size.services).map((service) => section(serviceText(service, size))),
    ...(hidden > 0 ? [section(`+${hidden} more services`)] : []),
    ...listSection('Failed jobs', jobs),
    ...(changelog === undefined
      ? []
      : listSection(mrkdwnLink(safeUrl(changelog.url), changelogTitle(changelog)), commits)),
    ...(last === '' ? [] : [{ type: 'context' as const, elements: [mrkdwn(last)] }]),
  ];
};

const lengthOf = (blocks: readonly SlackBlock[]): number =>
  blocks
    .flatMap((block) => [...(block.text ? [block.text] : []), ...(block.fields ?? []), ...(block.elements ?? [])])
    .reduce((sum, { text }) => sum + text.length, 0);

const fits = (blocks: readonly SlackBlock[]): boolean =>
  blocks.length < SLACK.blocks - 2 &&
  lengthOf(blocks) + 2 * SLACK.headerText + 500 <= SLACK.total &&
  blocks.every((block) => (block.text?.text.length ?? 0) <= SLACK.sectionText);

const QUIET = { mrkdwn: false, unfurl_links: false, unfurl_media: false } as const;

const titleOf = ({ status, title }: ChatMessage): string =>
  clip(`${styleOf(status).emoji} ${title.replace(/\s+/g, ' ').trim()}`, SLACK.headerText);

const mentionsOf = (message: ChatMessage): string => message.mentions.slice(0, 10).map(mentionOf).join(' ');

/**
 * Returns the message as Slack blocks inside every limit of `limits.ts`: the title as a header, the details beside a bar
 * in the status' colour. Foreign text cannot mention, link or format; mentions come from `message.mentions` alone.
 */
export const renderSlack = (message: ChatMessage): SlackPayload => {
  const style = styleOf(message.status);
  const title = titleOf(message);
  const sized = SIZES.map((size) => detailBlocks(message, size));
  const details = sized.find(fits) ?? detailBlocks(message, SMALLEST);
  const mentions = mentionsOf(message);
  return {
    text: clip(title, SLACK.text, escapeMrkdwn),
    ...QUIET,
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: title, emoji: false } },
      ...(mentions === '' ? [] : [section(mentions)]),
    ],
    attachments: [{ color: `#${style.colour.toString(16).padStart(6, '0')}`, blocks: details }],
  };
};

/** Returns the message as text alone, for a Slack that refuses the layout. */
const renderPlain = (message: ChatMessage): SlackPayload => ({
  text: [mentionsOf(message), clip(plainText(message), SLACK.text - 300, escapeMrkdwn)].filter(Boolean).join('\n'),
  ...QUIET,
  blocks: [],
  attachments: [],
});

const renderCall = (message: ChatMessage): SlackPayload => {
  const title = clip(titleOf(message), SLACK.headerText * 2, escapeMrkdwn);
  return {
    text: title,
    ...QUIET,
    blocks: [section([mentionsOf(message), title].filter(Boolean).join(' '))],
    attachments: [],
    reply_broadcast: true,
  };
};

export const slackRenderer = { full: renderSlack, plain: renderPlain, call: renderCall };
