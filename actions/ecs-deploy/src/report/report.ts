import { formatDuration } from '@hospital-ops/action-kit/duration';
import { OpsError } from '@hospital-ops/action-kit/errors';
import { neutralizeToLine } from '@hospital-ops/action-kit/untrusted';
import type { JsonObject, TaskDefinition } from '@hospital-ops/aws/ecs/ports';
import { imagesOf, shortName, variableOf } from '@hospital-ops/aws/ecs/task-definition';
import { withTellingLine } from '@hospital-ops/aws/logs/telling-line';
import type { ServiceResult } from '../finish.ts';
import type { DeployInputs } from '../inputs.ts';
import type { Outcome } from '../outcome.ts';
import { isSuccess, releaseOutcome } from '../outcome.ts';
import { joinReasons, withinBudget } from './fit.ts';
import type { PhaseName } from './times.ts';

/** One entry of the `services` output; chat messages and records read these keys, `phases` is for people. */
export interface ServiceReport {
  readonly service: string;
  readonly name: string;
  readonly outcome: Outcome;
  readonly reason: string;
  readonly old: RevisionReport;
  readonly new: RevisionReport;
  readonly serving: { readonly 'task-definition': string; readonly version: string };
  readonly log: readonly string[];
  readonly 'duration-seconds': number;
  /** Seconds by phase. */
  readonly phases: Partial<Record<PhaseName, number>>;
}

export interface RevisionReport {
  readonly 'task-definition': string;
  readonly version: string;
  readonly images: Readonly<Record<string, string>>;
}

const versionIn = (body: JsonObject, inputs: DeployInputs, container: string | undefined): string =>
  (inputs.versionVariable === undefined ? undefined : variableOf(body, inputs.versionVariable, container)) ?? '';

/** Reasons hold words of ECS and of containers. */
const MAX_REASON = 1_000;
const MAX_REASONS = 8_000;

const revision = (arn: string, body: JsonObject, version: string): RevisionReport => ({
  'task-definition': arn,
  version,
  images: imagesOf(body),
});

/** Returns the report of a service. Revisions are ARNs, so that one can be handed back as `task-definition`. */
export const reportOf = (result: ServiceResult, inputs: DeployInputs): ServiceReport => {
  const { plan, definition } = result.rollout;
  const { container } = plan.target;
  const version = (body: JsonObject) => versionIn(body, inputs, container);
  const wanted: TaskDefinition | undefined =
    definition ?? (plan.wanted.kind === 'existing' ? plan.wanted.definition : undefined);
  const body = wanted?.body ?? (plan.wanted.kind === 'register' ? plan.wanted.body : plan.live.body);
  const next = result.outcome === 'unchanged' ? plan.live : wanted;
  const shown = result.outcome === 'unchanged' ? plan.live.body : body;
  const asked = result.outcome === 'unchanged' || inputs.versionVariable !== undefined ? '' : (inputs.version ?? '');
  const known = [plan.old, plan.live, definition].find((each) => each?.arn === result.serving);
  const servingVersion = known && version(known.body);
  return {
    service: plan.target.service,
    name: plan.target.name,
    outcome: result.outcome,
    reason: neutralizeToLine(result.reason, MAX_REASON),
    old: revision(plan.old.arn, plan.old.body, version(plan.old.body)),
    new: revision(next?.arn ?? '', shown, version(shown) || asked),
    serving: {
      'task-definition': result.serving ?? '',
      version: servingVersion || (result.serving === next?.arn ? asked : ''),
    },
    log: result.log,
    'duration-seconds': result.durationSeconds,
    phases: result.phases,
  };
};

export const label = ({
  'task-definition': arn,
  version,
}: {
  readonly 'task-definition': string;
  readonly version: string;
}) => [version, arn === '' ? '' : version === '' ? shortName(arn) : `(${shortName(arn)})`].filter(Boolean).join(' ');

/** What to do next after an outcome. */
const NEXT: Partial<Record<Outcome, string>> = {
  'rolled-back': 'correct what the reason names and deploy again; the old revisions serve.',
  'rollback-failed':
    'look at the services now: that the old revision serves whole again was not seen. If it is still coming up, wait; else deploy a revision that is known to work.',
  superseded:
    'nothing was taken back from the other deployment; let one job deploy a service at a time (`concurrency`).',
  failed: 'correct what the reason names and deploy again.',
  timeout: 'look at the reason and the events above; give more time with `timeout` if the service needs it.',
  cancelled: 'look at what serves, and deploy again.',
  unknown: 'give the job access again and look at the services: how the deployment ends was not seen.',
};

/** Returns what to do next after a release, or undefined after a good one. With `on-failure: leave` its services part ways. */
export const nextAfter = (outcome: Outcome, reports: readonly ServiceReport[]): string | undefined => {
  const deployed = reports.filter((report) => ['deployed', 'started', 'paused'].includes(report.outcome));
  if (outcome !== 'rolled-back' || deployed.length === 0) return NEXT[outcome];
  const names = deployed.map(({ name }) => name).join(', ');
  return `correct what the reason names and deploy again; ${names} stayed deployed, the others serve their old revisions.`;
};

/** Returns the failure that the step is to raise, or undefined when it succeeds. `page` is the service's in the console. */
export const failureOf = (
  reports: readonly ServiceReport[],
  outcome: Outcome,
  cluster: string,
  seconds: number,
  page?: string,
): OpsError | undefined => {
  if (isSuccess(outcome)) return undefined;
  const one = reports.length === 1 ? reports[0] : undefined;
  const who = one === undefined ? `release of ${reports.length} services` : `service "${one.service}"`;
  const serving = one === undefined || one.serving['task-definition'] === '' ? '' : `; ${label(one.serving)} serves`;
  const lines = reports
    .filter((report) => one !== undefined || !isSuccess(report.outcome))
    .map((report) => {
      const told = withTellingLine(report.reason || report.outcome, report.log);
      return one === undefined ? `\n  - ${report.name}: ${report.outcome}: ${told}` : told;
    });
  return new OpsError({
    what: `${who} in cluster "${cluster}": ${outcome} after ${formatDuration(seconds)}${serving}.`,
    why: lines.join(''),
    next: [nextAfter(outcome, reports), page && `Console: ${page}`].filter(Boolean).join(' '),
    docs: 'README#outcomes',
  });
};

const single = (inputs: DeployInputs, entries: ReadonlyArray<readonly [service: string, value: string]>): string =>
  inputs.single ? (entries[0]?.[1] ?? '') : JSON.stringify(Object.fromEntries(entries));

export const outputsOf = (results: readonly ServiceResult[], inputs: DeployInputs, seconds: number) => {
  const reports = results.map((result) => reportOf(result, inputs));
  const bad = reports.filter((report) => report.reason !== '');
  return {
    outcome: releaseOutcome(reports.map((report) => report.outcome)),
    reason: joinReasons(
      bad.map(({ name, reason }) => (inputs.single ? reason : `${neutralizeToLine(name)}: ${reason}`)),
      MAX_REASONS,
    ),
    'task-definition-arn': single(
      inputs,
      reports.map((report) => [report.service, report.new['task-definition']]),
    ),
    'previous-task-definition-arn': single(
      inputs,
      reports.map((report) => [report.service, report.old['task-definition']]),
    ),
    'deployment-id': single(
      inputs,
      results.map(({ rollout }) => [rollout.plan.target.service, rollout.deploymentId ?? '']),
    ),
    services: JSON.stringify(withinBudget(reports)),
    'duration-seconds': String(seconds),
  };
};
