import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { REPOSITORY } from '../support/local-github.ts';
import type { World } from './world.ts';
import { image, recordIn, startWorld } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.close());

const IMAGES = JSON.stringify({ api: image('api', 'a'), web: image('web', 'b') });
const START = { services: '["api","web"]', images: IMAGES, url: 'https://www.example.org' };
const RESULT = JSON.stringify([
  { service: 'x-api', name: 'api', outcome: 'deployed', serving: { 'task-definition': 'arn:api:2', version: '1.1.0' } },
  { service: 'x-web', name: 'web', outcome: 'unchanged' },
]);

const deploy = async (more: Record<string, string> = {}, end: Record<string, string> = {}) => {
  const started = await world.run({ ...START, ...more });
  expect(started.failure).toBeUndefined();
  const finished = await world.run({
    operation: 'finish',
    'deployment-id': started.outputs['deployment-id'] ?? '',
    services: RESULT,
    status: 'deployed',
    ...end,
  });
  expect(finished.failure).toBeUndefined();
  return { started, finished, id: started.id };
};

const events = async () => [...(await world.items()).keys()];

describe.each([
  ['in a table', {}],
  ['at GitHub alone', { table: '' }],
])('a deployment recorded %s', (_, where: Record<string, string>) => {
  test('begins with what is deployed, and what went before', async () => {
    const first = await deploy(where, where);
    expect(first.started.outputs).toMatchObject({ 'previous-version': '', 'previous-sha': '', status: 'in-progress' });
    const { started } = await deploy({ ...where, version: '1.2.0', services: '["api"]' }, where);
    expect(started.outputs).toMatchObject({ 'previous-version': '1.1.0', 'previous-sha': world.sha });
    const [deployment] = world.github.deployments();
    expect(deployment).toMatchObject({
      sha: world.sha,
      environment: 'production',
      production_environment: true,
      transient_environment: false,
    });
    expect(deployment?.statuses.map(({ state }) => state)).toEqual(['success', 'in_progress']);
    expect(deployment?.statuses[0]).toMatchObject({
      environment_url: 'https://www.example.org',
      log_url: `https://github.com/${REPOSITORY}/actions/runs/77`,
    });
  });

  test('says who started it and why, in every record', async () => {
    const { started } = await deploy({ ...where, kind: 'hotfix', reason: 'Orders\nare refused <b>' }, where);
    expect(started.summary).toMatch(/Started by asha.*Reason&#58; Orders<br>are refused &lt;b&gt;/);
    const shown = await world.run({ ...where, operation: 'show' });
    const [record] = JSON.parse(shown.outputs.records ?? '');
    expect(record).toMatchObject({
      kind: 'hotfix',
      reason: 'Orders\nare refused <b>',
      actor: expect.stringMatching(/./),
    });
    expect(shown.log.join('\n')).toContain('Orders ⏎ are refused <b>');
  });

  test('that succeeds holds every service of the environment, also those that it left alone', async () => {
    await deploy(where, where);
    const { id } = await deploy(
      {
        ...where,
        version: '1.2.0',
        services: '["api"]',
        images: JSON.stringify({ api: image('api', 'c') }),
        'service-sha': 'e'.repeat(40),
      },
      { ...where, services: '[{"service":"x","name":"api","outcome":"deployed"}]' },
    );
    const shown = await world.run({ ...where, operation: 'show' });
    const records = JSON.parse(shown.outputs.records ?? '');
    expect(records).toHaveLength(2);
    expect(records[0]).toMatchObject({ id, status: 'success', version: '1.2.0', previous: { version: '1.1.0' } });
    expect(records[0].services).toMatchObject({
      api: {
        outcome: 'deployed',
        digest: `sha256:${'c'.repeat(64)}`,
        version: '1.2.0',
        sha: 'e'.repeat(40),
        deployment: id,
      },
      web: {
        outcome: 'kept',
        digest: `sha256:${'b'.repeat(64)}`,
        version: '1.1.0',
        sha: world.sha,
        deployment: records[1].id,
      },
    });
    expect(shown.outputs['lock-holder']).toBe('');
    expect(shown.summary).toContain('1&#46;2&#46;0');
  });

  test.each([
    ['rolled-back', 'failure', 'failure'],
    ['rollback-failed', 'failure', 'failure'],
    ['cancelled', 'cancelled', 'error'],
    ['paused', 'paused', 'pending'],
    ['unknown', 'unknown', 'error'],
    ['unchanged', 'success', 'success'],
  ])('that ends as %s is %s, at GitHub %s', async (outcome, status, state) => {
    const { finished } = await deploy(where, {
      ...where,
      status: outcome,
      services: `[{"service":"x","name":"api","outcome":"${outcome}","reason":"3 tasks stopped"}]`,
    });
    expect(finished.outputs.status).toBe(status);
    expect(world.github.deployments()[0]?.statuses[0]).toMatchObject({
      state,
      description: `${outcome}: api: 3 tasks stopped`,
    });
    const shown = await world.run({ ...where, operation: 'show' });
    expect(JSON.parse(shown.outputs.records ?? '')[0]).toMatchObject({ status, outcome });
    // Only a success is what the environment runs.
    const next = await deploy(where, where);
    expect(next.started.outputs['previous-version']).toBe(status === 'success' ? '1.1.0' : '');
  });

  test.each([
    ['before it came to any service', '[]', { api: 'untouched', web: 'untouched' }],
    ['and nobody says how far it came', '', { api: 'failure', web: 'failure' }],
  ])('that fails %s says so of each service', async (_, services, outcomes) => {
    await deploy(where, where);
    await deploy({ ...where, version: '1.2.0' }, { ...where, status: 'failure', services });
    const shown = await world.run({ ...where, operation: 'show' });
    const [record] = JSON.parse(shown.outputs.records ?? '');
    expect(record).toMatchObject({ status: 'failure', outcome: 'failure', version: '1.2.0' });
    expect({ api: record.services.api.outcome, web: record.services.web.outcome }).toEqual(outcomes);
    const isUntouched = outcomes.api === 'untouched';
    expect(shown.log.join('\n').includes('failure, no service was touched')).toBe(isUntouched);
    expect(world.github.deployments()[0]?.statuses[0]?.description).toBe(
      isUntouched ? 'failure: no service was touched' : 'failure: api, web',
    );
  });

  test('that is finished twice stays what it was', async () => {
    const { id } = await deploy(where, where);
    const again = await world.run({ ...where, operation: 'finish', 'deployment-id': id, status: 'failed' });
    expect(again.outputs.status).toBe('success');
    expect(world.github.deployments()[0]?.statuses[0]?.state).toBe('success');
  });

  test.each([
    ['cancelled', 'cancelled'],
    ['failure', 'failure'],
    ['success', 'unknown'],
  ])('that never finishes in a job that ends as %s is closed as %s, and holds nothing', async (job, status) => {
    const { id } = await world.run({ ...START, ...where });
    const closed = await world.post(id, { ...START, ...where, status: job });
    expect(closed.log.join()).toContain(`recorded as ${status}`);
    const shown = await world.run({ ...where, operation: 'show' });
    expect(shown.outputs).toMatchObject({ status, 'lock-holder': '' });
    await deploy(where, where);
  });

  test('that was finished is left alone by the post step', async () => {
    const { id } = await deploy(where, where);
    const before = [await events(), world.github.deployments()];
    const closed = await world.post(id, { ...START, ...where });
    expect(closed.log).toEqual([]);
    expect([await events(), world.github.deployments()]).toEqual(before);
  });

  test('with keep-open stays open when its job ends, and another job finishes it', async () => {
    const { id } = await world.run({ ...START, ...where, 'keep-open': 'true' });
    await world.post(id, { ...START, ...where, 'keep-open': 'true' });
    expect((await world.run({ ...START, ...where })).failure?.what).toContain('is held by 1.1.0 by asha');
    const finished = await world.run({ ...where, operation: 'finish', 'deployment-id': id, status: 'deployed' });
    expect(finished.outputs.status).toBe('success');
    await deploy(where, where);
  });

  test('keeps no secret', async () => {
    const reason = `[{"service":"x","name":"api","outcome":"failed","reason":"login hunter2 refused"}]`;
    await deploy(where, { ...where, status: 'failed', services: reason });
    const kept = JSON.stringify([[...(await world.items()).values()], world.github.deployments()]);
    expect(kept).toContain('refused');
    expect(kept).not.toContain('hunter2');
  });
});

test('a deployment whose beginning was not recorded is recorded by its end with all that this was told', async () => {
  const told = { kind: 'hotfix', reason: 'Orders are refused', version: '1.1.1', ...START };
  const id = '20261128T163005120Z-77-1-k3f9';
  const { log } = await world.run({ ...told, operation: 'finish', 'deployment-id': id, status: 'deployed' });
  expect(log.join('\n')).toContain('The beginning of this deployment is not recorded');
  const { services, ...more } = recordIn((await world.items()).get(`deployment#${id}#ended`)) ?? {};
  expect(more).toMatchObject({
    kind: 'hotfix',
    reason: 'Orders are refused',
    version: '1.1.1',
    url: 'https://www.example.org',
    started: '2026-11-28T16:30:05.120Z',
  });
  expect(services?.api).toMatchObject({ outcome: 'deployed', image: image('api', 'a') });
});

test('services that went back are recorded as rolled back, with what serves again, and handed on so', async () => {
  const serving = (revision: string, version: string) => ({ 'task-definition': `arn:${revision}`, version });
  const services = [
    { service: 'x-api', name: 'api', outcome: 'deployed', serving: serving('api:2', '1.1.0') },
    { service: 'x-db', name: 'db', outcome: 'deployed', serving: serving('db:2', '1.1.0') },
    { service: 'x-web', name: 'web', outcome: 'unchanged', serving: serving('web:1', '1.0.0') },
  ];
  const wentBack = [
    { service: 'x-api', name: 'api', outcome: 'deployed', serving: serving('api:1', '1.0.0') },
    { service: 'x-db', name: 'db', outcome: 'failed', reason: '3 tasks stopped', serving: serving('db:2', '1.1.0') },
  ];
  const more = { services: JSON.stringify(services), 'went-back': JSON.stringify(wentBack), status: 'rollback-failed' };
  const { id, finished } = await deploy({ services: '["api","db","web"]' }, more);
  const expected = [
    { name: 'api', outcome: 'rolled-back', serving: serving('api:1', '1.0.0') },
    { name: 'db', outcome: 'rollback-failed', serving: serving('db:2', '1.1.0'), reason: '3 tasks stopped' },
    { name: 'web', outcome: 'unchanged', serving: serving('web:1', '1.0.0') },
  ];
  expect(JSON.parse(finished.outputs.services ?? '')).toEqual(
    expected.map((one) => ({ service: `x-${one.name}`, ...one })),
  );
  expect(finished.outputs['duration-seconds']).toMatch(/^\d+$/);
  const record = recordIn((await world.items()).get(`deployment#${id}#ended`));
  for (const { name, ...rest } of expected) expect(record?.services[name]).toMatchObject(rest);
  expect(String(record?.['duration-seconds'])).toBe(finished.outputs['duration-seconds']);
});

test('events are only added, and the current item is the last success', async () => {
  const first = await deploy();
  await deploy({ version: '1.2.0' }, { status: 'failed' });
  const items = await world.items();
  expect([...items.keys()].filter((key) => key.startsWith('deployment#'))).toHaveLength(4);
  expect(recordIn(items.get('current'))?.id).toBe(first.id);
  expect(items.has('lock')).toBe(false);
});

test('a table that is new takes from GitHub what went before', async () => {
  await deploy({ table: '' }, { table: '' });
  const { started, id } = await deploy(
    { services: '["api"]' },
    { services: '[{"service":"x","name":"api","outcome":"deployed"}]' },
  );
  expect(started.outputs['previous-version']).toBe('1.1.0');
  expect(recordIn((await world.items()).get(`deployment#${id}#ended`))?.services.web).toMatchObject({
    outcome: 'kept',
  });
});

test('inputs that are wrong are told together', async () => {
  const { failure } = await world.run({
    operation: 'finish',
    freeze: '[{from: fri 16:00, to: 2026-01-01}, {from: fri 25:00, to: mon 08:00, time-zone: Mars/Base}]',
    status: 'great',
    services: '{}',
    images: '[]',
    url: 'ftp://x',
    table: 'a b',
    'lock-ttl': '10s',
  });
  expect(failure?.why).toMatch(/deployment-id.*required/);
  for (const name of ['freeze', 'status', 'services', 'images', 'url', 'table', 'lock-ttl']) {
    expect(failure?.why).toContain(`\`${name}\``);
  }
});
