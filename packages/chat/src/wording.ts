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

/** `family:42` behind `family:41` is `:42`: the family stands there already. */
const shortened = (taskDefinition: string, before: string | undefined): string => {
  const [family, other] = [taskDefinition, before].map((name) => name?.slice(0, name.lastIndexOf(':')));
  return family !== '' && family === other ? taskDefinition.slice(taskDefinition.lastIndexOf(':')) : taskDefinition;
};

/** Returns `1.0.0 (api:41) → 1.1.0 (:42)`, or undefined where neither side is known; no side is invented. */
const changeWords = ({ old, new: next }: ServiceChange): string | undefined => {
  if (old === undefined && next === undefined) return undefined;
  const taskDefinition = next?.taskDefinition && shortened(next.taskDefinition, old?.taskDefinition);
  return `${revisionWords(old)} → ${revisionWords(next && { ...next, taskDefinition })}`;
};

/** Returns what was to change and what serves now, a line each. */
export const serviceLines = (service: ServiceChange): string[] => [
  ...[changeWords(service)].filter((line) => line !== undefined),
  `Serving now: ${revisionWords(service.serving)}`,
];

const QUIET: ReadonlySet<string> = new Set<ServiceChange['outcome']>(['unchanged', 'success', 'deployed', 'skipped']);

/** Returns true for a service of which there is nothing to tell but that it went well: one line does. */
export const isQuiet = ({ outcome, reason, log }: ServiceChange): boolean =>
  QUIET.has(outcome) && reason === undefined && log.length === 0;

/** Returns `1.0.0 → 1.1.0, deployed after 1m02s`: what stands behind the name of a service that went well. */
export const quietWords = (service: ServiceChange): string => {
  const { old, new: next, outcome, durationSeconds } = service;
  const name = (revision: typeof old) => revision?.version ?? revisionWords(revision);
  const time = durationSeconds === undefined ? '' : ` after ${formatDuration(durationSeconds)}`;
  const change = next === undefined ? '' : old === undefined ? `${name(next)}, ` : `${name(old)} → ${name(next)}, `;
  return outcome === 'unchanged'
    ? `${styleOf(outcome).words}${service.serving === undefined ? '' : ` (${name(service.serving)})`}`
    : `${change}${styleOf(outcome).words}${time}`;
};

/** Returns `1.1.0 (api, web), 1.0.0 (worker)`: what takes traffic, in the order in which the services stand. */
export const servingWords = (services: readonly ServiceChange[]): string => {
  const byVersion = Map.groupBy(services, ({ serving }) => serving?.version ?? revisionWords(serving));
  return [...byVersion]
    .map(([version, those]) => `${version} (${those.map(({ name }) => name).join(', ')})`)
    .join(', ');
};

const counted = (count: number): string => (count === 1 ? '1 change' : `${count} changes`);

/** Returns `12 changes since v1.0.0`, and what of it a release from elsewhere, or to an older version, leaves out. */
export const changelogTitle = ({ from, total, behind }: Changelog): string => {
  if (behind === 0)
    return total === 0 ? `No change since ${shortSha(from)}` : `${counted(total)} since ${shortSha(from)}`;
  const without = `without ${counted(behind)} that it had`;
  return total === 0
    ? `Back from ${shortSha(from)}, ${without}`
    : `${counted(total)} since ${shortSha(from)}, ${without}`;
};

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
