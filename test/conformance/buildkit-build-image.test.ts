import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '@hospital-ops/action-kit/clock';
import { createMemoryLog } from '@hospital-ops/action-kit/log';
import { createEcrService } from '@hospital-ops/rehearsal/aws/ecr';
import type { LocalAws } from '@hospital-ops/rehearsal/aws/local-aws';
import { startLocalAws } from '@hospital-ops/rehearsal/aws/local-aws';
import { createImageStore } from '@hospital-ops/rehearsal/registry/image-store';
import type { Registry } from '@hospital-ops/rehearsal/registry/registry-server';
import { startRegistry } from '@hospital-ops/rehearsal/registry/registry-server';
import { createRegistryTokens } from '@hospital-ops/rehearsal/registry/tokens';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { connect } from '../../actions/build-image/src/connect.ts';
import { runBuildImage } from '../../actions/build-image/src/run.ts';
import { parseInputs } from '../build-image/world.ts';
import { describeWithBuildKit, theBuildKit } from '../support/describe-docker.ts';

/**
 * build-image with BuildKit as docker/setup-buildx-action sets it up, and a registry that this project did not write,
 * behind the rules of ECR.
 */
const buildkit = await theBuildKit();

const SHA = 'c'.repeat(40);
const AWS = { AWS_REGION: 'ap-south-1', AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'example-secret' };
const repository = 'clinic-desk';
const SHELL = 'FROM scratch AS tools\nCOPY busybox /bin/busybox\nSHELL ["/bin/busybox", "sh", "-c"]\n';
let round = 0;

describeWithBuildKit(buildkit, 'build-image', ({ upstream, config, busybox, prune }) => {
  let folder: string;
  let store: ReturnType<typeof createImageStore>;
  let registry: Registry;
  let aws: LocalAws;

  const write = (path: string, text: string) => writeFileSync(join(folder, 'workspace', path), text);

  const build = async (
    given: Readonly<Record<string, string>>,
    env: Readonly<Record<string, string>> = {},
    signal = new AbortController().signal,
  ) => {
    const log = createMemoryLog();
    const inputs = parseInputs({ repository, ...given });
    const kit = {
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        DOCKER_CONFIG: config,
        GITHUB_WORKSPACE: join(folder, 'workspace'),
        GITHUB_SHA: SHA,
        RUNNER_TEMP: join(folder, 'temp'),
        ...env,
      },
      log,
      clock: systemClock,
      signal,
      addSecret: () => undefined,
      redact: (text: string) => text,
    };
    const result = await runBuildImage(inputs, connect(inputs, kit));
    const results = JSON.parse(result.outputs.results ?? '{}') as Record<string, Record<string, unknown>>;
    const { failure } = result;
    const said = `${failure?.what ?? ''}\n${failure?.why ?? ''}\n${failure?.next ?? ''}`;
    return { ...result, said, results, log: log.lines.join('\n'), summary: result.summary.render() };
  };

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'buildkit-build-image-'));
    for (const name of ['workspace', 'temp']) mkdirSync(join(folder, name));
    cpSync(busybox, join(folder, 'workspace', 'busybox'));
    write(
      'Dockerfile',
      `${SHELL}RUN /bin/busybox echo made > /made\nFROM scratch\nCOPY --from=tools /made /\nCOPY app.txt /\n`,
    );
    round += 1;
    write('app.txt', `one ${round}`);
    store = createImageStore();
    const tokens = createRegistryTokens();
    registry = await startRegistry({
      store,
      upstream,
      credentials: (user, password) => tokens.accepts(user, password, Date.now()),
    });
    const engine = { start: () => Promise.reject(new Error('no tasks here')), close: async () => undefined };
    const ecr = createEcrService({ store, registryHost: registry.host, tokens });
    aws = await startLocalAws({ engine, region: AWS.AWS_REGION, services: [ecr] });
    Object.assign(process.env, AWS, { AWS_ENDPOINT_URL: aws.url });
  });
  afterEach(async () => {
    await registry.close();
    await aws.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('logs in, makes the repository, builds, pushes and tags; then finds it unchanged', async () => {
    const { outputs, said, results } = await build({ tags: '1.0.0' });
    expect(said.trim()).toBe('');
    expect(outputs.image).toBe(`${registry.host}/${repository}@${outputs.digest}`);
    expect(store.tags(repository).get('1.0.0')).toBe(outputs.digest);
    expect(Object.keys(results[repository]?.['phases-ms'] ?? {})).toEqual(
      expect.arrayContaining(['hash', 'look-up', 'login', 'build', 'push', 'tag']),
    );
    const again = await build({ tags: '1.0.1' });
    expect(again.outputs).toMatchObject({ result: 'skipped', digest: outputs.digest, revision: SHA });
  });

  test('takes layers from the registry on a machine that has none', async () => {
    await build({ tags: '1' });
    await prune();
    write('app.txt', `two ${round}`);
    const { said, results, log } = await build({ tags: '2' });
    expect(said.trim()).toBe('');
    expect(log).toMatch(/importing cache manifest|inferred cache manifest/);
    expect(results[repository]?.['cached-steps']).toBeGreaterThanOrEqual(2);
    // The cache's own tag is no release: it moves.
    expect([...store.tags(repository).keys()].some((tag) => tag.startsWith('cache-'))).toBe(true);
  });

  test('two platforms with provenance are an index, which is promoted to another repository bit by bit', async () => {
    write('Dockerfile', 'FROM scratch\nCOPY app.txt /\n');
    const given = { platforms: 'linux/amd64,linux/arm64', provenance: 'max', tags: '1.0.0' };
    const { outputs, said } = await build(given);
    expect(said.trim()).toBe('');
    const platforms = JSON.parse(outputs['platform-digests'] ?? '') as Record<string, string>;
    expect(Object.keys(platforms)).toEqual(['linux/amd64', 'linux/arm64']);
    const { manifests } = JSON.parse(store.manifest(repository, '1.0.0')?.bytes.toString('utf8') ?? '');
    expect(manifests).toHaveLength(4);
    const from = { 'promote-from': `${repository}:1.0.0`, repository: 'clinic-production', tags: '1.0.0' };
    const promoted = await build(from);
    expect(promoted.said.trim()).toBe('');
    expect(promoted.outputs).toMatchObject({ result: 'promoted', digest: outputs.digest, revision: SHA });
    expect(promoted.outputs['platform-digests']).toBe(outputs['platform-digests']);
  });

  test('a build reads its secrets, and neither the image nor the log holds them', async () => {
    const read =
      '--mount=type=secret,id=npm [ "$(/bin/busybox cat /run/secrets/npm)" = s3cr3t-t0ken ] && /bin/busybox echo read > /made';
    write('Dockerfile', `${SHELL}RUN ${read}\n`);
    const secret = { 'build-secrets': 'npm=NPM_TOKEN', tags: '1' };
    const { said, log } = await build(secret, { NPM_TOKEN: 's3cr3t-t0ken' });
    expect(said.trim()).toBe('');
    expect(log.replaceAll('= s3cr3t-t0ken ]', '')).not.toContain('s3cr3t-t0ken');
    await expect(build(secret)).rejects.toThrow('npm (variable NPM_TOKEN)');
  });

  test('a step that fails is named with its stage and its last lines, those of no other', async () => {
    const loud =
      'for i in $(/bin/busybox seq 60); do /bin/busybox echo line $i; done; /bin/busybox echo no such ward; exit 3';
    write('Dockerfile', `${SHELL}FROM tools AS ward\nRUN ${loud}\n`);
    const { failure, summary } = await build({ tags: '1', cache: 'none' });
    expect(failure?.what).toMatch(/failed in stage ward \d\/\d, step "RUN for i in/);
    expect(failure?.why).toContain('exit code: 3');
    expect(summary).toContain('no such ward');
    expect(summary).toContain('line 60');
    expect(summary).not.toContain('line 15\n');
  });

  test('a full disk is told as such', async () => {
    write('Dockerfile', `${SHELL}RUN /bin/busybox dd if=/dev/zero of=/dev/full count=1\n`);
    const { said } = await build({ tags: '1', cache: 'none' });
    expect(said).toMatch(/disk of the runner or of the builder is full.*prune/s);
  });

  test('a login that expires in mid-push is told as such, and not tried again', async () => {
    const message = 'Your authorization token has expired. Reauthenticate and try again.';
    registry.inject({ operation: 'put-manifest', status: 403, times: 9, error: { code: 'DENIED', message } });
    const { said, log } = await build({ tags: '1', cache: 'none' });
    expect(said).toMatch(/the login for the registry expired while the image was pushed/);
    expect(log).not.toContain('trying again');
  });

  test('a registry that goes away in mid-push is told as such, after some tries', async () => {
    write('Dockerfile', `${SHELL}RUN /bin/busybox dd if=/dev/urandom of=/big bs=1M count=20\n`);
    const building = build({ tags: '1', cache: 'none' });
    while (!registry.requests.some(({ operation }) => operation === 'start-upload')) await sleep(20);
    await registry.close();
    const { said, log, outputs } = await building;
    expect(said).toMatch(/a registry did not answer.*connection refused.*run the job again/s);
    expect(log).toContain('trying again');
    expect(outputs).toMatchObject({ image: '', images: '{}' });
  });

  test('a cache that cannot be written is a warning, and the image is there', async () => {
    await build({ tags: '0', cache: 'none' });
    store.createRepository('clinic-plain', { imageTagMutability: 'IMMUTABLE' });
    const { outputs, log } = await build({ tags: '1', repository: 'clinic-plain' });
    expect(outputs.result).toBe('built');
    expect(log).toContain('no cache is written');
    // Blobs are there already: what is started to be uploaded is the cache's own.
    registry.inject({ operation: 'put-manifest', status: 403, times: 1, path: /cache-/ });
    write('app.txt', `two ${round}`);
    const denied = await build({ tags: '2' });
    expect(denied.outputs.result).toBe('built');
    expect(denied.log).toMatch(/warning: the cache was not written: .*403/);
  });

  test('a cancelled build leaves no process of it', async () => {
    const controller = new AbortController();
    const mark = `7${process.pid}${round}`;
    write('Dockerfile', `${SHELL}RUN /bin/busybox sleep ${mark}\n`);
    const sleeping = () => {
      try {
        return execFileSync('pgrep', ['-f', `sleep ${mark}`], { encoding: 'utf8' }).trim();
      } catch {
        return '';
      }
    };
    const running = build({ tags: '1', cache: 'none' }, {}, controller.signal);
    while (sleeping() === '') await new Promise((resolve) => setTimeout(resolve, 100));
    controller.abort();
    const { failure } = await running;
    expect(failure?.name).toBe('CancelledError');
    for (let look = 0; look < 100 && sleeping() !== ''; look += 1)
      await new Promise((resolve) => setTimeout(resolve, 100));
    expect(sleeping()).toBe('');
  });
});
