import {
  DescribeServicesCommand,
  ECSClient,
  ListServicesCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
} from '@aws-sdk/client-ecs';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { World } from './world.ts';
import { createWorld } from './world.ts';

let world: World;
let ecs: ECSClient;
const begin = async () => {
  world = await createWorld();
  ecs = new ECSClient({
    endpoint: world.aws.url,
    region: 'ap-south-1',
    credentials: { accessKeyId: 'AKIA', secretAccessKey: 's' },
    maxAttempts: 1,
  });
};
afterEach(async () => {
  ecs.destroy();
  await world.close();
});

const list = () => ecs.send(new ListServicesCommand({ cluster: 'c' }));
/** jest runs the SDK in a realm of its own, where it wraps a socket's error and keeps the message only. */
const outcome = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'ok',
    (error: Error) => (/ECONNRESET/.test(error.message) ? 'ECONNRESET' : error.name),
  );

describe('a fault', () => {
  test.each([
    ['throttle', 'ThrottlingException', 400],
    ['5xx', 'ServerException', 500],
    ['access-denied', 'AccessDeniedException', 400],
    ['expired-token', 'ExpiredTokenException', 400],
    ['validation', 'InvalidParameterException', 400],
    ['reset', 'ECONNRESET', undefined],
    ['html', 'SyntaxError', 200],
  ] as const)('%s answers %s as often as it is told, then calls pass', async (kind, code, status) => {
    await begin();
    world.aws.faults.add({ kind, operation: 'ListServices', times: 2 });
    expect([await outcome(list()), await outcome(list()), await outcome(list())]).toEqual([code, code, 'ok']);
    expect(world.aws.requests().map((request) => request.status)).toEqual([status, status, 200]);
    expect(world.aws.calls('ListServices')).toBe(3);
  });

  test('of a lost response has had its effect', async () => {
    await begin();
    const taskDefinition = await world.register('good');
    world.aws.faults.add({ kind: 'lost-response', operation: 'RunTask', times: 1 });
    const run = () => ecs.send(new RunTaskCommand({ cluster: 'c', taskDefinition, clientToken: 'once' }));
    expect(await outcome(run())).toBe('ECONNRESET');
    expect(world.aws.ecs.snapshot().tasks).toHaveLength(1);
    expect((await run()).tasks).toHaveLength(1);
    expect(world.aws.ecs.snapshot().tasks).toHaveLength(1);
  });

  test('strikes after so many calls, at the rate that it has, and not elsewhere', async () => {
    await begin();
    world.aws.faults.add({ kind: '5xx', service: 'ecs', operation: 'ListServices', after: 1, rate: 0.5 });
    const seen = [];
    for (let call = 0; call < 5; call += 1) seen.push(await outcome(list()));
    expect(seen).toEqual(['ok', 'ok', 'ServerException', 'ok', 'ServerException']);
    expect(await outcome(ecs.send(new DescribeServicesCommand({ cluster: 'c', services: ['x'] })))).toBe('ok');
  });

  test('lasts as long as it is told from its first hit', async () => {
    await begin();
    world.aws.faults.add({ kind: '5xx', operation: 'ListServices', after: 1, forMs: 60_000 });
    const seen = [await outcome(list())];
    for (const ms of [0, 59_000, 2_000]) {
      await world.clock.advance(ms);
      seen.push(await outcome(list()));
    }
    expect(seen).toEqual(['ok', 'ServerException', 'ServerException', 'ok']);
  });

  test('of an empty answer has had its effect', async () => {
    await begin();
    world.aws.faults.add({ kind: 'empty', operation: 'RegisterTaskDefinition', times: 1 });
    const containerDefinitions = [{ name: 'a', image: 'i', memory: 4 }];
    const { taskDefinition } = await ecs.send(new RegisterTaskDefinitionCommand({ family: 'f', containerDefinitions }));
    expect(taskDefinition).toBeUndefined();
    expect(await world.ecs('DescribeTaskDefinition', { taskDefinition: 'f' })).toMatchObject({
      taskDefinition: { revision: 1 },
    });
  });

  test('names the denied action', async () => {
    await begin();
    world.aws.faults.add({ kind: 'access-denied' });
    await expect(list()).rejects.toThrow(/is not authorized to perform: ecs:ListServices/);
  });
});

describe('the real rates', () => {
  const register = () =>
    outcome(
      ecs.send(
        new RegisterTaskDefinitionCommand({
          family: 'f',
          containerDefinitions: [{ name: 'a', image: 'i', memory: 4 }],
        }),
      ),
    );

  test('let 20 task definitions be registered at once, then one per second', async () => {
    await begin();
    const burst = [];
    for (let call = 0; call < 22; call += 1) burst.push(await register());
    expect(burst.filter((answer) => answer === 'ok')).toHaveLength(20);
    expect(burst.slice(20)).toEqual(['ThrottlingException', 'ThrottlingException']);
    await world.clock.advance(1_000);
    expect([await register(), await register()]).toEqual(['ok', 'ThrottlingException']);
  });

  test('are all that is left when others use the account', async () => {
    await begin();
    world.aws.faults.add({ kind: 'throttle', operation: 'RegisterTaskDefinition' });
    expect(await register()).toBe('ThrottlingException');
    await world.clock.advance(1_000);
    expect(await register()).toBe('ok');
  });
});
