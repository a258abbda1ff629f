import { FakeClock } from '@hospital-ops/action-kit/fake-clock';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { World } from './world.ts';
import { recordIn, startWorld } from './world.ts';

let world: World;
/** Each test has an environment of its own in the same world. */
let environment = '';
let environments = 0;
beforeAll(async () => {
  world = await startWorld();
});
beforeEach(() => {
  environments += 1;
  environment = `environment-${environments}`;
});
afterEach(() => {
  world.aws.faults.clear();
  world.front.clear();
});
afterAll(() => world.close());

/** Faults that go on for as long as anybody tries, and those that strike once. */
const LASTING = ['throttle', '5xx', 'reset', 'access-denied', 'expired-token'] as const;

/** Waits are played, so that tries cost no time; it shows the right time, as DynamoDB's answers do. */
const quick = () => new FakeClock(Date.now());

const start = () => ({ environment, services: '["api"]' });
const finish = (id: string) => ({
  environment,
  operation: 'finish',
  'deployment-id': id,
  status: 'deployed',
  services: '["api"]',
});

/** Whatever happened: nobody is kept out, and nothing is said to be open that is not. */
const expectNothingLeft = async () => {
  const items = await world.items(environment);
  expect(items.has('lock')).toBe(false);
  for (const [key, item] of items) {
    if (key.endsWith('#started')) expect(items.has(`deployment#${recordIn(item)?.id}#ended`)).toBe(true);
  }
};

/** One of each sort: what is sent again, what was done all the same, what no try cures, what is no answer. */
const ONCE = ['5xx', 'lost-response', 'access-denied', 'empty', 'html'] as const;

describe.each(ONCE)('the fault %s once', (kind) => {
  test.each([
    ['GetItem', 0],
    ['GetItem', 1],
    ['GetItem', 2],
    ['PutItem', 0],
    ['PutItem', 1],
    ['Query', 0],
    ['DeleteItem', 0],
  ])('at %s, after %d of them, lets a deployment be recorded or refused, whole', async (operation, after) => {
    world.aws.faults.add({ service: 'dynamodb', operation, kind, after, times: 1 });
    const started = await world.run(start(), { clock: quick() });
    // A page of somebody in between is told as what it is, not tried again.
    const rides = !['access-denied', 'html'].includes(kind);
    if (rides) expect(started.failure).toBeUndefined();
    if (started.failure === undefined) {
      const finished = await world.run(finish(started.id), { clock: quick() });
      expect(finished.failure).toBeUndefined();
      // `empty` is what DynamoDB says of an item that is not there.
      if (rides && kind !== 'empty') {
        expect(recordIn((await world.items(environment)).get('current'))?.id).toBe(started.id);
        expect([...started.log, ...finished.log].filter((line) => line.startsWith('warning'))).toEqual([]);
      }
    }
    world.aws.faults.clear();
    await world.post(started.id, { ...start(), status: 'failure' }, { clock: quick() });
    await expectNothingLeft();
    expect((await world.run({ ...start(), version: '2.0.0' })).failure).toBeUndefined();
  });
});

describe.each(LASTING)('where %s goes on', (kind) => {
  test('before the deployment, nothing is deployed', async () => {
    world.aws.faults.add({ service: 'dynamodb', kind, after: 0, rate: 1 });
    const { failure, outputs } = await world.run(start(), { clock: quick() });
    expect(failure?.what).toContain('dynamodb:GetItem failed');
    expect(outputs.reason).toContain('dynamodb:GetItem failed');
    expect(world.github.deployments().filter((one) => one.environment === environment)).toEqual([]);
  });

  test('after it began, the end is told as far as it can be, and what is missing is said', async () => {
    const started = await world.run(start());
    world.aws.faults.add({ service: 'dynamodb', kind, after: 0, rate: 1 });
    const finished = await world.run(finish(started.id), { clock: quick() });
    expect(finished.failure).toBeUndefined();
    expect(finished.outputs.status).toBe('success');
    expect(world.github.deployments()[0]?.statuses[0]?.state).toBe('success');
    const log = finished.log.join('\n');
    expect(log).toMatch(/warning: The end of this deployment is missing from the table/);
    expect(log).toContain('Recorded release 1.1.0');
    expect(log).toMatch(/warning: The lock of "environment-\d+" stays until its lease is over/);
  });
});

const deployments = () => world.github.deployments().filter((one) => one.environment === environment);
const words = () => deployments().flatMap(({ statuses }) => statuses.map(({ state }) => state));
const CREATE = /^POST \S+\/deployments$/;
const WORD = /^POST \S+\/statuses$/;

describe.each([
  ['with a table', {}],
  ['without a table', { table: '' }],
] as ReadonlyArray<[string, { table?: string }]>)('a fault of GitHub %s', (_, table) => {
  test.each(['5xx', 'reset', 'lost-response'] as const)('%s at the creation leaves one deployment', async (kind) => {
    for (const times of [1, 2]) {
      environment = `${environment}-${times}`;
      world.front.strike(kind, CREATE, times);
      const started = await world.run({ ...start(), ...table }, { clock: quick() });
      expect(started.failure).toBeUndefined();
      expect(deployments()).toHaveLength(1);
      const finished = await world.run({ ...finish(started.id), ...table }, { clock: quick() });
      expect([...started.log, ...finished.log].filter((line) => line.startsWith('warning'))).toEqual([]);
      expect(words()[0]).toBe('success');
    }
  });

  test('that limits the rate for a while is waited out', async () => {
    world.front.strike('throttle', CREATE, 2);
    const started = await world.run({ ...start(), ...table }, { clock: quick() });
    expect(deployments()).toHaveLength(1);
    world.front.strike('throttle', WORD, 2);
    const finished = await world.run({ ...finish(started.id), ...table }, { clock: quick() });
    expect([...started.log, ...finished.log].filter((line) => line.startsWith('warning'))).toEqual([]);
    expect(words()[0]).toBe('success');
  });

  test('that limits the rate for long makes no deployment, and nobody is kept out by it', async () => {
    world.front.strike('throttle', CREATE, 9);
    const { failure, log, id } = await world.run({ ...start(), ...table }, { clock: quick() });
    if (table.table === '') expect(failure?.what).toContain('cannot create the deployment');
    else expect(log.join('\n')).toContain('warning: GitHub shows nothing of this deployment');
    expect(deployments()).toEqual([]);
    world.front.clear();
    await world.post(id, { ...start(), ...table, status: 'failure' }, { clock: quick() });
    expect((await world.run({ ...start(), ...table, version: '2.0.0' })).failure).toBeUndefined();
  });

  test.each(['throttle', '5xx', 'reset', 'lost-response'] as const)(
    '%s at the word on its end is told, and shows no other end',
    async (kind) => {
      const started = await world.run({ ...start(), ...table }, { clock: quick() });
      world.front.strike(kind, WORD, 9);
      const finished = await world.run({ ...finish(started.id), ...table }, { clock: quick() });
      expect(finished.failure).toBeUndefined();
      expect(finished.log.join('\n')).toContain('warning: GitHub does not show how this deployment ended');
      // Without a table that word is what lets others in.
      const isHeld = finished.log.some((line) => line.startsWith(`warning: The lock of "${environment}" stays until`));
      expect(isHeld).toBe(table.table === '');
      expect(new Set(words())).toEqual(
        new Set(kind === 'lost-response' ? ['success', 'in_progress'] : ['in_progress']),
      );
    },
  );
});

describe('where GitHub fails', () => {
  test('a deployment without one that cannot be closed is told to hold the environment on', async () => {
    const inputs = { ...start(), table: '' };
    const started = await world.run(inputs);
    expect(started.failure).toBeUndefined();
    world.front.strike('5xx', /./, 99);
    const finished = await world.run({ ...finish(started.id), table: '' }, { clock: quick() });
    const closed = await world.post(started.id, { ...inputs, status: 'failure' }, { clock: quick() });
    for (const { failure, log } of [finished, closed]) {
      expect(failure).toBeUndefined();
      expect(log.join('\n')).toMatch(/warning: The lock of "environment-\d+" stays until its lease is over/);
    }
    world.front.clear();
    expect((await world.run({ ...inputs, version: '2.0.0' })).failure?.what).toContain('is held by 1.1.0');
  });

  // From here on GitHub is gone.
  test('a deployment with a table goes on, and says what is missing', async () => {
    await world.github.close();
    const started = await world.run(start(), { clock: quick() });
    expect(started.failure).toBeUndefined();
    expect(started.log.join('\n')).toContain('warning: GitHub shows nothing of this deployment');
    const finished = await world.run(finish(started.id), { clock: quick() });
    expect(finished.failure).toBeUndefined();
    expect(recordIn((await world.items(environment)).get('current'))?.id).toBe(started.id);
  });

  test('nothing is said to be recorded that is recorded nowhere, or free that nobody could look at', async () => {
    const started = await world.run(start());
    world.aws.faults.add({ service: 'dynamodb', kind: 'access-denied', after: 0, rate: 1 });
    world.front.strike('5xx', /./, 99);
    const finished = await world.run(finish(started.id), { clock: quick() });
    expect(finished.outputs.status).toBe('success');
    expect(finished.log.join('\n')).toMatch(
      /warning: release 1\.1\.0 to \S+ ended as success; that is recorded nowhere\./,
    );
    expect(finished.log.join('\n')).not.toMatch(/Recorded release|is not recorded/);
    const closed = await world.post(started.id, { ...start(), status: 'failure' }, { clock: quick() });
    expect(closed.log.join('\n')).toContain('if it was not, it stays open in the record');
    world.aws.faults.clear();
    world.aws.faults.add({ service: 'dynamodb', operation: 'GetItem', kind: 'access-denied', after: 0, rate: 1 });
    const shown = await world.run({ environment, operation: 'show' }, { clock: quick() });
    expect(shown.summary).toContain('Who holds the environment could not be read');
    expect(shown.log.join('\n')).toMatch(/warning: Who holds the environment cannot be read.*Next: /s);
  });

  test('a deployment without one does not begin', async () => {
    await world.github.close();
    const { failure } = await world.run({ ...start(), table: '' }, { clock: quick() });
    expect(failure?.what).toContain('cannot list the deployments');
  });
});
