import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createDockerCommand } from '@hospital-ops/rehearsal/engine/docker/command';
import { writeDockerConfig } from '@hospital-ops/rehearsal/engine/docker/config';
import type { DockerEngine } from '@hospital-ops/rehearsal/engine/docker-engine';
import { createDockerEngine } from '@hospital-ops/rehearsal/engine/docker-engine';
import { withFaults } from '@hospital-ops/rehearsal/engine/faults';
import type { ContainerExit, ContainerSpec, TaskEngine, TaskSpec } from '@hospital-ops/rehearsal/engine/task-engine';
import { createImageStore } from '@hospital-ops/rehearsal/registry/image-store';
import { startRegistry } from '@hospital-ops/rehearsal/registry/registry-server';
import { dockerServices } from '@hospital-ops/rehearsal/runner/services/docker-services';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { job, run } from '../rehearsal/runner/sandbox.ts';
import { importBaseImage } from '../support/base-image.ts';
import { describeWithDocker, theDocker } from '../support/describe-docker.ts';
import type { DockerRecorder } from '../support/docker-recorder.ts';
import { recordDocker } from '../support/docker-recorder.ts';
import { ROOT } from '../support/rehearse.ts';

/** Tasks as containers of a Docker Engine that this project did not write. */
const docker = await theDocker();

const BASE = 'node:24-alpine';

describeWithDocker(docker, 'the containers of a task', ({ host, inventory }) => {
  let folder: string;
  let before: string[];
  let recorder: DockerRecorder;
  let registry: Awaited<ReturnType<typeof startRegistry>>;
  let engine: DockerEngine;
  let count = 0;

  const createEngine = async (password = 'good') => {
    const auth = Buffer.from(`AWS:${password}`).toString('base64');
    const config = await writeDockerConfig(join(folder, `config-${password}`), {
      userFolder: join(folder, 'nobody'),
      proxies: false,
      logins: { [registry.host]: auth },
    });
    const env = { PATH: `${recorder.bin}:${process.env.PATH}`, DOCKER_HOST: host, DOCKER_CONFIG: config };
    return createDockerEngine({ registryHost: registry.host, env, temp: join(folder, 'tasks') });
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'docker-tasks-'));
    await importBaseImage(host, BASE);
    recorder = recordDocker(folder);
    const store = createImageStore();
    store.createRepository('clinic');
    registry = await startRegistry({ store, credentials: (_, password) => password === 'good' });
    engine = await createEngine();
    await engine.reach('http://127.0.0.1:1/');
    before = await inventory();
  });
  afterAll(async () => {
    await engine?.close();
    await registry?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const containerOf = (script: string, more: Partial<ContainerSpec> = {}): ContainerSpec => ({
    name: 'desk',
    image: BASE,
    command: ['node', '--eval', script],
    environment: {},
    ports: [],
    essential: true,
    stopTimeoutMs: 1_000,
    ...more,
  });

  /** Starts one task; `ended` resolves with the exits of its containers, `said` with the first line that matches. */
  const start = async (containers: readonly ContainerSpec[], on: TaskEngine = engine) => {
    count += 1;
    const task: TaskSpec = { id: `task-${count}`, family: 'clinic', revision: 2, group: 'service:desk', containers };
    const lines: string[] = [];
    const exits: ContainerExit[] = [];
    const waiting: Array<() => void> = [];
    const until = (done: () => boolean) =>
      new Promise<void>((resolve) => {
        waiting.push(() => done() && resolve());
        if (done()) resolve();
      });
    const tell = () => waiting.forEach((one) => void one());
    const running = await on.start(task, {
      line: (container, text) => {
        lines.push(`${container}: ${text}`);
        tell();
      },
      exit: (exit) => {
        exits.push(exit);
        tell();
      },
    });
    return {
      running,
      lines,
      exits,
      ended: () => until(() => exits.length === containers.length),
      said: (text: string) => until(() => lines.some((line) => line.includes(text))),
    };
  };

  test('hands on lines of both outputs, and the exit code after them', async () => {
    const script = "console.log('one'); console.error('two'); process.exit(3)";
    const { ended, lines, exits, running } = await start([containerOf(script)]);
    await ended();
    expect(lines.sort()).toEqual(['desk: one', 'desk: two']);
    expect(exits).toEqual([{ container: 'desk', exitCode: 3 }]);
    await running.stop();
  });

  test('passes any value of a variable, and none on a command line or in a file that stays', async () => {
    const environment = { SECRET: 'tr3s secr3t "$HOME"', KEY: '-----BEGIN\nsecr3t\n', EMPTY: '', NODE_OPTIONS: '' };
    const script =
      'const { SECRET, KEY, EMPTY, HOME } = process.env; console.log(JSON.stringify({ SECRET, KEY, EMPTY, HOME }))';
    const { ended, lines, running } = await start([containerOf(script, { environment })]);
    await ended();
    await running.stop();
    const { SECRET, KEY, EMPTY } = environment;
    expect(JSON.parse(lines.join('').replace('desk: ', ''))).toEqual({ SECRET, KEY, EMPTY, HOME: '/root' });
    expect(recorder.calls().join('\n')).not.toContain('secr3t');
    expect(readdirSync(join(folder, 'tasks'))).toEqual([]);
  });

  test('two tasks of one image listen on the same port side by side, and their containers meet on localhost', async () => {
    const server = `require('node:http').createServer((request, response) => response.end(process.env.NAME))
        .listen(8080, () => console.log('listening'))`;
    const sidecar = `const ask = () => fetch('http://localhost:8080/').then(async (answer) => console.log('saw ' + await answer.text()),
        () => setTimeout(ask, 50)); ask()`;
    const specOf = (NAME: string) => [
      containerOf(sidecar, { name: 'sidecar', essential: false }),
      containerOf(server, { ports: [8080], environment: { NAME } }),
    ];
    const tasks = await Promise.all([start(specOf('a')), start(specOf('b'))]);
    const answers = tasks.map(async ({ said, running }) => {
      await said('listening');
      const address = running.address('desk', 8080);
      return (await fetch(`http://${address?.host}:${address?.port}/`)).text();
    });
    expect(await Promise.all(answers)).toEqual(['a', 'b']);
    await Promise.all([tasks[0].said('sidecar: saw a'), tasks[1].said('sidecar: saw b')]);
    expect(tasks[0].running.address('sidecar', 8080)).toBeUndefined();
    await Promise.all(tasks.map(({ running }) => running.stop()));
  });

  test('a server on the loopback of this machine is reached, and one elsewhere keeps its address', async () => {
    const server = createServer((_, response) => response.end('wards')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const url = await engine.reach(`http://user:p%40ss@127.0.0.1:${port}/path?x=1`);
    const script = `fetch('${url.replace('user:p%40ss@', '')}').then(async (answer) => console.log(await answer.text()))`;
    const { ended, lines, running } = await start([containerOf(script)]);
    await ended();
    await running.stop();
    server.close();
    expect(lines).toEqual(['desk: wards']);
    expect(url).toMatch(/^http:\/\/user:p%40ss@\d+\.\d+\.\d+\.\d+:\d+\/path\?x=1$/);
    const elsewhere = 'postgres://user:p%40ss@db.example.org/wards';
    expect(await engine.reach(elsewhere)).toBe(elsewhere);
  });

  test('a container over its memory is killed, and the reason is that of ECS', async () => {
    const script = 'const all = []; for (;;) all.push(Buffer.alloc(10_000_000, 1))';
    const { ended, exits, running } = await start([containerOf(script, { memoryMiB: 64 })]);
    await ended();
    const reason = 'OutOfMemoryError: Container killed due to memory usage';
    expect(exits).toEqual([{ container: 'desk', exitCode: 137, reason }]);
    await running.stop();
  });

  test('stop lets a container end by itself, and kills the one that does not', async () => {
    const polite =
      "process.on('SIGTERM', () => { console.log('bye'); process.exit(0) }); console.log('up'); setInterval(() => {}, 1e6)";
    const deaf = "process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1e6)";
    const task = await start([containerOf(polite), containerOf(deaf, { name: 'deaf', essential: false })]);
    await Promise.all([task.said('desk: up'), task.said('deaf: up')]);
    await task.running.stop();
    expect(task.lines).toContain('desk: bye');
    expect(task.exits).toEqual([
      { container: 'desk', exitCode: 0 },
      { container: 'deaf', exitCode: 137 },
    ]);
    expect(await inventory()).toEqual(before);
  });

  test('what cannot be pulled or started is told in the words of ECS, and leaves nothing', async () => {
    const image = `${registry.host}/clinic@sha256:${'0'.repeat(64)}`;
    await expect(start([containerOf('', { image })])).rejects.toThrow(
      /^CannotPullContainerError: Error response from daemon: .*clinic@sha256:0+.* not found/,
    );
    const stranger = await createEngine('bad');
    await expect(start([containerOf('', { image })], stranger)).rejects.toThrow(
      /^CannotPullContainerError: Error response from daemon: .*(unauthorized|no basic auth|denied|401)/i,
    );
    await stranger.close();
    const lasting = containerOf('setInterval(() => {}, 1e6)');
    await expect(start([lasting, containerOf('', { name: 'b', command: ['nothing'] })])).rejects.toThrow(
      /^CannotStartContainerError: .*exec: "nothing": executable file not found in \$PATH/,
    );
    await expect(start([containerOf('', { environment: { 'A B': '1' } })])).rejects.toThrow(
      /^CannotCreateContainerError: /,
    );
    expect(await inventory()).toEqual(before);
  });

  test.each([
    ['oom', 137, 'OutOfMemoryError: Container killed due to memory usage'],
    ['crash-loop', 1, undefined],
  ] as const)('the fault %s strikes a container, whose program it replaces', async (name, exitCode, reason) => {
    const faults = [{ name, target: 'desk' }];
    const faulty = withFaults(engine, { faults, isBaseline: () => false });
    const { ended, exits, running } = await start([containerOf("console.log('never')")], faulty);
    await ended();
    expect(exits).toEqual([{ container: 'desk', exitCode, ...(reason && { reason }) }]);
    await running.stop();
  });

  test('a container that ends before the others of its task have started is what happened to the task', async () => {
    const { running, ended, exits } = await start([
      containerOf('process.exit(7)'),
      containerOf('setInterval(() => {}, 1e6)', { name: 'b', essential: false, image: BASE }),
      containerOf('setInterval(() => {}, 1e6)', { name: 'c', essential: false, image: BASE }),
    ]);
    const stopped = running.stop();
    await ended();
    await stopped;
    expect(exits.find(({ container }) => container === 'desk')).toEqual({ container: 'desk', exitCode: 7 });
    expect(await inventory()).toEqual(before);
  });

  test('close ends what runs', async () => {
    const own = await createEngine();
    const script = "console.log('up'); setInterval(() => {}, 1e6)";
    const { said, ended } = await start([containerOf(script)], own);
    await said('up');
    await own.close();
    await ended();
    expect(await inventory()).toEqual(before);
  });

  test('a process that ends without close leaves no container', async () => {
    const module = join(ROOT, 'packages/rehearsal/src/engine/docker-engine.ts');
    const script = `const { createDockerEngine } = await import(${JSON.stringify(module)});
        const { PATH, DOCKER_HOST } = process.env;
        const engine = createDockerEngine({ registryHost: '127.0.0.1:1', env: { PATH, DOCKER_HOST }, temp: process.argv[1] });
        const container = { name: 'desk', image: '${BASE}', command: ['node', '--eval', 'setInterval(() => {}, 1e6)'],
          environment: {}, ports: [], essential: true };
        await engine.start({ id: 'lost', family: 'f', revision: 1, group: 'service:desk', containers: [container] },
          { line: () => {}, exit: () => {} });
        throw new Error('unexpected');`;
    const lost = promisify(execFile)(
      process.execPath,
      ['--input-type=module', '--eval', script, join(folder, 'lost')],
      {
        env: { PATH: process.env.PATH, DOCKER_HOST: host },
      },
    );
    await expect(lost).rejects.toThrow('unexpected');
    expect(await inventory()).toEqual(before);
  });

  test('a service container of a job is up and healthy for its steps, and gone after them', async () => {
    const env = { PATH: process.env.PATH ?? '', DOCKER_HOST: host };
    const command = createDockerCommand(env);
    const server = "require('node:http').createServer((_, r) => r.end(process.env.WORD)).listen(8080)";
    const image = 'rehearsal/service:1';
    await command.run(['create', '--name', 'service-base', BASE]);
    await command.run([
      ...['commit', '--change', `CMD ["node", "--eval", ${JSON.stringify(server)}]`, 'service-base', image],
    ]);
    await command.run(['rm', 'service-base']);
    const workflow = (word: string, health: string) =>
      job(
        "- run: exec 3<>/dev/tcp/127.0.0.1/${{ job.services.desk.ports['8080'] }}; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3",
        {
          head: `services:
  desk:
    image: ${image}
    env: { WORD: ${word} }
    ports: [8080]
    options: --health-cmd "${health}" --health-interval 1s --health-retries 1`,
        },
      );
    try {
      const services = dockerServices(command);
      const good = await run(workflow('up-and-well', "node --eval 'fetch(`http://127.0.0.1:8080`)'"), { services });
      expect(good.log('one')).toContain('up-and-well');
      expect(good.conclusion).toBe('success');
      const ill = await run(workflow('x', 'exit 1'), { services });
      expect(ill.conclusion).toBe('failure');
      expect(ill.job('one').steps[0]?.annotations[0]?.message).toContain('is unhealthy');
    } finally {
      await command.run(['rmi', '--force', image]);
    }
    expect(await inventory()).toEqual(before);
  });
});
