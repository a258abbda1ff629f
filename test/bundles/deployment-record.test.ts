import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { World } from '../deployment-record/world.ts';
import { recordIn, startWorld, TABLE } from '../deployment-record/world.ts';
import type { Job, Ran, Running } from '../support/bundle.ts';
import { cancelBundle, createJob, runBundle, startBundle } from '../support/bundle.ts';
import { expectContract } from '../support/hostile.ts';

const TOKEN = 'ghs_rehearsal';

let world: World;
let job: Job;
beforeEach(async () => {
  [world, job] = [await startWorld(), createJob()];
});
afterEach(async () => {
  job.remove();
  await world.close();
});

const env = (more: Readonly<Record<string, string>> = {}) => ({
  AWS_ENDPOINT_URL: world.aws.url,
  AWS_REGION: world.aws.region,
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'secret',
  GITHUB_API_URL: world.github.url,
  GITHUB_ACTOR: 'asha',
  GITHUB_SHA: world.sha,
  ...more,
});

const USUAL = () => ({
  environment: 'production',
  version: '1.1.0',
  services: '["api"]',
  table: TABLE,
  sha: world.sha,
  token: TOKEN,
});

const record = (inputs: Record<string, string> = {}, state: Record<string, string> = {}): Promise<Ran> =>
  runBundle('deployment-record', job, { inputs: { ...USUAL(), ...inputs }, env: env(state) });

/** The post step, as the runner starts it: the same inputs, and what the main step kept. */
const startPost = (ran: Ran, inputs: Record<string, string> = {}): Running => {
  const state = Object.fromEntries(Object.entries(ran.state).map(([name, value]) => [`STATE_${name}`, value]));
  return startBundle('deployment-record', job, { inputs: { ...USUAL(), ...inputs }, env: env(state) });
};
const post = (ran: Ran, inputs: Record<string, string> = {}): Promise<Ran> => startPost(ran, inputs).ended;

/** Sends `signal` once DynamoDB has refused a write of the step. */
const endedBy = async (signal: NodeJS.Signals, running: Running): Promise<Ran> => {
  const calls = world.aws.calls('PutItem');
  while (world.aws.calls('PutItem') < calls + 2) await pause(10);
  running.kill(signal);
  return await running.ended;
};

/** Ids of the deployments of which it is recorded that they began. */
const started = (items: ReadonlyMap<string, Readonly<Record<string, unknown>>>) =>
  [...items].filter(([key]) => key.endsWith('#started')).map(([, item]) => recordIn(item)?.id);

const statuses = () => world.github.deployments().flatMap((one) => one.statuses.map(({ state }) => state));

describe('the built action', () => {
  test('starts, finishes and shows, and its post step then changes nothing', async () => {
    const started = await record();
    expectContract(started);
    expect(started.code).toBe(0);
    const finished = await record({
      operation: 'finish',
      'deployment-id': started.outputs['deployment-id'] ?? '',
      status: 'deployed',
    });
    expectContract(finished);
    expect(finished.outputs.status).toBe('success');
    const before = [await world.items(), statuses()];
    const closed = await post(started, { status: 'success' });
    expect({ code: closed.code, outputs: closed.outputs }).toEqual({ code: 0, outputs: {} });
    expect([await world.items(), statuses()]).toEqual(before);
    const shown = await record({ operation: 'show' });
    expect(JSON.parse(shown.outputs.records ?? '')).toMatchObject([{ status: 'success', actor: 'asha' }]);
    expect(shown.log).toContain('1.1.0  success (deployed)');
  });

  test('closes in its post step what was cancelled, and lets the next one in', async () => {
    const started = await record();
    const closed = await post(started, { status: 'cancelled' });
    expect(closed.code).toBe(0);
    expect(closed.log).toContain('recorded as cancelled');
    expect(statuses()).toEqual(['error', 'in_progress']);
    expect((await record()).code).toBe(0);
  });

  test('that was refused gives nothing away of the holder’s, and exits 1', async () => {
    const first = await record();
    const second = await record({ version: '2.0.0' });
    expectContract(second);
    expect(second.code).toBe(1);
    expect(second.outputs['lock-holder']).toContain('1.1.0 by asha');
    expect(second.outputs['deployment-id']).toBe('');
    await post(second, { version: '2.0.0' });
    expect((await world.items()).get('lock')).toMatchObject({ owner: first.outputs['deployment-id'] });
    expect(statuses()).toEqual(['in_progress']);
  });

  test('of two releases at once lets one wait for the other, and nothing is interleaved', async () => {
    const marks: string[] = [];
    const release = async (version: string, run: string) => {
      const started = await record({ version, 'lock-wait': '5m' }, { GITHUB_RUN_ID: run });
      expect(started.code).toBe(0);
      marks.push(`${version} began over ${started.outputs['previous-version'] || 'nothing'}`);
      await pause(200);
      marks.push(`${version} ended`);
      const id = started.outputs['deployment-id'] ?? '';
      await record({ operation: 'finish', 'deployment-id': id, status: 'deployed' }, { GITHUB_RUN_ID: run });
      return started;
    };
    const both = await Promise.all([release('1.0.0', '1'), release('2.0.0', '2')]);
    const [first = '', second = ''] = marks[0]?.startsWith('1.0.0') ? ['1.0.0', '2.0.0'] : ['2.0.0', '1.0.0'];
    expect(marks).toEqual([
      `${first} began over nothing`,
      `${first} ended`,
      `${second} began over ${first}`,
      `${second} ended`,
    ]);
    expect(both.filter(({ log }) => log.includes(`Waiting for ${first} by asha`))).toHaveLength(1);
  });

  test('whose inputs were refused does nothing in its post step', async () => {
    const refused = await record({ freeze: 'never' });
    expect(refused.code).toBe(1);
    const closed = await post(refused);
    expect(closed.code).toBe(0);
    expect((await world.items()).size).toBe(0);
    expect(world.github.deployments()).toEqual([]);
  });

  test('interrupted while it waits for another gives up at once, and leaves the holder alone', async () => {
    const first = await record();
    const step = { inputs: { ...USUAL(), version: '2.0.0', 'lock-wait': '10m' }, env: env() };
    const ran = await cancelBundle('deployment-record', job, step, /Waiting for 1\.1\.0 by asha/);
    expect(ran.code).toBe(1);
    expect(ran.ms).toBeLessThan(7_000);
    expect((await world.items()).get('lock')).toMatchObject({ owner: first.outputs['deployment-id'] });
  });

  test('interrupted at any call of its start holds nothing after its post step', async () => {
    for (const operation of ['PutItem', 'GetItem']) {
      world.aws.faults.add({ service: 'dynamodb', operation, kind: 'throttle', rate: 1, forMs: 1_500, after: 1 });
      const step = { inputs: USUAL(), env: env() };
      const calls = world.aws.calls(operation);
      const ran = await cancelBundle('deployment-record', job, step, () => world.aws.calls(operation) > calls + 1);
      world.aws.faults.clear();
      await post(ran, { status: 'cancelled' });
      const items = await world.items();
      expect(items.has('lock')).toBe(false);
      const open = [...items].filter(([key]) => key.endsWith('#started')).map(([, item]) => recordIn(item)?.id);
      for (const one of open) expect(items.has(`deployment#${one}#ended`)).toBe(true);
    }
  });

  // SIGKILL is what comes of a runner that has no patience left; what the step said of itself until then is all there is.
  test.each(['SIGTERM', 'SIGKILL'] as const)('ended by %s in its start is closed by its post step', async (signal) => {
    world.aws.faults.add({
      service: 'dynamodb',
      operation: 'PutItem',
      kind: 'throttle',
      rate: 1,
      forMs: 1_500,
      after: 1,
    });
    const ran = await endedBy(signal, startBundle('deployment-record', job, { inputs: USUAL(), env: env() }));
    await post(ran, { status: 'cancelled' });
    const items = await world.items();
    expect(items.has('lock')).toBe(false);
    expect(started(items).filter((id) => !items.has(`deployment#${id}#ended`))).toEqual([]);
    expect((await record({ version: '2.0.0' })).code).toBe(0);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('whose post step gets %s goes on to the end', async (signal) => {
    const ran = await record();
    world.aws.faults.add({
      service: 'dynamodb',
      operation: 'PutItem',
      kind: 'throttle',
      rate: 1,
      forMs: 1_500,
      after: 0,
    });
    const closed = await endedBy(signal, startPost(ran, { status: 'cancelled' }));
    expect(closed.log).toContain('recorded as cancelled');
    const items = await world.items();
    expect(items.has('lock')).toBe(false);
    expect(started(items).filter((id) => !items.has(`deployment#${id}#ended`))).toEqual([]);
    expect(statuses()).toEqual(['error', 'in_progress']);
  });

  test('whose post step is killed keeps others out until the lease is over, and says of no end', async () => {
    const ran = await record();
    world.aws.faults.add({ service: 'dynamodb', operation: 'PutItem', kind: 'throttle', rate: 1, after: 0 });
    await endedBy('SIGKILL', startPost(ran, { status: 'success' }));
    world.aws.faults.clear();
    const items = await world.items();
    expect(items.get('lock')).toMatchObject({ owner: ran.outputs['deployment-id'] });
    expect([...items.keys()].filter((key) => key.endsWith('#ended'))).toEqual([]);
    expect((await record({ version: '2.0.0' })).outputs['lock-holder']).toContain('1.1.0 by asha');
  });
});
