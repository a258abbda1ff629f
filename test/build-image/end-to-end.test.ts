import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@hospital-ops/action-kit/fake-clock';
import { createMemoryLog } from '@hospital-ops/action-kit/log';
import { createEcrService } from '@hospital-ops/rehearsal/aws/ecr';
import type { LocalAws } from '@hospital-ops/rehearsal/aws/local-aws';
import { startLocalAws } from '@hospital-ops/rehearsal/aws/local-aws';
import { installDockerStandIn } from '@hospital-ops/rehearsal/engine/builder/install';
import { createImageStore } from '@hospital-ops/rehearsal/registry/image-store';
import type { Registry } from '@hospital-ops/rehearsal/registry/registry-server';
import { startRegistry } from '@hospital-ops/rehearsal/registry/registry-server';
import { createRegistryTokens } from '@hospital-ops/rehearsal/registry/tokens';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { connect } from '../../actions/build-image/src/connect.ts';
import { runBuildImage } from '../../actions/build-image/src/run.ts';
import { parseInputs } from './world.ts';

const SHA = 'c'.repeat(40);
const AWS = { AWS_REGION: 'ap-south-1', AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'example-secret' };
const repository = 'hospital-ops-api';

let folder: string;
let workspace: string;
let aws: LocalAws;
let registry: Registry;
let secrets: string[];
const store = () => current;
let current = createImageStore();

/** Runs the action with its real edges: AWS SDK, fetch, and a docker command on the PATH. Time does not pass. */
const build = async (given: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}) => {
  const log = createMemoryLog();
  secrets = [];
  const inputs = parseInputs({ repository, ...given });
  const kit = {
    env: {
      PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
      HOME: join(folder, 'home'),
      DOCKER_CONFIG: join(folder, 'home', '.docker'),
      GITHUB_WORKSPACE: workspace,
      GITHUB_SHA: SHA,
      RUNNER_TEMP: join(folder, 'temp'),
      ...env,
    },
    log,
    clock: new FakeClock(),
    signal: new AbortController().signal,
    addSecret: (value: string) => void secrets.push(value),
    redact: (text: string) => text,
  };
  const result = await runBuildImage(inputs, connect(inputs, kit));
  return { ...result, log: log.lines.join('\n'), summary: result.summary.render() };
};

const builderStarts = () => registry.requests.filter(({ operation }) => operation === 'ping').length;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'build-image-'));
  workspace = join(folder, 'workspace');
  for (const name of ['workspace', 'temp', 'home']) mkdirSync(join(folder, name));
  writeFileSync(join(workspace, 'Dockerfile'), 'FROM scratch\nCOPY app.txt /app.txt\nCMD ["/app"]\n');
  writeFileSync(join(workspace, 'app.txt'), 'one');
  await installDockerStandIn(join(folder, 'bin'), join(folder, 'images'));
  current = createImageStore();
  const tokens = createRegistryTokens();
  const now = () => Date.now();
  registry = await startRegistry({
    store: store(),
    credentials: (user, password) => tokens.accepts(user, password, now()),
  });
  const engine = { start: () => Promise.reject(new Error('no tasks here')), close: async () => undefined };
  const ecr = createEcrService({ store: store(), registryHost: registry.host, tokens });
  aws = await startLocalAws({ engine, region: AWS.AWS_REGION, services: [ecr] });
  Object.assign(process.env, AWS, { AWS_ENDPOINT_URL: aws.url });
});

afterEach(async () => {
  await registry.close();
  await aws.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('against a registry and ECR over the wire', () => {
  test('a missing repository is created with immutable tags and scan on push, and the image is in it', async () => {
    const { outputs, failure } = await build({}, { GITHUB_REF: 'refs/tags/v1.1.0' });
    expect(failure).toBeUndefined();
    expect(outputs).toMatchObject({ result: 'built', revision: SHA });
    expect(outputs.image).toBe(`${registry.host}/${repository}@${outputs.digest}`);
    expect(store().repository(repository)?.options).toMatchObject({
      imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
      exclusionFilters: ['cache-*', 'sha256-*'],
      scanOnPush: true,
    });
    expect(Object.fromEntries(store().tags(repository))).toMatchObject({
      [SHA]: outputs.digest,
      '1.1.0': outputs.digest,
    });
  });

  test('an unchanged rebuild starts no builder and logs no one in', async () => {
    const first = await build({});
    const starts = builderStarts();
    const second = await build({ tags: 'again' });
    expect(second.outputs).toMatchObject({ result: 'skipped', digest: first.outputs.digest, revision: SHA });
    expect(builderStarts()).toBe(starts);
    writeFileSync(join(workspace, 'app.txt'), 'two');
    expect((await build({ tags: 'changed' })).outputs.result).toBe('built');
  });

  test('what .dockerignore leaves out changes nothing', async () => {
    writeFileSync(join(workspace, '.dockerignore'), '*.md\n');
    await build({});
    writeFileSync(join(workspace, 'README.md'), 'new');
    expect((await build({ tags: 'again' })).outputs.result).toBe('skipped');
  });

  test('a promotion keeps the bytes, the digest and the revision', async () => {
    const staging = await build({});
    const { outputs, failure } = await build(
      { 'promote-from': SHA, tags: '1.1.0' },
      { GITHUB_SHA: 'd'.repeat(40), GITHUB_REF: 'refs/tags/v1.1.0' },
    );
    expect(failure).toBeUndefined();
    expect(outputs).toMatchObject({ result: 'promoted', digest: staging.outputs.digest, revision: SHA });
    expect(store().tags(repository).get('1.1.0')).toBe(staging.outputs.digest);
    expect(store().manifests(repository)).toHaveLength(1);
  });

  test('an immutable tag on another digest is an error that names both', async () => {
    const first = await build({ tags: '1.0.0' });
    writeFileSync(join(workspace, 'app.txt'), 'two');
    const second = await build({ tags: 'other' });
    const { failure } = await build({ 'promote-from': 'other', tags: '1.0.0' });
    expect(failure?.what).toContain(first.outputs.digest);
    expect(failure?.what).toContain(second.outputs.digest);
    expect(store().tags(repository).get('1.0.0')).toBe(first.outputs.digest);
  });

  test('503 on the manifest is tried again', async () => {
    registry.inject({ operation: 'put-manifest', status: 503, times: 2 });
    const { outputs, log } = await build({});
    expect(outputs.result).toBe('built');
    expect(log.match(/trying again in/g)).toHaveLength(2);
  });

  test('403 on the manifest is not', async () => {
    registry.inject({ operation: 'put-manifest', status: 403, times: 1 });
    const { failure, log } = await build({});
    expect(failure?.what).toContain('failed');
    expect(log).not.toContain('trying again');
  });

  test('throttling and server errors of ECR are ridden out', async () => {
    aws.faults.add({ service: 'ecr', operation: 'GetAuthorizationToken', kind: '5xx', times: 2 });
    aws.faults.add({ service: 'ecr', operation: 'PutImage', kind: 'throttle', times: 2 });
    expect((await build({})).outputs.result).toBe('built');
  });

  test('a right that is missing is named', async () => {
    aws.faults.add({ service: 'ecr', operation: 'CreateRepository', kind: 'access-denied' });
    const { failure } = await build({});
    expect(`${failure?.what} ${failure?.why} ${failure?.next}`).toContain('ecr:CreateRepository');
  });

  test('a login that the registry refuses is an error, without the password in it', async () => {
    await build({});
    writeFileSync(join(workspace, 'app.txt'), 'two');
    registry.inject({ operation: 'ping', status: 401, times: 1 });
    const { failure, log, summary, outputs } = await build({ tags: 'two' });
    expect(failure?.what).toContain('docker could not log in');
    expect(outputs.result).toBe('');
    const [password = ''] = secrets;
    expect(password.length).toBeGreaterThan(20);
    expect([log, summary, failure?.why, JSON.stringify(outputs)].join('\n')).not.toContain(password);
  });

  test('nothing is left behind: no credentials, no metadata', async () => {
    await build({});
    expect(readdirSync(join(folder, 'temp'))).toEqual([]);
    expect(existsSync(join(folder, 'home', '.docker', 'config.json'))).toBe(false);
  });

  test('a build that fails shows its last lines', async () => {
    writeFileSync(join(workspace, 'Dockerfile'), 'FROM scratch\nCOPY missing.txt /\n');
    const { failure, summary, outputs } = await build({});
    expect(failure?.why).toContain('missing.txt');
    expect(summary).toContain('missing.txt');
    expect(outputs).toMatchObject({ image: '', images: '{}' });
  });

  test.each([
    [{ dockerfile: 'Containerfile' }, 'the Dockerfile "Containerfile" of image'],
    [{ context: 'nowhere' }, 'the context "nowhere" of image'],
    [{ context: '..' }, 'lies outside the workspace'],
    [{ context: 'Dockerfile', dockerfile: 'Dockerfile' }, 'is a file, not a folder'],
    [{ dockerfile: '.' }, 'is a folder, not a file'],
  ])('%j is an error that names the path', async (given, what) => {
    expect((await build(given)).failure?.what).toContain(what);
  });

  test('no docker command: the error says how to get one', async () => {
    const { failure } = await build({}, { PATH: join(folder, 'empty') });
    expect(failure?.what).toContain('docker command could not be started');
    expect(failure?.next).toContain('install a Docker Engine');
  });

  test('an engine without buildx builds and pushes in two steps', async () => {
    const real = join(folder, 'bin', 'docker');
    const bin = join(folder, 'plain');
    mkdirSync(bin);
    const script = `#!/bin/sh\nif [ "$1" = buildx ]; then echo "docker: 'buildx' is not a docker command." >&2; exit 1; fi\nexec '${real}' "$@"\n`;
    writeFileSync(join(bin, 'docker'), script);
    chmodSync(join(bin, 'docker'), 0o755);
    registry.inject({ operation: 'put-manifest', status: 503, times: 1 });
    const { outputs, failure } = await build({}, { PATH: `${bin}:${process.env.PATH}` });
    expect(failure?.why).toBeUndefined();
    expect(outputs.result).toBe('built');
  });
});

describe('a promotion from elsewhere', () => {
  const type = 'application/vnd.oci.image.manifest.v1+json';
  const indexType = 'application/vnd.oci.image.index.v1+json';

  /** Pushes an index of two platforms and an attestation, and returns its digest. */
  const pushIndex = (there: ReturnType<typeof createImageStore>, name: string, tag: string): string => {
    there.createRepository(name);
    const image = (text: string) => {
      const blob = Buffer.from(JSON.stringify({ config: { Labels: { 'org.opencontainers.image.revision': text } } }));
      const config = {
        mediaType: 'application/vnd.oci.image.config.v1+json',
        digest: there.putBlob(blob),
        size: blob.length,
      };
      const layer = Buffer.from(`layer of ${text}`.repeat(50_000));
      const layers = [
        { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: there.putBlob(layer), size: layer.length },
      ];
      const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: type, config, layers }));
      return { mediaType: type, digest: there.putManifest(name, bytes, type).digest, size: bytes.length };
    };
    const manifests = [
      { ...image('one'), platform: { os: 'linux', architecture: 'amd64' } },
      { ...image('two'), platform: { os: 'linux', architecture: 'arm64' } },
      { ...image('proof'), platform: { os: 'unknown', architecture: 'unknown' } },
    ];
    const bytes = Buffer.from(`${JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests })}  \n`);
    return there.putManifest(name, bytes, indexType, tag).digest;
  };

  const expectWhole = (digest: string) => {
    const { manifests } = JSON.parse(store().manifest(repository, digest)?.bytes.toString('utf8') ?? '{}');
    expect(manifests).toHaveLength(3);
    for (const each of manifests as { digest: string }[]) {
      const { layers } = JSON.parse(store().manifest(repository, each.digest)?.bytes.toString('utf8') ?? '{}');
      expect(store().blob(layers[0].digest)).toBeDefined();
    }
  };

  test('another registry, logged in to before: all of an index is copied, under the same digest', async () => {
    const there = createImageStore();
    const other = await startRegistry({ store: there, credentials: (_, password) => password === 'good' });
    try {
      const digest = pushIndex(there, 'staging/api', '1.0.0');
      mkdirSync(join(folder, 'home', '.docker'));
      const auths = { [other.host]: { auth: Buffer.from('asha:good').toString('base64') } };
      writeFileSync(join(folder, 'home', '.docker', 'config.json'), JSON.stringify({ auths }));
      const from = `${other.host}/staging/api:1.0.0`;
      const { outputs, failure } = await build({ 'promote-from': from, tags: '1.0.0' });
      expect([failure?.what, failure?.why]).toEqual([undefined, undefined]);
      expect(outputs).toMatchObject({ result: 'promoted', digest, revision: 'one' });
      expect(Object.keys(JSON.parse(outputs['platform-digests'] ?? ''))).toEqual(['linux/amd64', 'linux/arm64']);
      expect(store().tags(repository).get('1.0.0')).toBe(digest);
      expectWhole(digest);
      const again = await build({ 'promote-from': from, tags: '1.0.0' });
      expect(again.outputs).toMatchObject({ result: 'promoted', digest });
    } finally {
      await other.close();
    }
  });

  test('another repository of the same registry: its blobs are mounted, not copied', async () => {
    const digest = pushIndex(store(), 'staging-api', '1.0.0');
    const { outputs } = await build({ 'promote-from': `${registry.host}/staging-api@${digest}`, tags: '1.0.0' });
    expect(outputs).toMatchObject({ result: 'promoted', digest });
    expectWhole(digest);
    expect(registry.requests.filter(({ operation }) => operation === 'get-blob').length).toBeLessThanOrEqual(1);
  });

  test('nothing that is there: the error names where it was looked for', async () => {
    const { failure } = await build({ 'promote-from': 'nowhere:1.0.0', tags: '1.0.0' });
    expect(failure?.what).toContain('there is no "1.0.0" to promote in repository "nowhere"');
  });
});

describe('a repository that exists', () => {
  test('is left as it is, and the log says where it differs', async () => {
    store().createRepository(repository, { imageTagMutability: 'MUTABLE' });
    const { outputs, log } = await build({ 'lifecycle-policy': '{rules: []}', 'kms-key': 'alias/images' });
    expect(outputs.result).toBe('built');
    expect(log).toMatch(
      /is left as it is, though its tags may move, .*scan on push, .*alias\/images, its lifecycle policy/,
    );
    expect(store().repository(repository)?.lifecyclePolicy).toBeUndefined();
  });

  test('was made by this action with key and lifecycle policy, and differs in nothing', async () => {
    const given = { 'kms-key': 'arn:aws:kms:x:1:key/2', 'lifecycle-policy': '{rules: [{rulePriority: 1}]}' };
    await build(given);
    const made = store().repository(repository);
    expect(made?.options.encryption).toEqual({ encryptionType: 'KMS', kmsKey: 'arn:aws:kms:x:1:key/2' });
    expect(JSON.parse(made?.lifecyclePolicy ?? '')).toEqual({ rules: [{ rulePriority: 1 }] });
    expect((await build({ ...given, tags: 'again' })).log).not.toContain('is left as it is');
  });
});

describe('base images', () => {
  test('that moved are built upon, from the registry and not from what the builder has', async () => {
    store().createRepository('base', { imageTagMutability: 'MUTABLE' });
    const put = (text: string) => {
      const config = {
        mediaType: 'application/vnd.oci.image.config.v1+json',
        digest: store().putBlob(
          Buffer.from('{"rootfs":{"type":"layers","diff_ids":[]},"architecture":"amd64","os":"linux"}'),
        ),
        size: 2,
      };
      const manifest = {
        schemaVersion: 2,
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        config,
        layers: [],
        annotations: { text },
      };
      store().putManifest('base', Buffer.from(JSON.stringify(manifest)), manifest.mediaType, '1');
    };
    writeFileSync(join(workspace, 'Dockerfile'), `FROM ${registry.host}/base:1\nCOPY app.txt /app.txt\nCMD ["/app"]\n`);
    put('one');
    const hash = async () => (await build({ 'dry-run': 'true' })).outputs['content-hash'];
    const before = await hash();
    expect(await hash()).toBe(before);
    put('two');
    expect(await hash()).not.toBe(before);
    const named = async () =>
      (await build({ 'dry-run': 'true', 'resolve-base-images': 'false' })).outputs['content-hash'];
    expect(await named()).toBe(await named());
  });
});
