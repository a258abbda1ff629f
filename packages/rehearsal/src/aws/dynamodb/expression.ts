import { invalid, Tokens } from './tokens.ts';
import type { Stored, Value } from './values.ts';
import { compare, isSame, typeOf } from './values.ts';

/** What stands for names and values in the expressions of one request, and which of them were used. */
export class Placeholders {
  readonly #names: Readonly<Record<string, string>>;
  readonly #values: Stored;
  readonly #used = new Set<string>();

  constructor(names: Readonly<Record<string, string>> = {}, values: Stored = {}) {
    this.#names = names;
    this.#values = values;
  }

  name(word: string, kind: string): string {
    if (!word.startsWith('#')) return word;
    this.#used.add(word);
    const name = this.#names[word];
    if (name !== undefined) return name;
    throw invalid(
      `Invalid ${kind}: An expression attribute name used in the document path is not defined; attribute name: ${word}`,
    );
  }

  value(word: string, kind: string): Value {
    this.#used.add(word);
    const value = this.#values[word];
    if (value !== undefined) return value;
    throw invalid(
      `Invalid ${kind}: An expression attribute value used in expression is not defined; attribute value: ${word}`,
    );
  }

  /** Throws for one that no expression uses, as DynamoDB does. */
  finish(): void {
    for (const [what, all] of [
      ['ExpressionAttributeNames', this.#names],
      ['ExpressionAttributeValues', this.#values],
    ] as const) {
      const unused = Object.keys(all).filter((key) => !this.#used.has(key));
      if (unused.length > 0) {
        throw invalid(`Value provided in ${what} unused in expressions: keys: {${unused.join(', ')}}`);
      }
    }
  }
}

type Operand = (item: Stored | undefined) => Value | undefined;
export type Test = (item: Stored | undefined) => boolean;

const step = (value: Value | undefined, word: string): Value | undefined =>
  (value?.M as Stored | undefined)?.[word] ?? (value?.L as readonly Value[] | undefined)?.[Number(word)];

/** `a.b[0]` as its parts. */
export const readPath = (tokens: Tokens, placeholders: Placeholders, kind: string): readonly string[] => {
  const word = tokens.next();
  if (!/^[#A-Za-z_]/.test(word)) throw tokens.refuse(word);
  const path = [placeholders.name(word, kind)];
  for (;;) {
    if (tokens.take('.')) path.push(placeholders.name(tokens.next(), kind));
    else if (tokens.take('[')) {
      path.push(tokens.next());
      tokens.expect(']');
    } else return path;
  }
};

export const valueAt = (item: Stored | undefined, [first = '', ...rest]: readonly string[]): Value | undefined =>
  rest.reduce(step, item?.[first]);

const sizeIn = (value: Value | undefined): Value | undefined => {
  const inner = value === undefined ? undefined : Object.values(value)[0];
  if (typeof inner === 'string' && typeOf(value) === 'S') return { N: String(Buffer.byteLength(inner)) };
  if (inner instanceof Uint8Array || Array.isArray(inner)) return { N: String(inner.length) };
  return typeof inner === 'object' && inner !== null ? { N: String(Object.keys(inner).length) } : undefined;
};

/** Parses a condition once and tells of any item whether it holds. Throws AwsFault for what DynamoDB refuses. */
export const parseCondition = (text: string, placeholders: Placeholders, kind: string): Test => {
  const tokens = new Tokens(text, kind);
  const operand = (): Operand => {
    const word = tokens.peek() ?? '';
    if (word.startsWith(':')) {
      const value = placeholders.value(tokens.next(), kind);
      return () => value;
    }
    if (tokens.take('size')) {
      tokens.expect('(');
      const path = readPath(tokens, placeholders, kind);
      tokens.expect(')');
      return (item) => sizeIn(valueAt(item, path));
    }
    const path = readPath(tokens, placeholders, kind);
    return (item) => valueAt(item, path);
  };
  const pair = (): readonly [Operand, Operand] => {
    const first = operand();
    tokens.expect(',');
    return [first, operand()];
  };
  const functions: Readonly<Record<string, () => Test>> = {
    attribute_exists: () => {
      const path = readPath(tokens, placeholders, kind);
      return (item) => valueAt(item, path) !== undefined;
    },
    attribute_not_exists: () => {
      const path = readPath(tokens, placeholders, kind);
      return (item) => valueAt(item, path) === undefined;
    },
    begins_with: () => {
      const [whole, start] = pair();
      return (item) => {
        const [text, prefix] = [whole(item)?.S, start(item)?.S];
        return typeof text === 'string' && typeof prefix === 'string' && text.startsWith(prefix);
      };
    },
    contains: () => {
      const [whole, part] = pair();
      return (item) => {
        const [value, wanted] = [whole(item), part(item)];
        if (typeof value?.S === 'string') return typeof wanted?.S === 'string' && value.S.includes(wanted.S);
        return Array.isArray(value?.L) && value.L.some((entry) => isSame(entry, wanted));
      };
    },
  };
  const comparison = (): Test => {
    const left = operand();
    const word = tokens.next().toUpperCase();
    const ordered = (right: Operand, holds: (order: number) => boolean): Test => {
      return (item) => {
        const [a, b] = [left(item), right(item)];
        const order = a && b && compare(a, b);
        return order !== undefined && holds(order);
      };
    };
    if (word === 'BETWEEN') {
      const low = operand();
      tokens.expect('AND');
      const [above, below] = [ordered(low, (order) => order >= 0), ordered(operand(), (order) => order <= 0)];
      return (item) => above(item) && below(item);
    }
    if (word === 'IN') {
      tokens.expect('(');
      const all = [operand()];
      while (tokens.take(',')) all.push(operand());
      tokens.expect(')');
      return (item) => all.some((each) => isSame(left(item), each(item)));
    }
    const right = operand();
    if (word === '=') return (item) => left(item) !== undefined && isSame(left(item), right(item));
    if (word === '<>') return (item) => !isSame(left(item), right(item));
    if (word === '<') return ordered(right, (order) => order < 0);
    if (word === '<=') return ordered(right, (order) => order <= 0);
    if (word === '>') return ordered(right, (order) => order > 0);
    if (word === '>=') return ordered(right, (order) => order >= 0);
    throw tokens.refuse(word);
  };
  const primary = (): Test => {
    if (tokens.take('(')) {
      const inner = any();
      tokens.expect(')');
      return inner;
    }
    const name = tokens.peek() ?? '';
    const known = Object.hasOwn(functions, name) ? functions[name] : undefined;
    if (known === undefined) return comparison();
    tokens.next();
    tokens.expect('(');
    const test = known();
    tokens.expect(')');
    return test;
  };
  const negated = (): Test => {
    if (!tokens.take('NOT')) return primary();
    const inner = negated();
    return (item) => !inner(item);
  };
  const all = (): Test => {
    const tests = [negated()];
    while (tokens.take('AND')) tests.push(negated());
    return (item) => tests.every((test) => test(item));
  };
  const any = (): Test => {
    const tests = [all()];
    while (tokens.take('OR')) tests.push(all());
    return (item) => tests.some((test) => test(item));
  };
  const condition = any();
  tokens.end();
  return condition;
};
