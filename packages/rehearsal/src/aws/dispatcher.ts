import type { ModelProblems } from './model/check.ts';
import { checkAgainst } from './model/check.ts';
import { loadSchemas } from './model/client.ts';
import type { OperationShapes, QueryError } from './model/shape.ts';
import { operationsOf, queryErrorsOf } from './model/shape.ts';
import type { AwsService } from './service.ts';
import { AwsFault } from './service.ts';

/** A query-protocol service: found by its API version, answers XML in its namespace. */
export interface QueryService extends AwsService {
  readonly version: string;
  readonly namespace: string;
  /** Speaks JSON too, found by its target prefix (Smithy, "awsQueryCompatible trait"). */
  readonly json?: true;
}

export const isQuery = (service: AwsService): service is QueryService => 'version' in service;

/** Whether members that the SDK's model does not know are an error or are only recorded and left out. */
export type UnknownMembers = 'refuse' | 'ignore';

export interface Called {
  readonly output: unknown;
  readonly unknownMembers: readonly string[];
}

interface Endpoint {
  readonly service: AwsService;
  readonly shapes: ReadonlyMap<string, OperationShapes> | undefined;
  readonly queryErrors: ReadonlyMap<string, QueryError>;
}

/** Code for a request that its model forbids, as each service says it in its API reference. */
const invalidCode = (service: string, operation: string): string => {
  if (service === 'ecs')
    return operation === 'RegisterTaskDefinition' ? 'ClientException' : 'InvalidParameterException';
  if (service === 'logs' || service === 'ecr') return 'InvalidParameterException';
  if (service === 'codedeploy') return 'InvalidInputException';
  return ['ssm', 'secretsmanager', 'cloudwatch', 'dynamodb'].includes(service)
    ? 'ValidationException'
    : 'ValidationError';
};

const refuse = (service: AwsService, operation: string, problems: ModelProblems, unknown: UnknownMembers): void => {
  const [wrong] = problems.mistyped;
  if (wrong !== undefined) {
    const code = isQuery(service) && service.json === undefined ? 'MalformedInput' : 'SerializationException';
    throw new AwsFault(code, `${wrong.path}: expected ${wrong.expected}, found ${wrong.found}`);
  }
  const [missing] = problems.missing;
  const code = invalidCode(service.name, operation);
  if (missing !== undefined) throw new AwsFault(code, `${missing} should not be null or empty.`);
  const [name] = problems.unknown;
  if (name !== undefined && unknown === 'refuse')
    throw new AwsFault(code, `Unknown parameter in the request: ${problems.unknown.join(', ')}.`);
};

/** Knows every service, holds requests and answers against the SDK's models, and calls the operation. */
export class Dispatcher {
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #account: { readonly region: string; readonly accountId: string; now(): number };
  readonly #unknown: UnknownMembers;

  constructor(account: { region: string; accountId: string; now(): number }, unknown: UnknownMembers) {
    this.#account = account;
    this.#unknown = unknown;
  }

  async register(service: AwsService): Promise<void> {
    const schemas = await loadSchemas(service.name);
    const queryErrors = queryErrorsOf(schemas ?? new Map());
    this.#endpoints.set(service.name, { service, shapes: schemas && operationsOf(schemas), queryErrors });
  }

  services(): readonly AwsService[] {
    return [...this.#endpoints.values()].map(({ service }) => service);
  }

  /** Returns what the query protocol calls an error of the model, and its HTTP status. */
  queryError(service: string, code: string): QueryError | undefined {
    // "Common Error Types" of the query protocol.
    if (code === 'UnknownOperationException') return { code: 'InvalidAction', status: 400 };
    if (code === 'ThrottlingException') return { code: 'Throttling', status: 400 };
    return this.#endpoints.get(service)?.queryErrors.get(code);
  }

  shapes(service: string, operation: string): OperationShapes | undefined {
    return this.#endpoints.get(service)?.shapes?.get(operation);
  }

  /** Returns the members of `input` that the operation's model does not have. */
  unknownMembers(service: string, operation: string, input: unknown): readonly string[] {
    const shapes = this.shapes(service, operation);
    return shapes === undefined ? [] : checkAgainst(shapes.input, input).problems.unknown;
  }

  /** Calls an operation. Throws AwsFault for every error that AWS answers. */
  async call(name: string, operation: string, input: unknown): Promise<unknown> {
    const endpoint = this.#endpoints.get(name);
    const handler =
      endpoint && Object.hasOwn(endpoint.service.operations, operation)
        ? endpoint.service.operations[operation]
        : undefined;
    if (endpoint === undefined || handler === undefined) throw this.#notImplemented(name, operation);
    const shapes = endpoint.shapes?.get(operation);
    if (endpoint.shapes !== undefined && shapes === undefined)
      throw new AwsFault('InternalFailure', `${name} has no operation ${operation} in the SDK's model.`, 500);
    const { region, accountId } = this.#account;
    const context = { operation, region, accountId, now: this.#account.now() };
    if (shapes === undefined) return handler(asRecord(input), context);
    const request = checkAgainst(shapes.input, input);
    refuse(endpoint.service, operation, request.problems, this.#unknown);
    const output = await handler(asRecord(request.value), context);
    return answered(name, operation, shapes, output);
  }

  #notImplemented(name: string, operation: string): AwsFault {
    const { service, shapes } = this.#endpoints.get(name) ?? {};
    // What AWS itself does not have ("Common Error Types").
    if (service !== undefined && shapes !== undefined && !shapes.has(operation))
      return new AwsFault('UnknownOperationException', `Could not find operation ${operation}.`);
    const there = service
      ? `${name} here has: ${Object.keys(service.operations).join(', ')}`
      : `the services here are: ${[...this.#endpoints.keys()].join(', ')}`;
    return new AwsFault('NotImplementedByRehearsal', `The local AWS does not have ${name}:${operation}; ${there}.`);
  }
}

const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

/** An answer that the SDK's model does not allow is a fault of this stand-in, and must not pass for AWS's. */
const answered = (service: string, operation: string, shapes: OperationShapes, output: unknown): unknown => {
  if (shapes.output.kind !== 'structure') return {};
  const { value, problems } = checkAgainst(shapes.output, output ?? {});
  const wrong = [...problems.unknown, ...problems.mistyped.map(({ path }) => path)];
  if (wrong.length === 0) return value;
  throw new AwsFault(
    'InternalFailure',
    `${service}:${operation} answered what its model has not: ${wrong.join(', ')}`,
    500,
  );
};
