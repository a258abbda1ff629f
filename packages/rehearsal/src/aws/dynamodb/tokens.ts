import { AwsFault } from '../service.ts';

export const invalid = (what: string): AwsFault => new AwsFault('ValidationException', what);

const TOKEN = /\s*(?:([#:]?[A-Za-z_][\w-]*|#\w+|:\w+|\d+)|(<>|<=|>=|[=<>(),.[\]+-]))/y;

/** Reads the words of an expression of DynamoDB one by one. */
export class Tokens {
  readonly #words: readonly string[];
  readonly #kind: string;
  #at = 0;

  constructor(text: string, kind: string) {
    const words: string[] = [];
    this.#kind = kind;
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < text.trimEnd().length) {
      const match = TOKEN.exec(text);
      if (match === null) throw this.refuse(text);
      words.push(match[1] ?? match[2] ?? '');
    }
    if (words.length === 0) throw invalid(`Invalid ${kind}: The expression can not be empty;`);
    this.#words = words;
  }

  peek(): string | undefined {
    return this.#words[this.#at];
  }

  next(): string {
    const word = this.#words[this.#at];
    if (word === undefined) throw this.refuse('<EOF>');
    this.#at += 1;
    return word;
  }

  /** Takes the next word if it is `word`, keywords in any case. */
  take(word: string): boolean {
    if (this.peek()?.toUpperCase() !== word.toUpperCase()) return false;
    this.#at += 1;
    return true;
  }

  expect(word: string): void {
    if (!this.take(word)) throw this.refuse(this.peek() ?? '<EOF>');
  }

  end(): void {
    const rest = this.peek();
    if (rest !== undefined) throw this.refuse(rest);
  }

  refuse(near: string): AwsFault {
    return invalid(`Invalid ${this.#kind}: Syntax error; token: "${near}", near: "${near}"`);
  }
}
