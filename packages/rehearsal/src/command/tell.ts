import type { ChatRecord, Rehearsal } from '../report/model.ts';
import type { RehearseResult } from './rehearse.ts';

const indent = (text: string): string => text.trimEnd().replace(/^/gm, '  ');

/** Markdown of a job summary as plain text: folds open, tags and entities resolved. */
export const plainSummary = (markdown: string): string =>
  markdown
    .replace(/<details[^>]*><summary>(.*?)<\/summary>/g, '$1:')
    .replace(/<br>/g, '\n    ')
    .replace(/<[^>]+>/g, '')
    .replace(/^(`{3,})text$|^`{3,}$/gm, '')
    .replace(/^\|( --- \|)+$/gm, '')
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&')
    .replace(/\n{2,}/g, '\n');

const message = ({ chat, lines }: ChatRecord): string => `${chat}:\n${indent(lines.join('\n'))}`;

const summaries = ({ jobs }: Rehearsal): string[] =>
  jobs.flatMap(({ steps }) =>
    steps.filter(({ summary }) => summary.trim() !== '').map(({ summary }) => indent(plainSummary(summary))),
  );

/** How much of a failed step's log is shown; the report has all of it. */
const LAST_LINES = 12;

const failures = ({ jobs }: Rehearsal): string[] =>
  jobs.flatMap(({ name, steps }) =>
    steps
      .filter(({ conclusion }) => conclusion === 'failure')
      .map((step) => indent(`${name}, ${step.name}:\n${indent(step.lines.slice(-LAST_LINES).join('\n'))}`)),
  );

/** Returns what the command prints at the end: summaries, messages, what serves, and the one line that says it all. */
export const tell = ({ rehearsal, findings, unplayed, reportFile }: RehearseResult): string => {
  const { conclusion, sentence, messages, records, serving } = rehearsal;
  const good = conclusion === 'success' && findings.length === 0 && unplayed.length === 0;
  const sections: ReadonlyArray<readonly [string, readonly string[]]> = [
    ['Job summaries', summaries(rehearsal)],
    ['What failed', failures(rehearsal)],
    ['Messages that were sent', messages.length > 0 ? messages.map((one) => indent(message(one))) : ['  none']],
    [
      'Serving now',
      serving.map(
        (s) => `  ${s.service}  ${s.version ?? 'unknown'}  ${s.taskDefinition}  ${s.running}/${s.desired} tasks`,
      ),
    ],
    [
      'Deployment record',
      records.map(
        ({ environment, version, ending, services, previous }) =>
          `  ${environment}  ${version}${previous && ` over ${previous}`}  ${ending}  ${services}`,
      ),
    ],
    ['What was real, and what was not', rehearsal.notes.map((note) => `  ${note}`)],
  ];
  const body = sections
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => `${title}\n${lines.join('\n')}`);
  return `\n${body.join('\n\n')}\n\nReport: ${reportFile}\n${good ? '✓' : '✗'} ${sentence}\n`;
};
