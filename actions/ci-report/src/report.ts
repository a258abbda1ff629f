import type { Cell } from '@hospital-ops/action-kit/summary';
import { bold, link, Summary, text } from '@hospital-ops/action-kit/summary';
import type { ReportInputs } from './inputs.ts';
import type { Verdict } from './verdict.ts';
import { partsOf } from './verdict.ts';

const SIGNS: Readonly<Record<string, string>> = { success: '✅', failure: '❌', cancelled: '🚫', skipped: '➖' };

const shown = (outcome: string): string => `${SIGNS[outcome] ?? '❔'} ${outcome || 'unknown'}`;

/** Returns the report, for the job summary and the comment alike. */
export const renderReport = (
  { needs, title, facts }: ReportInputs,
  { result, failed, empty }: Verdict,
  runUrl: string | undefined,
): Summary => {
  const what = empty
    ? 'Nothing was checked.'
    : result === 'success'
      ? 'All that had to be checked is good.'
      : `Not good: ${failed.join(', ')}.`;
  const rows = needs.flatMap((need): Cell[][] => [
    [bold(need.job), text(shown(need.result))],
    ...partsOf(need).map(([name, outcome]) => [text(`· ${name}`), text(shown(outcome))]),
  ]);
  return new Summary()
    .heading(`${SIGNS[result]} ${title}`)
    .paragraph(text(what), ...(runUrl === undefined ? [] : [link('The run', runUrl)]))
    .table(['job', 'result'], rows)
    .table(
      ['', ''],
      facts.map(({ name, value }) => [text(name), text(value)]),
    );
};

/** Returns the line that tells the suite's comment of this title from all others. */
export const markerOf = (title: string): string =>
  `<!-- hospital-ops-actions ci-report ${encodeURIComponent(title).replaceAll('-', '%2D')} -->`;
