import { data, Evaluator, Lexer, Parser } from '@actions/expressions';
import type { Template } from './template.ts';
import type { Place } from './workflow-error.ts';
import { WorkflowError } from './workflow-error.ts';

/** A value as JavaScript has it. A Map is a dictionary whose keys keep their case, as `env` on Linux. */
export type Value = unknown;

/** What an expression can see: contexts by name, and the functions that depend on where it stands. */
export interface Scope {
  readonly contexts: Readonly<Record<string, Value>>;
  readonly functions: Readonly<Record<string, (...args: Value[]) => Value>>;
}

const CONTEXTS = 'github env vars secrets inputs needs steps job jobs runner matrix strategy'.split(' ');

/** Own look-up table: the package's own takes inherited names such as `constructor` for entries that exist. */
class Table extends data.Dictionary {
  readonly #entries = new Map<string, { key: string; value: data.ExpressionData }>();
  readonly #fold: (key: string) => string;

  constructor(entries: Iterable<readonly [string, data.ExpressionData]>, caseSensitive: boolean) {
    super();
    this.#fold = caseSensitive ? (key) => key : (key) => key.toLowerCase();
    for (const [key, value] of entries) this.#entries.set(this.#fold(key), { key, value });
  }
  override get(key: string): data.ExpressionData | undefined {
    return this.#entries.get(this.#fold(key))?.value;
  }
  override values(): data.ExpressionData[] {
    return [...this.#entries.values()].map(({ value }) => value);
  }
  override pairs() {
    return [...this.#entries.values()];
  }
}

const toData = (value: Value): data.ExpressionData => {
  if (value === null || value === undefined) return new data.Null();
  if (typeof value === 'string') return new data.StringData(value);
  if (typeof value === 'number') return new data.NumberData(value);
  if (typeof value === 'boolean') return new data.BooleanData(value);
  if (Array.isArray(value)) return new data.Array(...value.map(toData));
  const entries =
    value instanceof Map ? [...value] : Object.entries(value as object).filter(([, v]) => v !== undefined);
  return new Table(
    entries.map(([key, item]) => [key, toData(item)] as const),
    value instanceof Map,
  );
};

const fromData = (value: data.ExpressionData): Value => {
  if (value instanceof data.Dictionary) {
    return Object.fromEntries(value.pairs().map((pair) => [pair.key, fromData(pair.value)]));
  }
  if (value instanceof data.Array) return value.values().map(fromData);
  if (value instanceof data.Null) return null;
  return (value as data.StringData | data.NumberData | data.BooleanData).value;
};

type Tokens = ReturnType<Lexer['lex']>['tokens'];

/** The lexer (0.3.61) turns only the first doubled quote of a string into one; GitHub turns all. */
const tokensOf = (expression: string): Tokens =>
  new Lexer(expression)
    .lex()
    .tokens.map((token) =>
      typeof token.value === 'string' && token.lexeme.startsWith("'")
        ? { ...token, value: token.lexeme.slice(1, -1).replaceAll("''", "'") }
        : token,
    );

/** Returns the value of an expression. Throws WorkflowError at `place` when it cannot be evaluated. */
export const evaluateExpression = (expression: string, scope: Scope, place: Place): Value => {
  try {
    const functions = Object.entries(scope.functions).map(([name, call]) => ({
      name,
      minArgs: 0,
      maxArgs: 255,
      call: (...args: data.ExpressionData[]) => toData(call(...args.map(fromData))),
    }));
    const tree = new Parser(tokensOf(expression), CONTEXTS, functions).parse();
    const contexts = new Table(
      CONTEXTS.map((name) => [name, toData(scope.contexts[name] ?? {})] as const),
      false,
    );
    return fromData(new Evaluator(tree, contexts, new Map(functions.map((f) => [f.name.toLowerCase(), f]))).evaluate());
  } catch (error) {
    if (error instanceof WorkflowError) throw error;
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
    const message = error instanceof Error ? error.message : String(error);
    throw new WorkflowError(place, `The expression "${expression}" cannot be evaluated: ${message}${cause}`);
  }
};

/** Returns a template's value with every expression in it evaluated. */
export const evaluate = (template: Template, scope: Scope): Value => {
  switch (template.kind) {
    case 'scalar':
      return template.value;
    case 'expression':
      return evaluateExpression(template.expression, scope, template.place);
    case 'sequence':
      return template.items.map((item) => evaluate(item, scope));
    case 'mapping':
      return Object.fromEntries(template.entries.map(({ key, value }) => [key, evaluate(value, scope)]));
  }
};

/** Returns a value as the text that GitHub makes of it: null is empty, `Object` and `Array` for those. */
export const toText = (value: Value): string => toData(value).coerceString();

/** Returns whether a value counts as true in a condition. */
export const isTruthy = (value: Value): boolean =>
  !(value === null || value === undefined || value === false || value === '' || value === 0 || Number.isNaN(value));

/** Returns the text of a template's value. */
export const evaluateText = (template: Template, scope: Scope): string => toText(evaluate(template, scope));
