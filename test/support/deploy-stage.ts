import { expect } from '@jest/globals';
import { cannotPull, exits } from '../../packages/rehearsal/src/aws/scripted-engine.ts';
import type { Job, Ran } from './bundle.ts';
import { cancelBundle, createJob, runBundle } from './bundle.ts';
import type { BundleAws, Mangle } from './bundle-aws.ts';
import { SECRETS, startBundleAws } from './bundle-aws.ts';
import { expectContract, expectNoSecret, HOSTILE, HOSTILE_LINE } from './hostile.ts';

const SCRIPTS = {
  crash: { ...exits(1, 60), lines: ['starting', ...HOSTILE.split('\n'), 'DB_URL is not set'] },
  chatty: { ...exits(1, 60), lines: Array.from({ length: 30 }, () => '€'.repeat(2_000)) },
  missing: cannotPull('missing'),
  hostile: { failsToStart: `CannotPullContainerError: ${HOSTILE_LINE}\n::error::FORGED` },
};

type Options = Parameters<typeof startBundleAws>[2] & { readonly names?: readonly string[] };

export interface Stage {
  readonly world: BundleAws;
  readonly job: Job;
  deploy(given: Record<string, string>, env?: Record<string, string>): Promise<Ran>;
  one(image: string, more?: Record<string, string>): Promise<Ran>;
  cancel(given: Record<string, string>, pattern: RegExp): Promise<Ran>;
}

/** What holds of every run is looked at here; what is left for the test is what was said and what is so. */
const check = (ran: Ran): Ran => {
  expectContract(ran);
  expectNoSecret(ran, [...Object.values(SECRETS), 'env-value-not-to-be-seen', 'new-value-not-to-be-seen']);
  expect([ran.outputs.outcome, ran.code]).toEqual([
    ran.outputs.outcome,
    ['deployed', 'unchanged', 'started'].includes(ran.outputs.outcome ?? '') ? 0 : 1,
  ]);
  // A step that is handed this as an input gets it as one variable: Linux takes 128 KiB for each.
  expect(Buffer.byteLength(ran.outputs.services ?? '')).toBeLessThan(120_000);
  expect(ran.outputs.reason).not.toMatch(/[\r\n]/);
  return ran;
};

export const onStage = async (options: Options, play: (stage: Stage) => Promise<void>): Promise<void> => {
  const { names, ...rest } = options;
  const job = createJob();
  const world = await startBundleAws(SCRIPTS, names, rest);
  const step = (given: Record<string, string>, env: Record<string, string> = {}) => ({
    inputs: { cluster: 'c', timeout: '2m', ...given },
    env: { ...world.env, ...env },
  });
  const deploy: Stage['deploy'] = async (given, env) => check(await runBundle('ecs-deploy', job, step(given, env)));
  try {
    await play({
      world,
      job,
      deploy,
      one: (image, more = {}) => deploy({ service: 'api', image, ...more }),
      cancel: async (given, pattern) => check(await cancelBundle('ecs-deploy', job, step(given), pattern)),
    });
  } finally {
    await world.close();
    job.remove();
  }
};

export const serving = (ran: Ran): string[] =>
  JSON.parse(ran.outputs.services ?? '[]').map((each: { serving: Record<string, string> }) =>
    each.serving['task-definition']?.replace(/^.*\//, ''),
  );

/** Every answer after the first `after` goes wrong like this. */
export const from =
  (how: Mangle, after: number): Mangle =>
  (answer, count, headers) =>
    count > after ? how(answer, count, headers) : answer;
