import type { Cell } from '@hospital-ops/action-kit/summary';
import { bold, code, Summary, text } from '@hospital-ops/action-kit/summary';
import { neutralizeToLine } from '@hospital-ops/action-kit/untrusted';
import { resolveEnvironment } from '@hospital-ops/pipeline/resolve';
import type { Classification, Verdict } from './classify.ts';
import { shortSha } from './comparison.ts';
import type { DetectInputs } from './inputs.ts';

/** What was compared. `base` is empty when there was nothing to compare with, and `fallback` says why. */
export interface Comparison {
  readonly base: string;
  readonly head: string;
  readonly reason: string;
  readonly fallback: string;
}

/**
 * Characters of all file lists together, and of `unclassified`. GitHub takes 1 MB of outputs per job, counted as UTF-16
 * (github/docs, "Passing information between jobs"); the rest is left for other steps of the job.
 */
const LISTS_BUDGET = 200_000;
const UNCLASSIFIED_BUDGET = 50_000;

interface Capped {
  readonly json: string;
  readonly left: number;
}

const capJson = (list: readonly string[], budget: number): Capped => {
  let size = 2;
  let kept = 0;
  for (const item of list) {
    size += JSON.stringify(item).length + 1;
    if (size > budget) break;
    kept += 1;
  }
  return { json: JSON.stringify(list.slice(0, kept)), left: list.length - kept };
};

const matrixEntry = (name: string, inputs: DetectInputs, head: string): Readonly<Record<string, unknown>> => {
  const { environment, loaded } = inputs;
  if (environment === undefined || !loaded?.pipeline.services.has(name)) return { name };
  const release = { sha: head, version: shortSha(head) };
  const resolved = resolveEnvironment(loaded.pipeline, environment, release);
  const service = resolved.services.get(name);
  if (!service) return { name };
  const { build, container, url } = service;
  return {
    name,
    environment,
    region: resolved.region,
    cluster: resolved.cluster,
    service: service.service,
    container,
    repository: build.repository,
    dockerfile: build.dockerfile,
    context: build.context,
    ...(url === undefined ? {} : { url }),
  };
};

export interface Rendered {
  readonly outputs: Readonly<Record<string, string>>;
  /** What did not fit, one sentence each. */
  readonly notes: readonly string[];
}

/** Returns the action's outputs. Lists of files are cut at a budget, which a note tells. */
export const renderOutputs = (
  { verdicts, unclassified }: Classification,
  comparison: Comparison,
  inputs: DetectInputs,
): Rendered => {
  const changed = verdicts.filter((one) => one.changed).map(({ name }) => name);
  const notes: string[] = [];
  const cap = (what: string, list: readonly string[], budget: number) => {
    const { json, left } = capJson(list, budget);
    if (left > 0)
      notes.push(`${what} lists ${list.length - left} of ${list.length} files: outputs of a job are limited.`);
    return json;
  };
  const share = Math.floor(LISTS_BUDGET / Math.max(1, changed.length));
  const lists = inputs.listFiles
    ? verdicts.map(({ name, files }) => [`${name}_files`, cap(`${name}_files`, files, share)] as const)
    : [];
  return {
    outputs: {
      ...Object.fromEntries(verdicts.map((one) => [one.name, String(one.changed)])),
      ...Object.fromEntries(lists),
      changes: JSON.stringify(changed),
      matrix: JSON.stringify({ include: changed.map((name) => matrixEntry(name, inputs, comparison.head)) }),
      any: String(changed.length > 0),
      base: comparison.base,
      head: comparison.head,
      'base-reason': comparison.reason,
      fallback: comparison.fallback,
      unclassified: cap('unclassified', unclassified, UNCLASSIFIED_BUDGET),
    },
    notes,
  };
};

const row = ({ name, changed, reason, files }: Verdict): Cell[] => [
  code(name),
  changed ? bold('changed') : text('unchanged'),
  text(files.length > 0 ? String(files.length) : ''),
  text(neutralizeToLine(reason, 300)),
];

const SHOWN_UNCLASSIFIED = 20;

/** Returns the job summary: what was compared, and why each filter is what it is. */
export const renderSummary = ({ verdicts, unclassified }: Classification, comparison: Comparison): Summary => {
  const { base, head, reason, fallback } = comparison;
  const summary = new Summary().heading('Changes');
  if (fallback !== '') summary.paragraph(bold('Everything counts as changed:'), text(fallback));
  else summary.paragraph(code(shortSha(base)), text('→'), code(shortSha(head)), text(`(${reason})`));
  summary.table(['filter', '', 'files', 'because of'], verdicts.map(row));
  if (unclassified.length > 0) {
    const more = unclassified.length - SHOWN_UNCLASSIFIED;
    const shown = unclassified.slice(0, SHOWN_UNCLASSIFIED).map((path) => neutralizeToLine(path, 300));
    summary.details(
      `${unclassified.length} changed ${unclassified.length === 1 ? 'file belongs' : 'files belong'} to no filter`,
      [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join('\n'),
    );
  }
  return summary;
};
