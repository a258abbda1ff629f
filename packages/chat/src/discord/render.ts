import { clip, clipLines, firstOf } from '../clip.ts';
import type { Changelog, ChatMessage, Field, ServiceChange } from '../message.ts';
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
import { escapeCode, escapeMarkdown, escapePlain, guardMarkdown, markdownLink } from './escape.ts';
import { DISCORD, SIZES } from './limits.ts';

export interface DiscordField {
  readonly name: string;
  readonly value: string;
  readonly inline: boolean;
}

export interface DiscordEmbed {
  readonly title: string;
  readonly url?: string;
  readonly color: number;
  readonly description?: string;
  readonly fields: readonly DiscordField[];
  readonly footer?: { readonly text: string };
}

export interface DiscordPayload {
  readonly content: string;
  /** Always there: an edit keeps what it is not told to replace. */
  readonly embeds: readonly DiscordEmbed[];
  /** Nothing is parsed out of any text; those who are mentioned on purpose are named one by one. */
  readonly allowed_mentions: {
    readonly parse: readonly [];
    readonly users?: readonly string[];
    readonly roles?: readonly string[];
  };
  /** Name of the thread that the message opens in a forum; the transport alone sends it, where it is needed. */
  readonly threadName: string;
}

const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim();

/** Guarding only lengthens a text: what lies far behind the limit need not be looked at. */
const clipped = (text: string, limit: number) => clip(guardMarkdown(text.slice(0, limit + 200)), limit, escapeMarkdown);

const field = (name: string, value: string, inline = false): DiscordField => ({
  name: name.trim() === '' ? '–' : name,
  value: value.trim() === '' ? '–' : value,
  inline,
});

/** Why comes before what, and the log last: it is the longest. */
const serviceField = (service: ServiceChange, size: Size): DiscordField => {
  const log = clipLines(service.log, size.log, escapeCode);
  // What the log leaves is the reason's.
  const reasonRoom = size.reason + size.log - log.length;
  const lines = [
    ...(service.reason === undefined ? [] : [clipped(service.reason, reasonRoom)]),
    ...serviceLines(service).map((line) => clipped(line, 120)),
    ...(log.trim() === '' ? [] : [`\`\`\`text\n${log}\n\`\`\``]),
  ];
  return field(`${styleOf(service.outcome).emoji} ${clipped(serviceTitle(service), 100)}`, lines.join('\n'));
};

const quietLine = (service: ServiceChange): string =>
  `${styleOf(service.outcome).emoji} **${clipped(service.name, 30)}** ${clipped(quietWords(service), 60)}`;

const listField = (title: string, lines: readonly string[]): DiscordField[] =>
  lines.length === 0 ? [] : [field(title, lines.join('\n'))];

const factFields = (fields: readonly Field[], size: Size): DiscordField[] => {
  const facts = fields
    .slice(0, size.fields)
    .map(({ name, value, url, wide }) =>
      field(clipped(name, 60), markdownLink(safeUrl(url, 200), clipped(value, size.fieldValue) || '–'), wide !== true),
    );
  const hidden = fields.length - facts.length;
  return hidden > 0 ? [...facts, field('More', `+${hidden} more`, true)] : facts;
};

const serviceFields = (services: readonly ServiceChange[], size: Size): DiscordField[] => {
  const told = services.filter((service) => !isQuiet(service));
  const hidden = told.length - size.services;
  return [
    ...told.slice(0, size.services).map((service) => serviceField(service, size)),
    ...(hidden > 0 ? [field('More services', `+${hidden} more`)] : []),
    ...listField('Services', firstOf(services.filter(isQuiet), size.quiet, quietLine)),
  ];
};

const changelogFields = (changelog: Changelog | undefined, size: Size): DiscordField[] => {
  if (changelog === undefined) return [];
  const shown = changelog.entries
    .slice(0, size.commits)
    .map(
      ({ sha, subject, author }) =>
        `- ${clipped(shortSha(sha), 14)} ${clipped(subject, 60)}${author === undefined ? '' : ` – ${clipped(author, 24)}`}`,
    );
  const more = changelog.total - shown.length;
  const url = safeUrl(changelog.url, 200);
  const last =
    more > 0 ? [markdownLink(url, `+${more} more`)] : url === undefined ? [] : [markdownLink(url, 'Compare')];
  return [field(clipped(changelogTitle(changelog), 120), [...shown, ...last].join('\n'))];
};

const jobLines = (message: ChatMessage, size: Size): string[] =>
  firstOf(message.failedJobs, size.jobs, ({ name, url, step }) => {
    const at = step === undefined ? '' : ` at ${clipped(step, 30)}`;
    return `- ${markdownLink(safeUrl(url, 100), clipped(name, 50))}${at}`;
  });

const linksOf = ({ links }: ChatMessage, size: Size): string =>
  links
    .slice(0, size.links)
    .map(({ label, url }) => markdownLink(safeUrl(url, 200), clipped(label, 60)))
    .join('  ·  ');

const embedOf = (message: ChatMessage, size: Size): DiscordEmbed => {
  const style = styleOf(message.status);
  const url = safeUrl(message.links[0]?.url);
  const description = message.text === undefined ? '' : clipped(message.text, size.text);
  const links = linksOf(message, size);
  const footer = clip(message.footer, 120, escapePlain);
  return {
    title: `${style.emoji} ${clipped(oneLine(message.title), DISCORD.title - 8)}`,
    ...(url === undefined ? {} : { url }),
    color: style.colour,
    ...(description.trim() === '' ? {} : { description }),
    fields: [
      ...factFields(message.fields, size),
      ...serviceFields(message.services, size),
      ...listField('Failed jobs', jobLines(message, size)),
      ...changelogFields(message.changelog, size),
      ...(links.trim() === '' ? [] : [field('Links', links)]),
    ],
    ...(footer.trim() === '' ? {} : { footer: { text: footer } }),
  };
};

const lengthOf = ({ title, description = '', fields, footer }: DiscordEmbed): number =>
  title.length +
  description.length +
  (footer?.text.length ?? 0) +
  fields.reduce((sum, { name, value }) => sum + name.length + value.length, 0);

const fits = (embed: DiscordEmbed): boolean =>
  lengthOf(embed) <= DISCORD.total &&
  embed.fields.length <= DISCORD.fields &&
  embed.fields.every(({ value }) => value.length <= DISCORD.fieldValue);

/** What is around the embed: mentions and who may be mentioned. */
const envelope = (message: ChatMessage, text = '') => {
  const mentions = message.mentions.slice(0, 10);
  const ids = (kind: 'user' | 'group') => mentions.filter((mention) => mention.kind === kind).map(({ id }) => id);
  const called = mentions.map(({ kind, id }) => (kind === 'user' ? `<@${id}>` : `<@&${id}>`)).join(' ');
  return {
    content: [called, text].filter((part) => part !== '').join(' '),
    allowed_mentions: {
      parse: [] as const,
      ...(ids('user').length === 0 ? {} : { users: ids('user') }),
      ...(ids('group').length === 0 ? {} : { roles: ids('group') }),
    },
    threadName: clip(oneLine(message.title) || 'Release', DISCORD.threadName),
  };
};

/**
 * Returns the message as one Discord embed inside every limit of `limits.ts`. Foreign text cannot mention, link or format;
 * `allowed_mentions` is always there, as an edit without it would be parsed for mentions.
 */
export const renderDiscord = (message: ChatMessage): DiscordPayload => {
  const embed = firstThatFits(SIZES, (size) => embedOf(message, size), fits);
  return { ...envelope(message), embeds: [embed] };
};

/** Returns the message as text alone, for a Discord that refuses the layout. */
const renderPlain = (message: ChatMessage): DiscordPayload => ({
  ...envelope(message, clipped(plainText(message), DISCORD.content - 300)),
  embeds: [],
});

const renderCall = (message: ChatMessage): DiscordPayload => {
  const title = `${styleOf(message.status).emoji} ${clipped(oneLine(message.title), DISCORD.title)}`;
  return { ...envelope(message, title), embeds: [] };
};

export const discordRenderer = { full: renderDiscord, plain: renderPlain, call: renderCall };
