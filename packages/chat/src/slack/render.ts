import { clip, clipLines, firstOf } from '../clip.ts';
import type { ChatMessage, Field, Mention, ServiceChange } from '../message.ts';
import type { Size } from '../size.ts';
import { firstThatFits } from '../size.ts';
import { styleOf } from '../status.ts';
import {
  changelogTitle,
  isQuiet,
  plainText,
  quietWords,
  safeUrl,
  serviceLines,
  serviceTitle,
  shortSha,
} from '../wording.ts';
import type { SlackBlock, SlackText } from './blocks.ts';
import { clipped, columns, lengthOf, listSection, mrkdwn, section } from './blocks.ts';
import { escapeCode, escapeMrkdwn, mrkdwnLink } from './escape.ts';
import { SIZES, SLACK } from './limits.ts';

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

const mentionOf = ({ kind, id }: Mention) => (kind === 'user' ? `<@${id}>` : `<!subteam^${id}>`);

const fieldText = (field: Field, size: Size): SlackText =>
  mrkdwn(
    `*${clipped(field.name, 60)}*\n${mrkdwnLink(safeUrl(field.url, 150), clipped(field.value, size.fieldValue) || '–')}`,
  );

const factBlocks = (fields: readonly Field[], size: Size): SlackBlock[] => {
  const texts = fields.slice(0, size.fields).map((field) => fieldText(field, size));
  const more = fields.length - texts.length;
  return columns(more > 0 ? [...texts.slice(0, -1), mrkdwn(`*More*\n+${more + 1} more`)] : texts);
};

/** Why comes before what, and the log last: it is the longest. */
const serviceText = (service: ServiceChange, size: Size): string => {
  const log = clipLines(service.log, size.log, escapeCode);
  // What the log leaves is the reason's.
  const reasonRoom = size.reason + size.log - log.length;
  return [
    `${styleOf(service.outcome).emoji} *${clipped(serviceTitle(service), 150)}*`,
    ...(service.reason === undefined ? [] : [clipped(service.reason, reasonRoom)]),
    ...serviceLines(service).map((line) => clipped(line, 250)),
    ...(log.trim() === '' ? [] : [`\`\`\`\n${log}\n\`\`\``]),
  ].join('\n');
};

/** What must be seen: Slack may fold away what is attached, but not these. */
const mainBlocks = (message: ChatMessage, size: Size): SlackBlock[] => {
  const told = message.services.filter((service) => !isQuiet(service));
  const hidden = told.length - size.services;
  return [
    ...(message.text === undefined ? [] : [section(clipped(message.text, size.text))]),
    ...factBlocks(message.fields, size),
    ...told.slice(0, size.services).map((service) => section(serviceText(service, size))),
    ...(hidden > 0 ? [section(`+${hidden} more services`)] : []),
  ];
};

const quietLine = (service: ServiceChange): string =>
  `${styleOf(service.outcome).emoji} *${clipped(service.name, 60)}*  ${clipped(quietWords(service), 90)}`;

/** What stands beside the bar in the status' colour. */
const attachedBlocks = (message: ChatMessage, size: Size): SlackBlock[] => {
  const { changelog } = message;
  const quiet = firstOf(message.services.filter(isQuiet), size.quiet, quietLine);
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
  const links = message.links
    .slice(0, size.links)
    .map(({ label, url }) => mrkdwnLink(safeUrl(url, 200), clipped(label, 60)));
  const last = [...links, clipped(message.footer, 150)].filter((part) => part !== '').join('  ·  ');
  return [
    ...(quiet.length === 0 ? [] : [section(quiet.join('\n'))]),
    ...listSection('Failed jobs', jobs),
    ...(changelog === undefined
      ? []
      : [
          section(
            [`*${mrkdwnLink(safeUrl(changelog.url), clipped(changelogTitle(changelog), 120))}*`, ...commits].join('\n'),
          ),
        ]),
    ...(last === '' ? [] : [{ type: 'context' as const, elements: [mrkdwn(last)] }]),
  ];
};

interface Layout {
  readonly main: readonly SlackBlock[];
  readonly attached: readonly SlackBlock[];
}

const layoutOf = (message: ChatMessage, size: Size): Layout => ({
  main: mainBlocks(message, size),
  attached: attachedBlocks(message, size),
});

const fits = ({ main, attached }: Layout): boolean => {
  const blocks = [...main, ...attached];
  return (
    blocks.length < SLACK.blocks - 2 &&
    lengthOf(blocks) + 2 * SLACK.headerText + 500 <= SLACK.total &&
    blocks.every((block) => (block.text?.text.length ?? 0) <= SLACK.sectionText)
  );
};

const QUIET = { mrkdwn: false, unfurl_links: false, unfurl_media: false } as const;

const titleOf = ({ status, title }: ChatMessage): string =>
  clip(`${styleOf(status).emoji} ${title.replace(/\s+/g, ' ').trim()}`, SLACK.headerText);

const mentionsOf = (message: ChatMessage): string => message.mentions.slice(0, 10).map(mentionOf).join(' ');

/**
 * Returns the message as Slack blocks inside every limit of `limits.ts`: title, facts and what went wrong as blocks, the
 * rest beside a bar in the status' colour. Foreign text cannot mention, link or format; mentions come from `message.mentions` alone.
 */
export const renderSlack = (message: ChatMessage): SlackPayload => {
  const style = styleOf(message.status);
  const title = titleOf(message);
  const { main, attached } = firstThatFits(SIZES, (size) => layoutOf(message, size), fits);
  const mentions = mentionsOf(message);
  return {
    // What a phone shows of it: why is asked next.
    text: [title, message.services[0]?.reason ?? '']
      .map((part) => clipped(part, SLACK.headerText * 2))
      .join('\n')
      .trim(),
    ...QUIET,
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: title, emoji: false } },
      ...(mentions === '' ? [] : [section(mentions)]),
      ...main,
    ],
    attachments:
      attached.length === 0 ? [] : [{ color: `#${style.colour.toString(16).padStart(6, '0')}`, blocks: attached }],
  };
};

/** Returns the message as text alone, for a Slack that refuses the layout. */
const renderPlain = (message: ChatMessage): SlackPayload => ({
  text: [mentionsOf(message), clipped(plainText(message), SLACK.text - 300)].filter(Boolean).join('\n'),
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
