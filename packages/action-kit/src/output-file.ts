import { appendFileSync, existsSync } from 'node:fs';

/** A word that stands in no text of `texts`, so that none of them can end the block it is written in. */
const delimiterFor = (texts: readonly string[]): string => {
  let delimiter = 'ghadelimiter';
  while (texts.some((text) => text.includes(delimiter))) delimiter += `_${Math.random().toString(36).slice(2)}`;
  return delimiter;
};

/** Returns names and values in the format of GITHUB_OUTPUT (docs.github.com, workflow commands, multiline strings). */
export const renderOutputFile = (outputs: ReadonlyMap<string, string>): string => {
  const delimiter = delimiterFor([...outputs.values(), ...outputs.keys()]);
  return [...outputs].map(([name, value]) => `${name}<<${delimiter}\n${value}\n${delimiter}\n`).join('');
};

/** Appends to a file that the runner made for this step. Throws when it is not there: nobody would read another one. */
export const appendToRunnerFile = (path: string, text: string): void => {
  if (!existsSync(path)) throw new Error(`there is no file "${path}"`);
  appendFileSync(path, text, 'utf8');
};
