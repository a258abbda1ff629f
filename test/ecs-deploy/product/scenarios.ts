import { exits } from '../../../packages/rehearsal/src/aws/scripted-engine.ts';
import type { ReleaseWorld } from '../release-world.ts';
import { createReleaseWorld, release } from '../release-world.ts';

/** A deployment that is known to end in one way when nothing goes wrong with the calls. */
export interface Scenario {
  readonly title: string;
  start(): Promise<ReleaseWorld>;
  readonly given: Readonly<Record<string, string>>;
  readonly services: readonly string[];
  readonly outcome: 'deployed' | 'rolled-back' | 'paused';
  /** What is seen of it, and so, without the right to read service deployments. */
  readonly unread?: string;
}

const SCRIPTS = { crash: exits(1, 200) };

export const GOOD: Scenario = {
  title: 'a good revision',
  start: () => createReleaseWorld(SCRIPTS),
  given: { service: 'api', image: 'v2' },
  services: ['api'],
  outcome: 'deployed',
};

export const CRASH: Scenario = {
  title: 'a revision that crashes',
  start: () => createReleaseWorld(SCRIPTS),
  given: { service: 'api', image: 'crash' },
  services: ['api'],
  outcome: 'rolled-back',
};

const THREE = ['api', 'web', 'worker'];

export const GOOD_THREE: Scenario = {
  title: 'a good release of three',
  start: () => createReleaseWorld(SCRIPTS, THREE),
  given: { services: release({ api: 'v2', web: 'v2', worker: 'v2' }) },
  services: THREE,
  outcome: 'deployed',
};

export const CRASH_THREE: Scenario = {
  title: 'a release of three of which one crashes',
  start: () => createReleaseWorld(SCRIPTS, THREE),
  given: { services: release({ api: 'v2', web: 'crash', worker: 'v2' }) },
  services: THREE,
  outcome: 'rolled-back',
};

/** A service that ECS deploys in stages; what takes minutes there takes seconds here. */
const inStages = async (configuration: Readonly<Record<string, unknown>>): Promise<ReleaseWorld> => {
  const world = await createReleaseWorld(SCRIPTS, ['api'], { timings: { minuteMs: 1_000 } });
  const deploymentConfiguration = { bakeTimeInMinutes: 2, ...configuration };
  await world.ecs('UpdateService', { cluster: 'c', service: 'api', deploymentConfiguration });
  return world;
};

export const GOOD_BLUE_GREEN: Scenario = {
  ...GOOD,
  title: 'a good revision by blue/green of ECS',
  start: () => inStages({ strategy: 'BLUE_GREEN' }),
};

export const CRASH_BLUE_GREEN: Scenario = {
  ...CRASH,
  title: 'a revision that crashes, by blue/green of ECS',
  start: () => inStages({ strategy: 'BLUE_GREEN' }),
};

export const PAUSED: Scenario = {
  ...GOOD,
  title: 'a revision that a hook holds',
  start: () =>
    inStages({
      strategy: 'BLUE_GREEN',
      lifecycleHooks: [{ targetType: 'PAUSE', lifecycleStages: ['POST_SCALE_UP'] }],
    }),
  outcome: 'paused',
  // Nothing else tells of the pause; the hook expires.
  unread: 'rolled-back',
};
