import { formatDuration, parseDuration } from '@hospital-ops/action-kit/duration';
import { OpsError } from '@hospital-ops/action-kit/errors';
import { parseDecimal } from '@hospital-ops/action-kit/numbers';
import type { ResolvedEnvironment, ResolvedService, Strategy } from '@hospital-ops/pipeline/model';
import { MIGRATION_TIMEOUT } from './plan.ts';
import { bakesByChecks } from './serving-checks.ts';

/** How long each part of a release may take, in seconds; undefined where nobody said. */
export interface Deadlines {
  /** After which the job is ended, whatever it is doing. */
  readonly job: number | undefined;
  readonly lockWait: number | undefined;
  readonly deploy: number | undefined;
  readonly smoke: number | undefined;
}

/** How often a strategy bakes, at least: each step, and the end. What the file leaves to ecs-deploy counts for one. */
const bakesOf = ({ type, percent }: Strategy): number => {
  const steps = percent?.split(',').map((step) => parseDecimal(step.trim()) ?? 100) ?? [];
  switch (type) {
    case 'rolling':
      return 0;
    case 'blue-green':
      return 1;
    case 'canary':
      return 2;
    case 'linear':
      return Math.max(1, Math.ceil(100 / (steps[0] ?? 100)));
    case 'weighted-canary':
      return Math.max(1, steps.length) + 1;
  }
};

const seconds = (text: string | undefined): number => (text === undefined ? 0 : (parseDuration(text) ?? 0));

const watchOf = ({ strategy }: ResolvedService): number =>
  strategy === undefined ? 0 : bakesOf(strategy) * seconds(strategy.bakeTime);

const refuseLongWatch = (released: readonly ResolvedService[], deploy: number): void => {
  const watches = released.map((service) => [service.name, watchOf(service)] as const);
  const [name, longest] = watches.reduce((a, b) => (b[1] > a[1] ? b : a), ['', 0] as const);
  if (longest === 0 || longest < deploy) return;
  throw new OpsError({
    what: `"${name}" is watched for ${formatDuration(longest)} by its strategy, and \`deploy-timeout\` ends the deployment after ${formatDuration(deploy)}.`,
    why: 'a release that cannot end in time would always go back.',
    next: 'give more time by `deploy-timeout`, or a shorter `bake-time` or fewer steps in the pipeline file.',
    docs: 'README#time',
  });
};

const refuseLongRelease = (parts: ReadonlyArray<readonly [string, number]>, job: number): void => {
  const sum = parts.reduce((total, [, part]) => total + part, 0);
  if (sum <= job) return;
  const told = parts.filter(([, part]) => part > 0).map(([name, part]) => `${name} ${formatDuration(part)}`);
  throw new OpsError({
    what: `this release may take ${formatDuration(sum)}, and its job is ended after ${formatDuration(job)}.`,
    why: `${told.join(', ')}: a job that is ended on its way can neither finish nor go back.`,
    next: 'lower them until they fit.',
    docs: 'README#time',
  });
};

/**
 * Refuses a release that its own deadlines let take longer than it has, before anything is touched. Building has no
 * deadline and is not counted. Throws OpsError with the figures.
 */
export const refuseTooLong = (
  services: readonly string[],
  environment: ResolvedEnvironment,
  { job, lockWait, deploy, smoke }: Deadlines,
): void => {
  const released = [...environment.services.values()].filter(({ name }) => services.includes(name));
  if (deploy !== undefined) refuseLongWatch(released, deploy);
  if (job === undefined) return;
  const migrations = released.find((service) => service.migrations !== undefined)?.migrations;
  const isAsked = released.some((service) => service.smoke.length > 0);
  refuseLongRelease(
    [
      ['`lock-wait`', lockWait ?? 0],
      ['the migrations', migrations ? seconds(migrations.timeout ?? MIGRATION_TIMEOUT) : 0],
      ['`deploy-timeout`', deploy ?? 0],
      ['`smoke-deadline`', isAsked ? (smoke ?? 0) : 0],
      ['`bake-time`', released.some(bakesByChecks) ? seconds(environment.bakeTime) : 0],
    ],
    job,
  );
};
