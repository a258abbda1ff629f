import type { Token } from './tokens.ts';
import { MathError, tokensOf } from './tokens.ts';

export type Node =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'negate'; readonly of: Node }
  | { readonly kind: 'operation'; readonly sign: string; readonly left: Node; readonly right: Node }
  | { readonly kind: 'list'; readonly items: readonly Node[] }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Node[] };

/** From the loosest to the tightest. */
const LEVELS: ReadonlyArray<Readonly<Record<string, string>>> = [
  { OR: 'OR', '||': 'OR' },
  { AND: 'AND', '&&': 'AND' },
  { '==': '==', '!=': '!=', '<=': '<=', '>=': '>=', '<': '<', '>': '>' },
  { '+': '+', '-': '-' },
  { '*': '*', '/': '/' },
];

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Node {
    const node = this.#level(0);
    if (this.#at < this.#tokens.length) throw new MathError('Invalid syntax');
    return node;
  }

  #level(depth: number): Node {
    const signs = LEVELS[depth];
    if (signs === undefined) return this.#negation();
    let left = this.#level(depth + 1);
    for (;;) {
      const next = this.#tokens[this.#at];
      const sign = next?.kind === 'sign' || next?.kind === 'name' ? signs[next.value] : undefined;
      if (sign === undefined) return left;
      this.#at += 1;
      left = { kind: 'operation', sign, left, right: this.#level(depth + 1) };
    }
  }

  #negation(): Node {
    if (this.#take('-')) return { kind: 'negate', of: this.#negation() };
    return this.#power();
  }

  #power(): Node {
    const left = this.#single();
    return this.#take('^') ? { kind: 'operation', sign: '^', left, right: this.#negation() } : left;
  }

  #single(): Node {
    const token = this.#tokens[this.#at];
    this.#at += 1;
    if (token?.kind === 'number' || token?.kind === 'text') return token;
    if (token?.kind === 'name')
      return this.#take('(')
        ? { kind: 'call', name: token.value, args: this.#until(')') }
        : { kind: 'name', name: token.value };
    if (token?.value === '[') return { kind: 'list', items: this.#until(']') };
    if (token?.value !== '(') throw new MathError('Invalid syntax');
    const inner = this.#level(0);
    if (!this.#take(')')) throw new MathError('Invalid syntax');
    return inner;
  }

  #until(close: string): Node[] {
    const items: Node[] = [];
    if (this.#take(close)) return items;
    do items.push(this.#level(0));
    while (this.#take(','));
    if (!this.#take(close)) throw new MathError('Invalid syntax');
    return items;
  }

  #take(sign: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'sign' || token.value !== sign) return false;
    this.#at += 1;
    return true;
  }
}

/** Returns the tree of a metric math expression ("Metric math syntax and functions"); throws MathError. */
export const parseExpression = (expression: string): Node => new Parser(tokensOf(expression)).whole();
