import { readFileSync } from 'node:fs';
import { InputError } from '@hospital-ops/action-kit/errors';
import { rawInputs } from '@hospital-ops/action-kit/inputs';
import { createMemoryLog } from '@hospital-ops/action-kit/log';
import { describe, expect, test } from '@jest/globals';
import { parsePlanInputs } from '../../actions/release-plan/src/inputs.ts';
import { runReleasePlan } from '../../actions/release-plan/src/run.ts';
import { decideVersion } from '../../actions/release-plan/src/version.ts';
import { parseDeployed, planWayBack } from '../../actions/release-plan/src/way-back.ts';

const sample = readFileSync(new URL('../fixtures/hospital-ops/.github/hospital-ops.yml', import.meta.url), 'utf8');
const SHA = 'a'.repeat(40);
const image = (name: string) => `127.0.0.1:5000/hospital-ops-${name}@sha256:${'b'.repeat(64)}`;
const IMAGES = JSON.stringify({ api: image('api'), web: image('web'), worker: image('worker') });

type Values = Readonly<Record<string, string>>;

const plan = async (inputs: Values, file = sample) => {
  const given: Values = { config: 'ops.yml', environment: 'production', sha: SHA, services: '["api"]', ...inputs };
  const raw = rawInputs(Object.fromEntries(Object.entries(given).map(([name, value]) => [`INPUT_${name}`, value])));
  const parsed = parsePlanInputs(raw, (path) => {
    if (path === 'ops.yml') return file;
    throw new Error('no such file');
  });
  const log = createMemoryLog();
  const reference = { ref: 'refs/tags/v1.1.0', releaseTag: undefined };
  const { outputs } = await runReleasePlan(parsed, { reference, log });
  const read = (name: string) => JSON.parse(outputs[name] ?? '');
  return { outputs, read, log: log.lines };
};

const problemsOf = async (inputs: Values): Promise<readonly string[]> => {
  try {
    await plan(inputs);
  } catch (error) {
    if (error instanceof InputError) return error.problems;
    throw error;
  }
  return [];
};

describe('before anything is built', () => {
  test('all services are promoted from the same commit where the environment promotes', async () => {
    expect((await plan({})).read('images')).toEqual({
      api: { repository: 'hospital-ops-api', 'promote-from': SHA },
      web: { repository: 'hospital-ops-web', 'promote-from': SHA },
      worker: { repository: 'hospital-ops-worker', 'promote-from': SHA },
    });
  });

  test.each([
    ['the environment does not promote', { environment: 'staging' }],
    ['building is allowed', { 'allow-build': 'true' }],
  ])('all services are built where %s', async (_, inputs) => {
    const images = (await plan(inputs)).read('images');
    expect(Object.keys(images)).toEqual(['api', 'web', 'worker']);
    expect(images.api).toEqual({
      repository: 'hospital-ops-api',
      context: '.',
      dockerfile: 'infrastructure/docker/api/Dockerfile',
    });
  });

  test('nothing can be deployed or migrated yet', async () => {
    const { outputs } = await plan({});
    expect([outputs.services, outputs.migrations]).toEqual(['', '']);
  });

  test('names of the environment are ready', async () => {
    const { outputs } = await plan({});
    expect(outputs).toMatchObject({
      version: '1.1.0',
      region: 'ap-south-1',
      cluster: 'hospital-ops-production',
      url: 'https://api.example.org',
      'version-variable': 'APP_VERSION',
    });
  });
});

describe('with the images', () => {
  test('only the services to release are deployed, each with its own image', async () => {
    const { read } = await plan({ services: '["worker","api"]', images: IMAGES });
    expect(read('services')).toEqual([
      { service: 'hospital-ops-production-api', name: 'api', container: 'api', image: image('api') },
      { service: 'hospital-ops-production-worker', name: 'worker', container: 'worker', image: image('worker') },
    ]);
  });

  test('the migrations of a service that is released run with its image and network', async () => {
    expect((await plan({ images: IMAGES })).read('migrations')).toEqual({
      'task-definition': 'hospital-ops-production-migrate',
      image: image('api'),
      container: '',
      command: '["node","apps/api/src/migrate.ts"]',
      service: 'hospital-ops-production-api',
      timeout: '20s',
    });
  });

  test('no migrations run when their service is not released', async () => {
    expect((await plan({ services: '["web"]', images: IMAGES })).outputs.migrations).toBe('');
  });

  test('only services that are released are checked, for the released version', async () => {
    const { read } = await plan({ services: '["web"]', images: IMAGES, version: '9.9.9' });
    expect(read('checks')).toEqual([
      { name: 'web /', url: 'https://www.example.org/' },
      { name: 'web /version', url: 'https://www.example.org/version', 'expect-version': '9.9.9' },
    ]);
  });

  test('nothing is deployed and checked when no service changed, and every image still exists', async () => {
    const { read, outputs } = await plan({ services: '[]', images: IMAGES });
    expect([read('services'), read('checks'), outputs.migrations]).toEqual([[], [], '']);
    expect(Object.keys(read('images'))).toHaveLength(3);
  });
});

describe('refused', () => {
  test.each([
    [
      'an environment that is not there',
      { environment: 'produktion' },
      ['`environment`: the pipeline file has no environment "produktion"; did you mean "production"?'],
    ],
    [
      'a service that is not there',
      { services: '["apii"]' },
      ['`services`: the pipeline file has no service "apii"; did you mean "api"?'],
    ],
    ['services that are no list', { services: 'api' }, ['`services`: expected a JSON array of names of services']],
    ['a service without an image', { images: '{}' }, ['`images`: there is no image for the service "api"']],
    [
      'an image of a service that is not there',
      { images: `{"api":"${image('api')}","db":"${image('db')}"}` },
      ['`images`: the pipeline file has no service "db"; known are api, web, worker'],
    ],
    [
      'an image without digest or tag',
      { images: '{"api":"hospital-ops-api"}' },
      ['`images`: the image of "api" is no reference with a digest or tag'],
    ],
    ['a short SHA', { sha: 'abc' }, ['`sha` is "abc": expected a full commit SHA']],
    ['a pipeline file that is not there', { config: 'x.yml' }, ['`config` is "x.yml": cannot be read: no such file']],
    [
      'a report that ecs-deploy did not write',
      { deployed: '{"a":1}' },
      ['`deployed`: expected the output `services` of ecs-deploy'],
    ],
    [
      'several mistakes, all at once',
      { environment: 'x', services: '["y"]' },
      [expect.stringContaining('`environment`'), expect.stringContaining('`services`')],
    ],
  ])('%s', async (_, inputs, problems) => {
    expect(await problemsOf(inputs)).toEqual(problems);
  });

  test('mistakes of the pipeline file, with their lines', async () => {
    await expect(plan({}, sample.replace('dockerfile', 'dockerfil'))).rejects.toThrow(InputError);
  });

  const two = (keys: string) => sample.replace('    path: apps/web', `    path: apps/web\n${keys}`);

  test('two services with migrations, also when only one of them changed', async () => {
    await expect(plan({}, two('    migrations: { task-definition: x }'))).rejects.toThrow(
      '"api" and "web" all have migrations, and one release runs one migration task.',
    );
  });

  test('two names for the version in one release', async () => {
    const file = sample.replace(/(apps\/web[\s\S]*?)APP_VERSION/, '$1WEB_VERSION');
    await expect(plan({ services: '["api","web"]' }, file)).rejects.toThrow('different version variables');
    expect((await plan({ services: '["web"]' }, file)).outputs['version-variable']).toBe('WEB_VERSION');
  });
});

test('a strategy that is not carried out is not passed over in silence', async () => {
  const file = sample.replace('    bake-time: 3s', '    strategy: { api: { type: canary, percent: 10 } }');
  const { read, log } = await plan({}, file);
  expect(read('strategy')).toEqual({ api: { type: 'canary', percent: '10' } });
  expect(log).toContainEqual(expect.stringContaining('The strategy canary of api is not carried out yet'));
});

describe('the way back', () => {
  const report = (name: string, outcome: string, old = `arn:old:${name}`) => ({
    service: `s-${name}`,
    name,
    outcome,
    old: { 'task-definition': old, version: '1.0.0', images: {} },
  });

  test.each([
    [
      'a deployed service goes back to its old revision',
      [report('api', 'deployed')],
      [{ service: 's-api', name: 'api', 'task-definition': 'arn:old:api' }],
    ],
    ['an unchanged service is left alone', [report('api', 'unchanged')], []],
    ['a service that ecs-deploy brought back itself is left alone', [report('api', 'rolled-back')], []],
    ['a service without an old revision cannot go back', [report('api', 'deployed', '')], []],
  ])('%s', (_, deployed, expected) => {
    expect(planWayBack(parseDeployed(deployed) ?? [])).toEqual(expected);
  });

  test('is handed to ecs-deploy without images, and nothing is migrated', async () => {
    const { read, outputs } = await plan({ deployed: JSON.stringify([report('api', 'deployed')]) });
    expect(read('services')).toEqual([{ service: 's-api', name: 'api', 'task-definition': 'arn:old:api' }]);
    expect(outputs.migrations).toBe('');
  });
});

test.each([
  ['the version that was given', '2.0.0', 'refs/tags/v1.0.0', undefined, '2.0.0'],
  ['a version tag without its v', undefined, 'refs/tags/v1.2.3-rc.1', undefined, '1.2.3-rc.1'],
  ['the tag of a release', undefined, 'refs/heads/main', 'v1.2.3', '1.2.3'],
  ['the short SHA for a branch', undefined, 'refs/heads/v1', undefined, 'aaaaaaa'],
  ['the short SHA for a tag that is no version', undefined, 'refs/tags/vienna', undefined, 'aaaaaaa'],
])('the version is %s', (_, given, ref, releaseTag, expected) => {
  expect(decideVersion(given, { ref, releaseTag }, SHA)).toBe(expected);
});
