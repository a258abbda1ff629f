import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContainerFaultName } from '@hospital-ops/rehearsal/engine/faults';
import { containerFaults, withFaults } from '@hospital-ops/rehearsal/engine/faults';
import { createProcessEngine } from '@hospital-ops/rehearsal/engine/process-engine';
import type { ContainerExit, TaskEngine, TaskSpec } from '@hospital-ops/rehearsal/engine/task-engine';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Workbench } from './workbench.ts';
import { createWorkbench } from './workbench.ts';

let bench: Workbench;
let engine: TaskEngine;

const dockerfile = `FROM node:24-alpine
WORKDIR /app
COPY server.js /app/
CMD ["node", "/app/server.js"]
`;
const server = `require('node:http').createServer((request, response) => response.end(request.url))
  .listen(process.env.PORT, process.env.HOST, () => console.log('listening'));
process.on('SIGTERM', () => process.exit(0));`;

beforeAll(async () => {
  bench = await createWorkbench();
  const cwd = join(bench.temp, 'sources');
  await mkdir(cwd);
  await Promise.all([writeFile(join(cwd, 'Dockerfile'), dockerfile), writeFile(join(cwd, 'server.js'), server)]);
  bench.store.createRepository('demo');
  const built = await bench.docker(['build', '--push', '-t', `${bench.registry.host}/demo:1`, '.'], { cwd });
  expect(built.stderr).toContain('exporting manifest');
  engine = createProcessEngine({ store: bench.store, registryHost: bench.registry.host, temp: bench.temp });
});

afterAll(async () => {
  await engine?.close();
  await bench?.close();
});

const taskOf = (group: string, revision = 2, image = 'demo:1'): TaskSpec => ({
  id: `${group}-${revision}`.replace(':', '-'),
  family: 'hospital-ops-production-api',
  revision,
  group,
  containers: [
    {
      name: 'api',
      image: `${bench.registry.host}/${image}`,
      environment: {},
      ports: [80],
      essential: true,
      stopTimeoutMs: 2_000,
    },
  ],
});

const start = async (name: ContainerFaultName, task: TaskSpec, slowStartMs = 0) => {
  const faulty = withFaults(engine, {
    faults: [{ name, target: 'api' }],
    isBaseline: ({ revision }) => revision === 1,
    slowStartMs,
  });
  const lines: string[] = [];
  const exits: ContainerExit[] = [];
  let ended: (exit: ContainerExit) => void = () => {};
  const exit = new Promise<ContainerExit>((resolve) => {
    ended = resolve;
  });
  const running = await faulty.start(task, {
    line: (_, text) => lines.push(text),
    exit: (value) => {
      exits.push(value);
      ended(value);
    },
  });
  const port = running.address('api', 80)?.port;
  return { running, lines, exits, exit, url: `http://127.0.0.1:${port}` };
};

const status = async (url: string, agent = 'visitor'): Promise<number> => {
  for (let left = 100; ; left--) {
    try {
      return (await fetch(url, { headers: { 'user-agent': agent } })).status;
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }
};

const service = 'service:hospital-ops-production-api';

describe('a fault strikes the new revision of its service, and nothing else', () => {
  test.each([
    ['the baseline', service, 1],
    ['another service', 'service:hospital-ops-production-web', 2],
  ])('%s is left alone', async (_name, group, revision) => {
    const task = await start('unhealthy', { ...taskOf(group, revision), family: group.slice(8) });
    expect(await status(`${task.url}/x`)).toBe(200);
    await task.running.stop();
    expect(await task.exit).toEqual({ container: 'api', exitCode: 0 });
  });

  test('crash-loop: the log says why, and the container exits 1', async () => {
    const task = await start('crash-loop', taskOf(service));
    expect(await task.exit).toEqual({ container: 'api', exitCode: 1 });
    expect(task.lines).toContain('Error: DB_URL is not set');
    await task.running.stop();
    expect(task.exits).toHaveLength(1);
  });

  test('unhealthy: 503 on every path', async () => {
    const task = await start('unhealthy', taskOf(service));
    expect([await status(`${task.url}/health`), await status(`${task.url}/`)]).toEqual([503, 503]);
    await task.running.stop();
  });

  test('oom: exit code 137 and the reason that ECS gives', async () => {
    const task = await start('oom', taskOf(service));
    expect(await task.exit).toEqual({
      container: 'api',
      exitCode: 137,
      reason: 'OutOfMemoryError: Container killed due to memory usage',
    });
  });

  test('5xx-after-deploy: the load balancer finds it well, everybody else gets a 500 on every path', async () => {
    const task = await start('5xx-after-deploy', taskOf(service));
    expect(await status(`${task.url}/health`, 'ELB-HealthChecker/2.0')).toBe(200);
    expect([await status(`${task.url}/health`), await status(`${task.url}/version`)]).toEqual([500, 500]);
    await task.running.stop();
  });

  test('slow-start: refused at first, answered later', async () => {
    const task = await start('slow-start', taskOf(service), 400);
    await expect(fetch(task.url)).rejects.toThrow();
    expect(await status(task.url)).toBe(200);
    await task.running.stop();
  });

  test('image-missing: the task does not start, in the words of ECS', async () => {
    await expect(start('image-missing', taskOf(service))).rejects.toThrow(
      /^CannotPullContainerError: .*demo:1: not found$/,
    );
  });

  test('migration-fails: an SQL error and exit code 1, for tasks of no service', async () => {
    const task = await start('migration-fails', taskOf('family:hospital-ops-production-migrate'));
    expect((await task.exit).exitCode).toBe(1);
    expect(task.lines.join('\n')).toContain('already exists');
  });

  test('migration-hangs: it runs until it is stopped', async () => {
    const task = await start('migration-hangs', taskOf('family:hospital-ops-production-migrate'));
    while (task.lines.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(task.exits).toEqual([]);
    await task.running.stop();
    expect((await task.exit).exitCode).toBe(143);
  });

  test('every fault says what it does', () => {
    for (const text of Object.values(containerFaults)) expect(text).toMatch(/\w{3}/);
  });
});

describe('what cannot be started is told as ECS tells it', () => {
  test.each([
    ['an unknown tag', 'demo:2', /^CannotPullContainerError: .*not found$/],
    ['an unknown repository', 'nothing:1', /^CannotPullContainerError: .*not found$/],
    ['an unknown digest', `demo@sha256:${'0'.repeat(64)}`, /^CannotPullContainerError: .*not found$/],
  ])('%s', async (_name, image, message) => {
    await expect(start('oom', taskOf(service, 1, image))).rejects.toThrow(message);
  });

  test('an image of another registry', async () => {
    const task = taskOf(service, 1);
    const [container] = task.containers;
    const foreign = { ...task, containers: container ? [{ ...container, image: 'docker.io/library/redis:7' }] : [] };
    await expect(start('oom', foreign)).rejects.toThrow(/^CannotPullContainerError: .*the only registry here/);
  });

  test('a program that is not there', async () => {
    const task = taskOf(service, 1);
    const [container] = task.containers;
    const wrong = { ...task, containers: container ? [{ ...container, command: ['no-such-program'] }] : [] };
    await expect(start('oom', wrong)).rejects.toThrow(/^CannotStartContainerError: .*executable file not found/);
  });
});

test('a container that ignores SIGTERM is killed after its stop timeout', async () => {
  const task = taskOf(service, 1);
  const [container] = task.containers;
  const stubborn = ['node', '--eval', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1e6); console.log("up")'];
  const running = await start('oom', {
    ...task,
    containers: container ? [{ ...container, command: stubborn, stopTimeoutMs: 100 }] : [],
  });
  while (running.lines.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  await running.running.stop();
  expect((await running.exit).exitCode).toBe(137);
});

test('a container sees nothing of the environment around it', async () => {
  process.env.REHEARSAL_SECRET_OF_THE_TEST = 'x';
  const task = taskOf(service, 1);
  const [container] = task.containers;
  const print = ['node', '--eval', 'console.log(Object.keys(process.env).sort().join())'];
  const seen = await start('oom', {
    ...task,
    containers: container ? [{ ...container, command: print, environment: { GIVEN: '1' } }] : [],
  });
  await seen.exit;
  delete process.env.REHEARSAL_SECRET_OF_THE_TEST;
  expect(seen.lines).toEqual(['GIVEN,HOME,HOST,PATH,PORT,TMPDIR']);
});
