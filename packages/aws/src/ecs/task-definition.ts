import { isMap } from '@hospital-ops/action-kit/is-map';
import type { LogStream } from '../logs/ports.ts';
import type { JsonObject, TaskDefinition } from './ports.ts';

/** A container of a task definition, as far as it is looked at. `body` keeps everything. */
export interface Container {
  readonly name: string;
  readonly image: string;
  readonly essential: boolean;
  readonly body: JsonObject;
}

/** Returns the objects of a list; anything else in it, and anything that is no list, counts as absent. */
export const objectsOf = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isMap) : []);

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

export const containersOf = (definition: JsonObject): Container[] =>
  objectsOf(definition.containerDefinitions).map((body) => ({
    name: textOf(body.name),
    image: textOf(body.image),
    // ECS takes a container as essential unless it says otherwise (API reference, ContainerDefinition).
    essential: body.essential !== false,
    body,
  }));

/** Returns container → image. */
export const imagesOf = (definition: JsonObject): Record<string, string> =>
  Object.fromEntries(containersOf(definition).map(({ name, image }) => [name, image]));

/** Returns the value of an environment variable: in `container`, else in the first container that has it. */
export const variableOf = (definition: JsonObject, name: string, container?: string): string | undefined => {
  for (const { body } of containersOf(definition).filter(
    (each) => container === undefined || each.name === container,
  )) {
    const found = objectsOf(body.environment).find((variable) => variable.name === name)?.value;
    if (typeof found === 'string') return found;
  }
  return undefined;
};

/** Members that Describe answers and Register refuses or ignores (API reference, TaskDefinition). */
const READ_ONLY = new Set([
  'taskDefinitionArn',
  'revision',
  'status',
  'requiresAttributes',
  'compatibilities',
  'registeredAt',
  'registeredBy',
  'deregisteredAt',
  'deleteRequestedAt',
]);

/** Tags that start so are AWS's own and cannot be set. */
const isOwnTag = (tag: unknown): boolean => isMap(tag) && !textOf(tag.key).startsWith('aws:');

/** Returns a body that can be registered: what only answers carry is left out, tags go along, the rest stays. */
export const registrationBody = (body: JsonObject, tags: readonly unknown[] = []): JsonObject => {
  const kept = Object.fromEntries(Object.entries(body).filter(([name]) => !READ_ONLY.has(name)));
  const own = tags.filter(isOwnTag);
  return own.length === 0 ? kept : { ...kept, tags: own };
};

/** Returns `family:revision` of an ARN (or of the short form itself). */
export const shortName = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1);

/** True when a reference names one revision: an ARN or `family:revision`, not a family alone. */
export const namesRevision = (reference: string): boolean => /:\d+$/.test(reference);

/**
 * Returns where a container's lines go in CloudWatch Logs, or undefined when it does not use the awslogs driver with a
 * stream prefix (without one the stream has the container's runtime id, which nobody outside knows).
 * Stream name: prefix/container/task id (awslogs driver documentation).
 */
export const logStreamOf = (definition: JsonObject, container: string, taskArn: string): LogStream | undefined => {
  const found = containersOf(definition).find(({ name }) => name === container);
  const log = found?.body.logConfiguration;
  if (!isMap(log) || log.logDriver !== 'awslogs' || !isMap(log.options)) return undefined;
  const { 'awslogs-group': group, 'awslogs-stream-prefix': prefix, 'awslogs-region': region } = log.options;
  if (typeof group !== 'string' || typeof prefix !== 'string') return undefined;
  return {
    group,
    stream: `${prefix}/${container}/${shortName(taskArn)}`,
    region: typeof region === 'string' ? region : undefined,
  };
};

/** Returns the container that unaddressed changes mean: the only one, or the only essential one; else undefined. */
export const mainContainer = (definition: JsonObject): string | undefined => {
  const all = containersOf(definition);
  const essential = all.filter((container) => container.essential);
  const chosen = all.length === 1 ? all : essential;
  return chosen.length === 1 ? chosen[0]?.name : undefined;
};

/** Returns the definition's own words for messages: `api:41 (containers api, proxy)`. */
export const describeContainers = (definition: TaskDefinition | JsonObject): string => {
  const body = 'body' in definition && isMap(definition.body) ? definition.body : (definition as JsonObject);
  return containersOf(body)
    .map(({ name }) => `"${name}"`)
    .join(', ');
};
