import { formatDuration } from '@hospital-ops/action-kit/duration';
import { OpsError } from '@hospital-ops/action-kit/errors';
import type { Log } from '@hospital-ops/action-kit/log';
import type { ActionResult } from '@hospital-ops/action-kit/run-action';
import { code, link, Summary, text } from '@hospital-ops/action-kit/summary';
import { neutralizeToLine } from '@hospital-ops/action-kit/untrusted';
import type { Task, TaskDefinition } from '@hospital-ops/aws/ecs/ports';
import { imagesOf, shortName } from '@hospital-ops/aws/ecs/task-definition';
import type { LogStream } from '@hospital-ops/aws/logs/ports';
import { withTellingLine } from '@hospital-ops/aws/logs/telling-line';
import type { MigrationInputs } from './inputs.ts';
import { describePlacement } from './placement.ts';
import type { Prepared } from './prepare.ts';
import type { Verdict } from './verdict.ts';

/** The console writes its own escapes for what stands behind the `#`: percent signs twice encoded, as dollars. */
const consoleEncode = (value: string): string => encodeURIComponent(encodeURIComponent(value)).replaceAll('%', '$');

const logUrlOf = (stream: LogStream | undefined, taskArn: string): string => {
  const region = stream?.region ?? taskArn.split(':')[3];
  if (stream === undefined || !region) return '';
  return `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#logsV2:log-groups/log-group/${consoleEncode(stream.group)}/log-events/${consoleEncode(stream.stream)}`;
};

/** How the last attempt ended. */
export interface Attempted {
  readonly verdict: Verdict;
  readonly task: Task | undefined;
  readonly stream: LogStream | undefined;
  /** The last lines of its log, oldest first. */
  readonly last: readonly string[];
}

interface Told extends Attempted {
  readonly definition: TaskDefinition;
  readonly container: string;
  readonly attempts: number;
  readonly seconds: number;
}

/** Returns outputs, summary and failure of a run that asked for a task. */
export const resultOf = (told: Told, inputs: MigrationInputs): ActionResult => {
  const { verdict, task, definition, container, seconds } = told;
  const exitCode = task?.containers.find(({ name }) => name === container)?.exitCode;
  const logUrl = task === undefined ? '' : logUrlOf(told.stream, task.arn);
  const good = verdict.outcome === 'succeeded';
  // A lost answer tells nobody whether there is a task.
  const isUnknown = verdict.outcome === 'unknown';
  const summary = new Summary()
    .heading(`${good ? '✅' : '❌'} Migrations on ${inputs.cluster}: ${verdict.outcome}`)
    .table(
      ['Task definition', 'Image', 'Task', 'Attempts', 'Exit code', 'Duration'],
      [
        [
          code(shortName(definition.arn)),
          code(imagesOf(definition.body)[container] ?? ''),
          task === undefined ? text(isUnknown ? 'not known' : 'not started') : code(shortName(task.arn)),
          text(String(told.attempts)),
          text(exitCode === undefined ? 'none' : String(exitCode)),
          text(formatDuration(seconds)),
        ],
      ],
    );
  if (verdict.reason !== '') summary.paragraph(text(verdict.reason));
  if (verdict.next !== '') summary.paragraph(text(`Next: ${verdict.next}`));
  if (told.last.length > 0) summary.details('Last log lines', told.last.join('\n'), !good);
  if (logUrl !== '') summary.paragraph(link('Log in CloudWatch', logUrl));
  return {
    outputs: {
      outcome: verdict.outcome,
      reason: neutralizeToLine(verdict.reason, 1_000),
      'exit-code': exitCode === undefined ? '' : String(exitCode),
      'task-arn': task?.arn ?? '',
      'task-definition-arn': definition.arn,
      'stopped-reason': neutralizeToLine(task?.stoppedReason ?? '', 1_000),
      'log-url': logUrl,
      'duration-seconds': String(seconds),
    },
    summary,
    failure: good
      ? undefined
      : new OpsError({
          what: `migration ${shortName(definition.arn)} on cluster "${inputs.cluster}": ${verdict.outcome} after ${formatDuration(seconds)}.`,
          why: withTellingLine(verdict.reason, told.last),
          next: verdict.next,
          docs: 'README#outcomes',
        }),
  };
};

/** Returns what would be done, said in the log and the summary. */
export const dryRunResult = (inputs: MigrationInputs, prepared: Prepared, log: Log): ActionResult => {
  const { container, existing, body, placement } = prepared;
  const names = inputs.environment.map(([name]) => name);
  const plan = [
    ['Task definition', existing === undefined ? `a new revision of ${prepared.family}` : shortName(existing.arn)],
    ['Container', container],
    ['Image', imagesOf(body)[container] ?? ''],
    ['Command', inputs.command === undefined ? 'as in the definition' : JSON.stringify(inputs.command)],
    ['Variables', names.join(', ') || 'as in the definition'],
    ['Where', describePlacement(placement)],
  ] as const;
  for (const [what, value] of plan) log.info(`would run: ${what.toLowerCase()}: ${value}`);
  const summary = new Summary().heading('Migrations (dry run: nothing was started)').table(
    ['What', 'Value'],
    plan.map(([what, value]) => [text(what), code(value)]),
  );
  return {
    outputs: {
      outcome: 'succeeded',
      reason: 'dry run: nothing was started',
      'task-definition-arn': existing?.arn ?? '',
    },
    summary,
  };
};
