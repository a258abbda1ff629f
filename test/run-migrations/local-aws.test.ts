import { afterEach, describe, expect, test } from '@jest/globals';
import { cannotPull, exits, OUT_OF_MEMORY } from '../../packages/rehearsal/src/aws/scripted-engine.ts';
import type { MigrationWorld } from './migration-world.ts';
import { createMigrationWorld } from './migration-world.ts';

const SCRIPTS = {
  good: { ...exits(0, 2_000), lines: ['applied 001', '::set-output name=x::forged', '##[error]forged'] },
  bad: { ...exits(3, 500), lines: ['relation "users" already exists'] },
  slow: exits(0, 60_000),
  polite: { stopExitCode: 0 },
  hangs: { lines: ['waiting for a lock'] },
  memory: OUT_OF_MEMORY,
  missing: cannotPull('missing'),
  'ends-143': exits(143, 100),
};

let world: MigrationWorld;
afterEach(() => world.close());

const begin = async (scripts = {}, options = {}) => {
  world = await createMigrationWorld({ ...SCRIPTS, ...scripts }, options);
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
    world.aws.ecs.failPlacement({ reason: 'Capacity is unavailable at this time.' }, 3);
    const ran = await world.migrate({ image: 'good' });
    expect(ran.outputs).toMatchObject({ outcome: 'failed-to-start', 'task-arn': '', 'duration-seconds': '20' });
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

describe('a task that could not start', () => {
  test.each([
    ['for want of capacity', (w: MigrationWorld) => w.aws.ecs.failPlacement({ reason: 'RESOURCE:MEMORY' }), 1],
    ['because its image could not be pulled', (w: MigrationWorld) => w.playOnce('good', cannotPull('good')), 2],
    ['because Spot took the host back', (w: MigrationWorld) => void w.interruptNext('SpotInterruption'), 1],
  ])('%s is started again', async (_, hinder, started) => {
    await begin();
    hinder(world);
    const ran = await world.migrate({ image: 'good' });
    expect(ran.outputs).toMatchObject({ outcome: 'succeeded', reason: '' });
    expect(Number(ran.outputs['duration-seconds'])).toBeLessThan(12);
    expect(world.engine.started).toHaveLength(started);
  });

  test.each([
    ['a cause that `retry-on` does not name', { 'retry-on': 'spot' }, /CannotPullContainerError/],
    ['only one attempt', { attempts: '1' }, /CannotPullContainerError/],
  ])('with %s is not', async (_, given, reason) => {
    await begin();
    const ran = await world.migrate({ image: 'missing', ...given });
    expect(ran.outputs).toMatchObject({ outcome: 'failed-to-start', reason: expect.stringMatching(reason) });
    expect(world.engine.started).toHaveLength(1);
  });

  test('is started as often as `attempts` says, and with another token each time', async () => {
    await begin();
    await world.migrate({ image: 'missing', attempts: '3' });
    expect(world.engine.started).toHaveLength(3);
    const tokens = world.aws
      .requests()
      .flatMap(({ operation, input }) =>
        operation === 'RunTask' ? [(input as { clientToken: string }).clientToken] : [],
      );
    expect(new Set(tokens).size).toBe(3);
  });

  test('is not started again once its run is cancelled', async () => {
    await begin();
    void world.clock.background.sleep(6_000).then(() => world.cancel.abort());
    const ran = await world.migrate({ image: 'missing' });
    expect(ran.outputs).toMatchObject({ outcome: 'cancelled', reason: expect.stringMatching(/nothing has run/) });
    expect(world.engine.started).toHaveLength(1);
  });

  test('is not started again while another migration has begun meanwhile', async () => {
    await begin();
    world.aws.ecs.failPlacement({ reason: 'Capacity is unavailable at this time.' });
    void world.clock.background.sleep(2_000).then(() => world.start());
    await expect(world.migrate({ image: 'good' })).rejects.toMatchObject({
      what: expect.stringMatching(/already running/),
    });
  });
});

describe('a migration that may have run is never run again', () => {
  test.each([
    [
      'Spot takes the host back in the middle',
      'SpotInterruption',
      'hangs',
      'failed',
      /143.*SpotInterruption/,
      /capacity-provider: FARGATE/,
    ],
    ['somebody stops it', 'UserInitiated', 'hangs', 'failed', /143.*UserInitiated/, /CloudTrail/],
    [
      'it heeds the signal and exits 0',
      'SpotInterruption',
      'polite',
      'unknown',
      /exited 0, but.*told to stop/,
      /migration table/,
    ],
  ] as const)('when %s', async (_, code, image, outcome, reason, next) => {
    await begin();
    void world.clock.background.sleep(10_000).then(() => world.interrupt(code));
    const ran = await world.migrate({ image });
    expect(ran.outputs).toMatchObject({ outcome, reason: expect.stringMatching(reason) });
    expect(ran.failure?.next).toMatch(next);
    expect(world.engine.started).toHaveLength(1);
  });
});

describe('what is run', () => {
  const FILE = {
    family: 'filed',
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: '256',
    memory: '512',
    executionRoleArn: 'arn:aws:iam::123456789012:role/x',
    containerDefinitions: [{ name: 'migrate', image: 'old', essential: true }],
  };

  test('is registered from a file, members that nobody knows included', async () => {
    await begin({}, { unknownMembers: 'record' });
    const strange = { ...FILE, zoo: ['new'], containerDefinitions: [{ ...FILE.containerDefinitions[0], zebra: 3 }] };
    await world.migrate({ 'task-definition': 'task.json', image: 'good' }, { 'task.json': JSON.stringify(strange) });
    const registered = world.aws.requests().findLast(({ operation }) => operation === 'RegisterTaskDefinition');
    expect(registered?.input).toMatchObject({ zoo: ['new'], containerDefinitions: [{ zebra: 3, image: 'good' }] });
  });

  test('is not registered again while nothing differs from the latest revision of the file', async () => {
    await begin();
    // The same step that asks again gets the task that it had.
    for (const image of ['good', 'good', 'bad']) {
      await world.migrate({ 'task-definition': 'task.json', image }, { 'task.json': JSON.stringify(FILE) });
    }
    expect(world.tasks().map(({ taskDefinition }) => taskDefinition)).toEqual(['filed:1', 'filed:2']);
    expect(world.aws.calls('RegisterTaskDefinition')).toBe(2);
  });

  test('takes network, platform and capacity from the service, but for what is given', async () => {
    await begin();
    await world.createService();
    await world.migrate({ service: 's', image: 'good', subnets: '', 'security-groups': '', 'launch-type': '' });
    expect(world.lastRun()).toMatchObject({
      networkConfiguration: {
        awsvpcConfiguration: { subnets: ['subnet-s'], securityGroups: ['sg-s'], assignPublicIp: 'ENABLED' },
      },
      capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 2 }],
      platformVersion: '1.4.0',
    });
    await world.migrate({
      service: 's',
      image: 'bad',
      subnets: 'subnet-x',
      'assign-public-ip': 'false',
      'capacity-provider': 'FARGATE',
      'launch-type': '',
    });
    expect(world.lastRun()).toMatchObject({
      networkConfiguration: {
        awsvpcConfiguration: { subnets: ['subnet-x'], securityGroups: ['sg-1'], assignPublicIp: 'DISABLED' },
      },
      capacityProviderStrategy: [{ capacityProvider: 'FARGATE' }],
    });
    await world.migrate({ service: 's', image: 'good', 'launch-type': 'EC2' });
    expect(world.lastRun()).not.toHaveProperty('platformVersion');
    expect(world.lastRun()).toMatchObject({ launchType: 'EC2' });
  });

  test('of a container that is not essential is ended with it', async () => {
    await begin({ sidecar: {} });
    const ran = await world.migrate({ container: 'sidecar', 'task-definition': 'spare', image: 'good' });
    expect(ran.outputs.outcome).toBe('succeeded');
    await world.clock.advance(60_000);
    expect(world.tasks().map(({ status }) => status)).toEqual(['STOPPED']);
  });
});

test('with on-running: wait it begins when the other one has ended', async () => {
  await begin();
  const other = world.migrate({ image: 'slow' });
  await world.clock.background.sleep(3_000);
  const ran = await world.migrate({ image: 'good', 'on-running': 'wait' });
  expect(ran.outputs.outcome).toBe('succeeded');
  expect(world.log.lines.filter((line) => line.startsWith('waiting for another migration'))).not.toEqual([]);
  expect((await other).outputs.outcome).toBe('succeeded');
  const late = world.migrate({ image: 'hangs', timeout: '5m' });
  await world.clock.background.sleep(3_000);
  await expect(world.migrate({ image: 'good', 'on-running': 'wait', timeout: '30s' })).rejects.toMatchObject({
    what: expect.stringMatching(/already running.*did not end within 30s/),
  });
  await late;
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

  test('while one that was told to stop has not ended yet; once its container has, another may begin', async () => {
    await begin({ stubborn: { stopsAfterMs: 40_000 } });
    const first = world.migrate({ image: 'stubborn', timeout: '10s' });
    await world.clock.background.sleep(20_000);
    await expect(world.migrate({ image: 'good' })).rejects.toMatchObject({
      what: expect.stringMatching(/already running/),
    });
    expect((await first).outputs.outcome).toBe('timeout');
    expect((await world.migrate({ image: 'good' })).outputs.outcome).toBe('succeeded');
  });

  test('while a migration runs behind pages of tasks that a service keeps; those alone hold nothing up', async () => {
    await begin();
    await world.createService(120);
    await world.clock.sleep(120_000);
    expect(world.tasks().length).toBeGreaterThan(100);
    expect((await world.migrate({ image: 'good' })).outputs.outcome).toBe('succeeded');
    await world.start();
    await expect(world.migrate({ image: 'good' })).rejects.toMatchObject({
      what: expect.stringMatching(/already running/),
      why: expect.stringMatching(/started by another/),
    });
  });

  test.each([
    ['without a network for awsvpc', { subnets: '' }, /needs a network/],
    ['for an unknown container', { container: 'app' }, /no container "app".*"migrate", "sidecar"/],
    ['with subnets for a definition that takes none', { 'task-definition': 'bridged' }, /only awsvpc takes subnets/],
    ['for an unknown service', { service: 'nobody' }, /no active service "nobody"/],
  ])('%s', async (_, given, problem) => {
    await begin();
    await expect(world.migrate({ image: 'good', ...given })).rejects.toMatchObject({
      problems: [expect.stringMatching(problem)],
    });
    expect(world.aws.calls('RegisterTaskDefinition') + world.aws.calls('RunTask')).toBe(0);
  });

  test('in a dry run, which says what would run and where', async () => {
    await begin();
    const ran = await world.migrate({ image: 'good', command: 'x "y z"', 'dry-run': 'true' });
    expect(ran.summary.render()).toMatch(
      /new revision of migrate[\s\S]*good[\s\S]*y z[\s\S]*FARGATE, subnets subnet&#45;1, security groups sg&#45;1/,
    );
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
