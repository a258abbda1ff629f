import { formatError, OpsError, ToolError } from '@hospital-ops/action-kit/errors';
import type { Cell } from '@hospital-ops/action-kit/summary';
import { bold, code, Summary, text } from '@hospital-ops/action-kit/summary';
import { addFindings } from './findings-report.ts';
import type { ImageResult, Phases } from './image.ts';
import { PHASES } from './image.ts';
import { GateError } from './scan-gate.ts';
import type { Judged } from './scan-rules.ts';
import { countBySeverity } from './scan-rules.ts';

/** What became of one image, or the error that ended it. */
export type ImageReport =
  | { readonly name: string; readonly result: ImageResult; readonly judged: readonly Judged[] }
  | { readonly name: string; readonly error: OpsError; readonly durationMs: number };

const json = (entries: ReadonlyArray<readonly [string, unknown]>): string =>
  JSON.stringify(Object.fromEntries(entries));

const resultOf = (report: ImageReport): Readonly<Record<string, unknown>> => {
  if ('error' in report) return { result: 'failed', reason: report.error.what, 'duration-ms': report.durationMs };
  const { outcome, plan, image, digest, platformDigests, tags, revision, contentHash } = report.result;
  const { cachedSteps, phases, durationMs } = report.result;
  return {
    result: outcome,
    ...(plan === undefined ? {} : { plan }),
    image,
    digest,
    'platform-digests': platformDigests,
    tags,
    revision,
    'content-hash': contentHash,
    ...(cachedSteps === undefined ? {} : { 'cached-steps': cachedSteps }),
    ...(phases.scan === undefined ? {} : { findings: countBySeverity(report.judged.map(({ finding }) => finding)) }),
    'duration-ms': durationMs,
    'phases-ms': phases,
  };
};

/** Returns every output. Those of a single image are empty where there are several, or where it failed. */
export const renderOutputs = (
  reports: readonly ImageReport[],
  redact: (text: string) => string,
  durationMs: number,
): Record<string, string> => {
  const done = reports.flatMap((report) => ('result' in report ? [report.result] : []));
  const only = reports.length === 1 ? done[0] : undefined;
  const pushed = done.filter(({ image }) => image !== '');
  return {
    image: only?.image ?? '',
    digest: only?.digest ?? '',
    'platform-digests': only ? JSON.stringify(only.platformDigests) : '',
    tags: only ? JSON.stringify(only.tags) : '',
    revision: only?.revision ?? '',
    result: only === undefined || only.outcome === 'planned' ? '' : only.outcome,
    'content-hash': only?.contentHash ?? '',
    images: json(pushed.map(({ name, image }) => [name, image])),
    results: redact(json(reports.map((report) => [report.name, resultOf(report)]))),
    'duration-ms': String(Math.round(durationMs)),
  };
};

const inSeconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** `hash 0.1 s, build 12.3 s`; phases too short to see are left out. */
export const tellPhases = (phases: Phases): string =>
  PHASES.flatMap((phase) => {
    const ms = phases[phase];
    return ms === undefined || ms < 50 ? [] : [`${phase} ${inSeconds(ms)}`];
  }).join(', ');

const row = (report: ImageReport): Cell[] => {
  if ('error' in report) {
    const time = text(inSeconds(report.durationMs));
    return [code(report.name), bold('failed'), text(report.error.what), text(''), time, text('')];
  }
  const { name, outcome, plan, digest, tags, phases, durationMs } = report.result;
  const result = plan === undefined ? outcome : `would ${plan}`;
  const time = text(inSeconds(durationMs));
  return [code(name), text(result), code(digest), text(tags.join('\n')), time, text(tellPhases(phases))];
};

export const renderSummary = (reports: readonly ImageReport[]): Summary => {
  const summary = new Summary()
    .heading(reports.length === 1 ? 'Image' : 'Images')
    .table(['Image', 'Result', 'Digest', 'Tags', 'Time', 'of it'], reports.map(row));
  for (const report of reports) {
    if (!('error' in report)) {
      addFindings(summary, report.name, report.judged);
      const platforms = Object.entries(report.result.platformDigests);
      summary.table(
        ['Platform', 'Digest'],
        platforms.map(([platform, digest]) => [text(platform), code(digest)]),
      );
      continue;
    }
    const { name, error } = report;
    const tail = error instanceof ToolError ? `\n\n${error.stderrTail}` : '';
    summary.details(`Why ${name} failed`, `${formatError('build-image', error)}${tail}`);
    if (error instanceof GateError) addFindings(summary, name, error.judged);
  }
  return summary;
};

/** Returns why the step fails: the one error, or all of them together. No image at all is no success. */
export const decideFailure = (reports: readonly ImageReport[]): OpsError | undefined => {
  const failed = reports.flatMap((report) => ('error' in report ? [report] : []));
  const [first] = failed;
  if (reports.length === 0) return new OpsError({ what: 'there was no image to build.' });
  if (first === undefined) return undefined;
  if (reports.length === 1) return first.error;
  const why = failed
    .map(({ name, error }) => `\n  - ${name}: ${error.what}${error.why ? ` ${error.why}` : ''}`)
    .join('');
  const next = [...new Set(failed.flatMap(({ error }) => error.next ?? []))].join(' Also: ');
  const what = `${failed.length} of ${reports.length} images failed.`;
  return new OpsError({ what, why, next, docs: 'README#troubleshooting' });
};
