/** Stands between characters that would form markup together, and is not seen. */
const BREAK = '\u2060';

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/**
 * Returns foreign text for mrkdwn. `& < >` become entities, which ends links, mentions and channel names
 * (docs.slack.dev, Formatting message text). Slack has no escape for `* _ ~ \` :emoji: > @ #`, so an invisible joiner
 * before them keeps them from pairing up; a quote mark is kept off the start of its line in the same way.
 * Whoever places the text sets `verbatim`, so that bare addresses stay text.
 */
export const escapeMrkdwn = (text: string): string =>
  text.replace(/[&<>*_~`:@#]/g, (character) => {
    if (character === '&' || character === '<') return ENTITIES[character] ?? '';
    return character === '>' ? `${BREAK}&gt;` : BREAK + character;
  });

/** Returns foreign text for the inside of a ``` block, where only entities and the fence itself have a meaning. */
export const escapeCode = (text: string): string =>
  text.replace(/[&<>`]/g, (character) => ENTITIES[character] ?? BREAK + character);

/** Returns a link from an address that `safeUrl` passed and a label that is escaped already. */
export const mrkdwnLink = (url: string | undefined, label: string): string =>
  url === undefined ? label : `<${url.replaceAll('&', '&amp;')}|${label}>`;
