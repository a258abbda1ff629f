import { neutralizeToLine } from '@hospital-ops/action-kit/untrusted';
import { shortName } from '@hospital-ops/aws/ecs/task-definition';
import { isSuccess } from '../outcome.ts';
import type { RevisionReport, ServiceReport } from './report.ts';

/**
 * Bytes of the output. The next step gets it as one environment variable, of which Linux takes 128 KiB (execve(2),
 * MAX_ARG_STRLEN); a longer one would keep the very step from starting that tells people of the failure.
 */
const BUDGET = 120_000;
/** Of these, log lines take no more than this. */
const LOG_BUDGET = 48_000;

const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

/** Returns the reports with the last lines of their logs, `budget` bytes shared between those that have any. */
export const withLogs = (reports: readonly ServiceReport[], budget: number): ServiceReport[] => {
  const share = budget / Math.max(1, reports.filter(({ log }) => log.length > 0).length);
  return reports.map((report) => {
    let left = share;
    const kept = report.log.toReversed().filter((line) => {
      left -= bytes(line) + 1;
      return left >= 0;
    });
    return { ...report, log: kept.reverse() };
  });
};

const short = (reason: string, limit: number): string =>
  reason.length <= limit ? reason : neutralizeToLine(reason, limit);

const withoutImages = (revision: RevisionReport): RevisionReport => ({ ...revision, images: {} });

const byShortName = <T extends { readonly 'task-definition': string }>(revision: T): T => ({
  ...revision,
  'task-definition': shortName(revision['task-definition']),
});

/** `family:revision` names a revision as well as its ARN does, in the account and region that it is in. */
const byShortNames = (report: ServiceReport): ServiceReport => ({
  ...report,
  old: byShortName(report.old),
  new: byShortName(report.new),
  serving: byShortName(report.serving),
});

type Step = (reports: readonly ServiceReport[]) => ServiceReport[];

const each =
  (step: (report: ServiceReport) => ServiceReport): Step =>
  (reports) =>
    reports.map(step);

const ofSuccesses = (step: (report: ServiceReport) => ServiceReport): Step =>
  each((report) => (isSuccess(report.outcome) ? step(report) : report));

const reasonOf = (limit: number) => (report: ServiceReport) => ({ ...report, reason: short(report.reason, limit) });

/** What is left out when there are too many reports: what tells least of a failure goes first. */
const STEPS: readonly Step[] = [
  ofSuccesses(reasonOf(200)),
  each((report) => ({ ...report, phases: {} })),
  ofSuccesses((report) => ({ ...report, old: withoutImages(report.old) })),
  ofSuccesses((report) => ({ ...report, new: withoutImages(report.new) })),
  ofSuccesses(byShortNames),
  each(reasonOf(300)),
  each((report) => ({ ...report, old: withoutImages(report.old) })),
  each((report) => ({ ...report, new: withoutImages(report.new) })),
  (reports) => withLogs(reports, LOG_BUDGET / 4),
  each(byShortNames),
  each(reasonOf(120)),
  each((report) => ({ ...report, log: [] })),
  each(reasonOf(40)),
];

/**
 * Returns the reports so that together they are small enough to be handed on: whole when they are few, else with as
 * little left out as that takes. Every service keeps its names, outcome and revisions.
 */
export const withinBudget = (reports: readonly ServiceReport[], budget: number = BUDGET): ServiceReport[] => {
  let kept = withLogs(reports, Math.min(LOG_BUDGET, budget / 2));
  for (const step of STEPS) {
    if (bytes(kept) <= budget) return kept;
    kept = step(kept);
  }
  return kept;
};

/** Returns reasons in one text of at most `limit` units; how many did not fit is said. */
export const joinReasons = (reasons: readonly string[], limit: number): string => {
  const whole = reasons.join('; ');
  if (whole.length <= limit) return whole;
  const kept: string[] = [];
  let left = limit;
  for (const reason of reasons) {
    left -= reason.length + 2;
    if (left < 0) break;
    kept.push(reason);
  }
  if (kept.length === 0) return short(whole, limit);
  return `${kept.join('; ')}; … and ${reasons.length - kept.length} more`;
};
