import { BuildError, UnsupportedError } from './build-error.ts';

/** One instruction of a Dockerfile. */
export interface Instruction {
  /** Upper case: `COPY`. */
  readonly keyword: string;
  /** `--from=base` as `{ from: 'base' }`; a flag without a value is `true`'s text. */
  readonly flags: Readonly<Record<string, string>>;
  /** What follows keyword and flags, continuation lines joined. */
  readonly rest: string;
  /** The whole instruction on one line, for people. */
  readonly text: string;
  /** First and last line, from 1. */
  readonly line: number;
  readonly lastLine: number;
}

const known = [
  'ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER VOLUME WORKDIR',
].flatMap((words) => words.split(' '));

const parseFlags = (text: string): { flags: Record<string, string>; rest: string } => {
  const flags: Record<string, string> = {};
  let rest = text;
  for (let match = /^--([a-z][a-z0-9-]*)(?:=(\S*))?(?:\s+|$)/.exec(rest); match; ) {
    flags[match[1] ?? ''] = match[2] ?? 'true';
    rest = rest.slice(match[0].length);
    match = /^--([a-z][a-z0-9-]*)(?:=(\S*))?(?:\s+|$)/.exec(rest);
  }
  return { flags, rest };
};

const parseError = (line: number, problem: string): BuildError =>
  new BuildError(`dockerfile parse error on line ${line}: ${problem}`);

const parseInstruction = (text: string, line: number, lastLine: number): Instruction => {
  const [, word = '', after = ''] = /^(\S+)\s*([\s\S]*)$/.exec(text) ?? [];
  const keyword = word.toUpperCase();
  if (!known.includes(keyword)) throw parseError(line, `unknown instruction: ${word}`);
  if (keyword === 'ONBUILD' || keyword === 'SHELL') {
    throw new UnsupportedError(`the stand-in builder does not support ${keyword} (line ${line}).`);
  }
  if (/<<-?["']?[A-Za-z_]/.test(after)) {
    throw new UnsupportedError(`the stand-in builder does not support here-documents (line ${line}).`);
  }
  const takesFlags = ['FROM', 'COPY', 'ADD', 'RUN', 'HEALTHCHECK'].includes(keyword);
  const { flags, rest } = takesFlags ? parseFlags(after) : { flags: {}, rest: after };
  const instruction = { keyword, flags, rest: rest.trim(), text: text.replace(/\s+/g, ' '), line, lastLine };
  if (instruction.rest === '') {
    throw parseError(
      line,
      keyword === 'FROM' ? 'FROM requires either one or three arguments' : `${keyword} requires at least one argument`,
    );
  }
  return instruction;
};

/**
 * Returns the instructions of a Dockerfile: comments dropped, continuation lines joined, the `escape` directive honoured.
 * Throws BuildError in BuildKit's words, and UnsupportedError for here-documents, ONBUILD and SHELL.
 */
export const parseDockerfile = (text: string): readonly Instruction[] => {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const escapeCharacter = /^#\s*escape\s*=\s*(`|\\)\s*$/im.exec(lines.slice(0, 3).join('\n'))?.[1] ?? '\\';
  const instructions: Instruction[] = [];
  for (let index = 0; index < lines.length; index++) {
    const first = index;
    let text = '';
    for (; index < lines.length; index++) {
      const line = lines[index] ?? '';
      // Comments and empty lines between continuation lines are dropped, as Docker does.
      if (line.trimStart().startsWith('#') || line.trim() === '') {
        if (text === '') break;
        continue;
      }
      const continued = line.trimEnd().endsWith(escapeCharacter);
      text += continued ? line.trimEnd().slice(0, -1) : line;
      if (!continued) break;
    }
    if (text.trim() !== '')
      instructions.push(parseInstruction(text.trim(), first + 1, Math.min(index, lines.length - 1) + 1));
  }
  if (instructions.length === 0) throw new BuildError('the Dockerfile cannot be empty');
  return instructions;
};

/** Returns the words of `["a", "b"]`, or undefined when the text is not the exec form. */
export const parseExecForm = (text: string): readonly string[] | undefined => {
  if (!text.startsWith('[')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((word) => typeof word === 'string') ? value : undefined;
  } catch {
    return undefined;
  }
};
