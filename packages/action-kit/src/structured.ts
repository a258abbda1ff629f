import { parseDocument } from 'yaml';
import { yamlWords } from './yaml-words.ts';

const withoutMark = (text: string): string => text.replace(/^\ufeff/, '');

const refused = (kind: string, line: number | undefined, column: number | undefined, why: string): Error =>
  new Error(
    `is not valid ${kind}${line === undefined ? '' : ` at line ${line}, column ${column}`}${why && `: ${why}`}`,
  );

/** A path when it is one line that ends like a YAML or JSON file and holds nothing that only YAML would. */
const isFile = (text: string): boolean => /^[^\n{}[\]:]+\.(ya?ml|json)$/.test(text);

/**
 * What becomes of a number in YAML that has no quotes. `as-written` where texts are meant: as numbers, a version `1.10` would
 * be `1.1`, and the short SHA `12e4567` infinite.
 */
export type Numbers = 'typed' | 'as-written';

const isNumberTag = (tag: string | { readonly tag: string }): boolean =>
  typeof tag !== 'string' && /:(?:int|float)$/.test(tag.tag);

/** Returns the value of YAML text (JSON is YAML), merge keys (`<<`) resolved. Throws an Error that says line and column of the first mistake. */
export const parseYaml = (text: string, numbers: Numbers = 'typed'): unknown => {
  const document = parseDocument(withoutMark(text), {
    prettyErrors: true,
    uniqueKeys: true,
    merge: true,
    ...(numbers === 'as-written' && { customTags: (tags) => tags.filter((tag) => !isNumberTag(tag)) }),
  });
  const mistake = document.errors[0];
  if (mistake) {
    const place = mistake.linePos?.[0];
    throw refused('YAML', place?.line, place?.col, yamlWords(mistake));
  }
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    // The message would repeat the name, which is what somebody wrote there without quotes: maybe a secret.
    const why = error instanceof Error ? error.message.replace(/: .*$/s, '') : 'it cannot be read';
    throw new Error(`is not valid YAML: ${why}`);
  }
};

/** Undefined for JSON; else where the mistake stands, as far as V8 says it. Its messages quote the text: maybe a secret. */
const mistakeIn = (text: string): { readonly at: number | undefined; readonly isCutOff: boolean } | undefined => {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    const said = /at position (\d+)/.exec(message)?.[1];
    const at = said === undefined ? undefined : Number(said);
    return { at, isCutOff: /^Unexpected end|^Unterminated/.test(message) || (at ?? -1) >= text.length };
  }
};

/** Where the first mistake stands: behind the longest beginning of the text that is only cut off. */
const firstMistake = (text: string): number => {
  const isBeginning = (length: number): boolean => {
    const mistake = mistakeIn(text.slice(0, length));
    return mistake === undefined || mistake.isCutOff;
  };
  let [good, bad] = [0, text.length + 1];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (isBeginning(middle)) good = middle;
    else bad = middle;
  }
  return good;
};

/** Whether a key stands twice in one object: then the value has fewer keys than its text. */
const hasKeyTwice = (text: string, value: unknown): boolean => {
  let keys = 0;
  for (const [, colon] of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)) if (colon !== undefined) keys += 1;
  const rest = [value];
  for (let one = rest.pop(); one !== undefined; one = rest.pop()) {
    if (typeof one !== 'object' || one === null) continue;
    const inner = Object.values(one);
    if (!Array.isArray(one)) keys -= inner.length;
    for (const each of inner) rest.push(each);
  }
  return keys > 0;
};

/** Returns the value of JSON text. Throws an Error that says line and column of the first mistake, a key given twice too. */
export const parseJson = (given: string): unknown => {
  const text = withoutMark(given);
  const mistake = mistakeIn(text);
  if (mistake !== undefined) {
    const before = text.slice(0, mistake.at ?? firstMistake(text)).split('\n');
    throw refused('JSON', before.length, (before.at(-1) ?? '').length + 1, mistake.isCutOff ? 'it is cut off' : '');
  }
  const value: unknown = JSON.parse(text);
  if (!hasKeyTwice(text, value)) return value;
  const twice = parseDocument(text, { prettyErrors: true }).errors.find(({ code }) => code === 'DUPLICATE_KEY');
  const place = twice?.linePos?.[0];
  throw refused('JSON', place?.line, place?.col, 'a key stands there twice');
};

/** Returns the value of a file's text, by the name of the file. Throws as `parseJson` and `parseYaml` do. */
export const parseNamed = (path: string, text: string, numbers?: Numbers): unknown =>
  path.endsWith('.json') ? parseJson(text) : parseYaml(text, numbers);

/** Returns `text` itself, or the content of the workspace file that it names. Throws an Error when that cannot be read. */
export const readStructuredText = (text: string, readFile: (path: string) => string): string => {
  if (!isFile(text)) return text;
  try {
    return readFile(text);
  } catch (error) {
    throw new Error(`cannot read the file "${text}": ${error instanceof Error ? error.message : String(error)}`);
  }
};

const isJson = (text: string): boolean => /^\s*[[{]/.test(text) && mistakeIn(text) === undefined;

/**
 * Returns the value of `text`, or of the workspace file that it names. What other steps hand on is JSON and is read as
 * such, whatever YAML would make of it; what people write may be YAML. Throws an Error that says what is wrong.
 */
export const parseStructured = (text: string, readFile: (path: string) => string, numbers?: Numbers): unknown => {
  if (!isFile(text)) return isJson(text) ? parseJson(text) : parseYaml(text, numbers);
  const content = readStructuredText(text, readFile);
  try {
    return parseNamed(text, content, numbers);
  } catch (error) {
    throw new Error(`the file "${text}" ${error instanceof Error ? error.message : String(error)}`);
  }
};
