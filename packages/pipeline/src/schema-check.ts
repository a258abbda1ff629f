import { Validator } from '@cfworker/json-schema';
import { nearest } from '@hospital-ops/action-kit/inputs';
import type { Finding, Path } from './problem.ts';
import { formatPath } from './problem.ts';
import schema from './schema.json' with { type: 'json' };

type SchemaNode = Readonly<Record<string, unknown>>;

interface Unit {
  readonly keyword: string;
  readonly keywordLocation: string;
  readonly instanceLocation: string;
}

/** Keywords that only say that something inside them failed, which is told by itself. */
const STRUCTURAL = new Set(['properties', 'items', '$ref', 'false', 'propertyNames']);

const isNode = (value: unknown): value is SchemaNode => typeof value === 'object' && value !== null;

const tokens = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((token) => decodeURI(token).replaceAll('~1', '/').replaceAll('~0', '~'));

/** Follows a keyword location through `$ref`s; returns what stands there and the nearest description around it. */
const schemaAt = (location: string): { node: unknown; parent: SchemaNode; description: string | undefined } => {
  let node: unknown = schema;
  let parent: SchemaNode = schema;
  let description: string | undefined;
  const enter = (next: unknown) => {
    if (isNode(node)) parent = node;
    node = next;
    if (isNode(node) && typeof node.description === 'string') description = node.description;
  };
  for (const token of tokens(location)) {
    const inner = isNode(node) ? node[token] : undefined;
    // Stepping to another value leaves the description of the one around it behind.
    if (token === 'properties' || token === 'additionalProperties' || token === 'items') description = undefined;
    if (token === '$ref' && typeof inner === 'string') {
      const target = tokens(inner).reduce<unknown>((at, step) => (isNode(at) ? at[step] : undefined), schema);
      enter(target);
    } else enter(inner);
  }
  return { node, parent, description };
};

/** Turns list indexes of a JSON pointer into numbers where the instance has a list. */
const instancePath = (pointer: string, root: unknown): { path: Path; value: unknown } => {
  const path: Array<string | number> = [];
  let value = root;
  for (const token of tokens(pointer)) {
    path.push(Array.isArray(value) ? Number(token) : token);
    value = isNode(value) ? value[token] : undefined;
  }
  return { path, value };
};

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of keys',
};

const show = (value: unknown): string => {
  if (value === null || value === undefined) return 'empty';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a map' : JSON.stringify(value);
};

const expected = (unit: Unit): string => {
  const { node, description } = schemaAt(unit.keywordLocation);
  const told = description === undefined ? '' : ` (${description.replace(/\.$/, '')})`;
  switch (unit.keyword) {
    case 'type':
      return `expected ${[node]
        .flat()
        .map((type) => TYPES[String(type)] ?? String(type))
        .join(' or ')}${told}`;
    case 'enum':
      return `expected one of ${(node as readonly unknown[]).join(', ')}`;
    case 'minProperties':
    case 'minItems':
    case 'minLength':
      return `must not be empty${told}`;
    case 'uniqueItems':
      return 'names something twice';
    case 'minimum':
      return `expected at least ${String(node)}${told}`;
    case 'exclusiveMinimum':
      return `expected more than ${String(node)}${told}`;
    case 'maximum':
      return `expected at most ${String(node)}${told}`;
    case 'maxLength':
      return `expected at most ${String(node)} characters${told}`;
    default:
      return `does not fit${told || ` the pattern ${String(node)}`}`;
  }
};

const unknownKeys = (unit: Unit, root: unknown): Finding[] => {
  const { node, parent } = schemaAt(unit.keywordLocation);
  if (node !== false) return [];
  const { path, value } = instancePath(unit.instanceLocation, root);
  const known = Object.keys(isNode(parent.properties) ? parent.properties : {});
  return Object.keys(isNode(value) ? value : {})
    .filter((key) => !known.includes(key))
    .map((key) => {
      const near = nearest(key, known);
      const hint = near === undefined ? `known are ${known.join(', ')}` : `did you mean "${near}"?`;
      return { path: [...path, key], onKey: true, message: `"${key}" is no key of ${formatPath(path)}; ${hint}` };
    });
};

const toFindings = (unit: Unit, root: unknown): Finding[] => {
  const { path, value } = instancePath(unit.instanceLocation, root);
  if (unit.keyword === 'additionalProperties') return unknownKeys(unit, root);
  if (unit.keyword === 'required') {
    const { node } = schemaAt(unit.keywordLocation);
    return (node as readonly string[])
      .filter((key) => !isNode(value) || !Object.hasOwn(value, key))
      .map((key) => ({ path, onKey: true, message: `${formatPath(path)} has no "${key}"` }));
  }
  if (unit.keywordLocation.includes('/propertyNames')) {
    return [{ path, onKey: true, message: `${formatPath(path)}: the name ${expected(unit)}` }];
  }
  return [{ path, message: `${formatPath(path)} is ${show(value)}: ${expected(unit)}` }];
};

/** Of a failed `anyOf` the branch that got furthest is told; when none got inside, the choice as a whole. */
const withoutBranches = (units: readonly Unit[]): Unit[] =>
  units.filter((unit) => {
    const choices = units.filter(
      (other) => other.keyword === 'anyOf' && unit.keywordLocation.startsWith(`${other.keywordLocation}/`),
    );
    if (unit.keyword !== 'anyOf') return choices.every((choice) => unit.instanceLocation !== choice.instanceLocation);
    return !units.some(
      (other) =>
        other.keywordLocation.startsWith(`${unit.keywordLocation}/`) &&
        other.instanceLocation.startsWith(`${unit.instanceLocation}/`),
    );
  });

/** Returns what in `value` does not fit the published schema; empty when all of it fits. */
export const checkSchema = (value: unknown): Finding[] => {
  const { valid, errors } = new Validator(schema as never, '2020-12', false).validate(value);
  if (valid) return [];
  const findings = withoutBranches(errors.filter(({ keyword }) => !STRUCTURAL.has(keyword))).flatMap((unit) =>
    toFindings(unit, value),
  );
  const seen = new Set<string>();
  const once = findings.filter(({ path, message }) => {
    const key = JSON.stringify([path, message]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
  // The validator said no, so silence would be a lie even if none of its words were understood.
  return once.length > 0 ? once : [{ path: [], message: 'the file does not fit the schema' }];
};
