/** How a text is written out: what each character costs is measured after this. */
export type Escape = (text: string) => string;

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

const ELLIPSIS = '…';

/** A character of more UTF-16 units than this is decoration without end, not text; it is left out. */
const LONGEST_GRAPHEME = 64;

/** Plain ASCII, where every character stands for itself; CR LF would be one grapheme. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant
const ASCII = /^[\0-\x0c\x0e-\x7f]*$/;

/** Finding graphemes is a hundred times the work of looking at characters, and most text needs none of it. */
const graphemesOf = (text: string): string[] =>
  ASCII.test(text) ? text.split('') : Array.from(graphemes.segment(text), ({ segment }) => segment);

/**
 * Returns the escaped graphemes of `text`, each a whole that may be kept or left out, but not cut. With `sliced` the one
 * at that end is left out, as a part of it may be missing.
 */
const atoms = (text: string, encode: Escape, sliced?: 'start' | 'end'): string[] => {
  const parts = graphemesOf(text);
  if (sliced === 'start') parts.shift();
  if (sliced === 'end') parts.pop();
  return parts.filter((segment) => segment.length <= LONGEST_GRAPHEME).map(encode);
};

/** Returns as many of `parts` as fit beside an ellipsis into `limit`. */
const fitting = (parts: readonly string[], limit: number): string[] => {
  let size = ELLIPSIS.length;
  const end = parts.findIndex((part) => {
    size += part.length;
    return size > limit;
  });
  return end === -1 ? [...parts] : parts.slice(0, end);
};

const same: Escape = (text) => text;

/** Returns `text` escaped where nothing of it can be left out, or undefined where that takes a closer look. */
const asItIs = (text: string, limit: number, encode: Escape): string | undefined => {
  if (text.length > limit || (text.length > LONGEST_GRAPHEME && !ASCII.test(text))) return undefined;
  const whole = encode(text);
  return whole.length <= limit ? whole : undefined;
};

/**
 * Returns `text` escaped, in at most `limit` UTF-16 units, with an ellipsis where something was left out at its end.
 * Never cuts a grapheme (a flag, a family, an accent) nor what `encode` made of it (an entity, a backslash pair).
 */
export const clip = (text: string, limit: number, encode: Escape = same): string => {
  const easy = asItIs(text, limit, encode);
  if (easy !== undefined) return easy;
  // No escape shortens a text: what lies beyond the limit cannot stay.
  const sliced = text.length > limit + LONGEST_GRAPHEME;
  const parts = sliced ? atoms(text.slice(0, limit + LONGEST_GRAPHEME), encode, 'end') : atoms(text, encode);
  const whole = parts.join('');
  return !sliced && whole.length <= limit ? whole : fitting(parts, limit).join('') + ELLIPSIS;
};

/** As `clip`, but keeps the end of `text` and leaves out its beginning. */
export const clipStart = (text: string, limit: number, encode: Escape = same): string => {
  const easy = asItIs(text, limit, encode);
  if (easy !== undefined) return easy;
  const sliced = text.length > limit + LONGEST_GRAPHEME;
  const parts = sliced ? atoms(text.slice(-(limit + LONGEST_GRAPHEME)), encode, 'start') : atoms(text, encode);
  const whole = parts.join('');
  return !sliced && whole.length <= limit ? whole : ELLIPSIS + fitting(parts.reverse(), limit).reverse().join('');
};

/** Returns the last of `lines` that fit into `limit`, joined; the oldest that is kept may be cut at its start. */
export const clipLines = (lines: readonly string[], limit: number, encode: Escape): string =>
  clipStart(lines.join('\n'), limit, encode);

/** Returns the first `count` of `items` rendered, and one line that says how many more there are. */
export const firstOf = <T>(
  items: readonly T[],
  count: number,
  render: (item: T) => string,
  total = items.length,
): string[] => {
  const shown = items.slice(0, count).map(render);
  return total > shown.length ? [...shown, `+${total - shown.length} more`] : shown;
};
