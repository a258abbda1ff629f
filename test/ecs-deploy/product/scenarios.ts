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
