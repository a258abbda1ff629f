import { afterEach, describe, expect, test } from '@jest/globals';
import { cannotPull, exits } from '../../packages/rehearsal/src/aws/scripted-engine.ts';
import type { ReleaseWorld } from './release-world.ts';
import { createReleaseWorld, release } from './release-world.ts';

const SCRIPTS = {
  crash: { ...exits(1, 200), lines: ['starting', 'DB_URL is not set', '::error::forged'] },
  missing: cannotPull('missing'),
  slow: { healthyAfterMs: 0 },
};

let world: ReleaseWorld;
afterEach(() => world.close());

describe('one service', () => {
  test('is deployed when its deployment is complete, and only with one registration and one update', async () => {
    world = await createReleaseWorld(SCRIPTS);
    const ran = await world.deploy({
      service: 'api',
      image: 'v2',
      version: '2.0.0',
      'version-variable': 'APP_VERSION',
    });
    expect(ran.failure).toBeUndefined();
    expect(ran.outputs).toMatchObject({ outcome: 'deployed', reason: '' });
    expect(ran.outputs['task-definition-arn']).toMatch(/task-definition\/api:2$/);
    expect(ran.outputs['previous-task-definition-arn']).toMatch(/task-definition\/api:1$/);
    expect(ran.outputs['deployment-id']).toMatch(/^ecs-svc\//);
    expect(ran.reports[0]).toMatchObject({
      outcome: 'deployed',
      old: { version: 'v1', images: { api: 'v1' } },
      new: { version: '2.0.0', images: { api: 'v2' } },
      serving: { 'task-definition': ran.outputs['task-definition-arn'], version: '2.0.0' },
    });
    const { taskDefinition } = await world.ecs('DescribeTaskDefinition', { taskDefinition: 'api' });
    expect(taskDefinition.containerDefinitions[0].environment).toContainEqual({
      name: 'GREETING',
      value: 'a=b "c"\nd',
    });
    expect(world.aws.calls('RegisterTaskDefinition')).toBe(1);
    expect(world.aws.calls('UpdateService')).toBe(1);
    expect(ran.lines.filter((line) => /event: .*steady state/.test(line))).toHaveLength(1);
  });

  test('whose difference is its version alone is left as it is', async () => {
    world = await createReleaseWorld(SCRIPTS);
    const ran = await world.deploy({ service: 'api', image: 'v1', version: '9', 'version-variable': 'APP_VERSION' });
    expect(ran.outputs.outcome).toBe('unchanged');
    expect(ran.reports[0]).toMatchObject({ new: { version: 'v1' }, serving: { version: 'v1' } });
    expect(world.aws.calls('RegisterTaskDefinition')).toBe(0);
    expect(world.aws.calls('UpdateService')).toBe(0);
  });

  test('that crash-loops goes back, and the failure says why, with its last lines', async () => {
    world = await createReleaseWorld(SCRIPTS);
    const ran = await world.deploy({ service: 'api', image: 'crash', 'version-variable': 'APP_VERSION' });
    expect(ran.outputs.outcome).toBe('rolled-back');
    expect(ran.failure?.why).toMatch(/container "api" exited 1/);
    expect(ran.reports[0]?.log.join('\n')).toMatch(/DB_URL is not set/);
    expect(ran.reports[0]?.serving).toEqual({
      'task-definition': ran.outputs['previous-task-definition-arn'],
      version: 'v1',
    });
    expect(await world.image()).toBe('v1');
    const service = await world.service();
    expect(service.deployments).toHaveLength(1);
    expect(service.deployments[0]).toMatchObject({ rolloutState: 'COMPLETED', runningCount: 2 });
  });

  test('whose image is missing names the reason of ECS', async () => {
    world = await createReleaseWorld(SCRIPTS);
    const ran = await world.deploy({ service: 'api', image: 'missing' });
    expect(ran.outputs.outcome).toBe('rolled-back');
    expect(ran.outputs.reason).toMatch(/CannotPullContainerError/);
  });

  test('stays on the failed revision when that is asked for', async () => {
    world = await createReleaseWorld(SCRIPTS);
    const ran = await world.deploy({ service: 'api', image: 'missing', 'on-failure': 'leave' });
    expect(ran.outputs.outcome).toBe('failed');
    expect(ran.reports[0]?.serving['task-definition']).toBe(ran.outputs['previous-task-definition-arn']);
    expect(world.aws.calls('UpdateService')).toBe(1);
  });

  test('is superseded by another deployment, which is not fought', async () => {
    world = await createReleaseWorld(SCRIPTS);
    const other = world.clock.background.sleep(900).then(async () => {
      const { taskDefinition } = await world.ecs('RegisterTaskDefinition', {
        family: 'api',
        containerDefinitions: [{ name: 'api', image: 'theirs', memory: 128 }],
      });
      await world.ecs('UpdateService', {
        cluster: 'c',
        service: 'api',
        taskDefinition: taskDefinition.taskDefinitionArn,
      });
    });
    const ran = await world.deploy({ service: 'api', image: 'v2' });
    await other;
    expect(ran.outputs).toMatchObject({ outcome: 'superseded', reason: expect.stringMatching(/api:3/) });
    expect(await world.image()).toBe('theirs');
  });

  test('goes back to a revision by ARN without registering anything', async () => {
    world = await createReleaseWorld(SCRIPTS);
    const first = await world.deploy({ service: 'api', image: 'v2' });
    const back = await world.deploy({
      services: JSON.stringify([{ service: 'api', 'task-definition': first.outputs['previous-task-definition-arn'] }]),
      version: '3',
      'version-variable': 'APP_VERSION',
    });
    expect(back.outputs.outcome).toBe('deployed');
    expect(await world.image()).toBe('v1');
    expect(back.reports[0]?.serving.version).toBe('v1');
    expect(world.aws.calls('RegisterTaskDefinition')).toBe(1);
  });

  test('goes back to the previous successful revision, not to the number before', async () => {
    world = await createReleaseWorld(SCRIPTS);
    await world.deploy({ service: 'api', image: 'v2' });
    await world.deploy({ service: 'api', image: 'crash' });
    const back = await world.deploy({ service: 'api', 'rollback-to': 'previous' });
    expect(back.outputs.outcome).toBe('deployed');
    expect(await world.image()).toBe('v1');
  });

  test('that is not complete in time goes back, and the outcome says timeout', async () => {
    world = await createReleaseWorld(SCRIPTS, ['api'], { timings: { provisioningMs: 60_000 } });
    const ran = await world.deploy({ service: 'api', image: 'v2', timeout: '20s' });
    expect(ran.outputs.outcome).toBe('timeout');
    expect(ran.reports[0]?.serving['task-definition']).toBe(ran.outputs['previous-task-definition-arn']);
    expect(await world.image()).toBe('v1');
  });

  test('whose deployment is already on its way is joined, without another registration', async () => {
    world = await createReleaseWorld(SCRIPTS);
    await world.deploy({ service: 'api', image: 'v2', 'wait-until': 'started' });
    const ran = await world.deploy({ service: 'api', image: 'v2' });
    expect(ran.outputs.outcome).toBe('deployed');
    expect(ran.outputs['previous-task-definition-arn']).toMatch(/api:1$/);
    expect(world.aws.calls('RegisterTaskDefinition')).toBe(1);
    expect(world.aws.calls('UpdateService')).toBe(1);
  });

  test('that was left on a broken revision goes back to what serves, not to the broken one', async () => {
    world = await createReleaseWorld(SCRIPTS);
    await world.deploy({ service: 'api', image: 'missing', 'on-failure': 'leave' });
    const ran = await world.deploy({ service: 'api', image: 'missing', 'environment-variables': 'X=1' });
    expect(ran.outputs.outcome).toBe('rolled-back');
    expect(await world.image()).toBe('v1');
  });

  test('is deployed again without a difference when that is forced', async () => {
    world = await createReleaseWorld(SCRIPTS);
    const ran = await world.deploy({ service: 'api', image: 'v1', 'force-new-deployment': 'true' });
    expect(ran.outputs.outcome).toBe('deployed');
    expect(world.aws.calls('RegisterTaskDefinition')).toBe(0);
    expect(world.aws.calls('UpdateService')).toBe(1);
  });

  test.each([
    ['a service that does not exist', { service: 'nobody' }, /"nobody" is not in cluster/],
    ['a revision that does not exist', { service: 'api', 'task-definition': 'api:99' }, /ecs:DescribeTaskDefinition/],
    ['a cluster that does not exist', { service: 'api', cluster: 'nowhere' }, /ecs:DescribeServices/],
  ])('%s is an error before any change', async (_, given, message) => {
    world = await createReleaseWorld(SCRIPTS);
    const error = await world.deploy({ ...given, 'environment-variables': 'A=1' }).catch((thrown) => thrown);
    expect(`${error.what} ${error.why}`).toMatch(message);
    expect(world.aws.calls('RegisterTaskDefinition') + world.aws.calls('UpdateService')).toBe(0);
  });

  test('is not waited for with wait-until: started', async () => {
    world = await createReleaseWorld(SCRIPTS);
    const ran = await world.deploy({ service: 'api', image: 'v2', 'wait-until': 'started' });
    expect(ran.outputs.outcome).toBe('started');
    expect(ran.failure).toBeUndefined();
  });

  test('is not touched by a dry run, which shows the difference', async () => {
    world = await createReleaseWorld(SCRIPTS);
    const ran = await world.deploy({ service: 'api', image: 'v2', 'dry-run': 'true' });
    expect(ran.lines.join('\n')).toMatch(/api › image: "v1" → "v2"/);
    expect(world.aws.calls('RegisterTaskDefinition') + world.aws.calls('UpdateService')).toBe(0);
  });
});

describe('a release of three', () => {
  const names = ['api', 'web', 'worker'];

  test('is deployed side by side, many services in one call', async () => {
    world = await createReleaseWorld(SCRIPTS, names);
    const before = world.aws.calls('DescribeServices');
    const ran = await world.deploy({ services: release({ api: 'v2', web: 'v2', worker: 'v2' }) });
    expect(ran.outputs.outcome).toBe('deployed');
    expect(JSON.parse(ran.outputs['task-definition-arn'] ?? '')).toMatchObject({
      api: expect.stringMatching(/api:2$/),
    });
    expect(world.aws.calls('DescribeServices') - before).toBeLessThan(12);
  });

  test('goes back as a whole when one fails, those that were complete too', async () => {
    world = await createReleaseWorld(SCRIPTS, names);
    const ran = await world.deploy({ services: release({ api: 'crash', web: 'v2', worker: 'v1' }) });
    expect(ran.reports.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
      'api rolled-back',
      'web rolled-back',
      'worker unchanged',
    ]);
    expect(ran.outputs.outcome).toBe('rolled-back');
    expect(await Promise.all(names.map((name) => world.image(name)))).toEqual(['v1', 'v1', 'v1']);
  });

  test('that cannot be rendered is refused with all problems, before anything is registered', async () => {
    world = await createReleaseWorld(SCRIPTS, names);
    const services = JSON.stringify([
      { service: 'api', image: 'v2' },
      { service: 'web', images: { wep: 'v2' } },
      { service: 'worker', container: 'x', image: 'v2' },
    ]);
    await expect(world.deploy({ services })).rejects.toMatchObject({
      problems: [expect.stringMatching(/did you mean "web"/), expect.stringMatching(/no container "x"/)],
    });
    expect(world.aws.calls('RegisterTaskDefinition')).toBe(0);
  });
});

describe('when AWS fails', () => {
  test('lost access while waiting ends unknown at once, names the action, and claims nothing', async () => {
    world = await createReleaseWorld(SCRIPTS);
    world.aws.faults.add({ operation: 'DescribeServices', kind: 'access-denied', after: 2 });
    const ran = await world.deploy({ service: 'api', image: 'v2' });
    expect(ran.outputs.outcome).toBe('unknown');
    expect(ran.outputs.reason).toMatch(/ecs:DescribeServices/);
    expect(ran.reports[0]?.serving).toEqual({ 'task-definition': '', version: '' });
    expect(world.aws.calls('UpdateService')).toBe(1);
  });

  test('credentials that expire while waiting end unknown', async () => {
    world = await createReleaseWorld(SCRIPTS);
    world.aws.faults.add({ kind: 'expired-token', after: 8 });
    const ran = await world.deploy({ service: 'api', image: 'v2' });
    expect(ran.outputs.outcome).toBe('unknown');
  });

  test.each(['RegisterTaskDefinition', 'UpdateService', 'DescribeServices'])(
    'throttling of %s is waited out',
    async (operation) => {
      world = await createReleaseWorld(SCRIPTS);
      world.aws.faults.add({ operation, kind: 'throttle', times: 6 });
      const ran = await world.deploy({ service: 'api', image: 'v2' });
      expect(ran.outputs.outcome).toBe('deployed');
    },
  );

  test.each([
    ['RegisterTaskDefinition', 'lost-response'],
    ['UpdateService', 'lost-response'],
    ['RegisterTaskDefinition', 'reset'],
    ['UpdateService', 'reset'],
    ['UpdateService', '5xx'],
    ['DescribeServices', 'lost-response'],
  ] as const)('%s with %s has its effect once', async (operation, kind) => {
    world = await createReleaseWorld(SCRIPTS);
    world.aws.faults.add({ operation, kind, times: 1 });
    const ran = await world.deploy({ service: 'api', image: 'v2' });
    expect(ran.outputs).toMatchObject({ outcome: 'deployed', reason: '' });
    expect(ran.outputs['task-definition-arn']).toMatch(/api:2$/);
    const { serviceDeployments } = await world.ecs('ListServiceDeployments', { cluster: 'c', service: 'api' });
    expect(serviceDeployments).toHaveLength(2);
  });

  test('without the right to read service deployments it is watched all the same, with one warning', async () => {
    world = await createReleaseWorld(SCRIPTS);
    world.aws.faults.add({ operation: 'DescribeServiceDeployments', kind: 'access-denied' });
    const ran = await world.deploy({ service: 'api', image: 'crash' });
    expect(ran.outputs.outcome).toBe('rolled-back');
    expect(ran.lines.filter((line) => line.startsWith('warning:'))).toHaveLength(1);
  });

  test('an update that is refused leaves the service as it was, and takes the others back', async () => {
    world = await createReleaseWorld(SCRIPTS, ['api', 'web']);
    world.aws.faults.add({ operation: 'UpdateService', kind: 'access-denied', times: 1 });
    const ran = await world.deploy({ services: release({ api: 'v2', web: 'v2' }) });
    expect(ran.outputs.outcome).toBe('failed');
    expect(ran.outputs.reason).toMatch(/ecs:UpdateService/);
    expect(await Promise.all(['api', 'web'].map((name) => world.image(name)))).toEqual(['v1', 'v1']);
  });
});

describe('a cancelled run', () => {
  test('starts the roll-back inside its clean-up time and says what serves', async () => {
    world = await createReleaseWorld(SCRIPTS);
    void world.clock.background.sleep(700).then(() => world.cancel.abort());
    const ran = await world.deploy({ service: 'api', image: 'v2', 'version-variable': 'APP_VERSION' });
    expect(ran.outputs.outcome).toBe('cancelled');
    expect(Number(ran.outputs['duration-seconds'])).toBeLessThan(10);
    expect(ran.reports[0]?.serving.version).toBe('v1');
    await world.settle();
    expect(await world.image()).toBe('v1');
  });

  test('leaves the deployment alone with on-cancel: leave', async () => {
    world = await createReleaseWorld(SCRIPTS);
    void world.clock.background.sleep(700).then(() => world.cancel.abort());
    const ran = await world.deploy({ service: 'api', image: 'v2', 'on-cancel': 'leave' });
    expect(ran.outputs.outcome).toBe('cancelled');
    expect(world.aws.calls('UpdateService')).toBe(1);
    await world.settle();
    expect(await world.image()).toBe('v2');
  });
});
