/** Where in the code something was thrown, what frames an error, and what Node says of itself at the end. */
const NOISE = [/^\s*at /, /^\s*[\]})>^|~-]*\s*$/, /^Node\.js v\d/, /^\s*\.{3} \d+ lines/];
const TELLING = /\b(error|exception|fatal|panic|failed|denied|refused)\b|not set|not found/i;

/** Returns the line of a container's last lines that most likely says why it ended; undefined when none says anything. */
export const tellingLine = (lines: readonly string[]): string | undefined => {
  const words = lines.filter((line) => !NOISE.some((noise) => noise.test(line)));
  return words.findLast((line) => TELLING.test(line)) ?? words.at(-1);
};

/** Returns a reason as a sentence, followed by that line where there is one. */
export const withTellingLine = (reason: string, lines: readonly string[]): string => {
  const line = tellingLine(lines);
  const sentence = /[.!?]$/.test(reason) || reason === '' ? reason : `${reason}.`;
  return [sentence, ...(line === undefined ? [] : [`Log: "${line.trim()}"`])].filter(Boolean).join(' ');
};
