import type { Conclusion, ServingRecord } from '../report/model.ts';

interface Told {
  readonly workflow: string;
  readonly conclusion: Conclusion;
  readonly outcome: string;
  readonly serving: readonly ServingRecord[];
  /** What the rehearsal itself denies. */
  readonly findings: readonly string[];
  /** Faults that found nothing to strike. */
  readonly unplayed: readonly string[];
}

const unplayedWords = (unplayed: readonly string[]): string =>
  unplayed.length === 0
    ? ''
    : ` Not played: ${unplayed.join(', ')}; the release did nothing that ${unplayed.length === 1 ? 'this fault strikes' : 'these faults strike'}, so this shows nothing of it.`;

/** What happened, in one line: how the workflow ended, what serves, and what of it proves nothing. */
export const sentenceFor = ({ workflow, conclusion, outcome, serving, findings, unplayed }: Told): string => {
  const groups = new Map<string, string[]>();
  for (const { service, version } of serving) {
    const key = version ?? 'no version';
    groups.set(key, [...(groups.get(key) ?? []), service]);
  }
  const what = [...groups].map(([version, services]) => `${services.join(', ')} on ${version}`).join('; ');
  const words = { success: 'succeeded', failure: 'failed', cancelled: 'was cancelled', skipped: 'was skipped' }[
    conclusion
  ];
  // A green outcome of a red workflow is what one step said before another failed.
  const believed = conclusion === 'success' || !['deployed', 'unchanged', 'started'].includes(outcome);
  const told = outcome === '' || !believed ? '' : ` (${outcome})`;
  const lead = conclusion === 'success' ? "But the workflow's word does not hold" : 'Left behind';
  const denied = findings.length === 0 ? '' : ` ${lead}: ${findings.join(' ')}`;
  const served = what === '' ? 'nothing is deployed' : `serving now: ${what}`;
  return `${workflow} ${words}${told}; ${served}.${denied}${unplayedWords(unplayed)}`;
};
