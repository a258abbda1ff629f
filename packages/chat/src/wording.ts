import { formatDuration } from '@hospital-ops/action-kit/duration';
import type { Changelog, ChatMessage, Revision, ServiceChange } from './message.ts';
import { styleOf } from './status.ts';

/** Returns how people name a revision: `1.1.0 (api:42)`, what there is of it, or `not known`. */
export const revisionWords = (revision: Revision | undefined): string => {
  if (revision?.version === undefined) return revision?.taskDefinition ?? 'not known';
  return revision.taskDefinition === undefined ? revision.version : `${revision.version} (${revision.taskDefinition})`;
};

/** Returns `api: rolled back after 3m12s`. */
export const serviceTitle = (service: ServiceChange): string => {
  const time = service.durationSeconds === undefined ? '' : ` after ${formatDuration(service.durationSeconds)}`;
  return `${service.name}: ${styleOf(service.outcome).words}${time}`;
};

/** Returns what was to change and what serves now, a line each; a side that nobody knows is not invented. */
export const serviceLines = (service: ServiceChange): string[] => [
  ...(service.old !== undefined || service.new !== undefined
    ? [`${revisionWords(service.old)} → ${revisionWords(service.new)}`]
    : []),
  `Serving now: ${revisionWords(service.serving)}`,
];

export const changelogTitle = (changelog: Changelog): string =>
  changelog.total === 1 ? '1 change' : `${changelog.total} changes`;

/**
 * Returns `url` in the form in which it may stand in markup, or undefined when it is no http(s) address, holds
 * credentials or is longer than `limit`. `href` is ASCII; what could end a link or format it is percent-encoded.
 */
export const safeUrl = (url: string | undefined, limit = 300): string | undefined => {
  if (url === undefined || !URL.canParse(url)) return undefined;
  const parsed = new URL(url);
  if (parsed.protocol !== 'https:' && parsed.protocol !== 'http:') return undefined;
  if (parsed.username !== '' || parsed.password !== '') return undefined;
  const href = parsed.href.replace(/[^\w\-.~:/?#@!$&+,;=%]/g, (character) =>
    character === '*'
      ? '%2A'
      : encodeURIComponent(character).replace(/['()]/g, (c) => `%${c.charCodeAt(0).toString(16)}`),
  );
  // In Slack's markup each & takes five characters.
  return href.replaceAll('&', '&amp;').length <= limit ? href : undefined;
};

/** Returns the seven characters by which people know a commit; anything but a full sha stays as it is. */
export const shortSha = (sha: string): string => (/^[0-9a-f]{40,64}$/.test(sha) ? sha.slice(0, 7) : sha);

/** Returns the message as lines of unformatted text, the most needed first; the renderers escape and cut it. */
export const plainText = (message: ChatMessage): string =>
  [
    `${styleOf(message.status).emoji} ${message.title}`,
    ...(message.text === undefined ? [] : [message.text]),
    ...message.fields.map(({ name, value }) => `${name}: ${value}`),
    ...message.services.flatMap((service) => [
      serviceTitle(service),
      ...serviceLines(service),
      ...(service.reason === undefined ? [] : [service.reason]),
    ]),
    ...message.failedJobs.map(({ name, step }) => `Failed job: ${name}${step === undefined ? '' : ` at ${step}`}`),
    ...message.links.map(({ label, url }) => `${label}: ${url ?? ''}`),
  ].join('\n');
