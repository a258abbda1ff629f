/**
 * Returns the integer that `text` spells, or undefined for anything else: `3x`, `1e3`, `0x10`, ` 3`, the empty text and
 * numbers beyond 2^53 are not integers here. A leading minus is accepted.
 */
export const parseInteger = (text: string): number | undefined => {
  if (!/^-?\d{1,16}$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
};

/** Returns the decimal number that `text` spells (`12`, `0.5`, `-3.25`), or undefined for anything else. */
export const parseDecimal = (text: string): number | undefined =>
  /^-?\d{1,15}(\.\d{1,15})?$/.test(text) ? Number(text) : undefined;
