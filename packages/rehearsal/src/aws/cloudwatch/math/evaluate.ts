import { AwsFault } from '../../service.ts';
import type { Series } from '../series.ts';
import type { MathContext } from './functions.ts';
import { FUNCTIONS, MISSING_FUNCTIONS } from './functions.ts';
import type { Node } from './parse.ts';
import { MathError } from './tokens.ts';
import type { Value } from './values.ts';
import { many, operate, scalar } from './values.ts';

export interface Evaluation extends MathContext {
  /** The value of another query; throws MathError when there is none of that id. */
  query(id: string): Value;
  search(expression: string, stat: string, seconds: number): readonly Series[];
}

const list = (items: readonly Value[]): Value =>
  many(
    items.flatMap((item) => {
      if (item.kind === 'series') return [item.series];
      if (item.kind === 'array') return item.array;
      throw new MathError('Unsupported operand type(s)');
    }),
  );

const search = (args: readonly Value[], context: Evaluation): Value => {
  const [expression, stat, seconds] = args;
  if (expression?.kind !== 'text' || stat?.kind !== 'text' || (seconds !== undefined && seconds.kind !== 'scalar'))
    throw new MathError("Function 'SEARCH' was called with the wrong arguments");
  return many(context.search(expression.value, stat.value, seconds?.value ?? context.period));
};

const call = (name: string, args: readonly Node[], context: Evaluation): Value => {
  if (MISSING_FUNCTIONS.includes(name))
    throw new AwsFault(
      'NotImplementedByRehearsal',
      `The local CloudWatch does not have the function ${name}; it has SEARCH, ${Object.keys(FUNCTIONS).join(', ')}.`,
    );
  const work = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (work === undefined && name !== 'SEARCH') throw new MathError(`Function '${name}' not found`);
  const values = args.map((arg, index): Value => {
    // REPEAT and LINEAR are words of FILL alone.
    const word = arg.kind === 'name' && name === 'FILL' && index === 1 ? arg.name : undefined;
    return word === 'REPEAT' || word === 'LINEAR' ? { kind: 'text', value: word } : evaluate(arg, context);
  });
  return work === undefined ? search(values, context) : work(values, context);
};

/** Returns what an expression comes to; throws MathError, or AwsFault for what is not built here. */
export const evaluate = (node: Node, context: Evaluation): Value => {
  switch (node.kind) {
    case 'number':
      return scalar(node.value);
    case 'text':
      return node;
    case 'name':
      return context.query(node.name);
    case 'negate':
      return operate('*', scalar(-1), evaluate(node.of, context));
    case 'operation':
      return operate(node.sign, evaluate(node.left, context), evaluate(node.right, context));
    case 'list':
      return list(node.items.map((item) => evaluate(item, context)));
    default:
      return call(node.name, node.args, context);
  }
};
