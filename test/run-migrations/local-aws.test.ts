import { afterEach, describe, expect, test } from '@jest/globals';
import { cannotPull, exits, OUT_OF_MEMORY } from '../../packages/rehearsal/src/aws/scripted-engine.ts';
import type { MigrationWorld } from './migration-world.ts';
import { createMigrationWorld } from './migration-world.ts';

const SCRIPTS = {
  good: { ...exits(0, 2_000), lines: ['applied 001', '::set-output name=x::forged', '##[error]forged'] },
  bad: { ...exits(3, 500), lines: ['relation "users" already exists'] },
  hangs: { lines: ['waiting for a lock'] },
  memory: OUT_OF_MEMORY,
  missing: cannotPull('missing'),
  'ends-143': exits(143, 100),
};

let world: MigrationWorld;
afterEach(() => world.close());

const begin = async (scripts = {}) => {
  world = await createMigrationWorld({ ...SCRIPTS, ...scripts });
};

describe('the verdict', () => {
  test('is succeeded when the container exits 0; its lines are shown as they come', async () => {
    await begin();
    const ran = await world.migrate({
      image: 'good',
      command: 'node "migrate now.js"',
      'environment-variables': 'A=b=c',
    });
    expect(ran.failure).toBeUndefined();
    expect(ran.outputs).toMatchObject({ outcome: 'succeeded', 'exit-code': '0' });
    expect(ran.outputs['task-definition-arn']).toMatch(/migrate:2$/);
    expect(ran.outputs['log-url']).toMatch(/^https:\/\/ap-south-1\.console.*\$252Fecs\$252Fapp\/log-events/);
    expect(world.log.lines).toContain('migrate | applied 001');
    const container = world.engine.started[0]?.containers.find(({ name }) => name === 'migrate');
    expect(container).toMatchObject({ image: 'good', command: ['node', 'migrate now.js'], environment: { A: 'b=c' } });
  });

  test('is not changed by a sidecar that ends with 143', async () => {
    await begin({ sidecar: exits(143, 50) });
    expect((await world.migrate({ image: 'good' })).outputs.outcome).toBe('succeeded');
  });

  test('is failed with the exit code, the reason and the last log line', async () => {
    await begin();
    const ran = await world.migrate({ image: 'bad' });
    expect(ran.outputs).toMatchObject({ outcome: 'failed', 'exit-code': '3' });
    expect(ran.failure?.why).toMatch(/exited 3.*relation "users" already exists/);
  });

  test('names memory when that was it', async () => {
    await begin();
    const ran = await world.migrate({ image: 'memory' });
    expect(ran.outputs).toMatchObject({ outcome: 'failed', reason: expect.stringMatching(/OutOfMemoryError/) });
    expect(ran.failure?.next).toMatch(/more memory/);
  });

  test('is failed-to-start when the image cannot be pulled', async () => {
    await begin();
    const ran = await world.migrate({ image: 'missing' });
    expect(ran.outputs).toMatchObject({
      outcome: 'failed-to-start',
      'exit-code': '',
      reason: expect.stringMatching(/TaskFailedToStart.*CannotPullContainerError/),
    });
  });

  test('is failed-to-start when there is no room', async () => {
    await begin();
    world.aws.ecs.failPlacement({ reason: 'Capacity is unavailable at this time.' });
    const ran = await world.migrate({ image: 'good' });
    expect(ran.outputs).toMatchObject({ outcome: 'failed-to-start', 'task-arn': '' });
    expect(ran.failure?.next).toMatch(/capacity/);
  });

  test('is timeout for a task that hangs, which is stopped', async () => {
    await begin();
    const ran = await world.migrate({ image: 'hangs', timeout: '1m' });
    expect(ran.outputs).toMatchObject({ outcome: 'timeout', reason: expect.stringMatching(/was stopped/) });
    expect(world.tasks().map(({ status }) => status)).toEqual(['STOPPED']);
    expect(Number(ran.outputs['duration-seconds'])).toBeLessThan(70);
  });
});

describe('a cancelled run', () => {
  test.each([
    ['stop', 'STOPPED', /the task was stopped/],
    ['leave', 'RUNNING', /keeps running/],
  ])('with on-cancel: %s leaves the task %s and says so', async (onCancel, status, reason) => {
    await begin();
    void world.clock.background.sleep(5_000).then(() => world.cancel.abort());
    const ran = await world.migrate({ image: 'hangs', 'on-cancel': onCancel });
    expect(ran.outputs).toMatchObject({ outcome: 'cancelled', reason: expect.stringMatching(reason) });
    expect(world.tasks().map((task) => task.status)).toEqual([status]);
    expect(Number(ran.outputs['duration-seconds'])).toBeLessThan(14);
  });
});

describe('nothing is started', () => {
  test('while a migration of the family runs; it is shown', async () => {
    await begin();
    const first = world.migrate({ image: 'hangs', timeout: '2m' });
    await world.clock.background.sleep(3_000);
    await expect(world.migrate({ image: 'good' })).rejects.toMatchObject({
      why: expect.stringMatching(/started by github-run-7/),
    });
    await first;
    expect(world.engine.started).toHaveLength(1);
  });

  test.each([
    ['without a network for awsvpc', { subnets: '' }, /needs a network/],
    ['for an unknown container', { container: 'app' }, /no container "app".*"migrate", "sidecar"/],
    ['for an unknown service', { service: 'nobody' }, /no active service "nobody"/],
  ])('%s', async (_, given, problem) => {
    await begin();
    const inputs = Object.fromEntries(Object.entries({ image: 'good', ...given }).filter(([, value]) => value !== ''));
    const run = 'subnets' in given ? world.migrate({ ...inputs, subnets: ',' }) : world.migrate(inputs);
    await expect(run).rejects.toMatchObject({ problems: [expect.stringMatching(problem)] });
    expect(world.aws.calls('RegisterTaskDefinition') + world.aws.calls('RunTask')).toBe(0);
  });

  test('in a dry run', async () => {
    await begin();
    await world.migrate({ image: 'good', 'dry-run': 'true' });
    expect(world.aws.calls('RegisterTaskDefinition') + world.aws.calls('RunTask')).toBe(0);
  });
});

describe('when AWS fails', () => {
  test.each([
    ['RunTask', 'lost-response'],
    ['RunTask', '5xx'],
    ['RunTask', 'throttle'],
    ['RegisterTaskDefinition', 'lost-response'],
    ['DescribeTasks', 'lost-response'],
    ['GetLogEvents', '5xx'],
  ] as const)('%s with %s starts one task, and its verdict is true', async (operation, kind) => {
    await begin();
    world.aws.faults.add({ operation, kind, times: 2 });
    const ran = await world.migrate({ image: 'good' });
    expect(ran.outputs).toMatchObject({ outcome: 'succeeded', reason: '' });
    expect(world.engine.started).toHaveLength(1);
  });

  test('lost access while waiting is unknown and says that the task may run on', async () => {
    await begin();
    world.aws.faults.add({ operation: 'DescribeTasks', kind: 'access-denied' });
    const ran = await world.migrate({ image: 'good' });
    expect(ran.outputs).toMatchObject({
      outcome: 'unknown',
      reason: expect.stringMatching(/ecs:DescribeTasks.*may still run/),
    });
  });

  test('a log that may not be read decides nothing', async () => {
    await begin();
    world.aws.faults.add({ operation: 'GetLogEvents', kind: 'access-denied' });
    const ran = await world.migrate({ image: 'good' });
    expect(ran.outputs.outcome).toBe('succeeded');
    expect(world.log.lines.filter((line) => line.startsWith('warning:'))).toHaveLength(1);
  });

  test('a task that cannot be stopped at its timeout is said to run', async () => {
    await begin();
    world.aws.faults.add({ operation: 'StopTask', kind: 'access-denied' });
    const ran = await world.migrate({ image: 'hangs', timeout: '1m' });
    expect(ran.outputs).toMatchObject({
      outcome: 'timeout',
      reason: expect.stringMatching(/could not be stopped.*ecs:StopTask/),
    });
  });
});
