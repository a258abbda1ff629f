import type { Placeholders } from './expression.ts';
import { readPath, valueAt } from './expression.ts';
import { invalid, Tokens } from './tokens.ts';
import type { Stored, Value } from './values.ts';

type Change = (item: Stored) => Stored;

const KIND = 'UpdateExpression';

const written = (value: Value | undefined, path: readonly string[], next: Value | undefined): Value => {
  const [name = '', ...rest] = path;
  const map = value?.M as Stored | undefined;
  if (map === undefined) {
    throw invalid('The document path provided in the update expression is invalid for update');
  }
  const { [name]: old, ...others } = map;
  const inner = rest.length === 0 ? next : written(old, rest, next);
  return { M: { ...others, ...(inner !== undefined && { [name]: inner }) } };
};

/** Returns the item with the attribute at `path` set, or removed when `next` is undefined. Elements of lists are not known. */
const at = (item: Stored, path: readonly string[], next: Value | undefined): Stored =>
  written({ M: item }, path, next).M as Stored;

const sum = (a: Value | undefined, b: Value | undefined, sign: 1 | -1): Value => {
  if (typeof a?.N !== 'string' || typeof b?.N !== 'string') {
    throw invalid('An operand in the update expression has an incorrect data type');
  }
  return { N: String(Number(a.N) + sign * Number(b.N)) };
};

/** Parses an update of `SET`, `REMOVE` and `ADD` of numbers; the values of `SET` are read from the item as it was. */
export const parseUpdate = (text: string, placeholders: Placeholders): Change => {
  const tokens = new Tokens(text, KIND);
  const changes: Array<(before: Stored, item: Stored) => Stored> = [];
  const operand = (): ((item: Stored) => Value | undefined) => {
    if (tokens.take('if_not_exists')) {
      tokens.expect('(');
      const path = readPath(tokens, placeholders, KIND);
      tokens.expect(',');
      const other = operand();
      tokens.expect(')');
      return (item) => valueAt(item, path) ?? other(item);
    }
    if (tokens.peek()?.startsWith(':')) {
      const value = placeholders.value(tokens.next(), KIND);
      return () => value;
    }
    const path = readPath(tokens, placeholders, KIND);
    return (item) => valueAt(item, path);
  };
  const set = () => {
    const path = readPath(tokens, placeholders, KIND);
    tokens.expect('=');
    const left = operand();
    const sign = tokens.take('+') ? 1 : tokens.take('-') ? -1 : undefined;
    const right = sign === undefined ? undefined : operand();
    changes.push((before, item) => {
      const value = sign === undefined || right === undefined ? left(before) : sum(left(before), right(before), sign);
      if (value === undefined) {
        throw invalid('The provided expression refers to an attribute that does not exist in the item');
      }
      return at(item, path, value);
    });
  };
  const remove = () => {
    const path = readPath(tokens, placeholders, KIND);
    changes.push((_, item) => at(item, path, undefined));
  };
  const add = () => {
    const path = readPath(tokens, placeholders, KIND);
    const value = operand();
    changes.push((before, item) => at(item, path, sum(valueAt(before, path) ?? { N: '0' }, value(before), 1)));
  };
  const clauses: Readonly<Record<string, () => void>> = { SET: set, REMOVE: remove, ADD: add };
  while (tokens.peek() !== undefined) {
    const word = tokens.next();
    const clause = clauses[word.toUpperCase()];
    if (clause === undefined) throw tokens.refuse(word);
    do clause();
    while (tokens.take(','));
  }
  return (item) => changes.reduce((after, change) => change(item, after), item);
};
