import { afterEach, describe, expect, test } from '@jest/globals';
import { connectDeploy } from '../../actions/ecs-deploy/src/connect.ts';
import type { Deps } from '../../actions/ecs-deploy/src/deps.ts';
import { runDeploy } from '../../actions/ecs-deploy/src/run.ts';
import type { ReleaseWorld } from './release-world.ts';
import { createReleaseWorld, deployInputs } from './release-world.ts';

const MINUTE = 60_000;
/** The runner sends its second signal then. */
const SECONDS = 7_500;

let world: ReleaseWorld;
afterEach(() => world.close());

let cancelledAt = 0;

/** A call that is never answered; half a second later the run is cancelled. */
const hang = (): Promise<never> => {
  void world.clock.sleep(500).then(() => {
    if (!world.cancel.signal.aborted) cancelledAt = world.clock.now();
    world.cancel.abort();
  });
  return new Promise<never>(() => {});
};

/** Cancels the run `afterMs` after its first UpdateService was sent. */
const cancelAfterUpdate = async (afterMs: number, nth = 1) => {
  while (world.aws.calls('UpdateService') < nth) await world.clock.background.sleep(20);
  await world.clock.background.sleep(afterMs);
  world.cancel.abort();
  return world.clock.now();
};

const deploy = async (given: Readonly<Record<string, string>>, ecs: (deps: Deps) => Partial<Deps['ecs']>) => {
  const deps = await connectDeploy({ clock: world.clock, signal: world.cancel.signal }, world.log);
  const inputs = deployInputs({ service: 'api', image: 'v2', ...given });
  return runDeploy(inputs, { ...deps, ecs: { ...deps.ecs, ...ecs(deps) } });
};

describe('a cancelled run whose update is not answered', () => {
  test.each<[string, boolean, RegExp]>([
    ['but had its effect', true, /not answered/],
    ['and had none', false, /not answered/],
  ])('ends in time, tells so, and leaves the old revision (%s)', async (_, arrives, reason) => {
    world = await createReleaseWorld();
    let calls = 0;
    const ran = await deploy({}, ({ ecs }) => ({
      updateService: async (...asked) => {
        calls += 1;
        if (calls > 1) return ecs.updateService(...asked);
        if (arrives) await ecs.updateService(...asked);
        return hang();
      },
    }));
    expect(world.clock.now() - cancelledAt).toBeLessThan(SECONDS);
    expect(ran.outputs).toMatchObject({ outcome: 'cancelled', reason: expect.stringMatching(reason) });
    expect(JSON.parse(ran.outputs.services ?? '')).toHaveLength(1);
    await world.clock.advance(MINUTE);
    expect(await world.image()).toBe('v1');
  });

  test('also when the roll-back hangs as well', async () => {
    world = await createReleaseWorld();
    const ran = await deploy({}, () => ({ updateService: hang }));
    expect(world.clock.now() - cancelledAt).toBeLessThan(SECONDS);
    expect(ran.outputs.outcome).toBe('cancelled');
    expect(JSON.parse(ran.outputs.services ?? '')[0].serving['task-definition']).toBe('');
  });
});

test('a run that is cancelled while its roll-back hangs ends in time', async () => {
  world = await createReleaseWorld({}, ['api'], { timings: { pendingMs: 5 * MINUTE } });
  let calls = 0;
  const ran = await deploy({ timeout: '1m' }, ({ ecs }) => ({
    rollBackServiceDeployment: hang,
    updateService: (...asked) => {
      calls += 1;
      return calls > 1 ? hang() : ecs.updateService(...asked);
    },
  }));
  expect(world.clock.now() - cancelledAt).toBeLessThan(SECONDS);
  expect(JSON.parse(ran.outputs.services ?? '')).toHaveLength(1);
});

describe('settings that the way back needs', () => {
  const configuration = { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 5 };

  test('are brought back also when the run is cancelled meanwhile', async () => {
    world = await createReleaseWorld({}, ['api', 'web'], {
      timings: { minuteMs: MINUTE, pendingMs: 20_000 },
    });
    await world.ecs('UpdateService', { cluster: 'c', service: 'api', deploymentConfiguration: configuration });
    await world.deploy({ service: 'api', image: 'v2' });
    const updates = world.aws.calls('UpdateService');
    // Complete, and then it is to go back because another one fails.
    const services = JSON.stringify([
      { service: 'api', image: 'v3' },
      { service: 'web', image: 'v2', after: ['api'] },
    ]);
    world.aws.faults.add({ operation: 'UpdateService', kind: 'validation', after: 1, times: 1 });
    const cancelling = cancelAfterUpdate(5_000, updates + 3);
    const ran = await world.deploy({ services });
    await cancelling;
    expect(['cancelled', 'failed']).toContain(ran.outputs.outcome);
    await world.clock.advance(30 * MINUTE);
    expect(await world.image()).toBe('v2');
    expect((await world.service()).deploymentConfiguration).toMatchObject(configuration);
  });
});

test.each(['timeout', 'cancelled'])('a change of settings alone that ends by %s is taken back', async (outcome) => {
  world = await createReleaseWorld({}, ['api'], { timings: { pendingMs: 3 * MINUTE } });
  const cancelling =
    outcome === 'cancelled' ? cancelAfterUpdate(5_000, world.aws.calls('UpdateService') + 1) : undefined;
  const ran = await world.deploy({ service: 'api', 'desired-count': '4', timeout: '1m' });
  await cancelling;
  expect([ran.outputs.outcome, (await world.service()).desiredCount]).toEqual([outcome, 2]);
});

describe('an answer that never comes', () => {
  /** Hangs; time goes on meanwhile. */
  const hangOn = (): Promise<never> => {
    void world.clock.sleep(30 * MINUTE).catch(() => undefined);
    return new Promise<never>(() => {});
  };
  const timed = async (ran: ReturnType<typeof deploy>) => {
    const start = world.clock.now();
    const end = await ran.then(
      ({ outputs }) => `${outputs.outcome}: ${outputs.reason}`,
      (error: Error) => error.message,
    );
    return { end, seconds: (world.clock.now() - start) / 1_000 };
  };

  test('keeps the plan no longer than the timeout', async () => {
    world = await createReleaseWorld();
    const { end, seconds } = await timed(deploy({ timeout: '10s' }, () => ({ describeServices: hangOn })));
    expect(end).toMatch(/gave up waiting for the reads of the plan/);
    expect(seconds).toBeLessThan(15);
    expect(world.aws.calls('RegisterTaskDefinition')).toBe(0);
  });

  test('keeps the checks no longer than the timeout', async () => {
    world = await createReleaseWorld();
    const deps = await connectDeploy({ clock: world.clock, signal: world.cancel.signal }, world.log);
    const inputs = deployInputs({ service: 'api', image: 'v2', timeout: '10s' });
    const { end, seconds } = await timed(runDeploy(inputs, { ...deps, iam: { ...deps.iam, role: hangOn } }));
    expect(end).toMatch(/gave up waiting for the checks/);
    expect(seconds).toBeLessThan(15);
  });

  test('keeps the watch no longer than the timeout, and the old revision serves again', async () => {
    world = await createReleaseWorld({}, ['api'], { timings: { pendingMs: MINUTE } });
    let looks = 0;
    let hung = 0;
    const { end, seconds } = await timed(
      deploy({ timeout: '15s' }, ({ ecs }) => ({
        describeServices: (...asked) => {
          looks += 1;
          if (looks < 6 || world.aws.calls('StopServiceDeployment') + world.aws.calls('UpdateService') > 1)
            return ecs.describeServices(...asked);
          hung += 1;
          return hangOn();
        },
      })),
    );
    expect(end).toMatch(/^timeout: .*not answered/);
    expect(hung).toBeGreaterThan(1);
    expect(seconds).toBeLessThan(60);
    expect(await world.image()).toBe('v1');
  });
});
