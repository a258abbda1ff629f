import type { InputReader, ReadWorkspaceFile } from '@hospital-ops/action-kit/inputs';
import { isMap } from '@hospital-ops/action-kit/is-map';
import { parseNamed } from '@hospital-ops/action-kit/structured';
import { checkDefinition } from './check-definition.ts';
import type { JsonObject } from './ports.ts';
import { containersOf } from './task-definition.ts';

/** A task definition that somebody named, or wrote into a file. */
export type NamedDefinition =
  | { readonly kind: 'reference'; readonly reference: string }
  | {
      readonly kind: 'file';
      readonly body: JsonObject;
      /** Members that are passed on although the model of ECS does not know them. */
      readonly unknown: readonly string[];
    };

const IS_FILE = /^[^\n{}[\]]+\.(ya?ml|json)$/;
/** Family, `family:revision` or ARN (API_DescribeTaskDefinition). */
const IS_REFERENCE = /^(arn:[^\s]+:task-definition\/)?[A-Za-z0-9_-]{1,255}(:\d+)?$/;

/** Returns what makes a value no task definition at all, or undefined. */
const misshapen = (body: unknown): string | undefined => {
  if (!isMap(body)) return 'is no task definition: a map is needed';
  if (isMap(body.taskDefinition)) {
    return 'holds an answer of describe-task-definition: the map below its `taskDefinition` is needed';
  }
  if (body.family === undefined) return 'is no task definition: `family` is needed';
  if (!Array.isArray(body.containerDefinitions) || body.containerDefinitions.length === 0) {
    return 'is no task definition: `containerDefinitions` is needed, with at least one container';
  }
  return undefined;
};

const namesOf = (body: JsonObject): string[] => {
  const names = containersOf(body).map(({ name }) => name);
  const twice = new Set(names.filter((name, index) => name !== '' && names.indexOf(name) !== index));
  return [
    ...(names.includes('') ? ['a container has no `name`'] : []),
    ...[...twice].map((name) => `two containers are called "${name}"`),
  ];
};

const parseFile = (reader: InputReader, path: string, readFile: ReadWorkspaceFile): NamedDefinition | undefined => {
  const problem = (what: string) => reader.problem('task-definition', `the file "${path}" ${what}`);
  let text: string;
  try {
    text = readFile(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    reader.problem('task-definition', `cannot read the file "${path}": ${why}`);
    return undefined;
  }
  try {
    const value = parseNamed(path, text);
    const wrong = misshapen(value);
    if (wrong !== undefined || !isMap(value)) {
      problem(wrong ?? 'is no task definition');
      return undefined;
    }
    const { body, problems, notices } = checkDefinition(value);
    for (const each of [...problems, ...namesOf(body)]) problem(`cannot be registered: ${each}`);
    return { kind: 'file', body, unknown: notices };
  } catch (error) {
    problem(error instanceof Error ? error.message : String(error));
    return undefined;
  }
};

/**
 * Reads the input `task-definition`: one that is registered, or a file with every member looked at. Returns undefined when
 * the input is absent, and after a problem.
 */
export const readDefinition = (reader: InputReader, readFile: ReadWorkspaceFile): NamedDefinition | undefined => {
  const value = reader.text('task-definition');
  if (value === undefined) return undefined;
  if (IS_FILE.test(value)) return parseFile(reader, value, readFile);
  if (IS_REFERENCE.test(value)) return { kind: 'reference', reference: value };
  reader.problem(
    'task-definition',
    'expected a family, family:revision, an ARN, or the path of a .json, .yml or .yaml file in the workspace',
    value.split('\n')[0] ?? '',
  );
  return undefined;
};
