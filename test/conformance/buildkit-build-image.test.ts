import { execFileSync } from 'node:child_process';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createEcrService } from '@hospital-ops/rehearsal/aws/ecr';
import type { LocalAws } from '@hospital-ops/rehearsal/aws/local-aws';
import { startLocalAws } from '@hospital-ops/rehearsal/aws/local-aws';
import { createImageStore } from '@hospital-ops/rehearsal/registry/image-store';
import type { Registry } from '@hospital-ops/rehearsal/registry/registry-server';
import { startRegistry } from '@hospital-ops/rehearsal/registry/registry-server';
import { createRegistryTokens } from '@hospital-ops/rehearsal/registry/tokens';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Job, Ran } from '../support/bundle.ts';
import { cancelBundle, createJob, runBundle } from '../support/bundle.ts';
import { describeWithBuildKit, theBuildKit } from '../support/describe-docker.ts';
import { expectContract, expectNoSecret } from '../support/hostile.ts';

/**
 * The built bundle with BuildKit as docker/setup-buildx-action sets it up, and a registry that this project did not write,
 * behind the rules of ECR.
 */
const buildkit = await theBuildKit();

const AWS = { AWS_REGION: 'ap-south-1', AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'example-secret' };
const SHA = 'c'.repeat(40);
const repository = 'clinic-desk';
const SHELL = 'FROM scratch AS tools\nCOPY busybox /bin/busybox\nSHELL ["/bin/busybox", "sh", "-c"]\n';
let round = 0;

describeWithBuildKit(buildkit, 'build-image', ({ upstream, config, busybox, prune }) => {
  let job: Job;
  let store: ReturnType<typeof createImageStore>;
  let registry: Registry;
  let aws: LocalAws;
  /** Those of ECR that the registry was shown, in order. */
  let passwords: Set<string>;
  /** Whether it takes one of them no more. */
  let refuses: (password: string) => boolean;

  const stepOf = (given: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}) => ({
    inputs: { repository, ...given },
    env: { ...AWS, AWS_ENDPOINT_URL: aws.url, DOCKER_CONFIG: config, ...env },
  });

  /** What the step said as its error; empty where it had none. */
  const errorOf = ({ commands }: Ran): string => commands.find(({ name }) => name === 'error')?.data ?? '';

  const looked = (ran: Ran) => {
    const results = JSON.parse(ran.outputs.results || '{}') as Record<string, Record<string, unknown>>;
    expect([...ran.left.keys()]).toEqual([]);
    expectContract(ran);
    expectNoSecret(ran, [...passwords]);
    return { ...ran, said: errorOf(ran), results };
  };

  const build = (given: Readonly<Record<string, string>>, env?: Readonly<Record<string, string>>) =>
    runBundle('build-image', job, stepOf(given, env)).then(looked);

  beforeEach(async () => {
    job = createJob();
    cpSync(busybox, join(job.workspace, 'busybox'));
    job.write(
      'Dockerfile',
      `${SHELL}RUN /bin/busybox echo made > /made\nFROM scratch\nCOPY --from=tools /made /\nCOPY app.txt /\n`,
    );
    round += 1;
    job.write('app.txt', `one ${round}`);
    store = createImageStore();
    passwords = new Set();
    refuses = () => false;
    const tokens = createRegistryTokens();
    registry = await startRegistry({
      store,
      upstream,
      credentials: (user, password) => {
        if (!tokens.accepts(user, password, Date.now())) return false;
        passwords.add(password);
        return !refuses(password);
      },
    });
    const engine = { start: () => Promise.reject(new Error('no tasks here')), close: async () => undefined };
    const ecr = createEcrService({ store, registryHost: registry.host, tokens });
    aws = await startLocalAws({ engine, region: AWS.AWS_REGION, services: [ecr] });
  });
  afterEach(async () => {
    await registry.close();
    await aws.close();
    job.remove();
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
    job.write('app.txt', `two ${round}`);
    const { said, results, log } = await build({ tags: '2' });
    expect(said.trim()).toBe('');
    expect(log).toMatch(/importing cache manifest|inferred cache manifest/);
    expect(results[repository]?.['cached-steps']).toBeGreaterThanOrEqual(2);
    // The cache's own tag is no release: it moves.
    expect([...store.tags(repository).keys()].some((tag) => tag.startsWith('cache-'))).toBe(true);
  });

  test('two platforms with provenance are an index, which is promoted to another repository bit by bit', async () => {
    job.write('Dockerfile', 'FROM scratch\nCOPY app.txt /\n');
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
    job.write('Dockerfile', `${SHELL}RUN ${read}\n`);
    const secret = { 'build-secrets': 'npm=NPM_TOKEN', tags: '1' };
    const { said, log } = await build(secret, { NPM_TOKEN: 's3cr3t-t0ken' });
    expect(said.trim()).toBe('');
    expect(log.replaceAll(/= s3cr3t-t0ken \]|^::add-mask::.*$/gm, '')).not.toContain('s3cr3t-t0ken');
    expect((await build(secret)).said).toContain('npm (variable NPM_TOKEN)');
  });

  test('a private base image is built upon with the login of an earlier step', async () => {
    const { host, user, password } = upstream;
    const own = join(job.folder, 'docker');
    cpSync(config, own, { recursive: true, verbatimSymlinks: true });
    const auth = Buffer.from(`${user}:${password}`).toString('base64');
    writeFileSync(join(own, 'config.json'), JSON.stringify({ auths: { [host]: { auth } } }));
    const base = await build(
      { registry: host, 'registry-auth': 'docker', repository: 'ward-base', tags: '24', cache: 'none' },
      { DOCKER_CONFIG: own },
    );
    expect(base.said).toBe('');
    job.write('Dockerfile', `FROM ${host}/ward-base:24\nCOPY app.txt /new/\n`);
    const { said, outputs, log } = await build({ tags: '1', cache: 'none' }, { DOCKER_CONFIG: own });
    expect(said).toBe('');
    expect(outputs.result).toBe('built');
    expect(log).not.toContain('counts by its name alone');
    const stranger = await build({ tags: '2', cache: 'none' });
    expect(stranger.log).toContain('counts by its name alone');
    expect(stranger.said).toContain('a base image does not exist, or not for this login');
  });

  test('a step that fails is named with its stage and its last lines, those of no other', async () => {
    const loud =
      'for i in $(/bin/busybox seq 60); do /bin/busybox echo line $i; done; /bin/busybox echo no such ward; exit 3';
    job.write('Dockerfile', `${SHELL}FROM tools AS ward\nRUN ${loud}\n`);
    const { said, summary } = await build({ tags: '1', cache: 'none' });
    expect(said).toMatch(/failed in stage ward \d\/\d, step "RUN for i in/);
    expect(said).toContain('exit code: 3');
    expect(summary).toContain('no such ward');
    expect(summary).toContain('line 60');
    expect(summary).not.toContain('line 15\n');
  });

  test('a full disk is told as such', async () => {
    job.write('Dockerfile', `${SHELL}RUN /bin/busybox dd if=/dev/zero of=/dev/full count=1\n`);
    const { said } = await build({ tags: '1', cache: 'none' });
    expect(said).toMatch(/disk of the runner or of the builder is full.*prune/s);
  });

  /** Layers of random bytes: one is there before the next is asked for. */
  const writeLayers = () => {
    const layer = (name: string) => `RUN /bin/busybox dd if=/dev/urandom of=/${name} bs=1M count=5\n`;
    job.write('Dockerfile', `${SHELL}${layer('one')}${layer('two')}COPY app.txt /\n`);
  };
  const arrived = () => registry.requests.some(({ operation }) => operation === 'finish-upload');

  test('a login that expires in mid-push is renewed, and the push goes on', async () => {
    writeLayers();
    refuses = (password) => password === [...passwords][0] && arrived();
    const { said, outputs, log } = await build({ tags: '1', cache: 'none' });
    expect(said).toBe('');
    expect(outputs).toMatchObject({ result: 'built', tags: '["1"]' });
    expect(log).toContain('logged in anew');
  });

  test('a login that expires in mid-push, and the new one too, is told as such', async () => {
    writeLayers();
    refuses = () => arrived();
    const { said, outputs } = await build({ tags: '1', cache: 'none' });
    expect(said).toMatch(/docker could not log in to .*401.*check that the credentials/s);
    expect(outputs).toMatchObject({ image: '', images: '{}' });
  });

  test('a login of ours that expires in mid-push is told as such, and not tried again', async () => {
    writeLayers();
    store.createRepository(repository);
    refuses = () => arrived();
    const answer = await aws.call('ecr', 'GetAuthorizationToken', {});
    const [{ authorizationToken: auth }] = answer.authorizationData as [{ authorizationToken: string }];
    const own = join(job.folder, 'docker');
    cpSync(config, own, { recursive: true, verbatimSymlinks: true });
    writeFileSync(join(own, 'config.json'), JSON.stringify({ auths: { [registry.host]: { auth } } }));
    const docker = { registry: registry.host, 'registry-auth': 'docker', tags: '1', cache: 'none' };
    const { said, log } = await build(docker, { DOCKER_CONFIG: own });
    expect(said).toMatch(/the registry took the login no more.*log in right before this step/s);
    expect(log).not.toContain('trying again');
  });

  test('a registry that goes away in mid-push is told as such, after some tries', async () => {
    job.write('Dockerfile', `${SHELL}RUN /bin/busybox dd if=/dev/urandom of=/big bs=1M count=20\n`);
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
    job.write('app.txt', `two ${round}`);
    const denied = await build({ tags: '2' });
    expect(denied.outputs.result).toBe('built');
    expect(denied.log).toMatch(/::warning.*the cache was not written: .*403/);
  });

  test('a registry that fails for one image of several fails that one alone', async () => {
    registry.inject({ operation: 'put-manifest', status: 403, times: 99, path: /clinic-ward/ });
    const images = `{ desk: { repository: ${repository} }, ward: { repository: clinic-ward }, hall: { repository: clinic-hall } }`;
    const { code, said, outputs, results, summary } = await build({ images, repository: '', tags: '1', cache: 'none' });
    expect(code).toBe(1);
    expect(said).toContain('1 of 3 images failed');
    expect(said).toMatch(/ward: .*403/);
    expect(JSON.parse(outputs.images ?? '')).toEqual({
      desk: results.desk?.image,
      hall: results.hall?.image,
    });
    expect(results).toMatchObject({ desk: { result: 'built' }, hall: { result: 'built' }, ward: { result: 'failed' } });
    for (const name of [repository, 'clinic-hall']) expect(store.tags(name).get('1')).toMatch(/^sha256:/);
    expect([...store.tags('clinic-ward')]).toEqual([]);
    expect(summary).toContain('Why ward failed');
  });

  test('a cancelled build leaves no process of it, and no credentials', async () => {
    const mark = `7${process.pid}${round}`;
    job.write('Dockerfile', `${SHELL}RUN /bin/busybox sleep ${mark}\n`);
    const matching = (pattern: string) => {
      try {
        return execFileSync('pgrep', ['-f', pattern], { encoding: 'utf8' }).trim();
      } catch {
        return '';
      }
    };
    const isBuilding = () => matching(`busybox sleep ${mark}`) !== '';
    const ran = await cancelBundle('build-image', job, stepOf({ tags: '1', cache: 'none' }), isBuilding);
    expect(ran.code).toBe(1);
    expect(looked(ran).said).toContain('cancelled');
    // The step of the build itself is BuildKit's to end: in a moment.
    for (let look = 0; look < 100 && isBuilding(); look += 1) await sleep(100);
    expect([matching(`busybox sleep ${mark}`), matching(`docker-buildx.*${job.folder}`)]).toEqual(['', '']);
  });
});
