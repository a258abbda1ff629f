import { readFileSync } from 'node:fs';
import { InputError, OpsError } from '@hospital-ops/action-kit/errors';
import { rawInputs } from '@hospital-ops/action-kit/inputs';
import { createMemoryLog } from '@hospital-ops/action-kit/log';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseDeployInputs } from '../../actions/ecs-deploy/src/inputs.ts';
import { parsePlanInputs } from '../../actions/release-plan/src/inputs.ts';
import { runReleasePlan } from '../../actions/release-plan/src/run.ts';
import { decideVersion } from '../../actions/release-plan/src/version.ts';
import { parseDeployed, planWayBack } from '../../actions/release-plan/src/way-back.ts';

const CANARY = {
  strategy: 'canary',
  'canary-percent': '10',
  'bake-time': '5m',
  'gate-alarms': ['hospital-ops-production-api-5xx'],
};
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

describe('a release that may take longer than it has is refused with the figures', () => {
  const DEADLINES = { 'time-limit': '2h', 'lock-wait': '0', 'deploy-timeout': '30m', 'smoke-deadline': '2m' };
  /** The sample's api bakes twice by its canary; its worker has no strategy and, here, a smoke check. */
  const baking = (canary: string, environment: string) =>
    sample
      .replace('bake-time: 5m', `bake-time: ${canary}`)
      .replace(/(\n +promote-from: staging)/, `$1\n    bake-time: ${environment}`);

  test.each<[string, string, string, Values, RegExp]>([
    ['by its bake time', '1m', '1h59m', { services: 'web' }, /may take 2h31m, and its job is ended after 2h00m/],
    ['by its deployment', '1m', '1m', { 'deploy-timeout': '3h' }, /may take 3h02m, and/],
    ['by waiting for another', '1m', '1m', { 'lock-wait': '2h' }, /may take 2h32m, and/],
    ['by its strategy', '15m', '1m', {}, /"api" is watched for 30m00s by its strategy, .* after 30m00s/],
  ])('%s', async (_, canary, environment, inputs, message) => {
    await expect(plan({ ...DEADLINES, ...inputs }, baking(canary, environment))).rejects.toThrow(message);
  });

  test('and each part is named that it has', async () => {
    const error = await plan({ ...DEADLINES, services: 'web' }, baking('1m', '90m')).catch((reason) => reason);
    expect(error.why).toMatch(/^`deploy-timeout` 30m00s, `smoke-deadline` 2m00s, `bake-time` 1h30m: /);
  });

  test.each<[string, string, string, Values]>([
    ['that fits', '14m', '85m', { services: 'api web' }],
    ['whose services are watched by their strategy, not by the environment', '1m', '10h', { services: 'api' }],
    ['that nobody gave a limit', '30m', '10h', { 'time-limit': '', 'deploy-timeout': '' }],
  ])('but not one %s', async (_, canary, environment, inputs) => {
    expect((await plan({ ...DEADLINES, ...inputs }, baking(canary, environment))).outputs.version).toBe('1.1.0');
  });

  test('a deadline that is none is refused before anything is touched', async () => {
    expect(await problemsOf({ ...DEADLINES, 'deploy-timeout': 'long' })).toEqual([
      expect.stringMatching(/deploy-timeout.*expected a duration/),
    ]);
  });
});

describe('with the images', () => {
  test('only the services to release are deployed, each with its own image', async () => {
    const { read } = await plan({ services: '["worker","api"]', images: IMAGES });
    expect(read('services')).toEqual([
      { service: 'hospital-ops-production-api', name: 'api', container: 'api', image: image('api'), ...CANARY },
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
    [
      'services that are no list',
      { services: '{"api": 1}' },
      ['`services`: expected a JSON array of names of services'],
    ],
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

describe('a strategy', () => {
  const withStrategy = (strategy: string) => sample.replace(/ {4}strategy:.*\n/, `    strategy: ${strategy}\n`);

  test('reaches ecs-deploy with its placeholders filled', async () => {
    const file = withStrategy(`
      api:
        type: canary
        percent: 25
        bake-time: 5m
        gate-alarms: ["{project}-{environment}-{service}-5xx", other]
        gate-metrics:
          - { name: "errors of {service}", expression: 'm("{environment}")', threshold: 1, minimum-traffic: { expression: r, threshold: 10 } }
        lifecycle-hooks: [{ stages: POST_TEST_TRAFFIC_SHIFT, timeout: 30m }]`);
    const { read, log } = await plan({ services: '["api","web"]', images: IMAGES }, file);
    const [api, web] = read('services');
    expect(api).toEqual({
      service: 'hospital-ops-production-api',
      name: 'api',
      container: 'api',
      image: image('api'),
      strategy: 'canary',
      'canary-percent': '25',
      'bake-time': '5m',
      'gate-alarms': ['hospital-ops-production-api-5xx', 'other'],
      'gate-metrics': [
        {
          name: 'errors of api',
          expression: 'm("production")',
          threshold: 1,
          'minimum-traffic': { expression: 'r', threshold: 10 },
        },
      ],
      'lifecycle-hooks': [{ stages: ['POST_TEST_TRAFFIC_SHIFT'], timeout: '30m' }],
    });
    expect(web).not.toHaveProperty('strategy');
    expect(log.join()).not.toContain('carried out');
  });

  test('of two services behind one rule names both', async () => {
    const file = withStrategy(
      `{ api: { type: weighted-canary, percent: "5, 50", canary-service: "{project}-{environment}-{service}-canary", listener-rule: "arn:{environment}" } }`,
    );
    expect((await plan({ images: IMAGES }, file)).read('services')[0]).toMatchObject({
      strategy: 'weighted-canary',
      'canary-percent': '5, 50',
      'canary-service': 'hospital-ops-production-api-canary',
      'listener-rule': 'arn:production',
    });
  });

  describe('and a bake time of the environment', () => {
    const file = withStrategy('{ api: { type: blue-green } }').replace(
      '    promote-from',
      '    bake-time: 4m\n    promote-from',
    );
    const services = '["api","web","worker"]';

    test('are one where the strategy has none', async () => {
      const { read, outputs } = await plan({ services, images: IMAGES }, file);
      expect(read('services')[0]).toMatchObject({ strategy: 'blue-green', 'bake-time': '4m' });
      expect(read('services')[1]).not.toHaveProperty('bake-time');
      expect(outputs['bake-time']).toBe('');
    });

    test.each([
      ['web', 'deployed', '4m', 'is watched by its smoke checks where there is no strategy'],
      ['api', 'deployed', '', 'is over where the strategy kept it'],
      ['worker', 'deployed', '', 'cannot be watched without smoke checks'],
      ['web', 'unchanged', '', 'is not waited for where nothing changed'],
      ['web', 'rolled-back', '', 'is not waited for by what went back'],
    ])('of %s, %s: "%s": it %s', async (name, outcome, bake) => {
      const deployed = JSON.stringify([{ service: `hospital-ops-production-${name}`, name, outcome }]);
      expect((await plan({ services, deployed }, file)).outputs['bake-time']).toBe(bake);
    });
  });
});

test('a service waits for those that it comes after, as far as the release holds them', async () => {
  const file = sample.replace('    path: apps/web', '    path: apps/web\n    after: [api, worker]');
  const { read } = await plan({ services: '["api","web"]', images: IMAGES }, file);
  expect(read('services').map((entry: { after?: string[] }) => entry.after)).toEqual([
    undefined,
    ['hospital-ops-production-api'],
  ]);
});

/** Whatever the pipeline file accepts, ecs-deploy must take: a mistake is told by its line, not in the middle of a release. */
test('every strategy that the pipeline file accepts is one that ecs-deploy reads', async () => {
  const share = fc.oneof(
    fc.integer({ min: 0, max: 101 }),
    fc.constantFrom('5,25,50', '50,25', '0.5', '2.5,3', '99,100'),
  );
  const strategies = fc.record(
    {
      type: fc.constantFrom('rolling', 'blue-green', 'linear', 'canary', 'weighted-canary'),
      percent: share,
      'bake-time': fc.constantFrom('0', '90s', '5m', '1d', '2d', 300),
      'gate-alarms': fc.constant(['{service}-5xx', 'with, comma']),
      'gate-metrics': fc.constant([{ name: 'e', expression: 'm1', threshold: 0.5, comparison: '>=' }]),
      'canary-service': fc.constant('x-{service}'),
      'listener-rule': fc.constant('arn:aws:rule'),
      'lifecycle-hooks': fc.constantFrom(
        [],
        [{ stages: 'POST_SCALE_UP', timeout: '90s' }],
        [{ stages: ['POST_SCALE_UP', 'POST_TEST_TRAFFIC_SHIFT'], timeout: '2m', 'on-timeout': 'continue' }],
        [{ stages: 'PRE_SCALE_UP', type: 'lambda' }],
        [{ stages: 'BAKE_TIME' }],
        [{ stages: 'POST_SCALE_UP', target: 'arn:fn', role: 'arn:role' }],
      ),
    },
    { requiredKeys: ['type', 'canary-service', 'listener-rule'] },
  );
  /** Half of them without what their type does not have, so that many are accepted. */
  const fitting = fc.tuple(strategies, fc.boolean()).map(([strategy, fits]) => {
    const { percent, 'canary-service': canary, 'listener-rule': rule, 'lifecycle-hooks': hooks, ...rest } = strategy;
    if (!fits) return strategy;
    if (rest.type === 'weighted-canary') return { ...rest, percent, 'canary-service': canary, 'listener-rule': rule };
    if (rest.type === 'rolling') return rest;
    return { ...rest, ...(rest.type !== 'blue-green' && { percent }), 'lifecycle-hooks': hooks };
  });
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(fitting, async (strategy) => {
      const file = sample.replace(/ {4}strategy:.*\n/, `    strategy: { api: ${JSON.stringify(strategy)} }\n`);
      const planned = await plan({ images: IMAGES }, file).catch((error) => {
        if (error instanceof InputError) return undefined;
        throw error;
      });
      if (!planned) return;
      accepted++;
      const raw = {
        INPUT_CLUSTER: 'c',
        INPUT_TIMEOUT: '30m',
        'INPUT_MAX-PARALLEL': '1',
        'INPUT_MAX-FAILED-TASKS': '0',
      };
      const inputs = rawInputs({ ...raw, INPUT_SERVICES: planned.outputs.services });
      const { targets } = parseDeployInputs(inputs, () => '');
      expect(targets[0]?.strategy).toMatchObject({ strategy: strategy.type });
      expect(targets[0]?.strategy.gates.alarms).toHaveLength(strategy['gate-alarms']?.length ?? 0);
    }),
    { numRuns: 300 },
  );
  expect(accepted).toBeGreaterThan(30);
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
      [{ service: 's-api', name: 'api', 'rollback-to': 'arn:old:api' }],
    ],
    [
      'a paused service goes back as well: its siblings do',
      [report('api', 'paused')],
      [{ service: 's-api', name: 'api', 'rollback-to': 'arn:old:api' }],
    ],
    ['an unchanged service is left alone', [report('api', 'unchanged')], []],
    ['a service that ecs-deploy brought back itself is left alone', [report('api', 'rolled-back')], []],
    ['a service without an old revision cannot go back', [report('api', 'deployed', '')], []],
  ])('%s', (_, deployed, expected) => {
    expect(planWayBack(parseDeployed(deployed) ?? [])).toEqual(expected);
  });

  test('comes with the checks of those that answer by now, and without those of the paused', async () => {
    const deployed = JSON.stringify([report('api', 'paused'), report('web', 'deployed')]);
    const { read } = await plan({ services: '["api","web"]', deployed });
    const names = read('checks').map(({ name }: { name: string }) => name.split(' ')[0]);
    expect(new Set(names)).toEqual(new Set(['web']));
  });

  const reports = (version: string, more: Readonly<Record<string, unknown>> = {}) =>
    JSON.stringify([{ ...report('api', 'unchanged'), serving: { 'task-definition': 'x', version }, ...more }]);
  const SHAS = sample.replace('url: "{url}/ready"', 'url: "{url}/ready"\n        expect-version: "{sha}"');

  test.each([
    ['an unchanged service is asked for the version that it serves', reports('1.0.9'), ['1.0.9'], undefined],
    ['a service that serves this version is asked for this commit', reports('1.1.0'), [SHA, '1.1.0'], undefined],
    ['a version that is a commit is asked for as one', reports('abc1234'), ['abc1234', 'abc1234'], undefined],
    [
      'what is said to be deployed is asked for, whatever is said to serve',
      reports('1.0.0', { outcome: 'deployed', new: { 'task-definition': 'y', version: '1.1.0' } }),
      [SHA, '1.1.0'],
      undefined,
    ],
    ['a version that is not known is not asked for, and that is said', reports(''), [], /version serves is not known/],
  ])('%s', async (_, deployed, versions, note) => {
    const { read, log } = await plan({ deployed }, SHAS);
    const checks: Array<{ name: string; 'expect-version'?: string }> = read('checks');
    expect(checks.map(({ name }) => name)).toEqual(['api /health', 'api /ready', 'api /version']);
    expect(checks.flatMap((check) => check['expect-version'] ?? [])).toEqual(versions);
    if (note) expect(log).toContainEqual(expect.stringMatching(note));
  });

  test('leaves out a check whose address holds what is not known', async () => {
    const file = sample.replace('url: "{url}/ready"', 'url: "{url}/ready?{version}"');
    const { read } = await plan({ deployed: reports('') }, file);
    expect(read('checks').map(({ name }: { name: string }) => name)).toEqual(['api /health', 'api /version']);
  });

  test('is handed to ecs-deploy without images, and nothing is migrated', async () => {
    const { read, outputs } = await plan({ deployed: JSON.stringify([report('api', 'deployed')]) });
    expect(read('services')).toEqual([{ service: 's-api', name: 'api', 'rollback-to': 'arn:old:api' }]);
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

describe('promotion of what was proved', () => {
  const PROVED = { proved: IMAGES, services: '["api","web"]' };
  const digest = `sha256:${'b'.repeat(64)}`;

  test('takes the digests, of services that are left alone too', async () => {
    expect((await plan(PROVED)).read('images')).toEqual({
      api: { repository: 'hospital-ops-api', 'promote-from': digest },
      web: { repository: 'hospital-ops-web', 'promote-from': digest },
      worker: { repository: 'hospital-ops-worker', 'promote-from': digest },
    });
  });

  test.each([
    [
      'nothing was proved',
      { ...PROVED, proved: '{}' },
      /api, web of aaaaaaa was not proved in staging.*no deployment/s,
    ],
    ['one changed since', { ...PROVED, 'changed-since-proof': '["web"]' }, /web of aaaaaaa.*web changed since/s],
    ['it names a tag', { ...PROVED, proved: '{"api":"r/api:1","web":"r/web:1"}' }, /api, web of aaaaaaa/],
  ])('is refused where %s', async (_, inputs, message) => {
    const error = await plan(inputs).catch((thrown: OpsError) => thrown);
    expect(error).toBeInstanceOf(OpsError);
    expect(`${(error as OpsError).what} ${(error as OpsError).why}`).toMatch(message);
  });

  test('builds what is released without proof only where that is allowed', async () => {
    const inputs = { ...PROVED, 'changed-since-proof': '["web","worker"]', 'allow-build': 'true' };
    const images = (await plan(inputs)).read('images');
    expect(Object.keys(images)).toEqual(['api', 'web']);
    expect(images.api).toEqual({ repository: 'hospital-ops-api', 'promote-from': digest });
    expect(images.web).toMatchObject({ dockerfile: 'infrastructure/docker/web/Dockerfile' });
  });

  test('never brings in a service that is neither proved nor built on purpose', async () => {
    const names = ['api', 'web', 'worker'];
    const some = fc.subarray(names);
    await fc.assert(
      fc.asyncProperty(some, some, some, async (released, proved, outdated) => {
        const images = Object.fromEntries(proved.map((name) => [name, image(name)]));
        const planned = await plan({
          services: JSON.stringify(released),
          proved: JSON.stringify(images),
          'changed-since-proof': JSON.stringify(outdated),
        }).then(
          ({ read }) => read('images') as Record<string, Record<string, string>>,
          () => undefined,
        );
        const good = proved.filter((name) => !outdated.includes(name));
        if (released.some((name) => !good.includes(name))) expect(planned).toBeUndefined();
        else expect(Object.keys(planned ?? {})).toEqual(names.filter((name) => good.includes(name)));
      }),
    );
  });
});

test('services are also taken as people write them', async () => {
  expect((await plan({ environment: 'staging', services: 'worker, api' })).read('released')).toEqual(['api', 'worker']);
  expect(await problemsOf({ services: 'api, wep' })).toEqual([expect.stringContaining('did you mean "web"')]);
});

describe('the commit that is recorded', () => {
  const BASE = 'c'.repeat(40);
  test.each([
    ['that of the release, with all that changed', { services: '["api","web"]', changed: '["api"]', base: BASE }, SHA],
    ['that of the release, when nobody looked', { services: '["api"]' }, SHA],
    [
      'where the environment was, when something is left out',
      { services: '["api"]', changed: '["web"]', base: BASE },
      BASE,
    ],
  ])('is %s', async (_, inputs, sha) => {
    expect((await plan({ environment: 'staging', ...inputs })).outputs['recorded-sha']).toBe(sha);
  });

  test('is refused where nothing is recorded to stay at', async () => {
    await expect(plan({ environment: 'staging', services: '["api"]', changed: '["web"]' })).rejects.toThrow(
      'web changed too and is left out',
    );
  });
});

test('a roll-back goes to revisions, else to images, and migrates nothing', async () => {
  const { read, outputs } = await plan({
    services: '["api","worker"]',
    images: IMAGES,
    revisions: '{"api":"arn:aws:ecs:r:1:task-definition/api:41","gone":"x"}',
  });
  expect(read('services')).toEqual([
    {
      service: 'hospital-ops-production-api',
      name: 'api',
      'rollback-to': 'arn:aws:ecs:r:1:task-definition/api:41',
    },
    { service: 'hospital-ops-production-worker', name: 'worker', container: 'worker', image: image('worker') },
  ]);
  expect(outputs.migrations).toBe('');
});
