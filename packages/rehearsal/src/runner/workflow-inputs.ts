import { nearest } from '@hospital-ops/action-kit/inputs';
import { parseDecimal } from '@hospital-ops/action-kit/numbers';
import type { Scope, Value } from './expressions.ts';
import { evaluate, toText } from './expressions.ts';
import type { Entry, Template } from './template.ts';
import { entriesOf, find, literal, literals } from './template.ts';
import type { Place } from './workflow-error.ts';
import { WorkflowError } from './workflow-error.ts';
import type { WorkflowFile } from './workflow-file.ts';

type Kind = 'string' | 'boolean' | 'number' | 'choice' | 'environment';

interface Declared {
  readonly name: string;
  readonly place: Place;
  readonly kind: Kind;
  readonly required: boolean;
  readonly preset: Template | undefined;
  readonly options: readonly string[];
}

const declaredInputs = (workflow: WorkflowFile, event: 'workflow_call' | 'workflow_dispatch'): Declared[] =>
  entriesOf(find(workflow.triggers.get(event), 'inputs')).map(({ key, place, value }) => ({
    name: key,
    place,
    kind: (literal(find(value, 'type')) ?? 'string') as Kind,
    required: literal(find(value, 'required')) === 'true',
    preset: find(value, 'default'),
    options: literals(find(value, 'options')),
  }));

const unknown = (name: string, known: readonly string[], what: string): string => {
  const near = nearest(name, known);
  const hint =
    near === undefined
      ? known.length === 0
        ? 'it has none'
        : `it has ${known.join(', ')}`
      : `did you mean "${near}"?`;
  return `"${name}" is no ${what}; ${hint}${hint.endsWith('?') ? '' : '.'}`;
};

const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

/** Throws WorkflowError for a name that is not known, or one that is required and missing. */
export const checkNames = (
  given: readonly Entry[],
  known: ReadonlyArray<{ readonly name: string; readonly required: boolean }>,
  call: Place,
  what: string,
): void => {
  for (const { key, place } of given) {
    if (!known.some(({ name }) => same(name, key))) {
      throw new WorkflowError(
        place,
        unknown(
          key,
          known.map(({ name }) => name),
          what,
        ),
      );
    }
  }
  for (const { name, required } of known) {
    if (required && !given.some(({ key }) => same(key, name))) {
      throw new WorkflowError(call, `"${name}" is a required ${what}, and it is not given.`);
    }
  }
};

const neutral = (kind: Kind): Value => (kind === 'boolean' ? false : kind === 'number' ? 0 : '');

/** GitHub takes any scalar for a string; a boolean or number input takes its own kind alone. */
const typed = (value: Value, { name, kind }: Declared, place: Place): Value => {
  const wrong = (expected: string) =>
    new WorkflowError(place, `The input "${name}" is ${JSON.stringify(value)}; a ${expected} is expected.`);
  if (kind === 'boolean') {
    if (typeof value !== 'boolean') throw wrong('boolean');
    return value;
  }
  if (kind === 'number') {
    if (typeof value !== 'number') throw wrong('number');
    return value;
  }
  if (typeof value === 'object' && value !== null) throw wrong('string');
  return toText(value);
};

/** Checks what can be known of a call before it runs: names, required ones, and the kinds of literal values. */
export const checkCall = (callee: WorkflowFile, given: readonly Entry[], call: Place): void => {
  const inputs = declaredInputs(callee, 'workflow_call');
  checkNames(given, inputs, call, `input of ${callee.file}`);
  for (const { key, value, place } of given) {
    const input = inputs.find(({ name }) => same(name, key));
    if (input !== undefined && value.kind === 'scalar') typed(value.value, input, place);
  }
};

/** Returns the `inputs` context of a called workflow. */
export const callInputs = (
  callee: WorkflowFile,
  given: readonly Entry[],
  caller: Scope,
  own: Scope,
): Record<string, Value> =>
  Object.fromEntries(
    declaredInputs(callee, 'workflow_call').map((input) => {
      const entry = given.find(({ key }) => same(key, input.name));
      if (entry !== undefined) return [input.name, typed(evaluate(entry.value, caller), input, entry.place)];
      if (input.preset === undefined) return [input.name, neutral(input.kind)];
      return [input.name, typed(evaluate(input.preset, own), input, input.preset.place)];
    }),
  );

/** Returns the `inputs` context of a manual run, from the texts of the event's payload. */
export const dispatchInputs = (
  workflow: WorkflowFile,
  payload: Readonly<Record<string, unknown>>,
): Record<string, Value> => {
  const given = Object.entries((payload.inputs ?? {}) as Record<string, unknown>);
  const inputs = declaredInputs(workflow, 'workflow_dispatch');
  for (const [name] of given) {
    if (!inputs.some((input) => same(input.name, name))) {
      const names = inputs.map((input) => input.name);
      throw new WorkflowError(workflow.place, unknown(name, names, 'input of this workflow'));
    }
  }
  const texts = inputs.map((input) => {
    const value = given.find(([name]) => same(name, input.name))?.[1];
    return { input, text: (value === undefined || value === null ? literal(input.preset) : String(value)) ?? '' };
  });
  checkRequired(texts.flatMap(({ input, text }) => (input.required && text === '' ? [input] : [])));
  return Object.fromEntries(
    texts.map(({ input, text }) => [input.name, text === '' ? neutral(input.kind) : dispatchValue(text, input)]),
  );
};

const checkRequired = (missing: readonly Declared[]): void => {
  const [first, ...others] = missing;
  if (first === undefined) return;
  const what =
    others.length === 0
      ? `The input "${first.name}" is required, and it is not given.`
      : `The inputs ${missing.map(({ name }) => `"${name}"`).join(', ')} are required, and they are not given.`;
  throw new WorkflowError(first.place, `${what} Next: ${missing.map(({ name }) => `--input ${name}=…`).join(' ')}`);
};

const dispatchValue = (text: string, input: Declared): Value => {
  const wrong = (expected: string) =>
    new WorkflowError(input.place, `The input "${input.name}" is "${text}"; ${expected} is expected.`);
  if (input.kind === 'boolean') {
    if (text !== 'true' && text !== 'false') throw wrong('true or false');
    return text === 'true';
  }
  if (input.kind === 'number') {
    const value = parseDecimal(text);
    if (value === undefined) throw wrong('a number');
    return value;
  }
  if (input.kind === 'choice' && !input.options.includes(text)) throw wrong(`one of ${input.options.join(', ')}`);
  return text;
};

/** The secrets that a called workflow declares. */
export const declaredSecrets = (callee: WorkflowFile): Array<{ readonly name: string; readonly required: boolean }> =>
  entriesOf(find(callee.triggers.get('workflow_call'), 'secrets')).map(({ key, value }) => ({
    name: key,
    required: literal(find(value, 'required')) === 'true',
  }));
