import { ScanStatus } from '@aws-sdk/client-ecr';
import type { Finding, ScanSeen, Severity } from '@hospital-ops/aws/ecr/ports';
import { SCAN_STATUSES } from '@hospital-ops/aws/ecr/ports';
import { parseScan } from '@hospital-ops/aws/ecr/scan';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ScanRules } from '../../actions/build-image/src/scan-rules.ts';
import { decideScan, judgeFindings } from '../../actions/build-image/src/scan-rules.ts';
import { World } from './world.ts';

const finding = (id: string, severity: Severity, more: Partial<Finding> = {}): Finding => ({
  id,
  severity,
  packages: 'openssl 3.0.1',
  fixedIn: '',
  fixable: undefined,
  ...more,
});
const seen = (status: ScanSeen['status'], findings?: readonly Finding[], isEnhanced = false): ScanSeen => ({
  status,
  description: 'as ECR says',
  findings,
  completedAt: undefined,
  isEnhanced,
});
const rules: ScanRules = { gate: 'high', timeoutMs: 60_000, fixableOnly: false, ignored: [] };
const NOW = Date.UTC(2026, 10, 28);

describe('what a status means', () => {
  test('every status of the SDK is decided upon', () => {
    expect([...SCAN_STATUSES].sort()).toEqual(Object.values(ScanStatus).sort());
  });

  test.each([
    ['IN_PROGRESS', 'waiting'],
    ['PENDING', 'waiting'],
    ['FINDINGS_UNAVAILABLE', 'waiting'],
    ['absent', 'waiting'],
    ['unknown', 'waiting'],
    ['COMPLETE', 'done'],
    ['ACTIVE', 'done'],
    ['FAILED', 'unable'],
    ['UNSUPPORTED_IMAGE', 'unable'],
    ['SCAN_ELIGIBILITY_EXPIRED', 'unable'],
    ['LIMIT_EXCEEDED', 'unable'],
    ['IMAGE_ARCHIVED', 'unable'],
  ] as const)('%s: %s', (status, kind) => {
    expect(decideScan(seen(status, []), NOW).kind).toBe(kind);
  });

  test('an end without findings is none, and an enhanced scan has to settle', () => {
    expect(decideScan(seen('COMPLETE'), NOW).kind).toBe('waiting');
    expect(decideScan(seen('ACTIVE', [], true), NOW).kind).toBe('settling');
    expect(decideScan({ ...seen('ACTIVE', [], true), completedAt: NOW - 3_600_000 }, NOW).kind).toBe('done');
  });
});

describe('answers of ECR', () => {
  const imageScanStatus = { status: 'COMPLETE' };
  const basic = { name: 'CVE-1', severity: 'HIGH', attributes: [{ key: 'package_name', value: 'zlib' }] };
  const enhanced = {
    severity: 'CRITICAL',
    status: 'ACTIVE',
    fixAvailable: 'YES',
    packageVulnerabilityDetails: {
      vulnerabilityId: 'CVE-2',
      vulnerablePackages: [{ name: 'openssl', version: '3.0.1', fixedInVersion: '3.0.2' }],
    },
  };

  test('are basic or enhanced by their shape, not by their status', () => {
    const plain = parseScan([{ imageScanStatus, imageScanFindings: { findings: [basic] } }]);
    expect(plain.isEnhanced).toBe(false);
    expect(plain.findings).toEqual([finding('CVE-1', 'high', { packages: 'zlib' })]);
    const inspected = parseScan([{ imageScanStatus, imageScanFindings: { enhancedFindings: [enhanced] } }]);
    expect(inspected.isEnhanced).toBe(true);
    expect(inspected.findings).toEqual([finding('CVE-2', 'critical', { fixable: true, fixedIn: '3.0.2' })]);
  });

  test('what Inspector suppresses does not count', () => {
    const suppressed = { ...enhanced, status: 'SUPPRESSED' };
    const counts = { findingSeverityCounts: { CRITICAL: 1 } };
    expect(
      parseScan([{ imageScanStatus, imageScanFindings: { ...counts, enhancedFindings: [suppressed] } }]).findings,
    ).toEqual([]);
  });

  test('that count more than they list are no result', () => {
    const imageScanFindings = { findings: [], findingSeverityCounts: { CRITICAL: 2 } };
    expect(parseScan([{ imageScanStatus, imageScanFindings }]).findings).toBeUndefined();
    expect(parseScan([{ imageScanStatus }]).findings).toBeUndefined();
  });

  test('of several pages are one', () => {
    const counts = { findingSeverityCounts: { HIGH: 2 } };
    const pages = [basic, { ...basic, name: 'CVE-9' }].map((each) => ({
      imageScanStatus,
      imageScanFindings: { ...counts, findings: [each] },
    }));
    expect(parseScan(pages).findings?.map(({ id }) => id)).toEqual(['CVE-1', 'CVE-9']);
  });

  test('with a status that is new are not understood', () => {
    expect(parseScan([{ imageScanStatus: { status: 'CLEAN' }, imageScanFindings: { findings: [] } }]).status).toBe(
      'unknown',
    );
  });
});

describe('a finding blocks', () => {
  const effects = (more: Partial<ScanRules>, ...findings: Finding[]) =>
    judgeFindings(findings, { ...rules, ...more }, NOW).map(({ finding: { id }, effect }) => [id, effect]);
  const entry = { id: 'A', reason: 'not reachable', until: NOW + 1, package: undefined };

  test.each<[string, Partial<ScanRules>, Finding, string]>([
    ['from the gate on', {}, finding('A', 'high'), 'blocks'],
    ['above it', {}, finding('A', 'critical'), 'blocks'],
    ['not below it', {}, finding('A', 'medium'), 'below the gate'],
    ['not when nobody rated it', {}, finding('A', 'unrated'), 'below the gate'],
    ['without a fix', {}, finding('A', 'high', { fixable: false }), 'blocks'],
    [
      'not without a fix where fixable ones alone count',
      { fixableOnly: true },
      finding('A', 'high', { fixable: false }),
      'not fixable',
    ],
    ['where nobody tells whether there is a fix', { fixableOnly: true }, finding('A', 'high'), 'blocks'],
    ['not when it is ignored', { ignored: [entry] }, finding('A', 'high'), 'ignored'],
    [
      'when the entry that ignores it has expired',
      { ignored: [{ ...entry, until: NOW }] },
      finding('A', 'high'),
      'blocks',
    ],
    ['when another is ignored', { ignored: [{ ...entry, id: 'B' }] }, finding('A', 'high'), 'blocks'],
    [
      'when it is ignored in another package',
      { ignored: [{ ...entry, package: 'open' }] },
      finding('A', 'high'),
      'blocks',
    ],
    [
      'not when it is ignored in this package',
      { ignored: [{ ...entry, package: 'openssl' }] },
      finding('A', 'high'),
      'ignored',
    ],
  ])('%s', (_, more, one, effect) => {
    expect(effects(more, one)).toEqual([['A', effect]]);
  });

  test('the less, the higher the gate', () => {
    const severity = fc.constantFrom<Severity>('critical', 'high', 'medium', 'low', 'informational', 'unrated');
    fc.assert(
      fc.property(fc.array(severity), (severities) => {
        const all = severities.map((each, index) => finding(`CVE-${index}`, each));
        const blocked = (['none', 'critical', 'high', 'medium'] as const).map(
          (gate) => effects({ gate }, ...all).filter(([, effect]) => effect === 'blocks').length,
        );
        expect(blocked).toEqual([...blocked].sort((a, b) => a - b));
        expect(blocked[0]).toBe(0);
      }),
    );
  });
});

describe('an image', () => {
  const given = { repository: 'api', tags: '1.0.0', 'scan-gate': 'high' };
  const run = async (scans: ScanSeen[], more: Record<string, string> = {}) => {
    const world = new World();
    world.scans.set('any', scans);
    return { world, ...(await world.run({ ...given, ...more })) };
  };

  test('without findings that count is tagged', async () => {
    const { world, outputs, summary } = await run([seen('PENDING', []), seen('COMPLETE', [finding('CVE-7', 'low')])]);
    expect(outputs.result).toBe('built');
    expect(world.tagsOf('api')['1.0.0']).toBe(outputs.digest);
    expect(summary).toContain('CVE&#45;7');
  });

  test('with one that counts gets no tag and is not handed on', async () => {
    const { world, outputs, failure, summary, results } = await run([seen('COMPLETE', [finding('CVE-7', 'critical')])]);
    expect(failure?.what).toContain('holds api@sha256:');
    expect(failure?.why).toContain('CVE-7');
    expect(world.tagsOf('api')['1.0.0']).toBeUndefined();
    expect(outputs).toMatchObject({ image: '', digest: '', images: '{}' });
    expect(results.api).toMatchObject({ result: 'failed' });
    expect(summary).toContain('blocks');
  });

  test('is not clean while the scan is pending, nor in time', async () => {
    const { failure, world } = await run([seen('PENDING', [])], { 'scan-timeout': '30s' });
    expect(`${failure?.what} ${failure?.why}`).toMatch(/gave up waiting for the scan .*PENDING/);
    expect(world.tagsOf('api')['1.0.0']).toBeUndefined();
  });

  test('that nobody scans is asked to be scanned', async () => {
    const { world, outputs } = await run([...Array.from({ length: 8 }, () => seen('absent')), seen('COMPLETE', [])]);
    expect(world.scansAsked).toEqual([outputs.digest]);
  });

  test('of an enhanced scan has findings that follow later', async () => {
    const first = seen('ACTIVE', [], true);
    const { failure } = await run([first, first, seen('ACTIVE', [finding('CVE-7', 'critical')], true)]);
    expect(failure?.why).toContain('CVE-7');
    const clean = await run([first]);
    expect(clean.failure).toBeUndefined();
  });

  test('that is unchanged is judged anew: findings come to old images too', async () => {
    const world = new World();
    world.scans.set('any', [seen('COMPLETE', [])]);
    await world.run(given);
    world.scans.set('any', [seen('COMPLETE', [finding('CVE-7', 'high')])]);
    const { failure } = await world.run({ ...given, tags: '1.0.1' });
    expect(failure?.why).toContain('CVE-7');
    expect(world.tagsOf('api')['1.0.1']).toBeUndefined();
  });

  test('with a finding that is ignored passes, with the reason in the summary', async () => {
    const ignored = { 'scan-ignore': '[{id: CVE-7, reason: no TLS here, expires: 2026-06-30}]' };
    const { failure, summary } = await run([seen('COMPLETE', [finding('CVE-7', 'high')])], ignored);
    expect(failure).toBeUndefined();
    expect(summary).toContain('no TLS here');
  });
});
