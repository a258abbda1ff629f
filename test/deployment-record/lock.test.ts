import type { Clock } from '@hospital-ops/action-kit/clock';
import { systemClock } from '@hospital-ops/action-kit/clock';
import { createTable } from '@hospital-ops/aws/dynamodb/client';
import { tableLock } from '@hospital-ops/deployments/lock';
import { tableRecords } from '@hospital-ops/deployments/store';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { World } from './world.ts';
import { image, recordIn, startWorld, TABLE } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.close());

const HOUR = 3_600_000;
const PK = 'rivercare/hospital-ops#production';

/** A runner whose clock is wrong by `ms`; it sleeps in real time. */
const skewed = (ms: number): Clock => ({ ...systemClock, now: () => Date.now() + ms });

const lockOf = (clock: Clock = systemClock) =>
  tableLock(createTable(TABLE, { clock, signal: new AbortController().signal }), PK);

const wanted = (owner: string, leaseMs = HOUR) => ({
  owner,
  actor: `actor of ${owner}`,
  version: '1.1.0',
  workflow: 'deploy',
  runUrl: `https://github.com/runs/${owner}`,
  leaseMs,
});

const held = async () => (await world.items()).get('lock');

test('of 50 that come at once, with clocks that are off by hours and answers that are lost, one gets in', async () => {
  world.aws.faults.add({ service: 'dynamodb', operation: 'PutItem', kind: 'lost-response', rate: 0.5 });
  world.aws.faults.add({ service: 'dynamodb', kind: '5xx', rate: 0.1 });
  const names = Array.from({ length: 50 }, (_, index) => `deployment-${index}`);
  const claims = await Promise.all(
    names.map((name, index) => lockOf(skewed((index % 5) * 2 * HOUR - 4 * HOUR)).claim(wanted(name))),
  );
  const winners = names.filter((_, index) => claims[index]?.kind === 'ours');
  expect(winners).toHaveLength(1);
  const [winner = ''] = winners;
  expect(await held()).toMatchObject({ owner: winner });
  for (const claim of claims) {
    if (claim.kind === 'held') expect(claim.holder).toMatchObject({ owner: winner, actor: `actor of ${winner}` });
  }
  // Nobody but the holder can give it back, and the holder can do so twice.
  world.aws.faults.clear();
  world.aws.faults.add({ service: 'dynamodb', operation: 'DeleteItem', kind: 'lost-response', rate: 0.5 });
  const loser = names.find((name) => name !== winner) ?? '';
  expect((await lockOf().release(loser)).kind).toBe('lost');
  expect(await held()).toMatchObject({ owner: winner });
  expect(['released', 'gone']).toContain((await lockOf(skewed(-9 * HOUR)).release(winner)).kind);
  expect(await held()).toBeUndefined();
  expect((await lockOf().release(winner)).kind).toBe('gone');
});

describe('a lease', () => {
  test('that is over is taken, and who held it is named; what remains of that deployment gives back nothing', async () => {
    await lockOf().claim(wanted('dead', -10_000));
    expect(await lockOf().claim(wanted('next'))).toEqual({
      kind: 'ours',
      abandoned: expect.objectContaining({ owner: 'dead', actor: 'actor of dead' }),
    });
    expect(await lockOf().release('dead')).toMatchObject({ kind: 'lost', holder: { owner: 'next' } });
    expect(await held()).toMatchObject({ owner: 'next' });
  });

  test('that is over is taken by one of 20, also when its answer is lost', async () => {
    await lockOf().claim(wanted('dead', -10_000));
    world.aws.faults.add({ service: 'dynamodb', operation: 'PutItem', kind: 'lost-response', times: 3 });
    const claims = await Promise.all(Array.from({ length: 20 }, (_, index) => lockOf().claim(wanted(`next-${index}`))));
    const ours = claims.filter(({ kind }) => kind === 'ours');
    expect(ours).toEqual([{ kind: 'ours', abandoned: expect.objectContaining({ owner: 'dead' }) }]);
  });

  test('is neither taken early by a clock that is ahead, nor held for ever by one', async () => {
    await lockOf(skewed(-5 * HOUR)).claim(wanted('first'));
    expect((await lockOf(skewed(5 * HOUR)).claim(wanted('ahead'))).kind).toBe('held');
    const { expires } = (await held()) as { expires: number };
    expect(Math.abs(expires - (Date.now() + HOUR))).toBeLessThan(5_000);
  });
});

describe('the loser', () => {
  test('is told who holds the environment, since when and for how long, and deploys nothing', async () => {
    await world.run({ services: '["api"]' }, { actor: 'asha', runId: 77 });
    const { failure, outputs } = await world.run(
      { services: '["api"]', version: '2.0.0' },
      { actor: 'ben', runId: 88 },
    );
    expect(failure?.what).toMatch(
      /"production" is held by 1\.1\.0 by asha \(deploy-production\): https:\/\/github\.com\/.*\/runs\/77, for \ds now/,
    );
    expect(failure?.why).toMatch(/lease lasts 2h00m more|lease lasts 1h59m/);
    expect(outputs['lock-holder']).toContain('asha');
    expect(outputs.reason).toContain('asha');
    expect([...(await world.items()).keys()].filter((key) => key.startsWith('deployment#'))).toHaveLength(1);
    expect(world.github.deployments()).toHaveLength(1);
  });

  test('that waits gets in as soon as the holder is done', async () => {
    const first = await world.run({ services: '["api"]' });
    const second = world.run({ services: '["api"]', version: '2.0.0', 'lock-wait': '1m' }, { actor: 'ben' });
    await world.run({ operation: 'finish', 'deployment-id': first.id, status: 'deployed' });
    const { outputs, log } = await second;
    expect(outputs).toMatchObject({ status: 'in-progress', 'previous-version': '1.1.0' });
    expect(log.join('\n')).toMatch(/Waiting for 1\.1\.0 by asha|Recorded release 2\.0\.0/);
  });

  test('that has waited long enough says so', async () => {
    await world.run({});
    const { failure } = await world.run({ 'lock-wait': '1s' });
    expect(failure?.what).toContain('is held by 1.1.0 by asha');
    expect(failure?.why).toContain('1s of waiting');
  });
});

test('a deployment whose runner died is closed by the one that takes its place', async () => {
  const first = { services: '["api"]', images: JSON.stringify({ api: image('api', 'a') }), 'lock-ttl': '60s' };
  const dead = await world.run(first, { actor: 'asha' });
  const later: Clock = { ...systemClock };
  await world.aws.call('dynamodb', 'UpdateItem', {
    TableName: TABLE,
    Key: { pk: { S: PK }, sk: { S: 'lock' } },
    UpdateExpression: 'SET #expires = #expires - :hour',
    ExpressionAttributeNames: { '#expires': 'expires' },
    ExpressionAttributeValues: { ':hour': { N: String(HOUR) } },
  });
  const second = { ...first, images: JSON.stringify({ api: image('api', 'b') }), version: '2.0.0' };
  const next = await world.run(second, { actor: 'ben', clock: later });
  expect(next.log.join('\n')).toMatch(
    /deployment of 1\.1\.0 by asha .* never said how it ended.*at what serves of: api/,
  );
  expect(recordIn((await world.items()).get(`deployment#${dead.id}#ended`))).toMatchObject({
    status: 'unknown',
    // Its own, not those of who found it.
    services: { api: { outcome: 'unknown', image: image('api', 'a') } },
  });
  expect(world.github.deployments()[1]?.statuses[0]?.state).toBe('error');
  // What comes back to life finds the environment in other hands.
  const late = await world.run({ operation: 'finish', 'deployment-id': dead.id, status: 'deployed' });
  expect(late.log.join('\n')).toContain('not held by this deployment any more, but by 2.0.0 by ben');
  expect(late.outputs.status).toBe('unknown');
  expect(await held()).toMatchObject({ owner: next.id });
});

test('of two that waited, the one that got in last is what runs, although it came first', async () => {
  const table = createTable(TABLE, { clock: systemClock, signal: new AbortController().signal });
  const records = tableRecords(table, PK, 'a writer');
  const { id } = await world.run({});
  const record = await records.find(id);
  if (record === undefined) throw new Error('nothing is recorded');
  const first = {
    ...record,
    id: '20261128T080000000Z-1-1-aaaa',
    started: '2026-11-28T08:30:00.000Z',
    version: 'first',
  };
  const second = {
    ...record,
    id: '20261128T080100000Z-1-1-aaaa',
    started: '2026-11-28T08:10:00.000Z',
    version: 'second',
  };
  for (const one of [second, first]) await records.end({ ...one, status: 'success' });
  expect((await records.current())?.version).toBe('first');
  expect((await records.list(3)).map(({ version }) => version)).toEqual(['1.1.0', 'first', 'second']);
  // One whose lease was over and that ends late is not.
  await records.end({ ...second, id: '20261128T090000000Z-1-1-aaaa', status: 'success', version: 'late' });
  expect((await records.current())?.version).toBe('first');
});

test('a window that opens while another deployment is waited for is kept', async () => {
  const frozenFrom = Date.now() + 30 * 60_000;
  const first = await world.run({});
  let offset = 0;
  const clock: Clock = { ...systemClock, now: () => Date.now() + offset };
  const stamp = (at: number) => new Date(at).toISOString().slice(0, 16).replace('T', ' ');
  const freeze = JSON.stringify([{ from: stamp(frozenFrom), to: stamp(frozenFrom + 86_400_000) }]);
  const waiting = world.run({ version: '2.0.0', 'lock-wait': '5h', freeze }, { clock });
  while (world.aws.calls('GetItem', 'dynamodb') < 6) await systemClock.sleep(20);
  offset = HOUR;
  await world.run({ operation: 'finish', 'deployment-id': first.id, status: 'deployed' });
  const { failure } = await waiting;
  expect(failure?.what).toContain('the freeze window');
  expect(await held()).toBeUndefined();
});

describe('at GitHub alone', () => {
  test('of 10 that come at once one gets in', async () => {
    const runs = await Promise.all(
      Array.from({ length: 10 }, (_, index) => world.run({ table: '' }, { actor: `actor-${index}` })),
    );
    expect(runs.filter(({ failure }) => failure === undefined)).toHaveLength(1);
    const open = world.github.deployments().filter(({ statuses }) => statuses[0]?.state === 'in_progress');
    expect(open).toHaveLength(1);
    for (const { failure } of runs) if (failure) expect(failure.what).toMatch(/is held by 1\.1\.0 by actor-\d/);
  });

  test('deployments of others hold nothing', async () => {
    const answer = await fetch(`${world.github.url}/repos/rivercare/hospital-ops/deployments`, {
      method: 'POST',
      headers: { authorization: 'token ghs_rehearsal' },
      body: JSON.stringify({ ref: world.sha, environment: 'production', auto_merge: false, payload: '{"a":1}' }),
    });
    expect(answer.status).toBe(201);
    expect((await world.run({ table: '' })).failure).toBeUndefined();
  });

  test('a deployment whose runner died holds no longer than its lease, and is closed', async () => {
    const dead = await world.run({ table: '', 'lock-ttl': '60s' });
    const later = skewed(HOUR);
    const next = await world.run({ table: '', version: '2.0.0' }, { clock: later });
    expect(next.failure).toBeUndefined();
    const shown = JSON.parse(
      (await world.run({ table: '', operation: 'show' }, { clock: later })).outputs.records ?? '',
    );
    expect(shown.find(({ id }: { id: string }) => id === dead.id)).toMatchObject({ status: 'unknown' });
  });
});
