import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { AwsError } from '@hospital-ops/action-kit/errors';
import { createAwsClock } from '../aws-clock.ts';
import type { ClientContext } from '../client-options.ts';
import { clientOptions } from '../client-options.ts';
import { toAwsError } from '../errors.ts';
import type { Condition, Item, Table, Written } from './ports.ts';

const NOT_FOUND = 'ResourceNotFoundException';

type Stored = Parameters<typeof unmarshall>[0];

const itemOf = (stored: Stored | undefined): Item | undefined =>
  stored === undefined || Object.keys(stored).length === 0 ? undefined : (unmarshall(stored) as Item);

/** `#name` in an expression stands for the attribute `name`: many an ordinary word is reserved. */
const expressionOf = ({ expression, values = {} }: Condition) => {
  const names = [...new Set([...expression.matchAll(/#([a-z]+)/g)].map(([, name = '']) => name))];
  return {
    ConditionExpression: expression,
    ...(names.length > 0 && {
      ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
    }),
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: marshall(values) }),
  };
};

const explain = (operation: string, table: string, error: unknown): AwsError => {
  const failure = toAwsError(`dynamodb:${operation}`, `table ${table}`, error);
  if (failure.code !== NOT_FOUND) return failure;
  return new AwsError({
    what: `there is no DynamoDB table "${table}" in this region and account.`,
    why: failure.why,
    next: 'create it as the page below tells, or correct its name.',
    docs: 'actions/deployment-record/README.md#the-table',
    operation: failure.operation,
    code: failure.code,
    cause: error,
  });
};

/** Returns the calls to the table `name` over the AWS SDK. Throttling, failures of AWS and lost responses are ridden out. */
export const createTable = (name: string, context: ClientContext): Table => {
  const clock = createAwsClock(context.clock);
  const client = new DynamoDBClient({
    ...clientOptions({ ...context, awsClock: clock }, 'brief'),
  });
  const table = { TableName: name };

  const conditional = async (
    operation: string,
    send: () => Promise<{ readonly Attributes?: Stored | undefined }>,
  ): Promise<Written> => {
    try {
      return { done: true, before: itemOf((await send()).Attributes) };
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return { done: false, before: itemOf(error.Item) };
      throw explain(operation, name, error);
    }
  };

  return {
    name,
    now: () => clock.now(),
    get: async ({ pk, sk }) => {
      try {
        const key = marshall({ pk, sk });
        const answer = await client.send(new GetItemCommand({ ...table, Key: key, ConsistentRead: true }));
        return itemOf(answer.Item);
      } catch (error) {
        throw explain('GetItem', name, error);
      }
    },
    put: (item, condition) =>
      conditional('PutItem', () =>
        client.send(
          new PutItemCommand({
            ...table,
            Item: marshall({ ...item } as Record<string, unknown>, { removeUndefinedValues: true }),
            ReturnValues: 'ALL_OLD',
            ...(condition && { ...expressionOf(condition), ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }),
          }),
        ),
      ),
    remove: async ({ pk, sk }, condition) => {
      const removed = await conditional('DeleteItem', () =>
        client.send(
          new DeleteItemCommand({
            ...table,
            Key: marshall({ pk, sk }),
            ReturnValues: 'ALL_OLD',
            ...expressionOf(condition),
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          }),
        ),
      );
      return removed.before === undefined ? { done: true, before: undefined } : removed;
    },
    query: async ({ pk, prefix, limit, after }) => {
      const items: Item[] = [];
      let start = after === undefined ? undefined : marshall({ pk, sk: after });
      try {
        do {
          const answer = await client.send(
            new QueryCommand({
              ...table,
              KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
              ExpressionAttributeValues: marshall({ ':pk': pk, ':prefix': prefix }),
              ScanIndexForward: false,
              ConsistentRead: true,
              Limit: limit - items.length,
              ...(start && { ExclusiveStartKey: start }),
            }),
          );
          items.push(...(answer.Items ?? []).map((stored) => unmarshall(stored) as Item));
          start = answer.LastEvaluatedKey;
        } while (start !== undefined && items.length < limit);
      } catch (error) {
        throw explain('Query', name, error);
      }
      return items;
    },
  };
};
