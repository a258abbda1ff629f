import { randomUUID } from 'node:crypto';
import type { AwsService, CallContext } from '../service.ts';
import { AwsFault } from '../service.ts';
import type { Test } from './expression.ts';
import { Placeholders, parseCondition } from './expression.ts';
import { invalid } from './tokens.ts';
import { parseUpdate } from './update.ts';
import type { Stored } from './values.ts';
import { compare, isSame, itemBytes, typeOf } from './values.ts';

interface KeyElement {
  readonly AttributeName: string;
  readonly KeyType: string;
}

interface Table {
  readonly name: string;
  readonly keys: readonly KeyElement[];
  readonly attributes: ReadonlyArray<{ readonly AttributeName: string; readonly AttributeType: string }>;
  readonly createdAt: number;
  readonly id: string;
  readonly items: Map<string, Stored>;
}

interface Request {
  readonly TableName: string;
  readonly Key?: Stored;
  readonly Item?: Stored;
  readonly ConditionExpression?: string;
  readonly UpdateExpression?: string;
  readonly KeyConditionExpression?: string;
  readonly FilterExpression?: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: Stored;
  readonly ReturnValues?: string;
  readonly ReturnValuesOnConditionCheckFailure?: string;
  readonly ScanIndexForward?: boolean;
  readonly Limit?: number;
  readonly ExclusiveStartKey?: Stored;
}

/** "The maximum item size in DynamoDB is 400 KB" (Service quotas). */
const ITEM_BYTES = 400 * 1024;
/** A Query answers 1 MB at most (API_Query). */
const PAGE_BYTES = 1024 * 1024;

const NOT_SUPPORTED = [
  'AttributesToGet',
  'ConditionalOperator',
  'Expected',
  'IndexName',
  'KeyConditions',
  'ProjectionExpression',
  'QueryFilter',
];

/** Returns DynamoDB: tables with text keys, single items with conditions and updates, and queries of a partition. */
export const createDynamoDb = (): AwsService => {
  const tables = new Map<string, Table>();
  const tableOf = (request: Request): Table => {
    const strange = NOT_SUPPORTED.find((name) => (request as unknown as Record<string, unknown>)[name] !== undefined);
    if (strange !== undefined) throw new AwsFault('NotImplementedByRehearsal', `The local DynamoDB has no ${strange}.`);
    const found = tables.get(request.TableName);
    if (found === undefined) throw new AwsFault('ResourceNotFoundException', 'Requested resource not found');
    return found;
  };
  const keyOf = (table: Table, item: Stored, isWhole: boolean): Stored => {
    const mismatch = () => invalid('The provided key element does not match the schema');
    if (isWhole && Object.keys(item).length !== table.keys.length) throw mismatch();
    return Object.fromEntries(
      table.keys.map(({ AttributeName: name }) => {
        const value = item[name];
        const type = table.attributes.find(({ AttributeName }) => AttributeName === name)?.AttributeType;
        if (value === undefined) {
          throw isWhole
            ? mismatch()
            : invalid(`One or more parameter values were invalid: Missing the key ${name} in the item`);
        }
        if (typeOf(value) !== type) {
          throw isWhole
            ? mismatch()
            : invalid(
                `One or more parameter values were invalid: Type mismatch for key ${name} expected: ${type} actual: ${typeOf(value)}`,
              );
        }
        if (value.S === '') {
          throw invalid(
            `One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: ${name}`,
          );
        }
        return [name, value];
      }),
    );
  };
  const idOf = (key: Stored): string => JSON.stringify(Object.values(key));
  const placeholdersOf = ({ ExpressionAttributeNames, ExpressionAttributeValues }: Request) =>
    new Placeholders(ExpressionAttributeNames, ExpressionAttributeValues);
  const conditionOf = ({ ConditionExpression: text }: Request, placeholders: Placeholders): Test | undefined =>
    text === undefined ? undefined : parseCondition(text, placeholders, 'ConditionExpression');
  const refuseUnless = (test: Test | undefined, before: Stored | undefined, request: Request) => {
    if (test === undefined || test(before)) return;
    const shows = request.ReturnValuesOnConditionCheckFailure === 'ALL_OLD' && before !== undefined;
    throw new AwsFault(
      'ConditionalCheckFailedException',
      'The conditional request failed',
      400,
      shows ? { Item: before } : {},
    );
  };
  const returned = ({ ReturnValues }: Request, before: Stored | undefined, after?: Stored) => {
    const item = ReturnValues === 'ALL_OLD' ? before : ReturnValues === 'ALL_NEW' ? after : undefined;
    return item === undefined ? {} : { Attributes: item };
  };
  const refuseLarge = (item: Stored) => {
    if (itemBytes(item) > ITEM_BYTES) throw invalid('Item size has exceeded the maximum allowed size');
  };
  const description = (table: Table, { region, accountId }: CallContext) => ({
    TableName: table.name,
    TableStatus: 'ACTIVE',
    TableArn: `arn:aws:dynamodb:${region}:${accountId}:table/${table.name}`,
    TableId: table.id,
    CreationDateTime: new Date(table.createdAt),
    KeySchema: table.keys,
    AttributeDefinitions: table.attributes,
    ItemCount: table.items.size,
  });

  const operations: AwsService['operations'] = {
    CreateTable: (input, context) => {
      const { TableName, KeySchema, AttributeDefinitions } = input as unknown as {
        TableName: string;
        KeySchema: Table['keys'];
        AttributeDefinitions: Table['attributes'];
      };
      if (tables.has(TableName)) {
        throw new AwsFault('ResourceInUseException', `Table already exists: ${TableName}`);
      }
      const table = {
        name: TableName,
        keys: KeySchema,
        attributes: AttributeDefinitions,
        createdAt: context.now,
        id: randomUUID(),
        items: new Map<string, Stored>(),
      };
      tables.set(TableName, table);
      return { TableDescription: description(table, context) };
    },
    DescribeTable: (input, context) => ({ Table: description(tableOf(input as unknown as Request), context) }),
    GetItem: (input) => {
      const request = input as unknown as Request;
      const table = tableOf(request);
      const item = table.items.get(idOf(keyOf(table, request.Key ?? {}, true)));
      return item === undefined ? {} : { Item: item };
    },
    PutItem: (input) => {
      const request = input as unknown as Request;
      const table = tableOf(request);
      const item = request.Item ?? {};
      const id = idOf(keyOf(table, item, false));
      const placeholders = placeholdersOf(request);
      const condition = conditionOf(request, placeholders);
      placeholders.finish();
      refuseLarge(item);
      const before = table.items.get(id);
      refuseUnless(condition, before, request);
      table.items.set(id, item);
      return returned(request, before);
    },
    DeleteItem: (input) => {
      const request = input as unknown as Request;
      const table = tableOf(request);
      const id = idOf(keyOf(table, request.Key ?? {}, true));
      const placeholders = placeholdersOf(request);
      const condition = conditionOf(request, placeholders);
      placeholders.finish();
      const before = table.items.get(id);
      refuseUnless(condition, before, request);
      table.items.delete(id);
      return returned(request, before);
    },
    UpdateItem: (input) => {
      const request = input as unknown as Request;
      const table = tableOf(request);
      const key = keyOf(table, request.Key ?? {}, true);
      const placeholders = placeholdersOf(request);
      const condition = conditionOf(request, placeholders);
      const change = parseUpdate(request.UpdateExpression ?? '', placeholders);
      placeholders.finish();
      const before = table.items.get(idOf(key));
      refuseUnless(condition, before, request);
      const after = change(before ?? key);
      if (!isSame(keyOf(table, after, false), key)) {
        throw invalid(
          'One or more parameter values were invalid: Cannot update attribute. This attribute is part of the key',
        );
      }
      refuseLarge(after);
      table.items.set(idOf(key), after);
      return returned(request, before, after);
    },
    Query: (input) => {
      const request = input as unknown as Request;
      const table = tableOf(request);
      const placeholders = placeholdersOf(request);
      const test = parseCondition(request.KeyConditionExpression ?? '', placeholders, 'KeyConditionExpression');
      const filter =
        request.FilterExpression === undefined
          ? undefined
          : parseCondition(request.FilterExpression, placeholders, 'FilterExpression');
      placeholders.finish();
      const sort = table.keys.find(({ KeyType }) => KeyType === 'RANGE')?.AttributeName ?? '';
      const direction = request.ScanIndexForward === false ? -1 : 1;
      const order = (a: Stored, b: Stored | undefined) =>
        direction * ((a[sort] && b?.[sort] && compare(a[sort], b[sort])) ?? 0);
      const start = request.ExclusiveStartKey && keyOf(table, request.ExclusiveStartKey, true);
      const matching = [...table.items.values()]
        .filter((item) => test(item) && (start === undefined || order(item, start) > 0))
        .sort(order);
      const page: Stored[] = [];
      let bytes = 0;
      for (const item of matching) {
        if (page.length >= (request.Limit ?? Number.POSITIVE_INFINITY) || bytes >= PAGE_BYTES) break;
        bytes += itemBytes(item);
        page.push(item);
      }
      const items = filter === undefined ? page : page.filter(filter);
      const last: Stored | undefined = page.at(-1);
      // A page that is full at the last item says so all the same, as DynamoDB does.
      const isFull = page.length < matching.length || page.length === request.Limit;
      return {
        Items: items,
        Count: items.length,
        ScannedCount: page.length,
        ...(isFull && last !== undefined ? { LastEvaluatedKey: keyOf(table, last, false) } : {}),
      };
    },
  };
  return { name: 'dynamodb', targetPrefix: 'DynamoDB_20120810', operations };
};
