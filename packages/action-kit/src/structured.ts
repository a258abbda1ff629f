import { parseDocument } from 'yaml';

/** A path when it is one line that ends like a YAML or JSON file and holds nothing that only YAML would. */
const isFile = (text: string): boolean => /^[^\n{}[\]:]+\.(ya?ml|json)$/.test(text);

/** Returns the value of YAML text (JSON is YAML). Throws an Error that says line and column of the first mistake. */
export const parseYaml = (text: string): unknown => {
  const document = parseDocument(text.replace(/^\ufeff/, ''), { prettyErrors: true, uniqueKeys: true });
  const mistake = document.errors[0];
  if (mistake) {
    const place = mistake.linePos?.[0];
    const [summary = mistake.message] = mistake.message.split('\n');
    throw new Error(
      `is not valid YAML${place ? ` at line ${place.line}, column ${place.col}` : ''}: ${summary.replace(/ at line \d+.*$/, '')}`,
    );
  }
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    // The message would repeat the name, which is what somebody wrote there without quotes: maybe a secret.
    const why = error instanceof Error ? error.message.replace(/: .*$/s, '') : 'it cannot be read';
    throw new Error(`is not valid YAML: ${why}`);
  }
};

/** Returns `text` itself, or the content of the workspace file that it names. Throws an Error when that cannot be read. */
export const readStructuredText = (text: string, readFile: (path: string) => string): string => {
  if (!isFile(text)) return text;
  try {
    return readFile(text);
  } catch (error) {
    throw new Error(`cannot read the file "${text}": ${error instanceof Error ? error.message : String(error)}`);
  }
};

/** Returns the value of `text`, or of the workspace file that it names. Throws an Error that says what is wrong. */
export const parseStructured = (text: string, readFile: (path: string) => string): unknown => {
  if (!isFile(text)) return parseYaml(text);
  const content = readStructuredText(text, readFile);
  try {
    return parseYaml(content);
  } catch (error) {
    throw new Error(`the file "${text}" ${error instanceof Error ? error.message : String(error)}`);
  }
};
