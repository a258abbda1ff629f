import { UnsupportedError } from './build-error.ts';

/** What a flag takes: nothing, one value, or a value each time it is given. */
export type FlagKind = 'switch' | 'value' | 'list';

export interface ParsedFlags {
  has(name: string): boolean;
  value(name: string): string | undefined;
  list(name: string): readonly string[];
  readonly operands: readonly string[];
}

/**
 * Parses the arguments of a command whose flags are all declared: long names to kinds, short names to long ones. Throws
 * UnsupportedError that names a flag which is not declared.
 */
export const parseFlags = (
  command: string,
  args: readonly string[],
  kinds: Readonly<Record<string, FlagKind>>,
  short: Readonly<Record<string, string>> = {},
): ParsedFlags => {
  const values = new Map<string, string[]>();
  const operands: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? '';
    if (!arg.startsWith('-') || arg === '-') {
      operands.push(arg);
      continue;
    }
    const [written = '', ...attached] = arg.split('=');
    const name = written.startsWith('--') ? written.slice(2) : short[written.slice(1)];
    const kind = name !== undefined && Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (name === undefined || kind === undefined) {
      throw new UnsupportedError(`the stand-in "docker" does not support the flag ${written} of "docker ${command}".`);
    }
    let value = attached.length > 0 ? attached.join('=') : undefined;
    if (kind === 'switch') value ??= 'true';
    else if (value === undefined) value = args[++index];
    if (value === undefined) throw new UnsupportedError(`flag needs an argument: ${written}`);
    values.set(name, [...(kind === 'list' ? (values.get(name) ?? []) : []), value]);
  }
  return {
    has: (name) => values.get(name)?.[0] === 'true',
    value: (name) => values.get(name)?.[0],
    list: (name) => values.get(name) ?? [],
    operands,
  };
};
