import { createReleaseWorld, release } from '../release-world.ts';
import type { ProductWorld, Revisions } from './truth.ts';
import { byCodeDeploy, gated, heldByHook, inStages, SCRIPTS, weighted } from './worlds.ts';

/** A deployment that is known to end in one way when nothing goes wrong with the calls. */
export interface Scenario {
  readonly title: string;
  start(): Promise<ProductWorld>;
  readonly given: Readonly<Record<string, string>>;
  readonly services: readonly string[];
  /** Default: the second of each service's own family takes the place of the first. */
  readonly revisions?: Revisions;
  readonly outcome: 'deployed' | 'rolled-back' | 'paused' | 'started';
  /** What is seen of it, and so, without the right to read service deployments. */
  readonly unread?: string;
  /** By operation the outcome without it, where that is neither an end nor a matter of telling. */
  readonly without?: Readonly<Record<string, readonly string[]>>;
  /** The outcome when an outage lasts longer than what the inputs wait for. */
  readonly late?: string;
  /** True when nothing new is to run: settings are set as often as they are sent. */
  readonly isSettings?: boolean;
  /** True when the inputs change how ECS is to deploy the service. */
  readonly setsStrategy?: boolean;
}

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

const BLUE_GREEN = { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 2 };
const CANARY = {
  strategy: 'CANARY',
  bakeTimeInMinutes: 1,
  canaryConfiguration: { canaryPercent: 10, canaryBakeTimeInMinutes: 3 },
};
const LINEAR = {
  strategy: 'LINEAR',
  bakeTimeInMinutes: 1,
  linearConfiguration: { stepPercent: 50, stepBakeTimeInMinutes: 2 },
};
const PAUSE = { targetType: 'PAUSE', lifecycleStages: ['POST_SCALE_UP'] };

const both = (name: string, configuration: Readonly<Record<string, unknown>>): readonly Scenario[] => [
  { ...GOOD, title: `a good revision by ${name} of ECS`, start: () => inStages(configuration) },
  { ...CRASH, title: `a revision that crashes, by ${name} of ECS`, start: () => inStages(configuration) },
];

export const BY_BLUE_GREEN = both('blue/green', BLUE_GREEN);
export const BY_CANARY = both('canary', CANARY);
export const BY_LINEAR = both('linear', LINEAR);

export const PAUSED: Scenario = {
  ...GOOD,
  title: 'a revision that a hook holds',
  start: () => inStages({ ...BLUE_GREEN, lifecycleHooks: [PAUSE] }),
  outcome: 'paused',
  // Nothing else tells of the pause; the hook expires.
  unread: 'rolled-back',
};

export const CONTINUED: Scenario = {
  ...GOOD,
  title: 'a revision that goes on after its hook',
  start: () => heldByHook({ ...BLUE_GREEN, lifecycleHooks: [PAUSE] }),
  given: { service: 'api' },
  // What is to be continued must be seen first.
  without: { DescribeServiceDeployments: ['failed'], DescribeServiceRevisions: ['failed'] },
};

export const AT_STAGE: Scenario = {
  ...GOOD,
  title: 'a revision that is watched to its bake',
  start: () => inStages(BLUE_GREEN),
  given: { ...GOOD.given, 'wait-until': 'BAKE_TIME' },
  outcome: 'started',
  // No stage is seen, but the end.
  unread: 'deployed',
  late: 'deployed',
};

export const SETTINGS: Scenario = {
  ...GOOD,
  title: 'another strategy and count for the revision that runs',
  start: () => inStages({ strategy: 'ROLLING' }),
  given: { service: 'api', strategy: 'blue-green', 'bake-time': '2m', 'desired-count': '3' },
  revisions: { before: (name) => `${name}:1`, after: (name) => `${name}:1` },
  isSettings: true,
  setsStrategy: true,
};

export const CRASH_WITH_STRATEGY: Scenario = {
  ...CRASH,
  title: 'a revision that crashes by a strategy that is new to its service',
  start: () => inStages({ strategy: 'ROLLING' }),
  given: { ...CRASH.given, strategy: 'canary', 'bake-time': '2m' },
  setsStrategy: true,
};

const ALL_AT_ONCE = 'CodeDeployDefault.ECSAllAtOnce';
const BY_TENS = 'CodeDeployDefault.ECSCanary10Percent5Minutes';

export const BY_CODE_DEPLOY: readonly Scenario[] = [
  { ...GOOD, title: 'a good revision by CodeDeploy', start: () => byCodeDeploy(BY_TENS) },
  { ...CRASH, title: 'a revision that crashes, by CodeDeploy', start: () => byCodeDeploy(ALL_AT_ONCE) },
];

const BY_WEIGHT = {
  start: weighted,
  services: ['main', 'canary'],
  without: { DescribeRules: ['rolled-back', 'rollback-failed'], ModifyRule: ['rolled-back', 'rollback-failed'] },
  revisions: { before: () => 'main:1', after: () => 'main:2', together: true },
  given: {
    service: 'main',
    strategy: 'weighted-canary',
    'canary-service': 'canary',
    'canary-percent': '10',
    'bake-time': '20s',
    verify: 'false',
  },
};

export const BY_WEIGHTS: readonly Scenario[] = [
  { ...GOOD, ...BY_WEIGHT, title: 'a good revision by weights', given: { ...BY_WEIGHT.given, image: 'v2' } },
  {
    ...CRASH,
    ...BY_WEIGHT,
    title: 'a revision that crashes, by weights',
    given: { ...BY_WEIGHT.given, image: 'crash' },
  },
];

const GATE = [{ name: 'errors', expression: `SUM(SEARCH('{App} MetricName="Errors"', 'Sum', 10))`, threshold: 5 }];

/** What nobody may watch is not let through. */
const UNWATCHED = { DescribeAlarms: ['rolled-back'], GetMetricData: ['rolled-back'] };

export const GATED: Scenario = {
  ...GOOD,
  title: 'a revision that its gates let through',
  start: () => gated(),
  given: {
    ...GOOD.given,
    'gate-alarms': 'api-errors',
    'gate-metrics': JSON.stringify(GATE),
    'bake-time': '20s',
  },
  without: UNWATCHED,
};

export const BREACHED: Scenario = {
  ...GATED,
  title: 'a revision whose errors set off its gates',
  start: () => gated(10_000),
  outcome: 'rolled-back',
};
