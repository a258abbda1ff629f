import type { ErrorCode, YAMLParseError } from 'yaml';

/** What the parser says in terms of the YAML specification or of its own functions, in those of a reader. */
const WORDS: Partial<Record<ErrorCode, string>> = {
  BLOCK_AS_IMPLICIT_KEY:
    'there is a second ": " in this line, or it is indented further than its neighbours; quote a text that holds ": "',
  MULTILINE_IMPLICIT_KEY: 'a key without ": " behind it',
  MULTIPLE_DOCS: 'a second document begins here; there may be one',
};

/** Returns what is wrong, without where. */
export const yamlWords = ({ code, message }: Pick<YAMLParseError, 'code' | 'message'>): string =>
  WORDS[code] ?? (message.split('\n', 1)[0] ?? '').replace(/ at line \d+.*$/, '');
