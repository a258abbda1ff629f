import type { Finding, ScanSeen, ScanStatus, Severity } from './ports.ts';
import { SCAN_STATUSES } from './ports.ts';

interface BasicFinding {
  readonly name?: string | undefined;
  readonly severity?: string | undefined;
  readonly attributes?: ReadonlyArray<{ readonly key?: string | undefined; readonly value?: string | undefined }>;
}

interface EnhancedFinding {
  readonly severity?: string | undefined;
  readonly status?: string | undefined;
  readonly title?: string | undefined;
  readonly fixAvailable?: string | undefined;
  readonly packageVulnerabilityDetails?:
    | {
        readonly vulnerabilityId?: string | undefined;
        readonly vulnerablePackages?: ReadonlyArray<{
          readonly name?: string | undefined;
          readonly version?: string | undefined;
          readonly fixedInVersion?: string | undefined;
        }>;
      }
    | undefined;
}

/** One page of DescribeImageScanFindings. */
export interface ScanPage {
  readonly imageScanStatus?: { readonly status?: string | undefined; readonly description?: string | undefined };
  readonly imageScanFindings?:
    | {
        readonly findings?: readonly BasicFinding[] | undefined;
        readonly enhancedFindings?: readonly EnhancedFinding[] | undefined;
        readonly imageScanCompletedAt?: Date | undefined;
        readonly findingSeverityCounts?: Readonly<Partial<Record<string, number>>> | undefined;
      }
    | undefined;
}

const SEVERITIES: Readonly<Record<string, Severity>> = {
  CRITICAL: 'critical',
  HIGH: 'high',
  MEDIUM: 'medium',
  LOW: 'low',
  INFORMATIONAL: 'informational',
};

const severityOf = (text = ''): Severity => SEVERITIES[text.toUpperCase()] ?? 'unrated';

const basic = ({ name, severity, attributes = [] }: BasicFinding): Finding => {
  const attribute = (key: string) => attributes.find((each) => each.key === key)?.value ?? '';
  return {
    id: name ?? 'unnamed',
    severity: severityOf(severity),
    packages: `${attribute('package_name')} ${attribute('package_version')}`.trim(),
    fixedIn: '',
    fixable: undefined,
  };
};

const FIXABLE: Readonly<Record<string, boolean>> = { YES: true, PARTIAL: true, NO: false };

const enhanced = (finding: EnhancedFinding): Finding => {
  const { vulnerabilityId, vulnerablePackages = [] } = finding.packageVulnerabilityDetails ?? {};
  const joined = (texts: ReadonlyArray<string | undefined>) => [...new Set(texts.filter(Boolean))].join(', ');
  return {
    id: vulnerabilityId ?? finding.title ?? 'unnamed',
    severity: severityOf(finding.severity),
    packages: joined(vulnerablePackages.map(({ name = '', version = '' }) => `${name} ${version}`.trim())),
    fixedIn: joined(vulnerablePackages.map(({ fixedInVersion }) => fixedInVersion)),
    fixable: FIXABLE[finding.fixAvailable ?? ''],
  };
};

/** Whether the list holds as many of each severity as the answer's own counts say; suppressed ones may not be counted. */
const agrees = (pages: readonly ScanPage[], seen: number): boolean => {
  const counts = Object.values(pages[0]?.imageScanFindings?.findingSeverityCounts ?? {});
  return counts.reduce<number>((sum, count) => sum + (count ?? 0), 0) <= seen;
};

/**
 * Returns what all pages of an answer say together. Basic and enhanced findings are told apart by their shape: ECR says
 * COMPLETE and ACTIVE of both. Findings that Inspector's rules suppress, or that are closed, do not count.
 */
export const parseScan = (pages: readonly ScanPage[]): ScanSeen => {
  const { status = '', description = '' } = pages[0]?.imageScanStatus ?? {};
  const findings = pages.flatMap(({ imageScanFindings }) => imageScanFindings?.findings ?? []);
  const inspected = pages.flatMap(({ imageScanFindings }) => imageScanFindings?.enhancedFindings ?? []);
  const counted = inspected.filter(({ status: state }) => state !== 'SUPPRESSED' && state !== 'CLOSED');
  const isThere = pages.some(({ imageScanFindings }) => imageScanFindings !== undefined);
  const isWhole = isThere && agrees(pages, findings.length + inspected.length);
  return {
    status: (SCAN_STATUSES as readonly string[]).includes(status) ? (status as ScanStatus) : 'unknown',
    description: description || status,
    findings: isWhole ? [...findings.map(basic), ...counted.map(enhanced)] : undefined,
    completedAt: pages[0]?.imageScanFindings?.imageScanCompletedAt?.getTime(),
    isEnhanced:
      status === 'ACTIVE' || pages.some(({ imageScanFindings }) => imageScanFindings?.enhancedFindings !== undefined),
  };
};
