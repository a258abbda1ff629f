import { join } from 'node:path';
import type { Database } from '@hospital-ops/rehearsal/engine/database';
import { startDatabase } from '@hospital-ops/rehearsal/engine/database';
import { createProcessEngine } from '@hospital-ops/rehearsal/engine/process-engine';
import type { ContainerExit, ContainerSpec, TaskEngine } from '@hospital-ops/rehearsal/engine/task-engine';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Workbench } from './workbench.ts';
import { copySample, createWorkbench, pushSample } from './workbench.ts';

let bench: Workbench;
let engine: TaskEngine;
let database: Database;
let databaseUrl: string;

const start = async (container: ContainerSpec) => {
  const lines: string[] = [];
  let ended: (exit: ContainerExit) => void = () => {};
  const exit = new Promise<ContainerExit>((resolve) => {
    ended = resolve;
  });
  const task = { id: `${container.name}-${Math.random()}`, family: container.name, revision: 1, group: 'service:x' };
  const running = await engine.start(
    { ...task, containers: [container] },
    { line: (_, text) => lines.push(text), exit: (value) => ended(value) },
  );
  return { running, lines, exit };
};

const container = (name: string, image: string, extra: Partial<ContainerSpec> = {}): ContainerSpec => ({
  name,
  image: `${bench.registry.host}/hospital-ops-${image}`,
  environment: { DATABASE_URL: databaseUrl, APP_VERSION: 'v1.0.0', API_URL: 'https://api.example.org' },
  ports: [],
  essential: true,
  ...extra,
});

const answer = async (url: string): Promise<Response> => {
  for (let left = 100; ; left--) {
    try {
      return await fetch(url);
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
};

const untilSaid = async (lines: readonly string[], text: string): Promise<void> => {
  for (let left = 200; left > 0 && !lines.some((line) => line.includes(text)); left--) {
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  expect(lines.join('\n')).toContain(text);
};

beforeAll(async () => {
  bench = await createWorkbench();
  engine = createProcessEngine({ store: bench.store, registryHost: bench.registry.host, temp: bench.temp });
  database = startDatabase();
  [databaseUrl] = await Promise.all([
    database.url('production'),
    ...['api', 'web', 'worker'].map((app) => pushSample(bench, app, 'v1.0.0')),
  ]);
});

afterAll(async () => {
  await engine?.close();
  await database?.close();
  await bench?.close();
});

describe('the sample release, from sources to answers', () => {
  test('migrations run once, the api serves the database, and a stop is graceful', async () => {
    const command = ['node', 'apps/api/src/migrate.ts'];
    const first = await start(container('migrate', 'api:v1.0.0', { command }));
    expect(await first.exit).toEqual({ container: 'migrate', exitCode: 0 });
    expect(first.lines).toContain('applied 2 migrations');
    await first.running.stop();
    const second = await start(container('migrate', 'api:v1.0.0', { command }));
    expect((await second.exit).exitCode).toBe(0);
    expect(second.lines).toContain('the schema is up to date');

    const api = await start(container('api', 'api:v1.0.0', { ports: [3001] }));
    const address = api.running.address('api', 3001);
    const url = `http://${address?.host}:${address?.port}`;
    expect(await (await answer(`${url}/version`)).json()).toEqual({ version: 'v1.0.0', service: 'api' });
    expect((await fetch(`${url}/ready`)).status).toBe(200);
    const assign = () =>
      fetch(`${url}/beds/1/assign`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"patient":"A. Rao"}',
      });
    expect((await assign()).status).toBe(200);
    expect((await assign()).status).toBe(409);

    const worker = await start(container('worker', 'worker:v1.0.0'));
    await untilSaid(worker.lines, '"kind":"bed-assigned"');
    await Promise.all([worker.running.stop(), api.running.stop()]);
    expect([await worker.exit, await api.exit].map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    await expect(fetch(`${url}/health`)).rejects.toThrow();
  });

  test('the next version changes api and web, and leaves the worker its digest', async () => {
    const next = await copySample(bench, 'next', true);
    const changed: string[] = [];
    for (const app of ['api', 'web', 'worker']) {
      const before = bench.store.tags(`hospital-ops-${app}`).get('v1.0.0');
      if ((await pushSample(bench, app, 'v1.1.0', next)) !== before) changed.push(app);
    }
    expect(changed).toEqual(['api', 'web']);
    const migrate = await start(container('migrate', 'api:v1.1.0', { command: ['node', 'apps/api/src/migrate.ts'] }));
    expect((await migrate.exit).exitCode).toBe(0);
    expect(migrate.lines).toContain('applying 0003_ward_floor.sql');
    // Both versions run beside each other during a deployment, so the old one must live with the new schema.
    for (const [tag, floor] of [
      ['v1.1.0', 0],
      ['v1.0.0', undefined],
    ] as const) {
      const api = await start(container('api', `api:${tag}`, { ports: [3001] }));
      const address = api.running.address('api', 3001);
      const body = await (await answer(`http://127.0.0.1:${address?.port}/wards`)).json();
      const { wards } = body as { wards: { floor?: number }[] };
      expect(wards[0]?.floor).toBe(floor);
      await api.running.stop();
    }
  });

  test('the web page learns version and api address when it starts', async () => {
    const web = await start(container('web', 'web:v1.0.0', { ports: [3000] }));
    const url = `http://127.0.0.1:${web.running.address('web', 3000)?.port}`;
    expect(await (await answer(url)).text()).toContain('Hospital Ops v1.0.0');
    expect(await (await fetch(`${url}/config.js`)).text()).toContain('https://api.example.org');
    await web.running.stop();
  });

  test('a migration that cannot reach its database says so and exits 1', async () => {
    const migrate = await start(
      container('migrate', 'api:v1.0.0', {
        command: ['node', 'apps/api/src/migrate.ts'],
        environment: { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' },
      }),
    );
    expect((await migrate.exit).exitCode).toBe(1);
    expect(migrate.lines.join('\n')).toContain('Error: connect ECONNREFUSED');
  });
});

test('building the same sources elsewhere gives the same digest', async () => {
  const elsewhere = join(await copySample(bench, 'elsewhere'));
  const digest = await pushSample(bench, 'api', 'again', elsewhere);
  expect(digest).toBe(bench.store.tags('hospital-ops-api').get('v1.0.0'));
});
