import { formatDuration } from '@hospital-ops/action-kit/duration';
import type { Cell } from '@hospital-ops/action-kit/summary';
import { code, link, Summary, text } from '@hospital-ops/action-kit/summary';
import { formatDifference } from '@hospital-ops/aws/ecs/compare';
import { shortName } from '@hospital-ops/aws/ecs/task-definition';
import type { ServiceResult } from '../finish.ts';
import type { DeployInputs } from '../inputs.ts';
import type { Outcome } from '../outcome.ts';
import { isSuccess } from '../outcome.ts';
import type { ServicePlan } from '../plan/plan.ts';
import { describeSteps } from '../weighted/steps.ts';
import { consoleLink } from './console-link.ts';
import { withLogs } from './fit.ts';
import type { ServiceReport } from './report.ts';
import { label, nextAfter, reportOf } from './report.ts';
import { PHASES } from './times.ts';

const diffText = (plan: ServicePlan, inputs: DeployInputs): string => {
  const lines = [
    ...plan.differences.map((difference) => formatDifference(difference, inputs.versionVariable)),
    ...plan.change.differences.map((difference) => `~ service: ${difference}`),
  ];
  switch (plan.action) {
    case 'none':
      return 'unchanged';
    case 'join':
      return 'already on its way';
    default:
      return lines.join('\n') || 'no difference in the task definition';
  }
};

/** Returns the text of a plan that is not carried out. */
export const planText = (plan: ServicePlan, inputs: DeployInputs): string =>
  [
    `${plan.target.name} (${shortName(plan.live.arn)}): ${plan.action === 'none' ? 'unchanged' : `\n${diffText(plan, inputs)}`}`,
    ...(plan.weighted === undefined
      ? []
      : ['Steps:', ...describeSteps(plan, plan.weighted).map((step) => `  - ${step}`)]),
  ].join('\n');

/** A digest is told by its first characters; the outputs have all of it. */
const shortImage = (image: string): string => image.replace(/(@sha256:[0-9a-f]{12})[0-9a-f]{52}$/, '$1…');

const images = (report: ServiceReport): Cell[][] =>
  Object.entries(report.new.images).map(([container, image]) => {
    const before = Object.hasOwn(report.old.images, container) ? report.old.images[container] : undefined;
    const shown = shortImage(image);
    return [
      code(report.name),
      code(container),
      text(before === undefined ? '' : before === image ? 'the same' : shortImage(before)),
      code(shown),
    ];
  });

const phaseTable = (reports: readonly ServiceReport[]): { header: string[]; rows: Cell[][] } => {
  const used = PHASES.filter((phase) => reports.some(({ phases }) => (phases[phase] ?? 0) > 0));
  const busy = reports.filter(({ outcome }) => outcome !== 'unchanged');
  return {
    header: ['Service', ...used],
    rows:
      used.length === 0
        ? []
        : busy.map((report) => [code(report.name), ...used.map((phase) => seconds(report, phase))]),
  };
};

const seconds = ({ phases }: ServiceReport, phase: (typeof PHASES)[number]): Cell => {
  const spent = phases[phase];
  return text(spent === undefined ? '' : formatDuration(spent));
};

/** Bytes of log lines: a summary may have 1 MiB, and what comes after them is to have its place too. */
const LOG_BUDGET = 300_000;

/** Returns the summary of a release: what became of each service, why, with which images, how long, and what changed. */
export const summaryOf = (results: readonly ServiceResult[], inputs: DeployInputs, outcome: Outcome): Summary => {
  const reports = withLogs(
    results.map((result) => reportOf(result, inputs)),
    LOG_BUDGET,
  );
  const summary = new Summary()
    .heading(`${isSuccess(outcome) ? '✅' : '❌'} Deployment to ${inputs.cluster}: ${outcome}`)
    .table(
      ['Service', 'Old', 'New', 'Outcome', 'Serving now', 'Duration'],
      reports.map((report) => [
        code(report.name),
        text(label(report.old)),
        text(label(report.new)),
        text(report.outcome),
        text(label(report.serving) || 'not known'),
        text(formatDuration(report['duration-seconds'])),
      ]),
    );
  for (const [index, report] of reports.entries()) {
    const page = isSuccess(report.outcome) ? undefined : consoleLink(results[index]?.rollout.plan.before.arn ?? '');
    const linked = page === undefined ? [] : [link('ECS console', page)];
    if (report.reason !== '' || linked.length > 0) {
      summary.paragraph(code(report.name), text(report.reason), ...linked);
    }
    if (report.log.length > 0) summary.details(`Last log lines of ${report.name}`, report.log.join('\n'));
  }
  const next = nextAfter(outcome, reports);
  if (next !== undefined) summary.paragraph(text(`Next: ${next}`));
  summary.table(['Service', 'Container', 'Image before', 'Image'], reports.flatMap(images));
  const { header, rows } = phaseTable(reports);
  summary.table(header, rows);
  for (const { rollout } of results) {
    if (rollout.plan.action !== 'none') {
      summary.details(`What changed in ${rollout.plan.target.name}`, diffText(rollout.plan, inputs));
    }
  }
  return summary;
};
