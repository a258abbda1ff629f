import { createMemoryLog } from '@hospital-ops/action-kit/log';
import { afterEach, describe, expect, test } from '@jest/globals';
import { exits } from '../../packages/rehearsal/src/aws/scripted-engine.ts';
import type { ReleaseWorld } from './release-world.ts';
import { createReleaseWorld } from './release-world.ts';

const SCRIPTS = { crash: exits(1, 200), late: exits(1, 6_000) };

let world: ReleaseWorld;
afterEach(() => world.close());

interface Entry {
  readonly service: string;
  readonly image: string;
  readonly after?: readonly string[];
  readonly [more: string]: unknown;
}

const entries = (...all: readonly Entry[]) => JSON.stringify(all);
const outcomes = (ran: { reports: ReadonlyArray<{ name: string; outcome: string }> }) =>
  ran.reports.map(({ name, outcome }) => `${name} ${outcome}`);

/** Updates in the order in which ECS got them: `api:2` for service → definition. */
const updates = (): string[] =>
  world.aws
    .requests()
    .filter(({ operation, status }) => operation === 'UpdateService' && status === 200)
    .map(({ input }) => String((input as { taskDefinition?: string }).taskDefinition).replace(/^.*\//, ''));

const updatedAt = (definition: string): number =>
  world.aws
    .requests()
    .find(
      ({ operation, input }) =>
        operation === 'UpdateService' &&
        String((input as { taskDefinition?: string }).taskDefinition).endsWith(definition),
    )?.at ?? Number.NaN;

/** When the deployment of a revision was complete, in virtual time. */
const watchEnds = () => {
  const ends = new Map<string, number>();
  world.aws.onEvent(() => {
    for (const { name, deployments } of world.aws.ecs.snapshot().services) {
      const newest = deployments.at(-1);
      if (newest?.endedAt !== undefined) ends.set(`${name} ${deployments.length}`, newest.endedAt);
    }
  });
  return ends;
};

describe('the order of a release', () => {
  test('a service begins when those it comes after are complete, and results keep the order of the inputs', async () => {
    world = await createReleaseWorld(SCRIPTS, ['api', 'db', 'web']);
    const ends = watchEnds();
    const ran = await world.deploy({
      services: entries(
        { service: 'web', image: 'v2', after: ['api'] },
        { service: 'api', image: 'v2', after: ['db'] },
        { service: 'db', image: 'v2' },
      ),
    });
    expect(outcomes(ran)).toEqual(['web deployed', 'api deployed', 'db deployed']);
    expect(updates()).toEqual(['db:2', 'api:2', 'web:2']);
    expect(updatedAt('api:2')).toBeGreaterThanOrEqual(ends.get('db 2') ?? Number.NaN);
    expect(updatedAt('web:2')).toBeGreaterThanOrEqual(ends.get('api 2') ?? Number.NaN);
  });

  test('one that is unchanged holds nobody up', async () => {
    world = await createReleaseWorld(SCRIPTS, ['api', 'db']);
    const ran = await world.deploy({
      services: entries({ service: 'api', image: 'v2', after: ['db'] }, { service: 'db', image: 'v1' }),
    });
    expect(outcomes(ran)).toEqual(['api deployed', 'db unchanged']);
  });

  test('when one fails, those that come after it are never begun, and what was complete goes back', async () => {
    world = await createReleaseWorld(SCRIPTS, ['api', 'db', 'web']);
    const ran = await world.deploy({
      services: entries(
        { service: 'db', image: 'v2' },
        { service: 'api', image: 'crash', after: ['db'] },
        { service: 'web', image: 'v2', after: ['api'] },
      ),
    });
    expect(outcomes(ran)).toEqual(['db rolled-back', 'api rolled-back', 'web unchanged']);
    expect(ran.reports[2]?.reason).toMatch(/not deployed.*"api"/);
    expect(ran.outputs.outcome).toBe('rolled-back');
    expect(updates()).not.toContain('web:2');
    expect(await Promise.all(['db', 'api', 'web'].map((name) => world.image(name)))).toEqual(['v1', 'v1', 'v1']);
  });

  test('with on-failure: leave the others are deployed, but nothing is built on the one that failed', async () => {
    world = await createReleaseWorld(SCRIPTS, ['api', 'db', 'web']);
    const ran = await world.deploy({
      'on-failure': 'leave',
      services: entries(
        { service: 'db', image: 'crash' },
        { service: 'api', image: 'v2', after: ['db'] },
        { service: 'web', image: 'v2' },
      ),
    });
    expect(outcomes(ran)).toEqual(['db failed', 'api unchanged', 'web deployed']);
    expect(ran.reports[1]?.reason).toMatch(/comes after "db"/);
  });

  test('going back goes the other way round: nobody stands on what is taken away', async () => {
    world = await createReleaseWorld({ ...SCRIPTS }, ['api', 'db', 'web']);
    const ends = watchEnds();
    const ran = await world.deploy({
      services: entries(
        { service: 'db', image: 'v2' },
        { service: 'api', image: 'v2', after: ['db'] },
        { service: 'web', image: 'crash', after: ['api'] },
      ),
    });
    expect(outcomes(ran)).toEqual(['db rolled-back', 'api rolled-back', 'web rolled-back']);
    expect(updates().slice(-2)).toEqual(['api:1', 'db:1']);
    expect(updatedAt('db:1')).toBeGreaterThanOrEqual(ends.get('api 3') ?? Number.NaN);
  });

  test('no more than max-parallel are on their way at once', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    world = await createReleaseWorld(SCRIPTS, names);
    let most = 0;
    world.aws.onEvent(() => {
      const moving = world.aws.ecs.snapshot().services.filter(({ deployments }) => !deployments.at(-1)?.endedAt);
      most = Math.max(most, moving.length);
    });
    const ran = await world.deploy({
      'max-parallel': '2',
      services: entries(...names.map((service) => ({ service, image: 'v2' }))),
    });
    expect(ran.outputs.outcome).toBe('deployed');
    expect(most).toBe(2);
  });
});

describe('all or nothing', () => {
  test('services whose turn had not come stay as they are, and their registrations are not sent', async () => {
    const names = ['a', 'b', 'c', 'd'];
    world = await createReleaseWorld(SCRIPTS, names);
    const ran = await world.deploy({
      'max-parallel': '1',
      services: entries(...names.map((service, i) => ({ service, image: i === 1 ? 'crash' : 'v2' }))),
    });
    expect(outcomes(ran)).toEqual(['a rolled-back', 'b rolled-back', 'c unchanged', 'd unchanged']);
    expect(world.aws.calls('RegisterTaskDefinition')).toBe(2);
    expect(ran.reports[2]?.serving['task-definition']).toMatch(/c:1$/);
  });

  test('a release of which one service is refused changes nothing', async () => {
    world = await createReleaseWorld(SCRIPTS, ['api', 'web']);
    const error = await world
      .deploy({ services: entries({ service: 'web', image: 'v2' }, { service: 'ghost', image: 'v2' }) })
      .catch((thrown) => thrown);
    expect(`${error.why}`).toMatch(/"ghost"/);
    expect(world.aws.calls('RegisterTaskDefinition') + world.aws.calls('UpdateService')).toBe(0);
  });

  test('in a cancelled run all go back at once', async () => {
    world = await createReleaseWorld(SCRIPTS, ['api', 'db']);
    const ended = world.aws.onEvent(() => {
      if (updates().includes('api:2')) {
        ended();
        void world.clock.background.sleep(300).then(() => world.cancel.abort());
      }
    });
    const ran = await world.deploy({
      services: entries({ service: 'db', image: 'v2' }, { service: 'api', image: 'v2', after: ['db'] }),
    });
    expect(ran.outputs.outcome).toBe('cancelled');
    await world.settle('api');
    await world.settle('db');
    expect(await Promise.all(['db', 'api'].map((name) => world.image(name)))).toEqual(['v1', 'v1']);
  });
});

describe('when sight is lost', () => {
  test('nobody else is begun, nobody is taken back, and what cannot be seen is said to be unknown', async () => {
    world = await createReleaseWorld(SCRIPTS, ['api', 'db', 'web']);
    const ran = await (async () => {
      const ended = world.aws.onEvent(() => {
        if (!updates().includes('db:2')) return;
        ended();
        world.aws.faults.add({ operation: 'DescribeServices', kind: 'access-denied', times: 1 });
      });
      return world.deploy({
        'max-parallel': '1',
        services: entries(
          { service: 'db', image: 'v2' },
          { service: 'api', image: 'v2' },
          { service: 'web', image: 'v1' },
        ),
      });
    })();
    expect(outcomes(ran)).toEqual(['db unknown', 'api unchanged', 'web unchanged']);
    expect(ran.outputs.outcome).toBe('unknown');
    expect(ran.reports[0]?.serving['task-definition']).toBe('');
    expect(updates()).toEqual(['db:2']);
  });
});

describe('what a release sends', () => {
  test('leaves desired counts to whoever owns them', async () => {
    world = await createReleaseWorld(SCRIPTS, ['api', 'web']);
    await world.deploy({ services: entries({ service: 'api', image: 'v2' }, { service: 'web', image: 'crash' }) });
    const sent = world.aws.requests().filter(({ operation }) => operation === 'UpdateService');
    expect(sent.length).toBeGreaterThanOrEqual(2);
    for (const { input } of sent) expect(input).not.toHaveProperty('desiredCount');
  });

  test('is one registration for services that share a definition, and one for each that differs in it', async () => {
    world = await createReleaseWorld(SCRIPTS, ['api']);
    for (const service of ['one', 'two', 'three'])
      await world.ecs('CreateService', { cluster: 'c', serviceName: service, taskDefinition: 'api', desiredCount: 1 });
    for (const service of ['one', 'two', 'three']) await world.settle(service);
    const ran = await world.deploy({
      services: entries(
        { service: 'one', image: 'v2' },
        { service: 'two', image: 'v2' },
        { service: 'three', image: 'v3' },
      ),
    });
    expect(ran.outputs.outcome).toBe('deployed');
    expect(world.aws.calls('RegisterTaskDefinition')).toBe(2);
    expect(await Promise.all(['one', 'two', 'three'].map((name) => world.image(name)))).toEqual(['v2', 'v2', 'v3']);
  });

  test('is registered once each also when two of one family are on their way and a response is lost', async () => {
    world = await createReleaseWorld(SCRIPTS, ['api']);
    await world.ecs('CreateService', { cluster: 'c', serviceName: 'two', taskDefinition: 'api', desiredCount: 1 });
    await world.settle('two');
    world.aws.faults.add({ operation: 'RegisterTaskDefinition', kind: 'lost-response', times: 1 });
    const ran = await world.deploy({
      services: entries({ service: 'api', image: 'v2' }, { service: 'two', image: 'v3' }),
    });
    expect(ran.outputs.outcome).toBe('deployed');
    const { taskDefinition } = await world.ecs('DescribeTaskDefinition', { taskDefinition: 'api' });
    expect(taskDefinition.revision).toBe(3);
  });

  test('is a look for many services at once: calls grow with services by tens', async () => {
    const names = Array.from({ length: 30 }, (_, i) => `s${i}`);
    world = await createReleaseWorld(SCRIPTS, names, { throttling: false });
    const before = world.aws.calls('DescribeServices');
    const start = world.clock.now();
    const ran = await world.deploy({
      'max-parallel': '30',
      services: entries(...names.map((service) => ({ service, image: 'v2' }))),
    });
    expect(ran.outputs.outcome).toBe('deployed');
    const looks = (world.clock.now() - start) / 1_000 + 2;
    expect(world.aws.calls('DescribeServices') - before).toBeLessThanOrEqual(3 * looks);
  });

  test('is no more than the rates of the API take, also when another job draws on them', async () => {
    const names = Array.from({ length: 60 }, (_, i) => `s${i}`);
    world = await createReleaseWorld(SCRIPTS, names);
    const half = (from: number) =>
      world.deploy(
        {
          'max-parallel': '30',
          services: entries(...names.slice(from, from + 30).map((service) => ({ service, image: 'v2' }))),
        },
        { log: createMemoryLog() },
      );
    const both = await Promise.all([half(0), half(30)]);
    expect(both.map(({ outputs }) => outputs.outcome)).toEqual(['deployed', 'deployed']);
    expect(world.aws.requests().some(({ error }) => error === 'ThrottlingException')).toBe(true);
    const registered = world.aws
      .requests()
      .filter(({ operation, status }) => operation === 'RegisterTaskDefinition' && status === 200);
    expect(registered).toHaveLength(60);
  });

  test('is one of a service whose name is a name of the language', async () => {
    world = await createReleaseWorld(SCRIPTS, ['__proto__', 'constructor']);
    const ran = await world.deploy({
      services: entries({ service: '__proto__', image: 'v2' }, { service: 'constructor', image: 'v2' }),
    });
    expect(outcomes(ran)).toEqual(['__proto__ deployed', 'constructor deployed']);
    expect(ran.outputs['task-definition-arn']).toMatch(/"__proto__":"arn:[^"]+__proto__:2"/);
    expect(ran.reports[0]?.new.images).toEqual(Object.fromEntries([['__proto__', 'v2']]));
  });
});
