import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { failedStep } from '../../actions/build-image/src/build-failure.ts';
import type { CacheRequest } from '../../actions/build-image/src/builder.ts';
import { parseBuilderFacts } from '../../actions/build-image/src/builder-facts.ts';
import { planCache } from '../../actions/build-image/src/cache-plan.ts';
import { KNOWN_FAILURES, knownFailure } from '../../actions/build-image/src/known-failures.ts';
import { withSavedFolder } from '../../actions/build-image/src/layer-cache.ts';
import { takeSecrets } from '../../actions/build-image/src/secrets.ts';

const facts = (driver: string, { buildkit = 'v0.20.1', store = false, buildx = 'v0.21.0' } = {}) =>
  parseBuilderFacts(
    `github.com/docker/buildx ${buildx} abc`,
    `Name:   default\nDriver: ${driver}\n\nNodes:\nBuildKit version: ${buildkit}\n`,
    store ? '[["driver-type","io.containerd.snapshotter.v1"]]' : '[["Backing Filesystem","extfs"]]',
  );

describe('the plan for a cache', () => {
  const request = (mode: CacheRequest['mode'], isWritable = true): CacheRequest => ({
    mode,
    reference: 'r.io/api:cache-1',
    scope: 'api-cache-1',
    isWritable,
  });
  const plan = (
    mode: CacheRequest['mode'],
    found: Parameters<typeof planCache>[1],
    { service = true, writable = true } = {},
  ) => planCache(request(mode, writable), found, service, '/tmp/x');

  test('registry: all stages where the builder can, the last one in the image where it cannot', () => {
    const full = plan('registry', facts('docker-container'));
    expect(full.to.join()).toContain('type=registry,ref=r.io/api:cache-1,mode=max,image-manifest=true');
    expect(plan('registry', facts('docker', { store: true })).to).toEqual(full.to);
    const plain = plan('registry', facts('docker'));
    expect(plain.to).toEqual(['type=inline']);
    expect(plain.note).toContain('setup-buildx-action');
    expect(plain.from).toEqual(full.from);
  });

  test('registry: nothing is written where the tag may not move', () => {
    const { to, note } = plan('registry', facts('docker-container'), { writable: false });
    expect(to).toEqual([]);
    expect(note).toContain('cache-*');
  });

  test('gha: by BuildKit, as a saved folder where BuildKit is too old for the service, not at all without the service', () => {
    expect(plan('gha', facts('docker-container')).to).toEqual([
      'type=gha,scope=api-cache-1,mode=max,ignore-error=true',
    ]);
    const old = plan('gha', facts('docker-container', { buildkit: 'v0.12.5' }));
    expect(old.folder).toEqual({ read: '/tmp/x/read', written: '/tmp/x/written' });
    expect(old.to.join()).toContain('type=local');
    expect(plan('gha', facts('docker')).note).toContain('this builder writes none');
    expect(plan('gha', facts('docker-container'), { service: false })).toMatchObject({ from: [], to: [] });
  });

  test('inline and none', () => {
    expect(plan('inline', facts('docker')).to).toEqual(['type=inline']);
    expect(plan('none', facts('docker-container'))).toEqual({ from: [], to: [] });
  });

  test('no cache where a docker command without buildx builds', () => {
    expect(plan('registry', parseBuilderFacts(undefined, '', ''))).toEqual({ from: [], to: [] });
  });
});

test('trouble with a saved cache is a warning, and the image is built', async () => {
  const warnings: string[] = [];
  const denied = () => Promise.reject(new Error('cache write denied: read-only token'));
  const options = {
    cache: { restore: denied, save: denied },
    scope: 's',
    revision: 'r',
    warn: (text: string) => void warnings.push(text),
  };
  const plan = {
    from: ['type=local,src=/nowhere/read'],
    to: [],
    folder: { read: '/nowhere/read', written: process.cwd() },
  };
  let from: readonly string[] = ['not called'];
  await withSavedFolder({ ...plan, folder: { ...plan.folder, written: '/nowhere/written' } }, options, async (used) => {
    from = used.from;
  });
  expect(from).toEqual([]);
  expect(warnings).toEqual(['the layer cache could not be fetched: cache write denied: read-only token']);
});

describe('the step that failed', () => {
  const log = (count: number) => [
    '#5 [deps 2/3] RUN npm ci',
    '#6 [test 2/2] RUN npm test',
    ...Array.from({ length: count }, (_, index) => `#6 ${index}.000 line ${index}`),
    '#5 0.300 of another stage',
    '#6 ERROR: process "/bin/sh -c npm test" did not complete successfully: exit code: 1',
    '------',
    ' > [test 2/2] RUN npm test:',
    '9.000 line 9',
    '------',
    'ERROR: failed to solve: process "/bin/sh -c npm test" did not complete successfully: exit code: 1',
  ];

  test('of BuildKit: its stage and its own last 40 lines, no others', () => {
    const step = failedStep(log(100));
    expect([step?.stage, step?.step]).toEqual(['test 2/2', 'RUN npm test']);
    expect(step?.lines).toHaveLength(40);
    expect(step?.lines.at(-2)).toBe('line 99');
    expect(step?.lines.join()).not.toContain('another stage');
  });

  test('of BuildKit, when its beginning is too long ago', () => {
    expect(failedStep(log(100).slice(50))).toMatchObject({ stage: 'test 2/2', step: 'RUN npm test' });
  });

  test("of the engine's own builder", () => {
    const lines = [
      'Step 1/3 : FROM node AS deps',
      ' ---> 1234',
      'Step 2/3 : RUN npm ci',
      ' ---> Running in 12',
      'npm ERR! 404',
    ];
    expect(failedStep(lines)).toEqual({ stage: 'deps', step: 'RUN npm ci', lines: ['npm ERR! 404'] });
  });

  test('of a push is none', () => {
    expect(failedStep(['#9 pushing layers', 'ERROR: failed to push r.io/api: denied'])).toBeUndefined();
  });
});

test.each([
  ['write /var/lib/docker/tmp/x: no space left on device', /disk .* is full/, /prune/],
  ['denied: Your authorization token has expired. Reauthenticate and try again.', /expired/, /run the job again/],
  ['failed to push r.io/a:1: unexpected status from PUT request to …: 401 Unauthorized', /expired/, /before this step/],
  ['denied: User: x is not authorized to perform: ecr:InitiateLayerUpload on resource: y', /not let/, /permissions/],
  ['ERROR: failed to solve: failed to push r.io/a:1: unknown: blob upload invalid', /lost/, /storage .* is full/],
  ['Cannot connect to the Docker daemon at unix:///var/run/docker.sock.', /no Docker Engine answers/, /start Docker/],
  ['ERROR: failed to connect to the docker API at unix:///var/run/docker.sock; check if', /no Docker Engine/, /start/],
  ['permission denied while trying to connect to the Docker daemon socket', /no Docker Engine/, /reach the socket/],
  [' > [internal] waiting for connection:', /builder .* does not run/, /setup-buildx.*docker buildx ls/],
  ['ERROR: failed to solve: the Dockerfile cannot be empty', /cannot be read/, /correct/],
  ['ERROR: r.io/a:1: failed to resolve source metadata for r.io/a:1: r.io/a:1: not found', /base image/, /name/],
  ['exec /bin/sh: exec format error', /another architecture/, /qemu/],
  ['ERROR: failed to solve: toomanyrequests: You have reached your pull rate limit.', /limits/, /mirror/],
  ['ERROR: failed to solve: dockerfile parse error on line 3: unknown instruction: RUNN', /cannot be read/, /line/],
  ['ERROR: failed to solve: target stage "prod" could not be found', /no such stage/, /target/],
  ['ERROR: Multi-platform build is not supported for the docker driver.', /one platform/, /setup-buildx/],
])('%s is explained', (line, why, next) => {
  const known = knownFailure(['#1 something', line]);
  expect([known?.why, known?.next]).toEqual([expect.stringMatching(why), expect.stringMatching(next)]);
});

test('the README tells of every known failure', () => {
  const page = readFileSync('actions/build-image/README.md', 'utf8');
  const untold = KNOWN_FAILURES.map(({ why }) => why.split(/[:.]/)[0] ?? '').filter((why) => !page.includes(why));
  expect(untold).toEqual([]);
});

describe('build secrets', () => {
  const image = (secrets: Record<string, string>, promoteFrom?: string) => ({
    name: 'api',
    secrets: new Map(Object.entries(secrets)),
    promoteFrom,
  });

  test('that are missing are all named, and no build begins', () => {
    const take = () => takeSecrets([image({ npm: 'NPM_TOKEN', PIP: 'PIP' })], { NPM_TOKEN: '' }, () => undefined);
    expect(take).toThrow('npm (variable NPM_TOKEN), PIP');
  });

  test('that are there are masked; those of a promotion are not asked for', () => {
    const masked: string[] = [];
    takeSecrets(
      [image({ npm: 'T' }), image({ x: 'MISSING' }, 'main')],
      { T: 's3cr3t' },
      (value) => void masked.push(value),
    );
    expect(masked).toEqual(['s3cr3t']);
  });
});
