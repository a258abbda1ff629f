/** A workflow command that a step printed. */
export interface Command {
  /** As printed; compare it without regard to case. */
  readonly name: string;
  /** Property names in lower case. */
  readonly properties: Readonly<Record<string, string>>;
  readonly data: string;
}

/** The commands that a runner knows (actions/runner, ActionCommandManager.cs). Others are plain text. */
export const COMMANDS: readonly string[] = [
  'stop-commands',
  'set-env',
  'set-output',
  'save-state',
  'add-mask',
  'add-path',
  'add-matcher',
  'remove-matcher',
  'debug',
  'warning',
  'error',
  'notice',
  'group',
  'endgroup',
  'echo',
];

/** What .NET's TrimStart takes for white space (char.IsWhiteSpace); U+180E and U+FEFF are not. */
const LEADING_SPACE = /^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;

// In the order of ActionCommand.cs: `%25` comes last, so that an escaped percent sign cannot start an escape.
const DATA_ESCAPES = [
  ['%0D', '\r'],
  ['%0A', '\n'],
  ['%25', '%'],
] as const;
const PROPERTY_ESCAPES = [
  ['%0D', '\r'],
  ['%0A', '\n'],
  ['%3A', ':'],
  ['%2C', ','],
  ['%25', '%'],
] as const;
const OLD_ESCAPES = [
  ['%3B', ';'],
  ['%0D', '\r'],
  ['%0A', '\n'],
  ['%5D', ']'],
  ['%25', '%'],
] as const;

type Escapes = ReadonlyArray<readonly [escaped: string, character: string]>;

const decode = (text: string, escapes: Escapes): string =>
  escapes.reduce((rest, [escaped, character]) => rest.replaceAll(escaped, character), text);

const parseProperties = (text: string, separator: string, escapes: Escapes): Record<string, string> =>
  Object.fromEntries(
    text
      .split(separator)
      .map((property) => /^=*([^=]+)=(.+)$/s.exec(property))
      .flatMap((match) => (match ? [[(match[1] ?? '').toLowerCase(), decode(match[2] ?? '', escapes)]] : [])),
  );

const split = (info: string): [name: string, properties: string] => {
  const space = info.indexOf(' ');
  return space < 0 ? [info, ''] : [info.slice(0, space), info.slice(space + 1)];
};

/**
 * Returns the command that the runner sees in one line of a step's stdout or stderr, or undefined. `::name …::data`
 * counts at the start of the trimmed line, `##[name …]data` anywhere in it (actions/runner, ActionCommand.cs).
 * `extra` is the token that ends a `stop-commands`.
 */
export const parseCommand = (line: string, extra?: string): Command | undefined => {
  const known = (name: string) =>
    [...COMMANDS, ...(extra === undefined ? [] : [extra])].some(
      (command) => command.toLowerCase() === name.toLowerCase(),
    );
  const trimmed = line.replace(LEADING_SPACE, '');
  const end = trimmed.indexOf('::', 2);
  if (trimmed.startsWith('::') && end >= 0) {
    const [name, properties] = split(trimmed.slice(2, end));
    if (known(name)) {
      return {
        name,
        properties: parseProperties(properties.trim(), ',', PROPERTY_ESCAPES),
        data: decode(trimmed.slice(end + 2), DATA_ESCAPES),
      };
    }
  }
  const start = line.indexOf('##[');
  const close = start < 0 ? -1 : line.indexOf(']', start);
  if (close < 0) return undefined;
  const [name, properties] = split(line.slice(start + 3, close));
  if (!known(name)) return undefined;
  return {
    name,
    properties: parseProperties(properties, ';', OLD_ESCAPES),
    data: decode(line.slice(close + 1), OLD_ESCAPES),
  };
};
