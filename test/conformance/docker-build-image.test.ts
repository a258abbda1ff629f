import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '@hospital-ops/action-kit/clock';
import { createMemoryLog } from '@hospital-ops/action-kit/log';
import type { ImageStore } from '@hospital-ops/rehearsal/registry/image-store';
import { createImageStore } from '@hospital-ops/rehearsal/registry/image-store';
import type { Registry } from '@hospital-ops/rehearsal/registry/registry-server';
import { startRegistry } from '@hospital-ops/rehearsal/registry/registry-server';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { connect } from '../../actions/build-image/src/connect.ts';
import { runBuildImage } from '../../actions/build-image/src/run.ts';
import { parseInputs } from '../build-image/world.ts';
import { importBaseImage } from '../support/base-image.ts';
import { cancelBundle, createJob } from '../support/bundle.ts';
import { describeWithDocker, theDocker } from '../support/describe-docker.ts';
import { recordDocker } from '../support/docker-recorder.ts';

/** build-image with the docker command, buildx and a Docker Engine that this project did not write. */
const docker = await theDocker();

const SHA = 'c'.repeat(40);
const repository = 'clinic-desk';

describeWithDocker(docker, 'build-image', ({ host, docker: command }) => {
  let folder: string;
  let workspace: string;
  let store: ImageStore;
  let registry: Registry;

  const build = async (
    given: Readonly<Record<string, string>>,
    { buildx = true, password = 'good', env = {} } = {},
  ) => {
    const recorder = recordDocker(folder, { buildx });
    const log = createMemoryLog();
    const user = join(folder, buildx ? 'user' : 'user-without-buildx');
    const source = process.env.DOCKER_CONFIG ?? join(homedir(), '.docker');
    mkdirSync(user, { recursive: true });
    const auth = Buffer.from(`AWS:${password}`).toString('base64');
    writeFileSync(join(user, 'config.json'), JSON.stringify({ auths: { [registry.host]: { auth } } }));
    if (buildx && existsSync(join(source, 'cli-plugins')) && !existsSync(join(user, 'cli-plugins')))
      execFileSync('ln', ['-s', join(source, 'cli-plugins'), join(user, 'cli-plugins')]);
    const kit = {
      env: {
        PATH: `${recorder.bin}:${process.env.PATH}`,
        DOCKER_HOST: host,
        DOCKER_CONFIG: user,
        GITHUB_WORKSPACE: workspace,
        GITHUB_SHA: SHA,
        RUNNER_TEMP: join(folder, 'temp'),
        ...env,
      },
      log,
      clock: systemClock,
      signal: new AbortController().signal,
      addSecret: () => undefined,
      redact: (text: string) => text,
    };
    const inputs = parseInputs({ repository, registry: registry.host, 'registry-auth': 'docker', ...given });
    const result = await runBuildImage(inputs, connect(inputs, kit));
    const calls = recorder.calls();
    rmSync(recorder.bin, { recursive: true });
    return { ...result, log: log.lines.join('\n'), summary: result.summary.render(), calls };
  };

  const write = (path: string, text: string) => {
    mkdirSync(join(workspace, path, '..'), { recursive: true });
    writeFileSync(join(workspace, path), text);
  };

  /** Names of the files in the layers of an image, as tar lists them. */
  const filesOf = (reference: string): string[] => {
    const manifest = store.manifest(repository, reference);
    const { layers } = JSON.parse(manifest?.bytes.toString('utf8') ?? '{}') as { layers: { digest: string }[] };
    return layers.flatMap(({ digest }) => {
      const input = store.blob(digest) ?? Buffer.alloc(0);
      return execFileSync('tar', ['--list', '--gzip'], { input, encoding: 'utf8' }).split('\n').filter(Boolean);
    });
  };

  beforeAll(() => importBaseImage(host, 'node:24-alpine'));
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'docker-build-image-'));
    workspace = join(folder, 'workspace');
    for (const name of ['workspace', 'temp']) mkdirSync(join(folder, name));
    write('Dockerfile', 'FROM scratch\nCOPY . /app/\nCMD ["/app"]\n');
    write('app.txt', 'one');
    store = createImageStore();
    store.createRepository(repository, { imageTagMutability: 'IMMUTABLE' });
    registry = await startRegistry({ store, credentials: (_, password) => password === 'good' });
  });
  afterEach(async () => {
    await registry.close();
    rmSync(folder, { recursive: true, force: true });
  });

  describe.each([
    ['buildx', true],
    ["the engine's own builder", false],
  ])('by %s', (_, buildx) => {
    test('builds and pushes one plain image, and says the digest that the registry has', async () => {
      const { outputs, failure, calls } = await build({ tags: '1.0.0' }, { buildx });
      expect(failure).toBeUndefined();
      expect(outputs).toMatchObject({ result: 'built', image: `${registry.host}/${repository}@${outputs.digest}` });
      expect(store.tags(repository).get('1.0.0')).toBe(outputs.digest);
      expect(store.manifest(repository, outputs.digest ?? '')?.mediaType).toMatch(/manifest\.v\d\+json$/);
      expect(filesOf('1.0.0')).toContain('app/app.txt');
      expect(calls.join('\n')).not.toContain('good');
    });

    test('finds an unchanged image and asks no builder', async () => {
      const first = await build({}, { buildx });
      const again = await build({ tags: 'again' }, { buildx });
      expect(again.outputs).toMatchObject({ result: 'skipped', digest: first.outputs.digest, revision: SHA });
      expect(again.calls).toEqual([]);
    });

    test('rides out a registry that answers 503', async () => {
      registry.inject({ operation: 'put-manifest', status: 503, times: 1 });
      const { outputs, failure, log } = await build({}, { buildx });
      expect([failure?.what, failure?.why]).toEqual([undefined, undefined]);
      expect(outputs.result).toBe('built');
      // An Engine with containerd's image store tries again by itself.
      expect(log).toMatch(/(trying again|retrying) in/);
    });

    test('says what the registry refused, without trying again', async () => {
      registry.inject({ operation: 'put-manifest', status: 403, times: 1 });
      const { failure, log } = await build({}, { buildx });
      expect(`${failure?.what} ${failure?.why}`).toMatch(/failed\..*(403|denied|Forbidden)/i);
      expect(log).not.toContain('trying again');
    });

    test('says which step of a build failed, and how', async () => {
      write(
        'Dockerfile',
        'FROM node:24-alpine\nRUN ["node", "-e", "console.error(\'no such ward\'); process.exit(3)"]\n',
      );
      const { failure, summary, outputs } = await build({}, { buildx });
      expect(failure?.why).toMatch(/exit code: 3|returned a non-zero code: 3/);
      expect(summary).toContain('no such ward');
      expect(outputs).toMatchObject({ image: '', images: '{}' });
    });

    test('passes arguments, target and labels on', async () => {
      const stamp = '["node", "-e", "require(\'fs\').writeFileSync(`/${process.env.WARD}`, \'\')"]';
      const wanted = `FROM node:24-alpine AS stamped\nARG WARD\nRUN ${stamp}\nFROM scratch AS wanted\nCOPY --from=stamped /north /\n`;
      write('Dockerfile', `${wanted}FROM wanted\nCOPY missing.txt /\n`);
      const given = { target: 'wanted', 'build-args': 'WARD=north', labels: 'a=b c', tags: 'x' };
      const { failure } = await build(given, { buildx });
      expect(failure).toBeUndefined();
      expect(filesOf('x')).toEqual(['north']);
      const { config } = JSON.parse(store.manifest(repository, 'x')?.bytes.toString('utf8') ?? '');
      const { Labels } = JSON.parse(store.blob(config.digest)?.toString('utf8') ?? '').config;
      expect(Labels).toMatchObject({ a: 'b c', 'org.opencontainers.image.revision': SHA });
    });

    test('leaves out of the image what it leaves out of the hash', async () => {
      write('desk/Dockerfile', 'FROM scratch\nCOPY . /app/\n');
      write('desk/Dockerfile.dockerignore', 'notes\n');
      write('notes/one.txt', 'one');
      const { failure } = await build({ dockerfile: 'desk/Dockerfile', tags: 'x' }, { buildx });
      if (failure === undefined) expect(filesOf('x').join('\n')).not.toContain('notes');
      else expect(failure.next).toContain('docker/setup-buildx-action');
    });

    test('ends a build that is cancelled, with its step in the Engine, and leaves no credentials', async () => {
      const job = createJob();
      const mark = `7${process.pid}${buildx ? 1 : 2}`;
      job.write('Dockerfile', `FROM node:24-alpine\nRUN ["node", "-e", "setInterval(() => {}, 1000, ${mark})"]\n`);
      const recorder = recordDocker(job.folder, { buildx });
      const user = process.env.DOCKER_CONFIG ?? join(homedir(), '.docker');
      const env = { DOCKER_HOST: host, DOCKER_CONFIG: user, PATH: `${recorder.bin}:${process.env.PATH}` };
      const inputs = { repository, registry: registry.host, 'registry-auth': 'none', cache: 'none', push: 'false' };
      const running = (pattern: string) =>
        spawnSync('pgrep', ['--full', pattern], { encoding: 'utf8' }).stdout.trim() !== '';
      const step = `setInterval.*${mark}`;
      try {
        const ran = await cancelBundle('build-image', job, { inputs, env }, () => running(`^node -e ${step}`));
        expect(ran.code).toBe(1);
        expect(ran.log).toContain('cancelled');
        expect([...ran.left.keys()]).toEqual([]);
        for (let look = 0; look < 100 && running(step); look += 1) await sleep(100);
        expect([running(step), running(job.folder)]).toEqual([false, false]);
      } finally {
        job.remove();
      }
    });

    test('leaves no credentials and no files', async () => {
      await build({}, { buildx });
      expect(readdirSync(join(folder, 'temp'))).toEqual([]);
    });
  });

  test('a login that the registry refuses is an error, with the password nowhere', async () => {
    const { failure, log, calls } = await build({ 'registry-auth': 'docker' }, { password: 'wr0ng' });
    expect(failure).toBeDefined();
    expect([log, failure?.what, failure?.why, ...calls].join('\n')).not.toContain('wr0ng');
  });

  test('several images are built at once, and one that fails holds up no other', async () => {
    store.createRepository('clinic-ward');
    write('ward/Dockerfile', 'FROM scratch\nCOPY missing.txt /\n');
    const images = `{ desk: { repository: ${repository} }, ward: { repository: clinic-ward, dockerfile: ward/Dockerfile } }`;
    const { outputs, failure } = await build({ images, repository: '' });
    expect(failure?.why).toContain('ward');
    expect(Object.keys(JSON.parse(outputs.images ?? ''))).toEqual(['desk']);
  });

  test('two platforms are one index, or it is said why they cannot be built', async () => {
    const platforms = { platforms: 'linux/amd64,linux/arm64' };
    const { failure, outputs } = await build(platforms);
    const index = store.manifest(repository, outputs.digest ?? '')?.mediaType;
    expect(failure === undefined ? index : failure.why).toMatch(/image\.index|manifest\.list|multi-platform/i);
    const { failure: plain } = await build(
      { ...platforms, 'skip-unchanged': 'false', tags: 'again' },
      { buildx: false },
    );
    expect(plain?.next).toContain('docker/setup-buildx-action');
  });

  test('without push nothing is asked of a registry', async () => {
    const { outputs, failure } = await build({ push: 'false' });
    expect(failure).toBeUndefined();
    expect(outputs).toMatchObject({ result: 'built', image: '' });
    expect(registry.requests).toEqual([]);
    expect(await command('image', 'ls', '--quiet')).not.toBe('');
  });
});
