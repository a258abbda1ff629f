import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Fault } from '../../packages/rehearsal/src/aws/faults.ts';
import { cannotPull, exits } from '../../packages/rehearsal/src/aws/scripted-engine.ts';
import type { Job, Ran } from '../support/bundle.ts';
import { cancelBundle, createJob, runBundle } from '../support/bundle.ts';
import type { BundleAws, Mangle } from '../support/bundle-aws.ts';
import { SECRETS, startBundleAws } from '../support/bundle-aws.ts';
import { expectContract, expectNoSecret, HOSTILE, HOSTILE_LINE } from '../support/hostile.ts';

const SCRIPTS = {
  crash: { ...exits(1, 60), lines: ['starting', ...HOSTILE.split('\n'), 'DB_URL is not set'] },
  chatty: { ...exits(1, 60), lines: Array.from({ length: 30 }, () => '€'.repeat(2_000)) },
  missing: cannotPull('missing'),
  hostile: { failsToStart: `CannotPullContainerError: ${HOSTILE_LINE}\n::error::FORGED` },
};

type Options = Parameters<typeof startBundleAws>[2] & { readonly names?: readonly string[] };

interface Stage {
  readonly world: BundleAws;
  readonly job: Job;
  deploy(given: Record<string, string>, env?: Record<string, string>): Promise<Ran>;
  one(image: string, more?: Record<string, string>): Promise<Ran>;
  cancel(given: Record<string, string>, pattern: RegExp): Promise<Ran>;
}

/** What holds of every run is looked at here; what is left for the test is what was said and what is so. */
const check = (ran: Ran): Ran => {
  expectContract(ran);
  expectNoSecret(ran, [...Object.values(SECRETS), 'env-value-not-to-be-seen', 'new-value-not-to-be-seen']);
  expect([ran.outputs.outcome, ran.code]).toEqual([
    ran.outputs.outcome,
    ['deployed', 'unchanged', 'started'].includes(ran.outputs.outcome ?? '') ? 0 : 1,
  ]);
  // A step that is handed this as an input gets it as one variable: Linux takes 128 KiB for each.
  expect(Buffer.byteLength(ran.outputs.services ?? '')).toBeLessThan(120_000);
  expect(ran.outputs.reason).not.toMatch(/[\r\n]/);
  return ran;
};

const onStage = async (options: Options, play: (stage: Stage) => Promise<void>): Promise<void> => {
  const { names, ...rest } = options;
  const job = createJob();
  const world = await startBundleAws(SCRIPTS, names, rest);
  const step = (given: Record<string, string>, env: Record<string, string> = {}) => ({
    inputs: { cluster: 'c', timeout: '20s', ...given },
    env: { ...world.env, ...env },
  });
  const deploy: Stage['deploy'] = async (given, env) => check(await runBundle('ecs-deploy', job, step(given, env)));
  try {
    await play({
      world,
      job,
      deploy,
      one: (image, more = {}) => deploy({ service: 'api', image, ...more }),
      cancel: async (given, pattern) => check(await cancelBundle('ecs-deploy', job, step(given), pattern)),
    });
  } finally {
    await world.close();
    job.remove();
  }
};

const serving = (ran: Ran): string[] =>
  JSON.parse(ran.outputs.services ?? '[]').map((each: { serving: Record<string, string> }) =>
    each.serving['task-definition']?.replace(/^.*\//, ''),
  );

const truncated: Mangle = ({ status, body }) => ({ status, body: body.slice(0, -20) });
const html: Mangle = () => ({ status: 200, body: '<html>welcome to the hotel</html>', type: 'text/html' });
const empty: Mangle = () => ({ status: 200, body: '{}' });
const firstly =
  (how: Mangle, after = 0): Mangle =>
  (answer, count, headers) =>
    count === after + 1 ? how(answer, count, headers) : answer;
const from =
  (how: Mangle, after: number): Mangle =>
  (answer, count, headers) =>
    count > after ? how(answer, count, headers) : answer;

describe('what is said is so', () => {
  test.concurrent('deployed, then unchanged; values of variables are nowhere', () =>
    onStage({}, async ({ world, one }) => {
      const first = await one('v2', { 'environment-variables': 'PASSPHRASE=new-value-not-to-be-seen' });
      expect([first.outputs.outcome, await world.image()]).toEqual(['deployed', 'v2']);
      expect(serving(first)).toEqual(['api:2']);
      expect((await one('v2')).outputs.outcome).toBe('unchanged');
      expect(world.aws.calls('UpdateService')).toBe(1);
    }));

  test.concurrent.each([
    ['crash-loops', 'crash', /exited 1/],
    ['cannot be pulled', 'missing', /CannotPull/],
    ['has a reason that is an attack', 'hostile', /CannotPull/],
  ])('a revision that %s is rolled back, and its words stay words', (_, image, reason) =>
    onStage({}, async ({ world, one }) => {
      const ran = await one(image, { 'max-failed-tasks': '2' });
      expect([ran.outputs.outcome, await world.image()]).toEqual(['rolled-back', 'v1']);
      expect(ran.outputs.reason).toMatch(reason);
      expect(serving(ran)).toEqual(['api:1']);
    }),
  );

  test.concurrent.each([
    ['that goes back by itself', true, 'rolled-back'],
    ['that only stops', false, 'rolled-back'],
  ])('a circuit breaker %s', (_, rollback, outcome) => {
    const deploymentConfiguration = { deploymentCircuitBreaker: { enable: true, rollback } };
    return onStage({ createService: { deploymentConfiguration } }, async ({ world, one }) => {
      const ran = await one('crash', { 'max-failed-tasks': '0' });
      expect([ran.outputs.outcome, await world.image(), serving(ran)]).toEqual([outcome, 'v1', ['api:1']]);
    });
  });

  test.concurrent('a service without tasks is deployed with a warning that none ever ran', () =>
    onStage({ createService: { desiredCount: 0 } }, async ({ one }) => {
      const ran = await one('crash');
      expect(ran.outputs).toMatchObject({ outcome: 'deployed', reason: expect.stringMatching(/desired count is 0/) });
      expect(ran.commands).toContainEqual(expect.objectContaining({ name: 'warning' }));
      expect(serving(ran)).toEqual(['']);
    }));

  test.concurrent('somebody else who deploys meanwhile is not fought', () =>
    onStage({ timings: { pendingMs: 1_500 } }, async ({ world, one }) => {
      const running = one('v2');
      await world.until('it is begun', async () => (await world.image()) === 'v2');
      await world.ecs('UpdateService', { cluster: 'c', service: 'api', taskDefinition: 'migrate' });
      expect((await running).outputs.outcome).toBe('superseded');
      expect((await world.service()).taskDefinition).toMatch(/migrate:1$/);
    }));

  test.concurrent('a service that is deleted meanwhile is no success', () =>
    onStage({ timings: { pendingMs: 1_500 } }, async ({ world, one }) => {
      const running = one('v2');
      await world.until('it is begun', async () => (await world.image()) === 'v2');
      await world.ecs('DeleteService', { cluster: 'c', service: 'api', force: true });
      expect(['failed', 'unknown', 'rollback-failed']).toContain((await running).outputs.outcome);
    }));

  test.concurrent('what nine services tell at once can be handed to the next step', () => {
    const names = Array.from({ length: 9 }, (_, at) => `s${at}`);
    return onStage({ names }, async ({ deploy }) => {
      const services = JSON.stringify(names.map((service) => ({ service, image: 'chatty' })));
      const ran = await deploy({ services, 'max-failed-tasks': '2' });
      expect(ran.outputs.outcome).toBe('rolled-back');
      const reports: Array<{ log: string[] }> = JSON.parse(ran.outputs.services ?? '');
      expect(reports.some(({ log }) => log.length > 0)).toBe(true);
    });
  });
});

describe('an answer that went wrong', () => {
  test.concurrent.each<[string, string, Mangle, string, string, string]>([
    ['is cut off', 'UpdateService', firstly(() => 'cut'), 'crash', 'rolled-back', 'v1'],
    ['is half a JSON', 'UpdateService', firstly(truncated), 'crash', 'rolled-back', 'v1'],
    ['is half a JSON of a good revision', 'UpdateService', firstly(truncated), 'v2', 'deployed', 'v2'],
    ['is a page', 'UpdateService', firstly(html), 'crash', 'rolled-back', 'v1'],
    ['is empty', 'UpdateService', firstly(empty), 'crash', 'rolled-back', 'v1'],
    ['is half a JSON', 'RegisterTaskDefinition', firstly(truncated), 'v2', 'deployed', 'v2'],
    ['is a page in the middle', 'DescribeServices', firstly(html, 2), 'v2', 'deployed', 'v2'],
    ['is half a JSON in the middle', 'DescribeServices', firstly(truncated, 2), 'v2', 'deployed', 'v2'],
    ['is a page for ever', 'DescribeServiceDeployments', from(html, 0), 'v2', 'deployed', 'v2'],
  ])('that %s (%s) is no proof of anything', (_, operation, how, image, outcome, left) =>
    onStage({}, async ({ world, one }) => {
      world.mangle(operation, how);
      const ran = await one(image, { 'max-failed-tasks': '2' });
      expect([ran.outputs.outcome, await world.image()]).toEqual([outcome, left]);
      expect(world.aws.calls('RegisterTaskDefinition')).toBe(1);
    }),
  );

  test.concurrent('that holds no service does not make a started deployment', () =>
    onStage({}, async ({ world, one }) => {
      // Nothing of the call arrives where it could have an effect, and the answer looks well.
      world.aws.faults.add({ operation: 'UpdateService', kind: 'access-denied' });
      world.mangle('UpdateService', empty);
      const ran = await one('v2', { 'wait-until': 'started' });
      expect(['failed', 'unknown']).toContain(ran.outputs.outcome);
    }));

  test.concurrent.each<[string, Mangle]>([
    ['empties', from(empty, 2)],
    ['loses its services', from(() => ({ status: 200, body: '{"services":[],"failures":[]}' }), 2)],
  ])('that %s while it is watched leaves the outcome unknown', (_, how) =>
    onStage({}, async ({ world, one }) => {
      world.mangle('DescribeServices', how);
      const ran = await one('v2');
      expect([ran.outputs.outcome, serving(ran)]).toEqual(['unknown', ['']]);
    }),
  );

  test.concurrent('tells nothing of the credentials, also where AWS repeats them', () =>
    onStage({}, async ({ world, one }) => {
      const repeated = Array.from({ length: 40 }, (_, at) => `${'x'.repeat(at)} ${SECRETS.AWS_SESSION_TOKEN}`).join(
        ' ',
      );
      const message = `The Canonical String should have been x-amz-security-token:${repeated} ${SECRETS.AWS_SECRET_ACCESS_KEY}`;
      const body = JSON.stringify({ __type: 'InvalidSignatureException', message });
      world.mangle('DescribeServices', () => ({ status: 400, body }));
      expect((await one('v2')).outputs.outcome).toBe('failed');
    }));
});

describe('a right that is missing', () => {
  test.concurrent.each<[string, Fault, string, string, RegExp]>([
    [
      'before anything',
      { operation: 'DescribeServices', kind: 'access-denied' },
      'failed',
      'v1',
      /ecs:DescribeServices/,
    ],
    ['to register', { operation: 'RegisterTaskDefinition', kind: 'access-denied' }, 'failed', 'v1', /ecs:RegisterTask/],
    ['to update', { operation: 'UpdateService', kind: 'access-denied' }, 'failed', 'v1', /ecs:UpdateService/],
    ['to look on', { operation: 'DescribeServices', kind: 'access-denied', after: 2 }, 'unknown', 'crash', /Describe/],
    ['of a token that expires', { kind: 'expired-token', after: 8 }, 'unknown', 'crash', /credentials/],
    ['to see tasks', { operation: 'ListTasks', kind: 'access-denied' }, 'rolled-back', 'v1', /ListTasks/],
    ['to see logs', { service: 'logs', kind: 'access-denied' }, 'rolled-back', 'v1', /logs:/],
  ])('%s is told with the outcome that is so', (_, fault, outcome, left, names) =>
    onStage({}, async ({ world, one }) => {
      world.aws.faults.add(fault);
      const ran = await one('crash', { 'max-failed-tasks': '2' });
      expect([ran.outputs.outcome, await world.image()]).toEqual([outcome, left]);
      expect(`${ran.log}${ran.outputs.reason}`).toMatch(names);
    }),
  );

  test.concurrent('to go back is a roll-back that failed', () =>
    onStage({}, async ({ world, one }) => {
      world.aws.faults.add({ operation: 'UpdateService', kind: 'access-denied', after: 1 });
      world.aws.faults.add({ operation: 'StopServiceDeployment', kind: 'access-denied' });
      const ran = await one('crash', { 'max-failed-tasks': '2' });
      expect([ran.outputs.outcome, await world.image()]).toEqual(['rollback-failed', 'crash']);
    }));

  test.concurrent.each<[string, Fault]>([
    ['a lost response', { operation: 'UpdateService', kind: 'lost-response', times: 1 }],
    ['a reset', { operation: 'UpdateService', kind: 'reset', times: 1 }],
    ['a lost registration', { operation: 'RegisterTaskDefinition', kind: 'lost-response', times: 1 }],
    ['calls that fail again and again', { kind: '5xx', rate: 0.4 }],
  ])('is not %s: that is ridden out with one change', (_, fault) =>
    onStage({}, async ({ world, one }) => {
      world.aws.faults.add(fault);
      const ran = await one('v2', { timeout: '40s' });
      expect([ran.outputs.outcome, await world.image()]).toEqual(['deployed', 'v2']);
      const { taskDefinition } = await world.service();
      expect(taskDefinition).toMatch(/api:2$/);
    }),
  );
});

describe('a cancelled run', () => {
  test.concurrent('takes the whole release back within its seconds', () =>
    onStage({ names: ['api', 'web'], timings: { pendingMs: 3_000 } }, async ({ world, cancel }) => {
      const services = JSON.stringify(['api', 'web'].map((service) => ({ service, image: 'v2' })));
      const ran = await cancel({ services }, /api:2 0\/2 running/);
      expect(ran.ms).toBeLessThan(10_000);
      expect(ran.outputs.outcome).toBe('cancelled');
      expect(await Promise.all(['api', 'web'].map(world.image))).toEqual(['v1', 'v1']);
    }));

  test.concurrent('leaves outputs and summary also when AWS answers no more', () =>
    onStage({ timings: { pendingMs: 8_000 } }, async ({ world, cancel }) => {
      world.mangle(
        'DescribeServices',
        from(() => 'hang', 3),
      );
      const ran = await cancel({ service: 'api', image: 'v2' }, /api:2 0\/2 running/);
      expect(ran.ms).toBeLessThan(10_000);
      expect(['cancelled', 'unknown', 'rollback-failed']).toContain(ran.outputs.outcome);
      expect(serving(ran).join()).toBe('');
    }));
});

describe('inputs that are none', () => {
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${['b', 'c', 'd', 'e', 'f', 'g']
    .map((name, at) => `${name}: &${name} [${Array(9).fill(`*${'abcdef'[at]}`).join(',')}]`)
    .join('\n')}`;

  test.concurrent('end the step before AWS is asked, all problems at once', () =>
    onStage({}, async ({ world, job, deploy }) => {
      writeFileSync(join(job.folder, 'outside.json'), '[{"service":"api","image":"v2"}]');
      symlinkSync(join(job.folder, 'outside.json'), join(job.workspace, 'link.json'));
      const before = world.aws.requests().length;
      const cases: Array<[Record<string, string>, RegExp]> = [
        [{ services: '[]' }, /at least one service/],
        [{ services: '{}' }, /at least one service/],
        [{ services: '[{"service":"api"},{"service":"api"}]' }, /twice/],
        [{ services: '[{"service":1}]' }, /must be text/],
        [{ services: '[{"service":"api","imgae":"v2"}]' }, /"imgae" is no key/],
        [{ services: '../outside.json' }, /outside the workspace/],
        [{ services: 'link.json' }, /outside the workspace/],
        [{ services: '/etc/os-release.yml' }, /cannot read/],
        [{ services: bomb }, /alias/i],
        [{ services: `- &a [*a]` }, /alias|expected a map/i],
        [{ services: '['.repeat(20_000) }, /services/],
        [{ services: JSON.stringify([HOSTILE_LINE]) }, /expected a map/],
        [{ service: 'api', cluster: '' }, /`cluster`/],
        [
          { service: 'api', timeout: '1x', 'max-parallel': '0', 'dry-run': 'yes' },
          /timeout[\s\S]*max-parallel[\s\S]*dry-run/,
        ],
        [{ service: 'api', 'rollback-to': HOSTILE_LINE.replace(/:/g, '') }, /rollback-to/],
        [{ service: 'api', strategy: 'canary' }, /`strategy`/],
      ];
      for (let at = 0; at < cases.length; at += 4) {
        await Promise.all(
          cases.slice(at, at + 4).map(async ([given, message]) => {
            const ran = await deploy(given);
            expect([ran.outputs.outcome, ran.log]).toEqual(['failed', expect.stringMatching(message)]);
          }),
        );
      }
      expect(world.aws.requests()).toHaveLength(before);
    }));

  test.concurrent('of hostile names are refused by AWS and shown as text', () =>
    onStage({}, async ({ deploy }) => {
      const ran = await deploy({ service: HOSTILE_LINE, image: 'v2' });
      expect(ran.outputs.outcome).toBe('failed');
    }));
});

test.concurrent('a summary that cannot be written does not make a deployment fail', () =>
  onStage({}, async ({ world, job }) => {
    const ran = await runBundle('ecs-deploy', job, {
      inputs: { cluster: 'c', service: 'api', image: 'v2' },
      env: world.env,
      summaryFile: join(job.folder, 'nowhere', 'summary'),
    });
    expect([ran.code, ran.outputs.outcome]).toEqual([0, 'deployed']);
    expect(ran.commands).toContainEqual(expect.objectContaining({ name: 'warning' }));
  }));
