import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import type { RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createEcrService } from '@hospital-ops/rehearsal/aws/ecr';
import { installDockerStandIn } from '@hospital-ops/rehearsal/engine/builder/install';
import { createImageStore } from '@hospital-ops/rehearsal/registry/image-store';
import type { Registry } from '@hospital-ops/rehearsal/registry/registry-server';
import { startRegistry } from '@hospital-ops/rehearsal/registry/registry-server';
import { createRegistryTokens } from '@hospital-ops/rehearsal/registry/tokens';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Job, Ran } from '../support/bundle.ts';
import { cancelBundle, createJob, runBundle } from '../support/bundle.ts';
import type { BundleAws } from '../support/bundle-aws.ts';
import { SECRETS, startBundleAws } from '../support/bundle-aws.ts';
import { expectContract, expectNoSecret, HOSTILE, HOSTILE_LINE } from '../support/hostile.ts';

const repository = 'hospital-ops-api';
const PASSWORD = 'p4ss-W0rd_of.the~Vault+77';
const DIGEST = `sha256:${'a'.repeat(64)}`;

let world: BundleAws;
let registry: Registry;
let job: Job;
let store: ReturnType<typeof createImageStore>;
beforeAll(async () => {
  store = createImageStore();
  const tokens = createRegistryTokens();
  registry = await startRegistry({
    store,
    credentials: (user, password) => tokens.accepts(user, password, Date.now()),
  });
  const ecr = createEcrService({ store, registryHost: registry.host, tokens });
  world = await startBundleAws({}, [], { services: [ecr] });
});
afterAll(async () => {
  await registry.close();
  await world.close();
});

/** What a docker command was called with, argument by argument, with its standard input. */
const calls = () => (existsSync(join(job.folder, 'calls')) ? readFileSync(join(job.folder, 'calls'), 'utf8') : '');
const typed = () => readFileSync(join(job.folder, 'typed'), 'utf8');

/** Puts a docker into the PATH that is this shell script. */
const installDocker = (script: string) => {
  const bin = join(job.folder, 'bin');
  mkdirSync(bin, { recursive: true });
  const head = `#!/bin/sh\ncase "$1 $2" in "buildx version"|"buildx inspect"|"info --format") exit 0;; esac\necho "$@" >> ${job.folder}/calls\n`;
  const login = `case "$1" in login) cat > ${job.folder}/typed; exit 0;; esac\n`;
  writeFileSync(join(bin, 'docker'), head + login + script);
  chmodSync(join(bin, 'docker'), 0o755);
};

beforeEach(() => {
  job = createJob();
  job.write('Dockerfile', 'FROM scratch\nCOPY app.txt /app.txt\nCMD ["/app"]\n');
  job.write('app.txt', `content of ${job.folder}`);
});
afterEach(() => job.remove());

const stepOf = (given: Record<string, string>) => ({
  inputs: { repository, ...given },
  env: { ...world.env, PATH: `${join(job.folder, 'bin')}:${process.env.PATH}` },
});

const check = (ran: Ran, secrets: readonly string[] = []): Ran => {
  expectContract(ran);
  expectNoSecret(ran, [...Object.values(SECRETS), PASSWORD, ...secrets], [calls()]);
  JSON.parse(ran.outputs.results ?? '');
  if (ran.code === 1) expect([ran.outputs.image, ran.outputs.digest, ran.outputs.result]).toEqual(['', '', '']);
  return ran;
};

const build = async (given: Record<string, string>, secrets?: readonly string[]) => {
  const ran = check(await runBundle('build-image', job, stepOf(given)), secrets);
  expect([...ran.left.keys()]).toEqual([]);
  return ran;
};

const tagsNow = () => Object.fromEntries(store.tags(repository));

describe('what is said to be in the registry', () => {
  test('is there: built, skipped and promoted', async () => {
    await installDockerStandIn(join(job.folder, 'bin'), join(job.folder, 'images'));
    const built = await build({ tags: 'one' });
    expect(built.outputs).toMatchObject({ result: 'built' });
    expect(tagsNow().one).toBe(built.outputs.digest);
    const skipped = await build({ tags: 'two' });
    expect(skipped.outputs).toMatchObject({ result: 'skipped', digest: built.outputs.digest });
    const promoted = await build({ 'promote-from': 'one', tags: 'three' });
    expect(promoted.outputs).toMatchObject({ result: 'promoted', digest: built.outputs.digest });
    expect(tagsNow()).toMatchObject({ two: built.outputs.digest, three: built.outputs.digest });
  });

  test.each([
    ['does nothing and says that it went well', 'exit 0'],
    [
      'tells a digest that nobody has',
      `while [ "$1" ]; do [ "$1" = --metadata-file ] && echo '{"containerimage.digest":"${DIGEST}"}' > "$2"; shift; done`,
    ],
    ['fails without a word', 'exit 1'],
    ['kills itself', 'kill -9 $$'],
  ])('is not there when the docker command %s', async (_, script) => {
    installDocker(script);
    const ran = await build({ tags: 'never' });
    expect(ran.code).toBe(1);
    expect(tagsNow().never).toBeUndefined();
  });

  test('is not there when the one who promotes names what was never built', async () => {
    for (const from of ['nothing', DIGEST]) expect((await build({ 'promote-from': from, tags: 'never' })).code).toBe(1);
    expect(tagsNow().never).toBeUndefined();
  });
});

describe('a registry that lies', () => {
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: DIGEST, size: 2 },
    layers: [],
  });
  const type = { 'content-type': 'application/vnd.oci.image.manifest.v1+json' };
  let servers: Server[] = [];
  const start = async (listener: RequestListener): Promise<string> => {
    const server = createServer(listener);
    servers.push(server);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  afterEach(async () => {
    for (const server of servers) server.closeAllConnections();
    await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
    servers = [];
  });

  test.each<[string, RequestListener]>([
    ['says 200 to everything and holds nothing', (_, answer) => void answer.writeHead(200).end()],
    ['says 200 with a page', (_, answer) => void answer.writeHead(200, { 'content-type': 'text/html' }).end('<p>ok')],
    [
      'names a digest of other bytes',
      (_, answer) => void answer.writeHead(200, { ...type, 'docker-content-digest': DIGEST }).end(manifest),
    ],
    [
      'names a digest that is none',
      (_, answer) => void answer.writeHead(200, { ...type, 'docker-content-digest': '::error::FORGED' }).end(manifest),
    ],
    [
      'knows every tag and takes none',
      ({ method }, answer) => void answer.writeHead(method === 'PUT' ? 201 : 404).end(),
    ],
    [
      'refuses with an attack',
      (_, answer) => void answer.writeHead(403).end(JSON.stringify({ errors: [{ code: HOSTILE, message: HOSTILE }] })),
    ],
  ])('%s gets no success', async (_, listener) => {
    installDocker(`printf '%s' '${HOSTILE.replaceAll("'", '').replaceAll('\u0000', '')}'; exit 0`);
    const host = await start(listener);
    const more = { registry: host, 'registry-auth': 'none' };
    expect((await build({ ...more, tags: 'x' })).code).toBe(1);
    expect((await build({ ...more, tags: 'x', 'promote-from': 'one' })).code).toBe(1);
  });

  test('and repeats the password tells nobody', async () => {
    let authorization = '';
    const host = await start((request, answer) => {
      authorization = request.headers.authorization ?? authorization;
      const body = `${'.'.repeat(470)}${PASSWORD} ${authorization} ${PASSWORD}`;
      answer
        .writeHead(403)
        .end(request.method === 'GET' ? body : JSON.stringify({ errors: [{ code: PASSWORD, message: body }] }));
    });
    const auth = Buffer.from(`asha:${PASSWORD}`).toString('base64');
    mkdirSync(join(job.home, '.docker'));
    writeFileSync(join(job.home, '.docker', 'config.json'), JSON.stringify({ auths: { [host]: { auth } } }));
    installDocker(`cat "$DOCKER_CONFIG/config.json"; echo "ERROR: denied for ${PASSWORD} ${auth}"; exit 1`);
    const given = { registry: host, 'registry-auth': 'docker' };
    await build({ ...given, tags: 'x' });
    await build({ ...given, tags: 'x', 'skip-unchanged': 'false' });
    await build({
      ...given,
      images: JSON.stringify({ a: { repository: 'a' }, b: { repository: 'b' } }),
      repository: '',
    });
    expect(authorization).toBe(`Basic ${auth}`);
  });
});

describe('the login', () => {
  test('goes by standard input, and what docker prints of it goes nowhere', async () => {
    installDocker(
      `cat ${'"$DOCKER_CONFIG/config.json"'}; cat ${'$(dirname $0)'}/../typed >&2; echo "ERROR: failed to solve: $(cat ${'$(dirname $0)'}/../typed)"; exit 1`,
    );
    const ran = await build({ tags: 'x' });
    expect(ran.code).toBe(1);
    expect(typed().length).toBeGreaterThan(10);
    expectNoSecret(ran, [typed()], [calls()]);
  });

  test.each([
    ['access-denied', /ecr:GetAuthorizationToken/],
    ['expired-token', /credentials/],
  ] as const)('that AWS refuses (%s) is an error before docker is asked', async (kind, message) => {
    installDocker('exit 0');
    const clear = world.aws.faults.add({ service: 'ecr', kind });
    const ran = await build({ tags: 'x' });
    clear();
    expect([ran.code, ran.log]).toEqual([1, expect.stringMatching(message)]);
    expect(calls()).toBe('');
  });

  test('that AWS answers with nothing is an error', async () => {
    installDocker('exit 0');
    world.mangle('GetAuthorizationToken', () => ({ status: 200, body: '{"authorizationData":[]}' }));
    const ran = await build({ tags: 'x' });
    world.mangle('GetAuthorizationToken', (answer) => answer);
    expect(ran.code).toBe(1);
  });
});

test('lines of a build are shown as text, also endless ones', async () => {
  job.write('hostile.txt', HOSTILE.replaceAll('\u0000', ''));
  installDocker(`cat hostile.txt; head -c 1000000 /dev/zero | tr '\\0' x; echo; cat hostile.txt >&2; exit 1`);
  const ran = await build({ tags: 'x' });
  expect(ran.log).toContain('progress');
  expect(Buffer.byteLength(ran.log)).toBeLessThan(200_000);
});

test('file names that are attacks are part of the content, and of nothing else', async () => {
  for (const name of ['new\nline', 'x ##[error]FORGED', '::error::FORGED', '\u001b[31m', '-rf', '$(id)', 'é']) {
    job.write(name, 'x');
  }
  symlinkSync('/etc', join(job.workspace, 'outside'));
  symlinkSync('itself', join(job.workspace, 'itself'));
  const first = await build({ push: 'false', 'dry-run': 'true' });
  job.write('new\nline', 'y');
  const second = await build({ push: 'false', 'dry-run': 'true' });
  expect([first.code, second.code]).toEqual([0, 0]);
  expect(first.outputs['content-hash']).toMatch(/^[0-9a-f]{64}$/);
  expect(second.outputs['content-hash']).not.toBe(first.outputs['content-hash']);
});

test('inputs that are none end the step before docker or AWS is asked', async () => {
  installDocker('exit 0');
  mkdirSync(join(job.folder, 'outside'));
  writeFileSync(join(job.folder, 'outside', 'Dockerfile'), 'FROM scratch\n');
  symlinkSync(join(job.folder, 'outside'), join(job.workspace, 'link'));
  symlinkSync(join(job.folder, 'outside', 'Dockerfile'), join(job.workspace, 'Linked'));
  const before = world.aws.calls('CreateRepository') + registry.requests.length;
  const cases: Array<[Record<string, string>, RegExp]> = [
    [{ images: '{}', repository: '' }, /at least one/],
    [{ images: '[]', repository: '' }, /at least one/],
    [{ images: '{"a":{"repository":"x","contxt":"."}}', repository: '' }, /did you mean context/],
    [{ images: '{"a":{"repository":"x"},"b":{"repository":"x"}}', repository: '' }, /would both be/],
    [{ repository: 'UPPER' }, /no repository/],
    [{ repository: '' }, /repository/],
    [{ tags: '-x' }, /no tag/],
    [{ tags: `content-${'a'.repeat(64)}` }, /content hashes/],
    [{ tags: HOSTILE_LINE }, /no tag/],
    [{ 'promote-from': '../../x' }, /neither a tag nor a digest/],
    [{ registry: 'http://evil.example' }, /without a scheme/],
    [{ registry: 'evil.example/x@y' }, /host or host:port/],
    [{ 'build-args': PASSWORD }, /line 1 is not NAME=value/],
    [{ 'max-parallel': '0' }, /max-parallel/],
    [{ 'scan-gate': 'low' }, /`scan-gate`/],
    [{ platforms: 'linux/x86_64' }, /did you mean linux\/amd64/],
    [{ 'build-secrets': PASSWORD }, /build-secrets/],
  ];
  await Promise.all(
    cases.map(async ([given, message]) => {
      const ran = await build(given);
      expect([ran.code, ran.log]).toEqual([1, expect.stringMatching(message)]);
    }),
  );
  for (const given of [
    { context: '..' },
    { context: 'link' },
    { dockerfile: 'Linked' },
    { dockerfile: '/etc/passwd' },
    { context: 'nowhere' },
  ]) {
    expect((await build({ ...given, push: 'false' })).code).toBe(1);
  }
  expect(calls()).toBe('');
  expect(world.aws.calls('CreateRepository') + registry.requests.length).toBe(before);
});

test('a dry run changes nothing', async () => {
  installDocker('exit 0');
  const ran = await build({ repository: 'not-yet-there', 'dry-run': 'true' });
  expect([ran.code, ran.outputs.result, ran.outputs.image]).toEqual([0, '', '']);
  expect(store.repository('not-yet-there')).toBeUndefined();
  expect(calls()).toBe('');
});

test('a cancelled run ends a build that does not want to end, and leaves nothing behind', async () => {
  installDocker(`trap '' TERM INT; echo begun; while :; do sleep 0.2; done`);
  const ran = check(await cancelBundle('build-image', job, stepOf({ tags: 'x' }), /begun/));
  expect(ran.ms).toBeLessThan(10_000);
  expect(ran.log).toMatch(/cancelled/);
  expect([...ran.left.keys()]).toEqual([]);
});
