import type { Clock } from '@hospital-ops/action-kit/clock';
import { systemClock } from '@hospital-ops/action-kit/clock';
import { FakeClock } from '@hospital-ops/action-kit/fake-clock';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { REPOSITORY } from '../support/local-github.ts';
import type { World } from './world.ts';
import { startWorld } from './world.ts';

let world: World;
/** Each test has an environment of its own in the same world. */
let environment = '';
let environments = 0;
/** main: `first`, `second`, `third`; `hotfix` and `hotfixed` branch off behind `first`. */
const commits = { first: '', second: '', third: '', hotfix: '', hotfixed: '' };
beforeAll(async () => {
  world = await startWorld();
  commits.first = world.sha;
  commits.second = world.commit('Show allergies first', commits.first);
  commits.third = world.commit('Print labels', commits.second);
  commits.hotfix = world.commit('Take orders again', commits.first);
  commits.hotfixed = world.commit('Log refused orders', commits.hotfix);
});
beforeEach(() => {
  environments += 1;
  environment = `environment-${environments}`;
});
afterEach(() => {
  world.aws.faults.clear();
  world.front.clear();
});
afterAll(() => world.close());

type Inputs = Readonly<Record<string, string>>;

const start = (inputs: Inputs, actor = 'asha', runId = 77, clock: Clock = systemClock) =>
  world.run({ environment, services: '["api"]', ...inputs }, { actor, runId, clock });

/** Waits are played, so that tries cost no time. */
const startQuickly = (inputs: Inputs) => start(inputs, 'asha', 77, new FakeClock(Date.now()));

const deploy = async (inputs: Inputs, actor?: string, runId?: number) => {
  const started = await start(inputs, actor, runId);
  expect(started.failure).toBeUndefined();
  const { table = 'deployments' } = inputs;
  await world.run({
    environment,
    table,
    operation: 'finish',
    'deployment-id': started.id,
    status: 'deployed',
    services: inputs.services ?? '["api"]',
  });
  return started;
};

const warnings = ({ log }: { readonly log: readonly string[] }) => log.filter((line) => line.startsWith('warning'));
const short = (sha: string) => sha.slice(0, 7);
const COMPARE = /^GET \S+\/compare\//;

describe.each([
  ['with a table', {}],
  ['without a table', { table: '' }],
] as ReadonlyArray<[string, Inputs]>)('%s', (_, where) => {
  test('an older release does not overwrite a newer one that overtook it', async () => {
    await deploy({ ...where, version: '1.0.0', sha: commits.first });
    await deploy({ ...where, version: '1.2.0', sha: commits.third }, 'ben', 88);
    const { failure, outputs } = await start({ ...where, version: '1.1.0', sha: commits.second });
    expect(failure?.what).toBe(
      `1.1.0 (${short(commits.second)}) is older than what "${environment}" runs, 1.2.0 (${short(commits.third)}).`,
    );
    expect(failure?.why).toMatch(
      new RegExp(
        `lies 1 commit behind.*by ben on \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d UTC in https://github.com/${REPOSITORY}/actions/runs/88`,
      ),
    );
    expect(failure?.next).toMatch(/kind: rollback.*`outdated-override`/);
    expect(outputs.reason).toContain('is older than what');
    // It left nothing: neither a lock nor a deployment at GitHub.
    expect(world.github.deployments().filter((one) => one.environment === environment)).toHaveLength(2);
    await deploy({ ...where, version: '1.2.0', sha: commits.third });
  });

  test('the same version may be deployed again, and everything that is ahead', async () => {
    await deploy({ ...where, version: '1.1.0', sha: commits.second });
    expect(warnings(await deploy({ ...where, version: '1.1.0', sha: commits.second }))).toEqual([]);
    expect(warnings(await deploy({ ...where, version: '1.2.0', sha: commits.third }))).toEqual([]);
  });

  test('a newer one that failed is no reason to refuse an older one', async () => {
    await deploy({ ...where, version: '1.0.0', sha: commits.first });
    const failed = await start({ ...where, version: '1.2.0', sha: commits.third });
    await world.run({ ...where, environment, operation: 'finish', 'deployment-id': failed.id, status: 'rolled-back' });
    await deploy({ ...where, version: '1.1.0', sha: commits.second });
  });

  test('a roll-back goes back, and a release goes on from there', async () => {
    await deploy({ ...where, version: '1.2.0', sha: commits.third });
    await deploy({ ...where, version: '1.0.0', sha: commits.first, kind: 'rollback' });
    await deploy({ ...where, version: '1.1.0', sha: commits.second });
  });

  test('a reason deploys the older one all the same, and is recorded', async () => {
    await deploy({ ...where, version: '1.2.0', sha: commits.third }, 'ben');
    const override = { 'outdated-override': '1.2.0 loses orders, and 1.1.0 was never here' };
    const { log, summary } = await deploy({ ...where, version: '1.1.0', sha: commits.second, ...override });
    expect(log.join('\n')).toMatch(
      /notice: 1\.1\.0 .* is older than what .*1\.2\.0 .*overridden: 1\.2\.0 loses orders/,
    );
    expect(summary).toContain('1&#46;2&#46;0 loses orders');
    const shown = await world.run({ ...where, environment, operation: 'show' });
    expect(JSON.parse(shown.outputs.records ?? '')[0]).toMatchObject({
      version: '1.1.0',
      'outdated-override': { reason: override['outdated-override'], version: '1.2.0', sha: commits.third },
    });
    // Given where nothing was to be overridden, it is not.
    await deploy({ ...where, version: '1.2.0', sha: commits.third, ...override });
    const again = await world.run({ ...where, environment, operation: 'show' });
    expect(JSON.parse(again.outputs.records ?? '')[0]).not.toHaveProperty('outdated-override');
  });

  test('what may get lost of a hotfix is named, and deployed: it may have been brought over in another form', async () => {
    await deploy({ ...where, version: '1.0.1', sha: commits.hotfixed, kind: 'hotfix' }, 'ben');
    const started = await deploy({ ...where, version: '1.1.0', sha: commits.second });
    expect(warnings(started).join('\n')).toMatch(
      /1\.1\.0 \(.*\) does not hold 2 commits of what ".*" runs, 1\.0\.1 \(.*\), deployed as a hotfix by ben.*"Log refused orders".*"Take orders again"/,
    );
    // The next one goes on from there.
    expect(warnings(await deploy({ ...where, version: '1.2.0', sha: commits.third }))).toEqual([]);
  });

  test('on another line the lower version is the older one', async () => {
    await deploy({ ...where, version: '1.2.0', sha: commits.third }, 'ben');
    const { failure } = await start({ ...where, version: '1.0.1', sha: commits.hotfix, kind: 'hotfix' });
    expect(failure?.what).toContain('1.0.1');
    expect(failure?.what).toContain('is older than what');
    expect(failure?.why).toMatch(/version is lower.*does not hold 2 commits/);
  });
});

test('a part of the services is held against what each of them runs', async () => {
  await deploy({ services: '["api","web"]', version: '1.0.0', sha: commits.first });
  // As deploy.yml does where others that changed too are left out: the whole stays where it was.
  await deploy({ services: '["api"]', version: '1.2.0', sha: commits.first, 'service-sha': commits.third }, 'ben');
  const part = { version: '1.1.0', sha: commits.first, 'service-sha': commits.second };
  const { failure } = await start({ services: '["api"]', ...part });
  expect(failure?.what).toMatch(/1\.1\.0 .* is older than what ".*" runs of "api", 1\.2\.0/);
  expect(failure?.why).toContain('by ben');
  await deploy({ services: '["web"]', ...part });
});

describe('where it cannot be known', () => {
  test.each(['throttle', '5xx', 'reset'] as const)('since GitHub fails (%s), nothing is deployed', async (kind) => {
    await deploy({ version: '1.0.0', sha: commits.first });
    world.front.strike(kind, COMPARE, 99);
    const later = { version: '1.1.0', sha: commits.second };
    const { failure } = await startQuickly(later);
    expect(failure?.what).toMatch(/whether 1\.1\.0 \(.*\) is older than 1\.0\.0 .* cannot be known/);
    expect(failure?.next).toContain('`outdated-override`');
    const overridden = await startQuickly({ ...later, 'outdated-override': 'GitHub is down and so are we' });
    expect(overridden.failure).toBeUndefined();
  });

  test('since what runs cannot be read, nothing is deployed but what goes back', async () => {
    const unreadable = () => {
      world.aws.faults.add({ service: 'dynamodb', operation: 'GetItem', kind: 'access-denied', after: 2, times: 1 });
      world.front.strike('5xx', /^GET \S+\/deployments\?/, 3);
    };
    unreadable();
    const { failure } = await startQuickly({ version: '1.1.0', sha: commits.second });
    expect(failure?.what).toContain('cannot be read');
    unreadable();
    const back = await startQuickly({ version: '1.0.0', sha: commits.first, kind: 'rollback' });
    expect(back.failure).toBeUndefined();
    expect(warnings(back).join('\n')).toContain('What the environment ran before is not known');
  });

  test('since GitHub does not know the commit that runs, it is said loudly, and the lower version is refused', async () => {
    await deploy({ version: '1.1.0', sha: commits.second, 'service-sha': 'f'.repeat(40) });
    const { failure } = await start({ version: '1.0.5', sha: commits.third });
    expect(failure?.what).toContain('is older than what');
    const started = await deploy({ version: '1.2.0', sha: commits.third });
    expect(warnings(started).join('\n')).toMatch(
      /Whether 1\.2\.0 .* is older than .* is not known: GitHub does not know/,
    );
  });

  test('since there is no token, it is said loudly', async () => {
    await deploy({ version: '1.0.0', sha: commits.first });
    const inputs = { environment, services: '["api"]', version: '1.1.0', sha: commits.second };
    const started = await world.run(inputs, { token: false });
    expect(started.failure).toBeUndefined();
    expect(warnings(started).join('\n')).toContain('there is no token');
  });
});
