/** Stands between characters that would form markup together, and is not seen. */
const BREAK = '\u2060';

/**
 * Returns foreign text with what has a meaning by its place made inert: list, heading and quote marks at the start of a
 * line, and bare addresses. To be called before a text is cut; `escapeMarkdown` does the rest.
 */
export const guardMarkdown = (text: string): string =>
  // Blanks of one line only: with line ends among them, a text of nothing else would take quadratic time.
  text.replace(/^([^\S\r\n\u2028\u2029]*)(?=[-+*>#]|\d+[.)])/gm, `$1${BREAK}`).replace(/:(?=\/\/)/g, `:${BREAK}`);

/**
 * Returns a character of foreign text for Discord's Markdown. A backslash takes the meaning from punctuation; behind `@`
 * and `<` an invisible joiner stands as well, so that no mention can be put together from the outside.
 */
export const escapeMarkdown = (text: string): string =>
  text.replace(/[\\*_~`|#<>[\]()@]/g, (character) =>
    character === '<' || character === '@' ? `\\${character}${BREAK}` : `\\${character}`,
  );

/** Returns a character of foreign text for the inside of a ``` block, where only the fence has a meaning. */
export const escapeCode = (text: string): string => text.replace(/`/g, `\`${BREAK}`);

/** Returns a character of foreign text for a footer, which Discord shows as it is. */
export const escapePlain = (text: string): string => text.replace(/[<@`]/g, `$&${BREAK}`);

/** Returns a link from an address that `safeUrl` passed and a label that is escaped already. */
export const markdownLink = (url: string | undefined, label: string): string =>
  url === undefined ? label : `[${label}](${url})`;
