import type { JsonObject } from './ports.ts';
import { isObject, registrationBody } from './task-definition.ts';

/** One difference between two definitions; undefined where one of them has nothing. */
export interface Difference {
  /** `containerDefinitions › api › image`. */
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** What ECS fills in by itself when it is left out (API reference, ContainerDefinition and PortMapping). */
const DEFAULTS: ReadonlyArray<readonly [path: RegExp, value: string]> = [
  [/^containerDefinitions › [^›]+ › essential$/, 'true'],
  [/^containerDefinitions › [^›]+ › cpu$/, '0'],
  [/^containerDefinitions › [^›]+ › portMappings › \d+ › protocol$/, '"tcp"'],
];

const SEPARATOR = ' › ';

/** Lists whose order means nothing and whose items have a name are compared by that name. */
const isNamed = (items: readonly unknown[]): items is ReadonlyArray<JsonObject & { name: string }> =>
  items.length > 0 && items.every((item) => isObject(item) && typeof item.name === 'string');

/** The name stands in the path; an item that is nothing but its name keeps it, so that its absence shows. */
const unnamed = ({ name, ...rest }: JsonObject): JsonObject => (Object.keys(rest).length === 0 ? { name } : rest);

const flatten = (value: unknown, path: readonly string[], into: Map<string, string>): void => {
  if (value === undefined || value === null) return;
  if (Array.isArray(value)) {
    const named = isNamed(value);
    for (const [index, item] of value.entries()) {
      flatten(named ? unnamed(item) : item, [...path, named ? String(item.name) : String(index)], into);
    }
    return;
  }
  if (isObject(value)) {
    for (const [name, member] of Object.entries(value)) flatten(member, [...path, name], into);
    return;
  }
  const key = path.join(SEPARATOR);
  const text = JSON.stringify(value);
  if (!DEFAULTS.some(([pattern, usual]) => text === usual && pattern.test(key))) into.set(key, text);
};

const flat = (definition: JsonObject): Map<string, string> => {
  const { tags: _, ...rest } = registrationBody(definition);
  const leaves = new Map<string, string>();
  flatten(rest, [], leaves);
  // With awsvpc the host port is the container port, and the answer says so even when the request did not.
  for (const [path, port] of [...leaves]) {
    if (path.endsWith('hostPort') && leaves.get(path.replace(/hostPort$/, 'containerPort')) === port)
      leaves.delete(path);
  }
  return leaves;
};

/**
 * Returns what differs between two definitions, sorted by path: order of named lists, members that only answers carry,
 * tags, empty lists and the defaults that ECS fills in are no difference.
 */
export const differences = (before: JsonObject, after: JsonObject): Difference[] => {
  const [old, now] = [flat(before), flat(after)];
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((path) => old.get(path) !== now.get(path))
    .sort()
    .map((path) => ({ path, before: old.get(path), after: now.get(path) }));
};

/** True for a difference in the value of the environment variable `name`, in whichever container. */
export const isVariable = ({ path }: Difference, name: string): boolean =>
  new RegExp(`^containerDefinitions › [^›]+ › environment › ${name.replace(/[^\w]/g, '\\$&')} › `).test(path);

/** Returns a difference as one line of text. Values of variables stay out: they may be secret in spite of their place. */
export const formatDifference = (difference: Difference, shownVariable: string | undefined): string => {
  const { path, before, after } = difference;
  const name = path.replace(/^containerDefinitions › /, '').replace(/ › value$/, '');
  const hidden =
    / › environment › /.test(path) && !(shownVariable !== undefined && isVariable(difference, shownVariable));
  if (before === undefined) return `+ ${name}${hidden ? '' : `: ${after}`}`;
  if (after === undefined) return `- ${name}${hidden ? '' : `: ${before}`}`;
  return hidden ? `~ ${name}: another value` : `~ ${name}: ${before} → ${after}`;
};
