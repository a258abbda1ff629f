import { AwsError } from '@hospital-ops/action-kit/errors';
import { afterEach, describe, expect, test } from '@jest/globals';
import { connectDeploy } from '../../actions/ecs-deploy/src/connect.ts';
import type { Deps } from '../../actions/ecs-deploy/src/deps.ts';
import { runDeploy } from '../../actions/ecs-deploy/src/run.ts';
import { exits } from '../../packages/rehearsal/src/aws/scripted-engine.ts';
import type { ReleaseWorld } from './release-world.ts';
import { createReleaseWorld, deployInputs } from './release-world.ts';

const MINUTE = 60_000;

let world: ReleaseWorld;
afterEach(() => world.close());

const open = async (strategy = 'ROLLING') => {
  world = await createReleaseWorld({ crash: exits(1, 200) }, ['api'], { timings: { minuteMs: MINUTE } });
  if (strategy === 'ROLLING') return;
  const deploymentConfiguration = { strategy, bakeTimeInMinutes: 5 };
  await world.ecs('UpdateService', { cluster: 'c', service: 'api', deploymentConfiguration });
};

/** What the service is to run in truth, whatever looks show. */
const target = (name: string): string =>
  world.aws.ecs.snapshot().services.find((service) => service.name === name)?.taskDefinition ?? '';

const atUpdate = async (act: () => void, nth = 1): Promise<void> => {
  while (world.aws.calls('UpdateService') < nth) await world.clock.background.sleep(50);
  act();
};

/** Looks at services hang, or fail, from a moment on. */
const deployBlind = async (
  given: Readonly<Record<string, string>>,
  from: () => boolean,
  how = (): Promise<never> => new Promise(() => {}),
) => {
  const deps = await connectDeploy({ clock: world.clock, signal: world.cancel.signal }, world.log);
  const describeServices: Deps['ecs']['describeServices'] = (...asked) =>
    from() ? how() : deps.ecs.describeServices(...asked);
  const ran = await runDeploy(deployInputs({ service: 'api', image: 'v2', ...given }), {
    ...deps,
    ecs: { ...deps.ecs, describeServices },
  });
  const [report] = JSON.parse(ran.outputs.services ?? '[]');
  return { outputs: ran.outputs, serving: report?.serving['task-definition'] };
};

describe('a look that is older than the update', () => {
  test.each([1, 3, 8, 40])('does not keep a cancelled run from going back (%d looks)', async (looks) => {
    await open();
    world.aws.ecs.play.showStale('api', looks);
    const cancelling = atUpdate(() => world.cancel.abort());
    const ran = await world.deploy({ service: 'api', image: 'v2' });
    await cancelling;
    expect(ran.outputs.outcome).toBe('cancelled');
    expect(world.aws.calls('UpdateService') + world.aws.calls('StopServiceDeployment')).toBe(2);
    await world.settle();
    expect(target('api')).toMatch(/api:1$/);
  });

  test('does not keep a release from going back when another service fails at once', async () => {
    world = await createReleaseWorld({ crash: exits(1, 10) }, ['api', 'web']);
    world.aws.ecs.play.showStale('api', 60);
    const services = JSON.stringify([
      { service: 'api', image: 'v2' },
      { service: 'web', image: 'crash' },
    ]);
    const ran = await world.deploy({ services, 'max-failed-tasks': '1' });
    expect(ran.outputs.outcome).toBe('rolled-back');
    expect(['api', 'web'].map(target)).toEqual([expect.stringMatching(/api:1$/), expect.stringMatching(/web:1$/)]);
  });

  test.each([6, 20])('is no roll-back by ECS (%d looks)', async (looks) => {
    await open();
    world.aws.ecs.play.showStale('api', looks);
    const ran = await world.deploy({ service: 'api', image: 'v2' });
    expect([ran.outputs.outcome, target('api')]).toEqual(['deployed', expect.stringMatching(/api:2$/)]);
  });
});

describe('what serves is said by a look after the last change alone', () => {
  test.each(['ROLLING', 'BLUE_GREEN'])(
    'of a cancelled run that cannot look any more: nothing (%s)',
    async (strategy) => {
      await open(strategy);
      const updates = world.aws.calls('UpdateService');
      let hangs = false;
      void world.clock.background.sleep(700).then(() => {
        hangs = true;
        world.cancel.abort();
      });
      const ran = await deployBlind({}, () => hangs);
      expect([ran.outputs.outcome, ran.serving]).toEqual(['cancelled', '']);
      expect(world.aws.calls('UpdateService') + world.aws.calls('StopServiceDeployment')).toBeGreaterThan(updates + 1);
    },
  );

  test('of a timeout whose roll-back is not seen: nothing', async () => {
    world = await createReleaseWorld({}, ['api'], { timings: { pendingMs: 3 * MINUTE } });
    const ran = await deployBlind(
      { timeout: '1m' },
      () => world.aws.calls('UpdateService') + world.aws.calls('StopServiceDeployment') > 1,
      () => Promise.reject(new AwsError({ what: 'no.', operation: 'ecs:DescribeServices', code: 'ServerException' })),
    );
    expect(['timeout', 'rollback-failed', 'unknown']).toContain(ran.outputs.outcome);
    expect(ran.serving).toBe('');
  });
});
