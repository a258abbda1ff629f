import type { InputReader, RawInputs, ReadWorkspaceFile } from '@hospital-ops/action-kit/inputs';
import { parseInputs } from '@hospital-ops/action-kit/inputs';
import { parseStructured } from '@hospital-ops/action-kit/structured';
import type { JsonObject } from '@hospital-ops/aws/ecs/ports';
import type { VariableChange } from '@hospital-ops/aws/ecs/render';
import { isObject } from '@hospital-ops/aws/ecs/task-definition';

export type DefinitionSource =
  | { readonly kind: 'live' }
  | { readonly kind: 'reference'; readonly reference: string }
  | { readonly kind: 'file'; readonly body: JsonObject };

/** A service of the release and what is asked for it. */
export interface Target {
  readonly service: string;
  /** For people: the entry's short name, else the service's. */
  readonly name: string;
  readonly container: string | undefined;
  /** Container → image; the key `''` means the main container. */
  readonly images: ReadonlyMap<string, string>;
  readonly definition: DefinitionSource;
}

export type Reaction = 'rollback' | 'leave';

export interface DeployInputs {
  readonly cluster: string;
  readonly targets: readonly Target[];
  /** True when `service` was used: single outputs then hold one value. */
  readonly single: boolean;
  readonly variables: readonly VariableChange[];
  readonly version: string | undefined;
  readonly versionVariable: string | undefined;
  readonly waitUntil: 'completed' | 'started';
  readonly timeoutMs: number;
  readonly onFailure: Reaction;
  readonly onTimeout: Reaction;
  readonly onCancel: Reaction;
  readonly maxFailedTasks: number;
  readonly maxParallel: number;
  readonly force: boolean;
  readonly rollbackTo: string | undefined;
  readonly dryRun: boolean;
}

const ENTRY_KEYS = ['service', 'name', 'container', 'image', 'images', 'task-definition'];
const IS_FILE = /^[^\n{}[\]]+\.(ya?ml|json)$/;

type Problem = (expected: string) => void;

const textOf = (value: unknown, problem: Problem, key: string): string | undefined => {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string') return value;
  problem(`\`${key}\` must be text`);
  return undefined;
};

const parseImages = (value: unknown, problem: Problem): Map<string, string> => {
  if (value === undefined || value === null) return new Map();
  if (!isObject(value)) {
    problem('`images` must be a map of container to image');
    return new Map();
  }
  return new Map(
    Object.entries(value).flatMap(([container, image]) => {
      if (typeof image === 'string' && image !== '') return [[container, image] as const];
      problem(`\`images\`: the image of "${container}" must be text`);
      return [];
    }),
  );
};

const withImage = (images: Map<string, string>, container: string | undefined, image: string | undefined) =>
  image === undefined ? images : new Map([...images, [container ?? '', image] as const]);

const parseDefinition = (
  value: string | undefined,
  readFile: ReadWorkspaceFile,
  problem: Problem,
): DefinitionSource => {
  if (value === undefined) return { kind: 'live' };
  if (!IS_FILE.test(value)) return { kind: 'reference', reference: value };
  try {
    const body = parseStructured(value, readFile);
    if (isObject(body) && Array.isArray(body.containerDefinitions) && typeof body.family === 'string') {
      return { kind: 'file', body };
    }
    problem(`the file "${value}" is no task definition: \`family\` and \`containerDefinitions\` are needed`);
  } catch (error) {
    problem(error instanceof Error ? error.message : String(error));
  }
  return { kind: 'live' };
};

const parseEntry = (entry: unknown, index: number, reader: InputReader, readFile: ReadWorkspaceFile): Target[] => {
  const where = `entry ${index + 1}`;
  const problem: Problem = (expected) => reader.problem('services', `${where}: ${expected}`);
  if (!isObject(entry)) {
    problem('expected a map with `service`');
    return [];
  }
  for (const key of Object.keys(entry)) {
    if (!ENTRY_KEYS.includes(key)) problem(`"${key}" is no key of a service; known are ${ENTRY_KEYS.join(', ')}`);
  }
  const service = textOf(entry.service, problem, 'service');
  const container = textOf(entry.container, problem, 'container');
  const image = textOf(entry.image, problem, 'image');
  if (service === undefined) problem('`service` is required');
  return [
    {
      service: service ?? '',
      name: textOf(entry.name, problem, 'name') ?? service ?? '',
      container,
      images: withImage(parseImages(entry.images, problem), container, image),
      definition: parseDefinition(textOf(entry['task-definition'], problem, 'task-definition'), readFile, problem),
    },
  ];
};

const parseTargets = (reader: InputReader, readFile: ReadWorkspaceFile): Target[] => {
  const service = reader.text('service');
  const list = reader.structured('services');
  const container = reader.text('container');
  const image = reader.text('image');
  const images = parseImages(reader.structured('images'), (expected) => reader.problem('images', expected));
  const source = reader.text('task-definition');
  if (service !== undefined) {
    if (list !== undefined) reader.problem('services', 'give `service` or `services`, not both');
    const definition = parseDefinition(source, readFile, (expected) => reader.problem('task-definition', expected));
    return [{ service, name: service, container, images: withImage(images, container, image), definition }];
  }
  if (list === undefined) {
    reader.problem('service', 'give `service`, or `services` for a release of many');
    return [];
  }
  const single = { container, image, images: images.size > 0 ? 'set' : undefined, 'task-definition': source };
  for (const [name, value] of Object.entries(single)) {
    if (value !== undefined) reader.problem(name, 'is for a single `service`; write it into the entries of `services`');
  }
  if (!Array.isArray(list) || list.length === 0) {
    reader.problem('services', 'expected a list of at least one service');
    return [];
  }
  const targets = list.flatMap((entry, index) => parseEntry(entry, index, reader, readFile));
  for (const [index, target] of targets.entries()) {
    if (targets.findIndex(({ service: other }) => other === target.service) !== index) {
      reader.problem('services', `"${target.service}" stands there twice`);
    }
  }
  return targets;
};

const parseVariables = (reader: InputReader): VariableChange[] =>
  reader.pairs('environment-variables').map(([key, value]) => {
    const at = key.indexOf(':');
    return at < 0
      ? { container: undefined, name: key, value }
      : { container: key.slice(0, at).trim(), name: key.slice(at + 1).trim(), value };
  });

/** Returns the typed inputs, or throws one InputError with every problem. */
export const parseDeployInputs = (raw: RawInputs, readFile: ReadWorkspaceFile): DeployInputs =>
  parseInputs(raw, readFile, (reader) => {
    const targets = parseTargets(reader, readFile);
    const reactions = ['rollback', 'leave'] as const;
    const rollbackTo = reader.text('rollback-to');
    if (rollbackTo !== undefined) {
      if (rollbackTo !== 'previous' && targets.length > 1) {
        reader.problem('rollback-to', 'for many services only `previous` has a meaning', rollbackTo);
      }
      if (!/^(previous|\d+|.+:\d+)$/.test(rollbackTo)) {
        reader.problem('rollback-to', 'expected previous, a revision number, family:revision or an ARN', rollbackTo);
      }
      if (targets.some(({ images, definition }) => images.size > 0 || definition.kind !== 'live')) {
        reader.problem('rollback-to', 'takes a whole revision; images and task definitions cannot be given with it');
      }
    }
    return {
      cluster: reader.required('cluster'),
      targets,
      single: raw.has('service'),
      variables: parseVariables(reader),
      version: reader.text('version'),
      versionVariable: reader.text('version-variable'),
      waitUntil: reader.oneOf('wait-until', ['completed', 'started']) ?? 'completed',
      timeoutMs: (reader.duration('timeout', { min: 1 }) ?? 0) * 1000,
      onFailure: reader.oneOf('on-failure', reactions) ?? 'rollback',
      onTimeout: reader.oneOf('on-timeout', reactions) ?? 'rollback',
      onCancel: reader.oneOf('on-cancel', reactions) ?? 'rollback',
      maxFailedTasks: reader.integer('max-failed-tasks', { min: 0 }) ?? 0,
      maxParallel: reader.integer('max-parallel', { min: 1 }) ?? 1,
      force: reader.bool('force-new-deployment'),
      rollbackTo,
      dryRun: reader.bool('dry-run'),
    };
  });
