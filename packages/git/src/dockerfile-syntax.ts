/** One instruction, its continued lines joined. */
export interface Instruction {
  readonly name: string;
  readonly rest: string;
}

/** `<<EOF` at the begin of a shell word; not the `<<<` of a here-string, nor the `<<` of arithmetic. */
const HERE_DOCUMENT = /(?<=^|\s)\d*<<-?["']?([A-Za-z_][\w.]*)["']?(?=\s|$)/g;

/**
 * Returns the instructions of a Dockerfile without comments and bodies of here-documents, and the end word of a
 * here-document that has no end.
 */
export const instructionsOf = (text: string): { instructions: Instruction[]; unclosed: string | undefined } => {
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/);
  const continuation = /^#\s*escape\s*=\s*`/im.test(lines.slice(0, 5).join('\n')) ? '`' : '\\';
  const instructions: Instruction[] = [];
  let current = '';
  const until: string[] = [];
  // The empty line at the end closes an instruction that the end of the file cuts off.
  for (const [index, line] of [...lines, ''].entries()) {
    const closing = until[0];
    if (closing !== undefined) {
      if (line.replace(/^\t+/, '') === closing) until.shift();
      continue;
    }
    // BuildKit takes an instruction to go on behind an empty line too, though it warns.
    if (/^\s*#/.test(line) || (line.trim() === '' && (current === '' || index < lines.length))) continue;
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

/** Returns the words between blanks outside of quotes, without the quotes. */
export const wordsOf = (text: string): string[] =>
  [...text.matchAll(/(?:"[^"]*"|'[^']*'|\\.|[^\s"'\\])+/g)].map(([word]) =>
    word.replace(/["']/g, '').replace(/\\(.)/g, '$1'),
  );

/** Returns the words of the JSON form, or undefined for any other. */
export const jsonWords = (text: string): string[] | undefined => {
  if (!text.startsWith('[')) return undefined;
  try {
    const words: unknown = JSON.parse(text);
    return Array.isArray(words) && words.every((word) => typeof word === 'string') ? words : undefined;
  } catch {
    return undefined;
  }
};

/** Returns the leading `--flag=value` words, and what follows them. */
export const splitFlags = (rest: string): { flags: string[]; rest: string } => {
  const flags: string[] = [];
  let left = rest.trim();
  for (let match = /^--\S+\s*/.exec(left); match; match = /^--\S+\s*/.exec(left)) {
    flags.push(match[0].trim());
    left = left.slice(match[0].length);
  }
  return { flags, rest: left };
};
