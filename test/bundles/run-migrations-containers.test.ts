import { expect, test } from '@jest/globals';
import { exits } from '../../packages/rehearsal/src/aws/scripted-engine.ts';
import type { Ran } from '../support/bundle.ts';
import { createJob, runBundle } from '../support/bundle.ts';
import { startBundleAws } from '../support/bundle-aws.ts';
import { expectContract, HOSTILE_LINES } from '../support/hostile.ts';

const SCRIPTS = {
  good: { ...exits(0, 1_500), lines: ['applied 001'] },
  // Heeds the signal, and exits as if all were well.
  polite: { stopExitCode: 0, stopsAfterMs: 2_500 },
  'ends-0': exits(0, 100),
  'ends-1': exits(1, 100),
  hostile: {
    ...exits(0, 200),
    lines: HOSTILE_LINES.flatMap((line) => [line, `${line}${'z'.repeat(200_000)}`]).concat('m'.repeat(1_000_000)),
  },
  silent: exits(0, 1_500),
};

interface Container {
  readonly name: string;
  readonly image: string;
  readonly essential?: boolean;
  readonly group?: string;
}

/** Runs a task of these containers, of which `migrate` migrates. */
const migrate = async (containers: readonly Container[], more: Record<string, string> = {}): Promise<Ran> => {
  const job = createJob();
  const world = await startBundleAws(SCRIPTS, []);
  try {
    await world.ecs('RegisterTaskDefinition', {
      family: 'many',
      executionRoleArn: 'arn:aws:iam::123456789012:role/x',
      containerDefinitions: containers.map(({ name, image, essential = true, group = '/ecs/app' }) => ({
        name,
        image,
        essential,
        memory: 64,
        logConfiguration: {
          logDriver: 'awslogs',
          options: { 'awslogs-group': group, 'awslogs-region': world.aws.region, 'awslogs-stream-prefix': 'ecs' },
        },
      })),
    });
    const inputs = { cluster: 'c', 'task-definition': 'many', timeout: '30s', ...more };
    const ran = await runBundle('run-migrations', job, { inputs, env: world.env });
    expectContract(ran);
    return ran;
  } finally {
    await world.close();
    job.remove();
  }
};

const beside = (image: string, sidecar: string, essential: boolean): Container[] => [
  { name: 'sidecar', image: sidecar, essential },
  { name: 'migrate', image },
];

test.concurrent.each([
  ['ends-0', 'exits 0 before it'],
  ['ends-1', 'exits 1 before it'],
])('a sidecar that is not essential and %s changes nothing: it %s', async (sidecar) => {
  const ran = await migrate(beside('good', sidecar, false));
  expect(ran.outputs).toMatchObject({ outcome: 'succeeded', 'exit-code': '0' });
  expect(ran.log).toContain('migrate | applied 001');
});

test.concurrent('of two essential containers one has to be named', async () => {
  const ran = await migrate(beside('good', 'ends-0', true));
  expect(ran.outputs.outcome).toBe('failed-to-start');
  expect(ran.log).toMatch(/name the container that migrates; the task definition has "sidecar", "migrate"/);
});

test.concurrent.each([
  ['ends-0', 'ends'],
  ['ends-1', 'fails'],
])(
  'an essential sidecar (%s) that %s first has the migration stopped: its exit with 0 is no success',
  async (sidecar) => {
    const ran = await migrate(beside('polite', sidecar, true), { container: 'migrate' });
    expect(ran.outputs).toMatchObject({ outcome: 'unknown', 'exit-code': '0' });
    expect(ran.outputs.reason).toMatch(/"migrate" exited 0, but essential container "sidecar" had ended before it/);
    expect(ran.log).toMatch(/give sidecars `essential: false`/);
  },
);

test.concurrent('an essential sidecar that goes on takes nothing from the success of the migration', async () => {
  const ran = await migrate(beside('good', 'polite', true), { container: 'migrate' });
  expect(ran.outputs.outcome).toBe('succeeded');
});

test.concurrent('no line of a log is a command, a control or endless, whatever it holds', async () => {
  const ran = await migrate([{ name: 'migrate', image: 'hostile' }]);
  expect(ran.outputs.outcome).toBe('succeeded');
  expect(ran.log).toContain('FORGED');
  expect(Math.max(...ran.lines.map((line) => line.length))).toBeLessThan(4_300);
});

test.concurrent('a log group that is not there keeps the task from starting, and is named', async () => {
  const ran = await migrate([{ name: 'migrate', image: 'good', group: '/ecs/nowhere' }]);
  expect(ran.outputs.outcome).toBe('failed-to-start');
  expect(ran.log).toMatch(/\/ecs\/nowhere|log group does not exist/);
  expect(ran.log).toMatch(/check that the log group exists/);
});

test.concurrent('a log in which nothing is written is said to be silent', async () => {
  const ran = await migrate([{ name: 'migrate', image: 'silent' }]);
  expect(ran.outputs.outcome).toBe('succeeded');
  expect(ran.log).toMatch(/no line came from the log stream "\/ecs\/app\/ecs\/migrate\/\w+"/);
});
