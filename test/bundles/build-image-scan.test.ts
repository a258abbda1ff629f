import { join } from 'node:path';
import { createEcrService } from '@hospital-ops/rehearsal/aws/ecr';
import type { Scan, Scanner } from '@hospital-ops/rehearsal/aws/ecr/scans';
import { installDockerStandIn } from '@hospital-ops/rehearsal/engine/builder/install';
import { createImageStore } from '@hospital-ops/rehearsal/registry/image-store';
import type { Registry } from '@hospital-ops/rehearsal/registry/registry-server';
import { startRegistry } from '@hospital-ops/rehearsal/registry/registry-server';
import { createRegistryTokens } from '@hospital-ops/rehearsal/registry/tokens';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Job } from '../support/bundle.ts';
import { createJob, runBundle } from '../support/bundle.ts';
import type { BundleAws } from '../support/bundle-aws.ts';
import { startBundleAws } from '../support/bundle-aws.ts';
import { expectContract, HOSTILE_LINE } from '../support/hostile.ts';
import { everyNth } from '../support/thorough.ts';

/** The scan gate of the built bundle, with ECR over the wire. */
let world: BundleAws;
let registry: Registry;
let job: Job;
let repository: string;
let round = 0;
let scanner: Scanner = () => undefined;
const store = createImageStore();

beforeAll(async () => {
  const tokens = createRegistryTokens();
  const credentials = (user: string, password: string) => tokens.accepts(user, password, Date.now());
  registry = await startRegistry({ store, credentials });
  const ecr = createEcrService({ store, registryHost: registry.host, tokens, scanner: (image) => scanner(image) });
  world = await startBundleAws({}, [], { services: [ecr] });
});
afterAll(async () => {
  await registry.close();
  await world.close();
});
beforeEach(async () => {
  job = createJob();
  job.write('Dockerfile', 'FROM scratch\nCOPY app.txt /app.txt\nCMD ["/app"]\n');
  job.write('app.txt', 'one');
  round += 1;
  repository = `clinic-${round}`;
  await installDockerStandIn(join(job.folder, 'bin'), join(job.folder, 'images'));
});
afterEach(() => job.remove());

const build = async (given: Record<string, string> = {}) => {
  const inputs = { repository, tags: '1.0.0', 'scan-gate': 'high', 'scan-timeout': '1s', ...given };
  const env = { ...world.env, PATH: `${join(job.folder, 'bin')}:${process.env.PATH}` };
  const ran = await runBundle('build-image', job, { inputs, env });
  expectContract(ran);
  return { ...ran, tag: store.tags(repository).get('1.0.0') };
};

const LONG_AGO = Date.now() - 3_600_000;
const complete = (findings: NonNullable<Scan['findings']>): Scan => ({
  status: 'COMPLETE',
  findings,
  completedAt: LONG_AGO,
});
const basic = (name: string, severity: string, more = {}) => ({
  name,
  severity,
  uri: `http://example.org/${name}`,
  attributes: [
    { key: 'package_name', value: 'zlib' },
    { key: 'package_version', value: '1.2.11' },
  ],
  ...more,
});
/** As Inspector tells it (API_EnhancedImageScanFinding). */
const enhanced = (
  id: string,
  severity: string,
  fixAvailable: string,
  packages = [{ name: 'openssl', version: '3.0.1' }],
) => ({
  awsAccountId: '123456789012',
  findingArn: `arn:aws:inspector2:ap-south-1:123456789012:finding/${id}`,
  severity,
  status: 'ACTIVE',
  type: 'PACKAGE_VULNERABILITY',
  fixAvailable,
  packageVulnerabilityDetails: { vulnerabilityId: id, vulnerablePackages: packages },
});
const inspected = (status: string, ...enhancedFindings: NonNullable<Scan['enhancedFindings']>): Scan => ({
  status,
  enhancedFindings,
  completedAt: LONG_AGO,
});

describe('a status', () => {
  test.each(
    everyNth<[string, Scan, RegExp]>(3, [
      ['PENDING, with an empty list', { status: 'PENDING', findings: [] }, /gave up waiting .*the scan is PENDING/s],
      ['IN_PROGRESS', { status: 'IN_PROGRESS' }, /gave up waiting .*the scan is IN_PROGRESS/s],
      ['FINDINGS_UNAVAILABLE', { status: 'FINDINGS_UNAVAILABLE' }, /gave up waiting .*FINDINGS_UNAVAILABLE/s],
      ['FAILED', { status: 'FAILED', description: HOSTILE_LINE }, /cannot judge .*the scan failed: /s],
      ['UNSUPPORTED_IMAGE', { status: 'UNSUPPORTED_IMAGE' }, /cannot scan this image.*enhanced scanning/s],
      ['SCAN_ELIGIBILITY_EXPIRED', { status: 'SCAN_ELIGIBILITY_EXPIRED' }, /its scans have ended/],
      ['LIMIT_EXCEEDED', { status: 'LIMIT_EXCEEDED' }, /limit of scans is reached/],
      ['IMAGE_ARCHIVED', { status: 'IMAGE_ARCHIVED' }, /archived.*restore it/s],
      ['COMPLETE, with no list', { status: 'COMPLETE' }, /gave up waiting .*COMPLETE/s],
      ['COMPLETE, with fewer than it counts', { ...complete([]), counts: { CRITICAL: 1 } }, /do not agree/],
      ['that is new', { status: 'QUARANTINED' }, /not known: QUARANTINED/],
    ]),
  )('%s is not clean', async (_, scan, message) => {
    scanner = () => scan;
    const { code, log, tag, outputs } = await build();
    expect([code, log]).toEqual([1, expect.stringMatching(message)]);
    expect([tag, outputs.image, outputs.images]).toEqual([undefined, '', '{}']);
  });

  test.each(
    everyNth<[string, Scan]>(3, [
      ['COMPLETE, with an empty list', complete([])],
      ['COMPLETE, with what is below the gate', complete([basic('CVE-1', 'MEDIUM'), basic('CVE-2', 'UNDEFINED')])],
      ['ACTIVE, with an empty list of Inspector', inspected('ACTIVE')],
      ['COMPLETE of Inspector', inspected('COMPLETE', enhanced('CVE-1', 'LOW', 'YES'))],
    ]),
  )('%s is', async (_, scan) => {
    scanner = () => scan;
    const { code, tag, outputs } = await build();
    expect([code, tag]).toEqual([0, outputs.digest]);
  });

  test('that comes to its end in time is judged then', async () => {
    scanner = ({ looks }) =>
      [{ status: 'PENDING', findings: [] }, { status: 'IN_PROGRESS' }][looks] ?? complete([basic('CVE-7', 'CRITICAL')]);
    const { code, log, summary } = await build({ 'scan-timeout': '1m' });
    expect([code, log]).toEqual([1, expect.stringMatching(/the scan is PENDING.*the scan is IN_PROGRESS.*CVE-7/s)]);
    expect(summary).toMatch(/CVE&#45;7.*zlib 1&#46;2&#46;11.*blocks/);
    // The page is the action's, whatever the image is called.
    expect(summary).toContain('Docs: actions/build-image/README.md#scan-gate');
  });
});

describe('findings', () => {
  test('of all pages count, also that of the last one', async () => {
    const harmless = Array.from({ length: 2_400 }, (_, at) => basic(`CVE-${at}`, 'LOW'));
    scanner = () => complete([...harmless, basic('CVE-LAST', 'CRITICAL')]);
    const { code, log } = await build();
    expect([code, log]).toEqual([1, expect.stringMatching(/holds .* back: 1 critical.*CVE-LAST/s)]);
    expect(world.aws.calls('DescribeImageScanFindings')).toBeGreaterThanOrEqual(3);
  });

  test.each(
    everyNth<[string, Record<string, string>, Scan, number]>(3, [
      ['without a fix block', {}, inspected('ACTIVE', enhanced('CVE-7', 'HIGH', 'NO')), 1],
      [
        'without a fix do not where fixable ones alone count',
        { 'scan-fixable-only': 'true' },
        inspected('ACTIVE', enhanced('CVE-7', 'HIGH', 'NO')),
        0,
      ],
      [
        'with a fix in part block there',
        { 'scan-fixable-only': 'true' },
        inspected('ACTIVE', enhanced('CVE-7', 'HIGH', 'PARTIAL')),
        1,
      ],
      [
        'of basic scanning block there: it does not tell',
        { 'scan-fixable-only': 'true' },
        complete([basic('CVE-7', 'HIGH')]),
        1,
      ],
      [
        'that are ignored do not block',
        { 'scan-ignore': '[{id: CVE-7, reason: no TLS, expires: 2999-01-01}]' },
        complete([basic('CVE-7', 'HIGH')]),
        0,
      ],
      [
        'whose entry has expired block',
        { 'scan-ignore': '[{id: CVE-7, reason: no TLS, expires: 2020-01-01}]' },
        complete([basic('CVE-7', 'HIGH')]),
        1,
      ],
      [
        'are ignored by the entry that holds, not by the first',
        {
          'scan-ignore':
            '[{id: CVE-7, reason: old, expires: 2020-01-01}, {id: CVE-7, reason: new, expires: 2999-01-01}]',
        },
        complete([basic('CVE-7', 'HIGH')]),
        0,
      ],
      [
        'in another package block',
        { 'scan-ignore': '[{id: CVE-7, reason: no TLS, expires: 2999-01-01, package: openssl}]' },
        complete([basic('CVE-7', 'HIGH')]),
        1,
      ],
      [
        'in a second package beside the ignored one block',
        { 'scan-ignore': '[{id: CVE-7, reason: no TLS, expires: 2999-01-01, package: openssl}]' },
        inspected(
          'ACTIVE',
          enhanced('CVE-7', 'HIGH', 'YES', [
            { name: 'openssl', version: '3' },
            { name: 'libssl', version: '3' },
          ]),
        ),
        1,
      ],
    ]),
  )('%s', async (_, given, scan, code) => {
    scanner = () => scan;
    const ran = await build(given);
    expect([ran.code, ran.log]).toEqual([code, expect.stringMatching(/findings: 1 high/)]);
    expect(ran.tag === undefined).toBe(code === 1);
  });
});

test('an image that nobody scans is asked to be scanned', async () => {
  store.createRepository(repository, { imageTagMutability: 'IMMUTABLE' });
  scanner = ({ asked }) => (asked === undefined ? undefined : complete([]));
  const { code, log } = await build({ 'scan-timeout': '1m' });
  expect([code, log]).toEqual([0, expect.stringContaining('there is no scan of it')]);
  expect(world.aws.calls('StartImageScan')).toBe(1);
});

test('a right that is missing is named', async () => {
  const clear = world.aws.faults.add({ service: 'ecr', operation: 'DescribeImageScanFindings', kind: 'access-denied' });
  const { code, log } = await build();
  clear();
  expect([code, log]).toEqual([1, expect.stringContaining('ecr:DescribeImageScanFindings')]);
});
