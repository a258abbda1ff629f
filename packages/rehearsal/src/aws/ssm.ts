import type { AwsService, CallContext } from './service.ts';
import { AwsFault } from './service.ts';

interface Parameter {
  readonly name: string;
  readonly type: string;
  readonly value: string;
  readonly version: number;
  readonly modifiedAt: number;
}

export interface LocalSsm {
  readonly service: AwsService;
  /** The newest value of a parameter, or undefined. */
  value(name: string): string | undefined;
}

/** Returns the Parameter Store of Systems Manager. SecureString values are kept and given as they are. */
export const createSsm = (): LocalSsm => {
  const parameters = new Map<string, Parameter>();
  const plain = (name: string) =>
    name.replace(/^arn:aws:ssm:[^:]*:\d+:parameter(?=\/)/, '').replace(/^arn:aws:ssm:[^:]*:\d+:parameter\//, '');
  const answer = ({ name, type, value, version, modifiedAt }: Parameter, { region, accountId }: CallContext) => ({
    Name: name,
    Type: type,
    Value: value,
    Version: version,
    LastModifiedDate: new Date(modifiedAt),
    ARN: `arn:aws:ssm:${region}:${accountId}:parameter${name.startsWith('/') ? '' : '/'}${name}`,
    DataType: 'text',
  });
  const service: AwsService = {
    name: 'ssm',
    targetPrefix: 'AmazonSSM',
    operations: {
      PutParameter: (input, { now }) => {
        const { Name, Value, Type, Overwrite } = input as {
          Name: string;
          Value: string;
          Type?: string;
          Overwrite?: boolean;
        };
        const known = parameters.get(Name);
        if (known !== undefined && Overwrite !== true)
          throw new AwsFault(
            'ParameterAlreadyExists',
            'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
          );
        if (known === undefined && Type === undefined)
          throw new AwsFault('ValidationException', 'A parameter type is required when you create a parameter.');
        const version = (known?.version ?? 0) + 1;
        parameters.set(Name, {
          name: Name,
          type: Type ?? known?.type ?? 'String',
          value: Value,
          version,
          modifiedAt: now,
        });
        return { Version: version, Tier: 'Standard' };
      },
      GetParameter: (input, context) => {
        const found = parameters.get(plain(String(input.Name)));
        if (found === undefined) throw new AwsFault('ParameterNotFound', '');
        return { Parameter: answer(found, context) };
      },
      GetParameters: (input, context) => {
        const names = input.Names as string[];
        // "Maximum number of 10 items" (API_GetParameters).
        if (names.length > 10)
          throw new AwsFault(
            'ValidationException',
            "Value at 'names' failed to satisfy constraint: Member must have length less than or equal to 10",
          );
        const found = names.map((name) => ({ name, parameter: parameters.get(plain(name)) }));
        return {
          Parameters: found.flatMap(({ parameter }) => (parameter === undefined ? [] : [answer(parameter, context)])),
          InvalidParameters: found.filter(({ parameter }) => parameter === undefined).map(({ name }) => name),
        };
      },
      GetParametersByPath: (input, context) => {
        const {
          Path,
          Recursive = false,
          MaxResults = 10,
          NextToken = '0',
        } = input as { Path: string; Recursive?: boolean; MaxResults?: number; NextToken?: string };
        const prefix = Path.endsWith('/') ? Path : `${Path}/`;
        const all = [...parameters.values()]
          .filter(({ name }) => name.startsWith(prefix) && (Recursive || !name.slice(prefix.length).includes('/')))
          .sort((a, b) => a.name.localeCompare(b.name));
        const end = Number(NextToken) + MaxResults;
        const Parameters = all.slice(Number(NextToken), end).map((parameter) => answer(parameter, context));
        return { Parameters, ...(end < all.length ? { NextToken: String(end) } : {}) };
      },
    },
  };
  return { service, value: (name) => parameters.get(plain(name))?.value };
};
