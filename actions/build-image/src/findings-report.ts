import type { Cell, Summary } from '@hospital-ops/action-kit/summary';
import { bold, code, escapeMarkdown, text } from '@hospital-ops/action-kit/summary';
import type { Judged } from './scan-rules.ts';
import { countBySeverity } from './scan-rules.ts';

/** More rows help nobody, and the summary has its limit. */
const MAX_ROWS = 50;

const dayOf = (ms: number): string => new Date(ms - 1).toISOString().slice(0, 10);

const effectOf = ({ effect, entry }: Judged): Cell => {
  if (effect === 'ignored' && entry !== undefined) return text(`ignored until ${dayOf(entry.until)}: ${entry.reason}`);
  if (effect !== 'blocks') return text(effect);
  const expired = entry === undefined ? '' : ` (its entry in scan-ignore ended on ${dayOf(entry.until)})`;
  return { rendered: escapeMarkdown(`blocks${expired}`) };
};

const fixOf = ({ fixable, fixedIn }: Judged['finding']): string => {
  if (fixable === undefined) return 'not told';
  return fixable ? fixedIn || 'yes' : 'none yet';
};

/** Adds the table of findings, the worst first. Nothing is added for an image that was not scanned or has none. */
export const addFindings = (summary: Summary, name: string, judged: readonly Judged[]): void => {
  if (judged.length === 0) return;
  summary.paragraph(text('Findings of'), code(name), text(countBySeverity(judged.map(({ finding }) => finding))));
  const rows = judged.slice(0, MAX_ROWS).map((each): Cell[] => {
    const { id, severity, packages } = each.finding;
    const isWorst = each.effect === 'blocks';
    return [isWorst ? bold(id) : text(id), text(severity), text(packages), text(fixOf(each.finding)), effectOf(each)];
  });
  summary.table(['Finding', 'Severity', 'Package', 'Fixed in', 'Effect'], rows);
  if (judged.length > MAX_ROWS) summary.paragraph(text(`… and ${judged.length - MAX_ROWS} more`));
};
