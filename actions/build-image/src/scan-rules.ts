import type { Finding, ScanSeen, Severity } from '@hospital-ops/aws/ecr/ports';

export const GATES = ['none', 'critical', 'high', 'medium'] as const;
export type Gate = (typeof GATES)[number];

/** A finding that was looked at and judged not to matter, for a time. */
export interface Ignored {
  readonly id: string;
  readonly reason: string;
  /** Milliseconds since the epoch. */
  readonly until: number;
  /** The package that it is ignored in; undefined for any. */
  readonly package: string | undefined;
}

export interface ScanRules {
  readonly gate: Gate;
  readonly timeoutMs: number;
  /** Only what can be mended counts; where the scanner does not tell, it counts. */
  readonly fixableOnly: boolean;
  readonly ignored: readonly Ignored[];
}

const GATED: Readonly<Record<Gate, readonly Severity[]>> = {
  none: [],
  critical: ['critical'],
  high: ['critical', 'high'],
  medium: ['critical', 'high', 'medium'],
};

/** How far a scan is. `unable`: there will be no findings, and nobody can say that the image is clean. */
export type ScanProgress =
  | { readonly kind: 'waiting'; readonly why: string }
  | { readonly kind: 'settling'; readonly findings: readonly Finding[] }
  | { readonly kind: 'done'; readonly findings: readonly Finding[] }
  | { readonly kind: 'unable'; readonly why: string; readonly next: string };

const waiting = (why: string): ScanProgress => ({ kind: 'waiting', why });
const unable = (why: string, next: string): ScanProgress => ({ kind: 'unable', why, next });

const LOOK = 'look at the image in the ECR console, then run the job again.';

/** After which a scan that goes on has said all that it knew of an image. */
const SETTLED_MS = 60_000;

/**
 * Returns what an answer of ECR means. Nothing but findings of a scan that ended is a result: an empty list while the scan
 * is PENDING is not clean, and the findings of a scan that goes on (enhanced) follow its first answers, so that they count
 * only once they have stayed the same.
 */
export const decideScan = (seen: ScanSeen, now: number): ScanProgress => {
  const { status, description, findings, isEnhanced, completedAt } = seen;
  switch (status) {
    case 'IN_PROGRESS':
    case 'PENDING':
      return waiting(`the scan is ${status}`);
    case 'absent':
      return waiting('there is no scan of it');
    case 'FINDINGS_UNAVAILABLE':
      return waiting('its findings are not available (FINDINGS_UNAVAILABLE)');
    case 'unknown':
      return waiting(`ECR answers with a status that is not known: ${description || 'none'}`);
    case 'COMPLETE':
    case 'ACTIVE':
      if (findings === undefined)
        return waiting(`the scan is ${status}, but its findings do not agree with their counts`);
      if (isEnhanced && !(now - (completedAt ?? now) > SETTLED_MS)) return { kind: 'settling', findings };
      return { kind: 'done', findings };
    case 'FAILED':
      return unable(`the scan failed: ${description}`, `scan it again (\`aws ecr start-image-scan\`), or ${LOOK}`);
    case 'UNSUPPORTED_IMAGE':
      return unable(
        `ECR cannot scan this image: ${description}`,
        'use enhanced scanning, an operating system that ECR knows, or `scan-gate: none` for this image.',
      );
    case 'SCAN_ELIGIBILITY_EXPIRED':
      return unable(
        'its scans have ended (SCAN_ELIGIBILITY_EXPIRED)',
        'lengthen the duration of scans, or rebuild it.',
      );
    case 'LIMIT_EXCEEDED':
      return unable(`the account's limit of scans is reached: ${description}`, 'run the job again tomorrow.');
    case 'IMAGE_ARCHIVED':
      return unable('the image is archived (IMAGE_ARCHIVED)', 'restore it from the archive, or rebuild it.');
  }
};

/** What a finding does: `blocks` the image, or why not. */
export type Effect = 'blocks' | 'below the gate' | 'not fixable' | 'ignored';

export interface Judged {
  readonly finding: Finding;
  readonly effect: Effect;
  /** Of the entry that ignores it, also of one that has expired and ignores no more. */
  readonly entry: Ignored | undefined;
}

/** Whether `name` is that of a package in a list such as `openssl 3.0.1, libssl3 3.0.1`. */
const isOf = (each: string, name: string): boolean => each === name || each.startsWith(`${name} `);

const concerns = ({ packages }: Finding, name: string | undefined): boolean =>
  name === undefined || packages.split(', ').some((each) => isOf(each, name));

/** Whether entries that hold speak of every package that the finding is in. */
const covers = (entries: readonly Ignored[], { packages }: Finding): boolean =>
  packages.split(', ').every((each) => entries.some(({ package: name }) => name === undefined || isOf(each, name)));

const judge = (finding: Finding, rules: ScanRules, now: number): Judged => {
  const entries = rules.ignored.filter((each) => each.id === finding.id && concerns(finding, each.package));
  const holding = entries.filter(({ until }) => now < until);
  const entry = holding[0] ?? entries[0];
  if (!GATED[rules.gate].includes(finding.severity)) return { finding, effect: 'below the gate', entry };
  if (covers(holding, finding)) return { finding, effect: 'ignored', entry };
  if (rules.fixableOnly && finding.fixable === false) return { finding, effect: 'not fixable', entry };
  // An entry that holds for another of its packages explains nothing.
  return { finding, effect: 'blocks', entry: holding.length > 0 ? undefined : entry };
};

const ORDER: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'informational', 'unrated'];
const EFFECTS: readonly Effect[] = ['blocks', 'ignored', 'not fixable', 'below the gate'];

/** Returns every finding with what it does, the worst first. */
export const judgeFindings = (findings: readonly Finding[], rules: ScanRules, now: number): Judged[] =>
  findings
    .map((finding) => judge(finding, rules, now))
    .sort(
      (a, b) =>
        EFFECTS.indexOf(a.effect) - EFFECTS.indexOf(b.effect) ||
        ORDER.indexOf(a.finding.severity) - ORDER.indexOf(b.finding.severity) ||
        (a.finding.id < b.finding.id ? -1 : 1),
    );

/** `2 critical, 1 high`; `none` for none. */
export const countBySeverity = (findings: readonly Finding[]): string => {
  const counts = ORDER.map(
    (severity) => [findings.filter((each) => each.severity === severity).length, severity] as const,
  );
  return (
    counts
      .filter(([count]) => count > 0)
      .map(([count, severity]) => `${count} ${severity}`)
      .join(', ') || 'none'
  );
};
