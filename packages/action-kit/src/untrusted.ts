/**
 * Text that came from elsewhere must stay text. The runner acts on `::command` at the start of a trimmed line and on
 * `##[command` anywhere in a line, on stdout and stderr alike (actions/runner, ActionCommand.cs). A zero-width space
 * breaks both and leaves the line readable.
 */
const BREAK = '\u200b';

/** Longest line, in UTF-16 units, that reaches the log; the runner's annotations are cut at 4,096 too. */
export const MAX_LINE = 4_096;

/** Controls that a terminal or the log viewer would act on: C0 but tab and newline, DEL, C1, bidi overrides, separators. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that must not pass
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

const visible = (control: string): string => {
  const code = control.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '\u2421' : '\ufffd';
};

/** Never cuts a surrogate pair in two. */
const cut = (line: string, limit: number): string => {
  if (line.length <= limit) return line;
  const end = /[\ud800-\udbff]/.test(line.charAt(limit - 1)) ? limit - 1 : limit;
  return `${line.slice(0, end)}… (+${line.length - end} characters)`;
};

const neutralizeLine = (line: string): string =>
  cut(line.replace(CONTROLS, visible), MAX_LINE)
    .replace(/##(?=\[)/g, `##${BREAK}`)
    .replace(/^([\s\u180e\ufeff\u200b]*)::/, `$1${BREAK}::`);

/**
 * Returns `text` with every line made inert for the runner, terminals and log viewers. CR, LF and CRLF all end a line
 * (as for the runner's reader); the result uses LF alone. Idempotent in effect: the result is inert when passed again.
 */
export const neutralize = (text: string): string =>
  text
    .split(/\r\n|\r|\n/)
    .map(neutralizeLine)
    .join('\n');

/** What stands between the user and the `@` of an address, or between the user and where the address was cut. */
const PASSWORDS = /(?<=\w:\\?\/\\?\/)([^\s/?#:@'"`<>\\]{0,256}):[^\s/?#'"`<>\\]{1,1024}([@…])/g;

/** Returns `text` with the password masked in every address that holds one: `postgres://app:***@db/app`. */
export const hidePasswords = (text: string): string => text.replace(PASSWORDS, '$1:***$2');

const escaped = (control: string): string => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`;

/**
 * Returns the value of an output without raw control characters, which steps that print it would pass on. In JSON they
 * become escapes and the value stays what it is; else they are shown as in `neutralize`. Nothing is cut.
 */
export const neutralizeOutput = (value: string): string => {
  const show = /^\s*[[{]/.test(value) ? escaped : visible;
  return value.replace(/\r\n/g, '\n').replace(/\r/g, show).replace(CONTROLS, show);
};

/** Returns `text` as one inert line of at most `limit` UTF-16 units, line ends shown as `⏎`. */
export const neutralizeToLine = (text: string, limit = MAX_LINE): string =>
  neutralizeLine(cut(text.replace(/\r\n|\r|\n/g, ' ⏎ '), limit));
