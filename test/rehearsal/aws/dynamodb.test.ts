import { systemClock } from '@hospital-ops/action-kit/clock';
import { createTable } from '@hospital-ops/aws/dynamodb/client';
import type { LocalAws } from '@hospital-ops/rehearsal/aws/local-aws';
import { startLocalAws } from '@hospital-ops/rehearsal/aws/local-aws';
import { createScriptedEngine } from '@hospital-ops/rehearsal/aws/scripted-engine';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { tableTests } from '../../support/record-table.ts';

let aws: LocalAws;
const saved = { ...process.env };
beforeAll(async () => {
  aws = await startLocalAws({ engine: createScriptedEngine(systemClock, () => ({})), region: 'ap-south-1' });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: aws.url,
    AWS_REGION: aws.region,
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret',
  });
  const text = (name: string) => ({ AttributeName: name, AttributeType: 'S' });
  await aws.call('dynamodb', 'CreateTable', {
    TableName: 't',
    AttributeDefinitions: [text('pk'), text('sk')],
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    BillingMode: 'PAY_PER_REQUEST',
  });
});
afterAll(async () => {
  process.env = saved;
  await aws.close();
});

const open = (name = 't') => createTable(name, { clock: systemClock, signal: new AbortController().signal });

describe('the local DynamoDB', () => tableTests(open));

const put = (item: Record<string, unknown>, more: Record<string, unknown> = {}) =>
  aws.call('dynamodb', 'PutItem', { TableName: 't', Item: { pk: { S: 'x' }, sk: { S: 'x' }, ...item }, ...more });

const holds = async (expression: string, values: Record<string, unknown> = {}): Promise<boolean> => {
  const given = Object.keys(values).length === 0 ? {} : { ExpressionAttributeValues: values };
  try {
    await put({ n: { N: '5' }, s: { S: 'abc' }, l: { L: [{ S: 'a' }] }, m: { M: { k: { N: '1' } } } });
    await put({}, { ConditionExpression: expression, ...given });
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === 'ConditionalCheckFailedException') return false;
    throw error;
  }
};

test.each<[string, Record<string, unknown>, boolean]>([
  ['n = :v', { ':v': { N: '5.0' } }, true],
  ['n <> :v', { ':v': { N: '5' } }, false],
  ['n < :v', { ':v': { N: '10' } }, true],
  ['n < :v', { ':v': { S: '9' } }, false],
  ['missing < :v', { ':v': { N: '9' } }, false],
  ['n BETWEEN :a AND :b AND s = :s', { ':a': { N: '1' }, ':b': { N: '5' }, ':s': { S: 'abc' } }, true],
  ['s IN (:a, :b)', { ':a': { S: 'x' }, ':b': { S: 'abc' } }, true],
  ['begins_with(s, :v)', { ':v': { S: 'ab' } }, true],
  ['contains(l, :v)', { ':v': { S: 'a' } }, true],
  ['size(s) = :v', { ':v': { N: '3' } }, true],
  ['attribute_exists(m.k) AND NOT attribute_exists(m.j)', {}, true],
  ['l[0] = :v', { ':v': { S: 'a' } }, true],
  ['(n = :a OR n = :b) AND s = :b', { ':a': { N: '5' }, ':b': { S: 'abc' } }, true],
  ['n = :a OR n = :b AND s = :b', { ':a': { N: '5' }, ':b': { N: '6' } }, true],
])('the condition %s', async (expression, values, expected) => expect(await holds(expression, values)).toBe(expected));

test.each<[string, Record<string, unknown>, RegExp]>([
  ['n =', {}, /Syntax error/],
  ['n = :v extra', { ':v': { N: '1' } }, /Syntax error/],
  ['n = :missing', {}, /value used in expression is not defined/],
  ['#missing = :v', { ':v': { N: '1' } }, /name used in the document path is not defined/],
  ['attribute_exists(n)', { ':v': { N: '1' } }, /unused in expressions/],
])('the condition %s is refused', async (expression, values, message) => {
  await expect(holds(expression, values)).rejects.toThrow(message);
});

test('updates set, count, remove and add, by the item as it was', async () => {
  await put({ n: { N: '5' }, s: { S: 'abc' } });
  const { Attributes } = await aws.call('dynamodb', 'UpdateItem', {
    TableName: 't',
    Key: { pk: { S: 'x' }, sk: { S: 'x' } },
    UpdateExpression: 'SET a = n + :one, b = if_not_exists(b, :one), n = :ten REMOVE s ADD c :one',
    ConditionExpression: 'n < :ten',
    ExpressionAttributeValues: { ':one': { N: '1' }, ':ten': { N: '10' } },
    ReturnValues: 'ALL_NEW',
  });
  expect(Attributes).toEqual({
    pk: { S: 'x' },
    sk: { S: 'x' },
    a: { N: '6' },
    b: { N: '1' },
    c: { N: '1' },
    n: { N: '10' },
  });
});

test.each<[string, () => Promise<unknown>, RegExp]>([
  ['an item without its key', () => aws.call('dynamodb', 'PutItem', { TableName: 't', Item: {} }), /Missing the key/],
  ['a key of another type', () => put({ sk: { N: '1' } }), /Type mismatch for key sk/],
  ['an empty key', () => put({ sk: { S: '' } }), /cannot contain an empty string/],
  ['an item above 400 KB', () => put({ big: { S: 'x'.repeat(410_000) } }), /Item size has exceeded/],
  ['what the model does not know', () => put({}, { Conditon: 'x' }), /Unknown parameter/],
  ['what it does not play', () => put({}, { Expected: {} }), /no Expected/],
])('%s is refused', async (_, call, message) => {
  await expect(call()).rejects.toThrow(message);
});

test('a table that is not there is named, with what to do', async () => {
  await expect(open('nowhere').get({ pk: 'a', sk: 'b' })).rejects.toMatchObject({
    what: 'there is no DynamoDB table "nowhere" in this region and account.',
    next: expect.stringContaining('create it'),
  });
});

test('pages of any size give every item once, in order', async () => {
  const { now } = Date;
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.integer({ min: 0, max: 99 }), { maxLength: 12 }),
      fc.integer({ min: 1, max: 5 }),
      async (numbers, size) => {
        const pk = `page ${now()} ${Math.random()}`;
        const keys = numbers.map((number) => `k#${String(number).padStart(2, '0')}`);
        for (const sk of keys)
          await aws.call('dynamodb', 'PutItem', { TableName: 't', Item: { pk: { S: pk }, sk: { S: sk } } });
        const found: unknown[] = [];
        for (let after: string | undefined; ; after = String(found.at(-1))) {
          const page = await open().query({ pk, prefix: 'k#', limit: size, after });
          found.push(...page.map(({ sk }) => sk));
          if (page.length < size) break;
        }
        expect(found).toEqual([...keys].sort().reverse());
      },
    ),
    { numRuns: 20 },
  );
});
