/** What a Dockerfile takes from its build context. */
export interface ContextSources {
  /** Paths and globs below the context, without a leading `./` or `/`; `.` is the whole context. */
  readonly sources: readonly string[];
  /** Why a source could not be told, so that the whole context has to count; undefined when all could. */
  readonly unsure: string | undefined;
}

interface Instruction {
  readonly name: string;
  readonly rest: string;
}

/** `<<EOF` at the begin of a shell word; not the `<<<` of a here-string, nor the `<<` of arithmetic. */
const HERE_DOCUMENT = /(?<=^|\s)\d*<<-?["']?([A-Za-z_][\w.]*)["']?(?=\s|$)/g;

/** Joins continued lines, drops comments and the bodies of here-documents. */
const instructionsOf = (text: string): { instructions: Instruction[]; unclosed: string | undefined } => {
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/);
  const continuation = /^#\s*escape\s*=\s*`/im.test(lines.slice(0, 5).join('\n')) ? '`' : '\\';
  const instructions: Instruction[] = [];
  let current = '';
  const until: string[] = [];
  for (const line of lines) {
    const closing = until[0];
    if (closing !== undefined) {
      if (line.replace(/^\t+/, '') === closing) until.shift();
      continue;
    }
    if (/^\s*#/.test(line) || (current === '' && line.trim() === '')) continue;
    const trimmed = line.trimEnd();
    if (trimmed.endsWith(continuation)) {
      current += `${trimmed.slice(0, -1)} `;
      continue;
    }
    const [, name, rest] = /^\s*([A-Za-z]+)\s+(.*)$/s.exec(current + line) ?? [];
    current = '';
    if (name === undefined || rest === undefined) continue;
    const upper = name.toUpperCase();
    if (upper === 'RUN' || upper === 'COPY' || upper === 'ADD') {
      for (const [, word] of rest.matchAll(HERE_DOCUMENT)) if (word) until.push(word);
    }
    instructions.push({ name: upper, rest });
  }
  return { instructions, unclosed: until[0] };
};

/** Splits words at blanks outside of quotes. */
const wordsOf = (text: string): string[] =>
  [...text.matchAll(/(?:"[^"]*"|'[^']*'|\\.|[^\s"'\\])+/g)].map(([word]) =>
    word.replace(/["']/g, '').replace(/\\(.)/g, '$1'),
  );

const jsonWords = (text: string): string[] | undefined => {
  if (!text.startsWith('[')) return undefined;
  try {
    const words: unknown = JSON.parse(text);
    return Array.isArray(words) && words.every((word) => typeof word === 'string') ? words : undefined;
  } catch {
    return undefined;
  }
};

/** Takes the leading `--flag=value` words off. */
const splitFlags = (rest: string): { flags: string[]; rest: string } => {
  const flags: string[] = [];
  let left = rest.trim();
  for (let match = /^--\S+\s*/.exec(left); match; match = /^--\S+\s*/.exec(left)) {
    flags.push(match[0].trim());
    left = left.slice(match[0].length);
  }
  return { flags, rest: left };
};

const VARIABLE = /\$(?:\{([A-Za-z_]\w*)(?:(:?[-+])([^}]*))?\}|([A-Za-z_]\w*))/g;

/** Returns `text` with variables filled in, or undefined when one of them is not known. */
const expand = (text: string, variables: ReadonlyMap<string, string>): string | undefined => {
  let known = true;
  const expanded = text.replace(VARIABLE, (_, braced?: string, operator?: string, word = '', plain?: string) => {
    const value = variables.get(braced ?? plain ?? '');
    if (operator?.endsWith('-')) return value || word;
    if (operator?.endsWith('+')) return value ? word : '';
    if (value === undefined) known = false;
    return value ?? '';
  });
  return known ? expanded : undefined;
};

const NOT_FROM_CONTEXT = /^(?:https?:\/\/|git@|<<)/;

const copySources = ({ rest }: Instruction): string[] => {
  const { flags, rest: operands } = splitFlags(rest);
  if (flags.some((flag) => flag.startsWith('--from='))) return [];
  const words = jsonWords(operands) ?? wordsOf(operands);
  return words.slice(0, -1).filter((word) => !NOT_FROM_CONTEXT.test(word));
};

/** A bind mount is the default kind and reads from the context unless it names a stage. */
const mountSources = ({ rest }: Instruction): string[] =>
  splitFlags(rest).flags.flatMap((flag) => {
    if (!flag.startsWith('--mount=')) return [];
    const options = new Map(
      flag
        .slice('--mount='.length)
        .split(',')
        .map((option) => {
          const [key = '', ...value] = option.split('=');
          return [key, value.join('=')] as const;
        }),
    );
    if ((options.get('type') ?? 'bind') !== 'bind' || options.has('from')) return [];
    return [options.get('source') ?? options.get('src') ?? '.'];
  });

const normalize = (source: string): string =>
  source
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/') || '.';

/**
 * Returns what the instructions COPY, ADD and RUN --mount of all stages read from the build context. `buildArgs` win
 * over the defaults of ARG. A variable that is not known, or a path that leads upwards, makes the answer unsure.
 */
export const contextSources = (
  dockerfile: string,
  buildArgs: Readonly<Record<string, string>> = {},
): ContextSources => {
  const variables = new Map<string, string>();
  const sources = new Set<string>();
  const { instructions, unclosed } = instructionsOf(dockerfile);
  let unsure = unclosed === undefined ? undefined : `the here-document "${unclosed}" has no end`;
  for (const instruction of instructions) {
    if (instruction.name === 'ARG' || instruction.name === 'ENV') {
      for (const word of wordsOf(instruction.rest)) {
        const at = word.indexOf('=');
        const name = at < 0 ? word : word.slice(0, at);
        const value = instruction.name === 'ARG' && Object.hasOwn(buildArgs, name) ? buildArgs[name] : undefined;
        const given = value ?? (at < 0 ? undefined : expand(word.slice(at + 1), variables));
        if (given !== undefined) variables.set(name, given);
      }
      continue;
    }
    const raw =
      instruction.name === 'COPY' || instruction.name === 'ADD'
        ? copySources(instruction)
        : instruction.name === 'RUN'
          ? mountSources(instruction)
          : [];
    for (const source of raw) {
      const path = expand(source, variables);
      if (path === undefined)
        unsure ??= `the source "${source}" of ${instruction.name} holds a variable without a value`;
      else if (path.split('/').includes('..')) unsure ??= `the source "${source}" of ${instruction.name} leads upwards`;
      else sources.add(normalize(path));
    }
  }
  return { sources: [...sources], unsure };
};
