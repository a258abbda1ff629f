import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { systemClock } from '@hospital-ops/action-kit/clock';
import { createTable } from '@hospital-ops/aws/dynamodb/client';
import { tableLock } from '@hospital-ops/deployments/lock';
import { tableRecords } from '@hospital-ops/deployments/store';
import { beforeAll, expect, test } from '@jest/globals';
import { describeWithMoto, theMoto } from '../support/moto.ts';
import { tableTests } from '../support/record-table.ts';

const moto = await theMoto();

describeWithMoto(moto, 'the table over a DynamoDB that others wrote', ({ url }) => {
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret',
  });
  const open = () => createTable('deployments', { clock: systemClock, signal: new AbortController().signal });

  beforeAll(async () => {
    await new DynamoDBClient({}).send(
      new CreateTableCommand({
        TableName: 'deployments',
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [
          { AttributeName: 'pk', AttributeType: 'S' },
          { AttributeName: 'sk', AttributeType: 'S' },
        ],
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
      }),
    );
  });

  tableTests(open);

  test('locks and records', async () => {
    const wanted = (owner: string) => ({
      owner,
      actor: 'asha',
      version: '1',
      workflow: 'w',
      runUrl: undefined,
      leaseMs: 60_000,
    });
    const claims = await Promise.all(['a', 'b', 'c'].map((name) => tableLock(open(), 'o/r#p').claim(wanted(name))));
    expect(claims.filter(({ kind }) => kind === 'ours')).toHaveLength(1);
    const records = tableRecords(open(), 'o/r#p', 'w');
    const record = {
      schema: 1,
      id: '20260101T000000000Z-1-1-abcd',
      repository: 'o/r',
      environment: 'p',
      kind: 'release',
      version: '1',
      sha: 'a',
      status: 'in-progress',
      outcome: '',
      started: '2026-01-01T00:00:00.000Z',
      actor: '',
      workflow: '',
      deployed: [],
      services: { api: { outcome: 'planned' } },
    } as const;
    await records.begin(record);
    expect(await records.find(record.id)).toEqual(record);
    expect(await records.end({ ...record, status: 'success' })).toBe(true);
    expect(await records.end({ ...record, status: 'failure' })).toBe(true);
    expect((await records.current())?.id).toBe(record.id);
    expect(await records.list(5)).toEqual([{ ...record, status: 'success' }]);
    expect(await tableRecords(open(), 'o/r#p', 'other').end({ ...record, status: 'failure' })).toBe(false);
  });
});
