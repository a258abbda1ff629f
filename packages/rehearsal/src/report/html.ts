import MarkdownIt from 'markdown-it';
import type {
  CallRecord,
  ChatRecord,
  DeploymentRecord,
  JobRecord,
  RecordedDeployment,
  Rehearsal,
  RemarkRecord,
  ServingRecord,
  StepRecord,
} from './model.ts';
import { STYLE } from './style.ts';

const markdown = new MarkdownIt({ html: true, linkify: false });

/** Scripts, frames, forms and anything from outside are off, so that foreign Markdown can show itself and no more. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'";

const MARKS = { success: '✓', failure: '✗', cancelled: '⊘', skipped: '–' } as const;

const escapeHtml = (text: string): string =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** A span on the common time axis, as left and width in percent. */
const bar = (rehearsal: Rehearsal, from: number, to: number, kind: string): string => {
  const whole = Math.max(1, rehearsal.endedAt - rehearsal.startedAt);
  const left = Math.min(100, Math.max(0, ((from - rehearsal.startedAt) / whole) * 100));
  const width = Math.min(100 - left, ((to - from) / whole) * 100);
  return `<div class="track"><div class="bar ${kind}" style="left:${left.toFixed(2)}%;width:${width.toFixed(2)}%"></div></div>`;
};

const row = (rehearsal: Rehearsal, name: string, kind: string, from: number, to: number, extra = ''): string =>
  `<div class="row ${extra}"><div class="name" title="${escapeHtml(name)}">${escapeHtml(name)}</div>${bar(rehearsal, from, to, kind)}<div class="time">${seconds(to - from)}</div></div>`;

const timeline = (rehearsal: Rehearsal): string =>
  [
    ...rehearsal.jobs.flatMap((job) => [
      row(rehearsal, `${MARKS[job.conclusion]} ${job.name}`, job.conclusion, job.startedAt, job.endedAt, 'job'),
      ...job.steps
        .filter((step) => step.conclusion !== 'skipped')
        .map((step) =>
          row(rehearsal, `${MARKS[step.conclusion]} ${step.name}`, step.conclusion, step.startedAt, step.endedAt),
        ),
    ]),
    '<div class="row job"><div>ECS deployments</div></div>',
    ...rehearsal.deployments.map((deployment) => deploymentRow(rehearsal, deployment)),
  ].join('\n');

const deploymentRow = (rehearsal: Rehearsal, deployment: DeploymentRecord): string => {
  const version = deployment.version === undefined ? '' : ` (${deployment.version})`;
  const name = `${deployment.taskDefinition}${version}`;
  return row(rehearsal, name, deployment.state, deployment.startedAt, deployment.endedAt);
};

const table = (header: readonly string[], rows: ReadonlyArray<readonly string[]>): string =>
  `<table><thead><tr>${header.map((title) => `<th>${escapeHtml(title)}</th>`).join('')}</tr></thead><tbody>${rows
    .map((cells) => `<tr>${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`)
    .join('')}</tbody></table>`;

const servingTable = (serving: readonly ServingRecord[]): string =>
  table(
    ['service', 'serves', 'task definition', 'tasks'],
    serving.map((s) => [s.service, s.version ?? 'unknown', s.taskDefinition, `${s.running} of ${s.desired}`]),
  );

const deploymentTable = (deployments: readonly DeploymentRecord[]): string =>
  table(
    ['service', 'task definition', 'version', 'state', 'reason'],
    deployments.map((d) => [d.service, d.taskDefinition, d.version ?? '', d.state, d.reason]),
  );

const recordTable = (records: readonly RecordedDeployment[]): string =>
  records.length === 0
    ? '<p>Nothing was recorded.</p>'
    : `${table(
        ['environment', 'version', 'before', 'how it ended', 'services'],
        records.map((r) => [r.environment, r.version, r.previous, r.ending, r.services]),
      )}${records.map(({ json }) => `<details><summary class="soft">record</summary><pre>${escapeHtml(JSON.stringify(json, null, 2))}</pre></details>`).join('')}`;

const chat = ({ chat: name, lines, colour, payload }: ChatRecord): string =>
  `<div class="chat"${/^#[0-9a-f]{6}$/i.test(colour ?? '') ? ` style="--edge:${colour}"` : ''}><div class="from">${name}</div>${lines
    .map((line) => `<div class="text">${escapeHtml(line)}</div>`)
    .join(
      '',
    )}<details><summary class="soft">payload</summary><pre>${escapeHtml(JSON.stringify(payload, null, 2))}</pre></details></div>`;

const step = (record: StepRecord): string =>
  `<details class="step"><summary class="${record.conclusion}"><span class="mark">${MARKS[record.conclusion]}</span> ${escapeHtml(record.name)} <span class="soft">${seconds(record.endedAt - record.startedAt)}</span></summary><pre>${escapeHtml(record.lines.join('\n'))}</pre></details>`;

const job = (record: JobRecord): string =>
  `<h3 class="${record.conclusion}"><span class="mark">${MARKS[record.conclusion]}</span> ${escapeHtml(record.name)}</h3>${record.steps.map(step).join('')}`;

const summaries = (rehearsal: Rehearsal): string =>
  rehearsal.jobs
    .flatMap(({ steps }) => steps)
    .filter(({ summary }) => summary.trim() !== '')
    .map(({ summary }) => `<div class="md">${markdown.render(summary)}</div>`)
    .join('\n');

const calls = (records: readonly CallRecord[]): string =>
  table(
    ['AWS operation', 'calls', 'failed'],
    records.map(({ operation, count, failed }) => [operation, String(count), String(failed)]),
  );

const list = (items: readonly string[]): string =>
  `<ul>${items.map((item) => `<li>${escapeHtml(item)}</li>`).join('')}</ul>`;

/** Errors first: they are why the reader is here. */
const LEVELS = ['error', 'warning', 'notice'] as const;

const remarks = (records: readonly RemarkRecord[]): string =>
  records.length === 0
    ? ''
    : `<ul class="remarks">${LEVELS.flatMap((level) => records.filter((record) => record.level === level))
        .map(
          ({ level, where, message }) =>
            `<li class="${level}"><b>${level}</b> <span class="soft">${escapeHtml(where)}</span><div>${escapeHtml(message)}</div></li>`,
        )
        .join('')}</ul>`;

/** Returns the report as one self-contained HTML page; every foreign text in it is escaped, and no script can run. */
export const renderReport = (rehearsal: Rehearsal): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>${escapeHtml(rehearsal.workflow)}: ${rehearsal.conclusion}</title><style>${STYLE}</style></head><body>
<h1>Rehearsal of ${escapeHtml(rehearsal.workflow)}</h1>
<p class="soft">${escapeHtml(rehearsal.repository)}, ${escapeHtml(rehearsal.phrase)}, ${seconds(rehearsal.endedAt - rehearsal.startedAt)}</p>
<p class="sentence ${rehearsal.conclusion}">${escapeHtml(rehearsal.sentence)}</p>
${rehearsal.faults.length > 0 ? `<p>Faults that were played: ${escapeHtml(rehearsal.faults.join(', '))}</p>` : ''}
${remarks(rehearsal.remarks)}
<h2>What serves now</h2>${servingTable(rehearsal.serving)}
<h2>Timeline</h2>${timeline(rehearsal)}
<h2>ECS deployments</h2>${deploymentTable(rehearsal.deployments)}
<h2>Messages</h2>${rehearsal.messages.length > 0 ? `<div class="chats">${rehearsal.messages.map(chat).join('')}</div>` : '<p>None was sent.</p>'}
<h2>Deployment record</h2>${recordTable(rehearsal.records)}
<h2>Job summaries</h2>${summaries(rehearsal)}
<h2>Logs</h2>${rehearsal.jobs.map(job).join('')}
<h2>Calls to AWS</h2>${calls(rehearsal.calls)}
<h2>What was real, and what was not</h2>${list(rehearsal.notes)}
</body></html>
`;
