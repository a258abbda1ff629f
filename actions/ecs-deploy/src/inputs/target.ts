import { InputError } from '@hospital-ops/action-kit/errors';
import type { InputReader, RawInputs, ReadWorkspaceFile } from '@hospital-ops/action-kit/inputs';
import { parseInputs } from '@hospital-ops/action-kit/inputs';
import { isMap } from '@hospital-ops/action-kit/is-map';
import type { NamedDefinition } from '@hospital-ops/aws/ecs/definition-input';
import { readDefinition } from '@hospital-ops/aws/ecs/definition-input';
import type { JsonObject } from '@hospital-ops/aws/ecs/ports';
import { parseServiceName, serviceNameIn } from './service-name.ts';
import type { StrategySettings } from './strategy.ts';
import { parseStrategy } from './strategy.ts';
import type { VariableSettings } from './variables.ts';
import { addVariables, asPair, parseRemovals, parseVariables, VARIABLE_INPUTS } from './variables.ts';

/** A service of the release and what is asked for it. */
export interface Target extends VariableSettings {
  readonly service: string;
  /** For people: the entry's short name, else the service's. */
  readonly name: string;
  readonly container: string | undefined;
  /** Container → image; the key `''` means the main container. */
  readonly images: ReadonlyMap<string, string>;
  /** Live: the service's own. */
  readonly definition: NamedDefinition | { readonly kind: 'live' };
  readonly strategy: StrategySettings;
  readonly desiredCount: number | undefined;
  /** The revision that this service of a release is to go back to. */
  readonly rollbackTo: string | undefined;
  /** Services of the release, by service name, that must be complete before this one begins. */
  readonly after: readonly string[];
}

/** What an image may be written with (API_ContainerDefinition, `image`), and the `@` of a digest. */
const IMAGE = /^[A-Za-z0-9_:./#@-]{1,512}$/;

const checkImage = (reader: InputReader, input: string, image: string): void => {
  if (!IMAGE.test(image)) reader.problem(input, 'expected an image such as registry/repository@sha256:…', image);
};

const parseImages = (reader: InputReader): Map<string, string> => {
  const value = reader.structured('images');
  if (value === undefined) return new Map();
  if (!isMap(value)) {
    reader.problem('images', 'expected a map of container to image');
    return new Map();
  }
  return new Map(
    Object.entries(value).flatMap(([container, image]) => {
      if (typeof image === 'string' && image !== '') {
        checkImage(reader, 'images', image);
        return [[container, image] as const];
      }
      reader.problem('images', `the image of "${container}" must be text`);
      return [];
    }),
  );
};

/** Everything that is asked for one service; the same for single inputs and for an entry of `services`. */
export const parseTarget = (reader: InputReader, readFile: ReadWorkspaceFile, service: string): Target => {
  const container = reader.text('container');
  const image = reader.text('image');
  if (image !== undefined) checkImage(reader, 'image', image);
  const images = parseImages(reader);
  if (container !== undefined && image !== undefined && (images.get(container) ?? image) !== image) {
    reader.problem('image', `\`images\` gives "${container}" another one`);
  }
  return {
    service,
    name: service,
    container,
    images: image === undefined ? images : new Map([...images, [container ?? '', image] as const]),
    definition: readDefinition(reader, readFile) ?? { kind: 'live' },
    variables: parseVariables(reader, 'environment-variables'),
    secrets: parseVariables(reader, 'secrets'),
    removals: parseRemovals(reader),
    strategy: parseStrategy(reader),
    desiredCount: reader.integer('desired-count', { min: 0 }),
    after: [],
    rollbackTo: undefined,
  };
};

/** Inputs that hold for every service of a release unless its entry says otherwise; variables add up instead. */
const SHARED = ['strategy', 'canary-percent', 'bake-time', 'gate-alarms', 'gate-metrics', 'lifecycle-hooks'];
/** Inputs that are about one service and mean nothing beside `services`. */
const SINGLE = [
  'task-definition',
  'image',
  'container',
  'images',
  'canary-service',
  'listener-rule',
  'continue-hook',
  'codedeploy-application',
  'codedeploy-deployment-group',
  'desired-count',
];

const isScalar = (value: unknown): value is string | number | boolean =>
  ['string', 'number', 'boolean'].includes(typeof value);

/** A value of an entry as the runner would pass it: lists of words as lines, everything else that has parts as JSON. */
const asInput = (name: string, value: unknown): string => {
  if (isScalar(value)) return String(value);
  if (!Array.isArray(value) || value.length === 0 || !value.every(isScalar)) return JSON.stringify(value);
  return value.map((item) => (VARIABLE_INPUTS.includes(name) ? asPair(String(item)) : String(item))).join('\n');
};

/** Returns an entry as inputs of its own, over those that the whole release shares. */
const inputsOf = (entry: JsonObject, raw: RawInputs): RawInputs => {
  const inputs = new Map(SHARED.flatMap((name) => (raw.has(name) ? [[name, raw.get(name) ?? ''] as const] : [])));
  for (const [name, value] of Object.entries(entry)) {
    if (value === undefined || value === null || value === '') continue;
    inputs.set(name, asInput(name, value));
  }
  return inputs;
};

/** A whole revision for one service of a release; `previous` is asked for the release as a whole. */
const parseRollback = (reader: InputReader): string | undefined => {
  const value = reader.text('rollback-to');
  if (value !== undefined && !/^(\d+|.+:\d+)$/.test(value))
    reader.problem('rollback-to', 'expected a revision number, family:revision or an ARN', value);
  return value;
};

const parseEntry = (
  entry: unknown,
  index: number,
  reader: InputReader,
  raw: RawInputs,
  readFile: ReadWorkspaceFile,
  shared: Target,
): Target[] => {
  const problem = (expected: string) => reader.problem('services', `entry ${index + 1}: ${expected}`);
  if (!isMap(entry)) {
    problem('expected a map with `service`');
    return [];
  }
  for (const name of ['service', 'name', 'container', 'image']) {
    const value = entry[name];
    if (value !== undefined && value !== null && typeof value !== 'string') problem(`\`${name}\` must be text`);
  }
  for (const name of VARIABLE_INPUTS) {
    const value = entry[name] ?? '';
    const isText = typeof value === 'string' || (Array.isArray(value) && value.every((one) => typeof one === 'string'));
    if (!isText) problem(`\`${name}\` must be text or a list of texts, one line of the input each`);
  }
  try {
    return [
      parseInputs(inputsOf(entry, raw), readFile, (own) => {
        const service = parseServiceName(own, 'service', own.required('service'), raw.get('cluster') ?? '');
        const target = parseTarget(own, readFile, service);
        return {
          ...target,
          ...addVariables(shared, target),
          name: own.text('name') ?? service,
          after: own.words('after').map(serviceNameIn),
          rollbackTo: parseRollback(own),
        };
      }),
    ];
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    for (const each of error.problems) problem(each);
    return [];
  }
};

const checkOrder = (targets: readonly Target[], reader: InputReader): void => {
  const names = new Set(targets.map(({ service }) => service));
  for (const { service, after } of targets) {
    for (const other of after) {
      if (!names.has(other))
        reader.problem('services', `"${service}" comes after "${other}", which is not in the release`);
    }
  }
  const done = new Set<string>();
  let open = targets;
  while (open.length > 0) {
    const ready = open.filter(({ after }) => after.every((other) => done.has(other) || !names.has(other)));
    if (ready.length === 0) {
      reader.problem('services', `${open.map(({ service }) => `"${service}"`).join(', ')} wait for each other`);
      return;
    }
    for (const { service } of ready) done.add(service);
    open = open.filter((target) => !ready.includes(target));
  }
};

/** Reads `service` with its inputs, or `services`. */
export const parseTargets = (reader: InputReader, raw: RawInputs, readFile: ReadWorkspaceFile): Target[] => {
  const given = reader.text('service');
  const service = given && parseServiceName(reader, 'service', given, raw.get('cluster') ?? '');
  const list = reader.structured('services');
  // Read in any case, so that every input is known and checked once.
  const own = parseTarget(reader, readFile, service ?? '');
  if (service !== undefined) {
    if (list !== undefined) reader.problem('services', 'give `service` or `services`, not both');
    return [own];
  }
  if (list === undefined) {
    reader.problem('service', 'give `service`, or `services` for a release of many');
    return [];
  }
  for (const name of SINGLE) {
    if (raw.has(name)) reader.problem(name, 'is for a single `service`; write it into the entries of `services`');
  }
  if (!Array.isArray(list) || list.length === 0) {
    reader.problem('services', 'expected a list of at least one service');
    return [];
  }
  const targets = list.flatMap((entry, index) => parseEntry(entry, index, reader, raw, readFile, own));
  for (const [index, target] of targets.entries()) {
    if (targets.findIndex(({ service: other }) => other === target.service) !== index) {
      reader.problem('services', `"${target.service}" stands there twice`);
    } else if (targets.findIndex(({ name: other }) => other === target.name) !== index) {
      reader.problem('services', `the name "${target.name}" is given to two services`);
    }
    const { canaryService } = target.strategy;
    if (targets.some(({ service: other }) => other === canaryService))
      reader.problem(
        'services',
        `"${canaryService}" is the canary service of "${target.service}" and an entry of its own`,
      );
  }
  checkOrder(targets, reader);
  return targets;
};
