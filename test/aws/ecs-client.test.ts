import { FakeClock } from '@hospital-ops/action-kit/fake-clock';
import { createEcs } from '@hospital-ops/aws/ecs/client';
import { registrationBody } from '@hospital-ops/aws/ecs/task-definition';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Call } from './loopback.ts';
import { startLoopback } from './loopback.ts';

const DEFINITION = {
  taskDefinitionArn: 'arn:aws:ecs:ap-south-1:123456789012:task-definition/api:1',
  family: 'api',
  revision: 1,
  status: 'ACTIVE',
  registeredAt: 1_700_000_000.5,
  containerDefinitions: [
    { name: 'api', image: 'a', newField: { deep: [1, null, ''] }, environment: [{ name: 'E', value: '' }] },
  ],
  futureField: { kept: true },
};

let server: Awaited<ReturnType<typeof startLoopback>>;
afterEach(() => server.close());

const connect = async (answer: (call: Call) => unknown) => {
  server = await startLoopback(answer);
  return createEcs({ clock: new FakeClock(), signal: new AbortController().signal });
};

describe('S5: members that the SDK does not know', () => {
  test('come back from DescribeTaskDefinition', async () => {
    const ecs = await connect(() => ({ taskDefinition: DEFINITION, tags: [{ key: 'k', value: 'v' }] }));
    const found = await ecs.describeTaskDefinition('api');
    expect(found).toMatchObject({
      arn: DEFINITION.taskDefinitionArn,
      revision: 1,
      body: DEFINITION,
      tags: [{ key: 'k' }],
    });
  });

  test('reach RegisterTaskDefinition, empty values and nulls included', async () => {
    const ecs = await connect(({ body }) => ({ taskDefinition: { ...DEFINITION, ...body, revision: 2 } }));
    await ecs.registerTaskDefinition(
      registrationBody(DEFINITION, [
        { key: 'k', value: 'é' },
        { key: 'aws:x', value: 'y' },
      ]),
    );
    const { containerDefinitions, family, futureField } = DEFINITION;
    expect(server.calls[0]?.body).toEqual({
      family,
      containerDefinitions,
      futureField,
      tags: [{ key: 'k', value: 'é' }],
    });
  });
});

test('services are asked for ten at a time; those that AWS does not know are named', async () => {
  const names = Array.from({ length: 23 }, (_, i) => `s${i}`);
  const ecs = await connect(({ body }) => ({
    services: (body.services as string[])
      .filter((name) => name !== 's3')
      .map((name) => ({ serviceName: name, serviceArn: `arn/${name}` })),
    failures: (body.services as string[])
      .filter((name) => name === 's3')
      .map((name) => ({ arn: `arn:x/c/${name}`, reason: 'MISSING' })),
  }));
  const seen = await ecs.describeServices('c', names);
  expect(server.calls.map(({ body }) => (body.services as string[]).length).sort()).toEqual([10, 10, 3]);
  expect(seen.found.size).toBe(22);
  expect(seen.missing).toEqual(['s3']);
});

test('tasks are listed page after page, also behind a page that is empty', async () => {
  const pages: Readonly<Record<string, { taskArns: string[]; nextToken?: string }>> = {
    '': { taskArns: ['t1', 't2'], nextToken: 'second' },
    second: { taskArns: [], nextToken: 'third' },
    third: { taskArns: ['t3'] },
  };
  const ecs = await connect(({ operation, body }) =>
    operation === 'ListTasks'
      ? pages[String(body.nextToken ?? '')]
      : { tasks: (body.tasks as string[]).map((taskArn) => ({ taskArn })) },
  );
  const found = await ecs.listTasks('c', { family: 'f' }, 'RUNNING');
  expect(found.map(({ arn }) => arn)).toEqual(['t1', 't2', 't3']);
});

test.each([
  ['an empty answer', {}],
  ['a definition without an ARN', { taskDefinition: { family: 'api', revision: 1 } }],
])('%s is an error, never a definition', async (_, answer) => {
  const ecs = await connect(() => answer);
  await expect(ecs.describeTaskDefinition('api')).rejects.toMatchObject({ code: 'EmptyAnswer' });
});

test('an empty answer of RunTask holds neither tasks nor failures', async () => {
  const ecs = await connect(() => ({}));
  const request = {
    cluster: 'c',
    taskDefinition: 'x',
    clientToken: 't',
    startedBy: 's',
    network: undefined,
    launchType: 'FARGATE',
    platformVersion: undefined,
    capacityProviders: [{ capacityProvider: 'FARGATE_SPOT', weight: 1, base: 0 }],
    overrides: { container: 'm', command: undefined, environment: [] },
  };
  expect(await ecs.runTask(request)).toEqual({ tasks: [], failures: [] });
  // A strategy and a launch type exclude each other.
  expect(server.calls[0]?.body).not.toHaveProperty('launchType');
  expect(server.calls[0]?.body).not.toHaveProperty('overrides');
});
