import { describe, expect, test } from '@jest/globals';
import type { Fault } from '../../../packages/rehearsal/src/aws/faults.ts';
import { everyNth } from '../../support/thorough.ts';
import type { Scenario } from './scenarios.ts';
import type { Step } from './steps.ts';
import { nameOf, stepsOf } from './steps.ts';
import type { Ended, ProductWorld } from './truth.ts';
import {
  deployToEnd,
  disturbs,
  expectEachOnce,
  expectTruth,
  isChange,
  runsWholly,
  servicesIn,
  tookEffect,
  USUAL,
} from './truth.ts';

/** A way in which calls go wrong. */
export interface Trouble {
  readonly title: string;
  /** `passes`: patience cures it. `denied` and `refused`: no further try can. `expired`: nor any other call. */
  readonly nature: 'passes' | 'denied' | 'refused' | 'expired';
  strike(step: Step): Fault;
}

const of = ({ service, operation, nth }: Step) => ({ service, operation, after: nth });

const passing = (title: string, fault: Pick<Fault, 'kind' | 'forMs' | 'times'>): Trouble => ({
  title,
  nature: 'passes',
  strike: (step) => ({ ...of(step), ...fault }),
});

export const TROUBLES: readonly Trouble[] = [
  passing('throttled for a minute', { kind: 'throttle', forMs: 60_000 }),
  passing('answered by 500', { kind: '5xx', times: 1 }),
  passing('answered by 500 for a minute', { kind: '5xx', forMs: 60_000 }),
  passing('cut off before its effect', { kind: 'reset', times: 1 }),
  passing('cut off after its effect', { kind: 'lost-response', times: 1 }),
  passing('answered by nothing', { kind: 'empty', times: 1 }),
  passing('answered by a page', { kind: 'html', times: 1 }),
  { title: 'denied', nature: 'denied', strike: (step) => ({ ...of(step), kind: 'access-denied' }) },
  { title: 'called invalid', nature: 'refused', strike: (step) => ({ ...of(step), kind: 'validation' }) },
  {
    title: 'made with credentials that expire',
    nature: 'expired',
    strike: ({ index }) => ({ after: index, kind: 'expired-token' }),
  },
];

/** The ones that need most of the code: patience, a look after a lost effect, and knowing when to stop. */
export const HARDEST: readonly Trouble[] = TROUBLES.filter(({ title }) =>
  ['throttled for a minute', 'answered by 500 for a minute', 'cut off after its effect', 'denied'].includes(title),
);

/** What is asked only to know more, sooner or better: without it the outcome is the same. */
const ONLY_TELLS = new Set([
  'DescribeServiceDeployments',
  'DescribeServiceRevisions',
  'ListTasks',
  'DescribeTasks',
  'DescribeTargetHealth',
  'GetLogEvents',
  'StopServiceDeployment',
  'DescribeLogGroups',
  'GetRole',
]);

/** The outcomes that may be true when `step` fails in a way that no patience cures. */
const permitted = (scenario: Scenario, step: Step, trouble: Trouble): readonly string[] => {
  const { nature } = trouble;
  const otherwise = scenario.without?.[step.operation];
  // A gate waits for its answers for less than a minute here.
  if (nature === 'passes' && trouble.title.endsWith('for a minute'))
    return [scenario.outcome, scenario.late ?? '', ...(otherwise ?? [])];
  if (nature === 'passes') return [scenario.outcome];
  if (nature !== 'expired' && otherwise !== undefined)
    return [scenario.outcome, ...otherwise, step.phase === 0 ? 'failed' : 'unknown'];
  if (nature !== 'expired' && ONLY_TELLS.has(step.operation)) return [scenario.outcome, scenario.unread ?? ''];
  if (step.phase === 0) return ['failed'];
  if (nature === 'expired') return ['unknown', scenario.outcome, scenario.setsStrategy ? 'rollback-failed' : ''];
  return isChange(step) ? ['rollback-failed', 'failed'] : ['unknown'];
};

const BOTH = 2 * 30 * 60_000;

/** Some time after the end each service is what was said of it, and what the inputs ask for. */
const expectEnd = (scenario: Scenario, world: ProductWorld, outcome: string, changed: boolean): void => {
  const [services, { before, after }] = [servicesIn(world), scenario.revisions ?? USUAL];
  for (const name of scenario.services) {
    const service = services.find((each) => each.name === name);
    if (service === undefined) throw new Error(`no service ${name}`);
    const wanted = outcome === 'deployed' || outcome === 'started' ? after(name) : before(name);
    const reached = world.reached?.() ?? [wanted];
    const seen = { outcome, service: name, primary: service.taskDefinition, serving: service.serving, reached };
    if (/^(deployed|started|rolled-back)$/.test(outcome) || !(changed || world.underWay === true))
      expect({ ...seen, isThere: runsWholly(service, wanted) }).toEqual({ ...seen, reached: [wanted], isThere: true });
    // Whatever became of it, somebody answers.
    else expect(reached).not.toEqual([]);
  }
};

/** How ECS is told to deploy each service. */
export const settingsOf = async (scenario: Scenario, world: ProductWorld): Promise<unknown[]> =>
  Promise.all(scenario.services.map(async (name) => (await world.service(name)).deploymentConfiguration));

/** Lets time pass until nothing is on its way any more but what waits for somebody. */
export const calm = async (world: ProductWorld): Promise<void> => {
  const isCalm = () =>
    servicesIn(world).every(({ deployments, serving }) =>
      [serving.length < 2, ...deployments.map(({ endedAt, paused }) => endedAt !== undefined || paused)].every(Boolean),
    );
  await world.clock.advance(5_000);
  await world.clock.advanceUntil(isCalm, 600_000, 5_000).catch(() => undefined);
  await world.clock.advance(15_000);
};

/** Plays a scenario with one call of it in trouble, and holds what was said against what is so. */
export const playRow = async (scenario: Scenario, step: Step, trouble: Trouble): Promise<Ended> => {
  const world = await scenario.start();
  try {
    const settings = await settingsOf(scenario, world);
    const before = world.aws.requests().length;
    world.aws.faults.add(trouble.strike(step));
    const ended = await deployToEnd(world, scenario.given);
    expect(permitted(scenario, step, trouble)).toContain(ended.outcome);
    expect(ended.ms).toBeLessThanOrEqual(BOTH);
    expectTruth(ended, scenario.revisions);
    const requests = world.aws.requests().slice(before);
    if (!scenario.isSettings) expectEachOnce(requests);
    if (trouble.nature === 'denied') expect(ended.told).toContain(`${step.service}:${step.operation}`);
    if (trouble.nature === 'expired' && ended.outcome !== scenario.outcome) expect(ended.told).toMatch(/credentials/);
    if (ended.outcome === 'unknown') {
      const struck = requests.find(({ error }) => error !== undefined)?.at ?? 0;
      expect((requests.at(-1)?.at ?? 0) - struck).toBeLessThan(10_000);
      for (const { serving, outcome } of ended.reports)
        if (outcome === 'unknown') expect(serving).toEqual({ 'task-definition': '', version: '' });
    }
    world.aws.faults.clear();
    await calm(world);
    const changed = requests.some((request) => disturbs(request) && tookEffect(request));
    expectEnd(scenario, world, ended.outcome, changed);
    const isSet = scenario.setsStrategy === true && /^(deployed|started|unknown)$/.test(ended.outcome);
    // An update that is refused on the way back cannot bring settings back either, which is said.
    if (!isSet && !(ended.outcome === 'rollback-failed' && /settings|UpdateService/.test(ended.reason)))
      expect(await settingsOf(scenario, world)).toEqual(settings);
    return ended;
  } finally {
    await world.close();
  }
};

/**
 * A table of troubles at all steps of a scenario: all of them at what changes something, `looks` at what only looks. Every
 * look goes through the same clients and waits, in which one service sees all ten; elsewhere `HARDEST` will do, and outside
 * of CI a fifth of the rows: each step meets a fifth of the troubles, and each trouble a fifth of the steps.
 */
export const describeProduct = async (scenario: Scenario, looks: readonly Trouble[] = TROUBLES): Promise<void> => {
  const steps = await stepsOf(scenario);
  const rows = steps.flatMap((step, row) =>
    everyNth(5, isChange(step) ? TROUBLES : looks, row).map((trouble) => ({ step, trouble })),
  );
  describe(`${scenario.title} ends with a true outcome`, () => {
    test.each(rows.map((row) => ({ ...row, title: `${nameOf(row.step)} is ${row.trouble.title}` })))(
      'when $title',
      async ({ step, trouble }) => {
        await playRow(scenario, step, trouble);
      },
    );
  });
};
