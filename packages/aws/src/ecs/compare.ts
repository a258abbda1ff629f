import { isMap } from '@hospital-ops/action-kit/is-map';
import type { JsonObject } from './ports.ts';
import { registrationBody } from './task-definition.ts';
import { cpuUnits, memoryMib } from './task-size.ts';

/** One difference between two definitions; undefined where one of them has nothing. */
export interface Difference {
  /** `containerDefinitions › api › image`. */
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

const IN_CONTAINER = '^containerDefinitions › [^›]+ ›';

/**
 * What ECS fills in by itself when it is left out, or takes as the same (API reference: ContainerDefinition, PortMapping,
 * HealthCheck, Volume, LinuxParameters, ContainerRestartPolicy, RegisterTaskDefinition).
 */
const DEFAULTS: ReadonlyArray<readonly [path: RegExp, value: string]> = [
  [new RegExp(`${IN_CONTAINER} essential$`), 'true'],
  [new RegExp(`${IN_CONTAINER} cpu$`), '0'],
  [new RegExp(`${IN_CONTAINER} portMappings › [^›]+ › protocol$`), '"tcp"'],
  [new RegExp(`${IN_CONTAINER} portMappings › [^›]+ › hostPort$`), '0'],
  [new RegExp(`${IN_CONTAINER} healthCheck › interval$`), '30'],
  [new RegExp(`${IN_CONTAINER} healthCheck › timeout$`), '5'],
  [new RegExp(`${IN_CONTAINER} healthCheck › retries$`), '3'],
  [new RegExp(`${IN_CONTAINER} (mountPoints|volumesFrom) › [^›]+ › readOnly$`), 'false'],
  [
    new RegExp(`${IN_CONTAINER} (privileged|interactive|pseudoTerminal|readonlyRootFilesystem|disableNetworking)$`),
    'false',
  ],
  [new RegExp(`${IN_CONTAINER} linuxParameters › initProcessEnabled$`), 'false'],
  [new RegExp(`${IN_CONTAINER} restartPolicy › enabled$`), 'false'],
  [/^volumes › [^›]+ › efsVolumeConfiguration › rootDirectory$/, '"/"'],
  [/^volumes › [^›]+ › configuredAtLaunch$/, 'false'],
  [/^enableFaultInjection$/, 'false'],
];

const SEPARATOR = ' › ';

/** Lists whose order means nothing and whose items have a name of their own are compared by that name. */
const isNamed = (items: readonly unknown[]): items is ReadonlyArray<JsonObject & { name: string }> =>
  items.length > 0 &&
  items.every((item) => isMap(item) && typeof item.name === 'string') &&
  new Set(items.map((item) => (isMap(item) ? item.name : undefined))).size === items.length;

/** The name stands in the path; an item that tells nothing else keeps it, so that its absence shows. */
const flattenNamed = ({ name, ...rest }: JsonObject, path: readonly string[], into: Map<string, string>): void => {
  const before = into.size;
  flatten(rest, path, into);
  if (into.size === before) into.set([...path, 'name'].join(SEPARATOR), JSON.stringify(name));
};

const flatten = (value: unknown, path: readonly string[], into: Map<string, string>): void => {
  if (value === undefined || value === null) return;
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    if (isNamed(items)) for (const item of items) flattenNamed(item, [...path, item.name], into);
    else for (const [index, item] of items.entries()) flatten(item, [...path, String(index)], into);
    return;
  }
  if (isMap(value)) {
    for (const [name, member] of Object.entries(value)) flatten(member, [...path, name], into);
    return;
  }
  const key = path.join(SEPARATOR);
  const text = JSON.stringify(value);
  if (!DEFAULTS.some(([pattern, usual]) => text === usual && pattern.test(key))) into.set(key, text);
};

const flat = (definition: JsonObject): Map<string, string> => {
  const { tags: _, cpu, memory, ...rest } = registrationBody(definition);
  const leaves = new Map<string, string>();
  const size = (text: unknown, amount: (text: string) => number | undefined) =>
    typeof text === 'string' ? String(amount(text) ?? text) : text;
  flatten({ ...rest, cpu: size(cpu, cpuUnits), memory: size(memory, memoryMib) }, [], leaves);
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

/** Members whose text people put tokens into in spite of their place. */
const PRIVATE =
  / › (environment|command|entryPoint|dockerLabels|firelensConfiguration › options|driverOpts) › | › logConfiguration › options › (?!awslogs-)/;

/**
 * Returns a difference as one line of text. Values of variables, commands, labels and options of log drivers stay out:
 * they may be secret.
 */
export const formatDifference = (difference: Difference, shownVariable: string | undefined): string => {
  const { path, before, after } = difference;
  const name = path.replace(/^containerDefinitions › /, '').replace(/ › value$/, '');
  const hidden = PRIVATE.test(path) && !(shownVariable !== undefined && isVariable(difference, shownVariable));
  if (before === undefined) return `+ ${name}${hidden ? '' : `: ${after}`}`;
  if (after === undefined) return `- ${name}${hidden ? '' : `: ${before}`}`;
  return hidden ? `~ ${name}: another value` : `~ ${name}: ${before} → ${after}`;
};
