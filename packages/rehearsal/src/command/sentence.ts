import type { Conclusion, ServingRecord } from '../report/model.ts';

/** What happened, in one line: how the workflow ended, what serves, and what the rehearsal itself denies. */
export const sentenceFor = (
  workflow: string,
  conclusion: Conclusion,
  outcome: string,
  serving: readonly ServingRecord[],
  findings: readonly string[],
): string => {
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
  return `${workflow} ${words}${told}; ${what === '' ? 'nothing is deployed' : `serving now: ${what}`}.${denied}`;
};
