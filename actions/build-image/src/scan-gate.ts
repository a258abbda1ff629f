import type { Clock } from '@hospital-ops/action-kit/clock';
import { OpsError, TimeoutError } from '@hospital-ops/action-kit/errors';
import { poll } from '@hospital-ops/action-kit/poll';
import type { Ecr, Finding } from '@hospital-ops/aws/ecr/ports';
import { isTransient } from '@hospital-ops/aws/errors';
import type { Manifest } from '@hospital-ops/registry-client/manifest';
import { indexPartsOf } from '@hospital-ops/registry-client/manifest';
import type { Judged, ScanProgress, ScanRules } from './scan-rules.ts';
import { countBySeverity, decideScan, judgeFindings } from './scan-rules.ts';

export type Scans = Pick<Ecr, 'scan' | 'startScan'>;

export interface ScanDeps {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  say(line: string): void;
}

/** An image that findings keep from being handed on. */
export class GateError extends OpsError {
  readonly judged: readonly Judged[];

  constructor(image: string, judged: readonly Judged[], rules: ScanRules) {
    const blocking = judged.filter(({ effect }) => effect === 'blocks');
    const expired = blocking.filter(({ entry }) => entry !== undefined).map(({ finding }) => finding.id);
    const ids = [...new Set(blocking.map(({ finding }) => finding.id))];
    super({
      what: `the scan gate (${rules.gate}) holds ${image} back: ${countBySeverity(blocking.map(({ finding }) => finding))}.`,
      why: `${ids.slice(0, 10).join(', ')}${ids.length > 10 ? ` and ${ids.length - 10} more` : ''}${expired.length > 0 ? `; the entries of scan-ignore for ${expired.join(', ')} have expired` : ''}. No tag was put on the image.`,
      next: 'update the base image or the packages that the summary names, or judge a finding and put it into `scan-ignore` with a reason and an end.',
      docs: 'README#scan-gate',
    });
    this.judged = judged;
  }
}

/** Time in which the findings of a scan that goes on must stay the same. */
const SETTLE_MS = 10_000;
/** A scan on push needs a moment until ECR knows of it; after that it is asked for. */
const ASK_AFTER_MS = 5_000;

/** Watches one image's scan until it can be judged. Throws OpsError when that cannot be. */
const findingsOf = async (
  scans: Scans,
  repository: string,
  digest: string,
  rules: ScanRules,
  deps: ScanDeps,
): Promise<readonly Finding[]> => {
  const { clock, signal } = deps;
  const start = clock.now();
  let isAsked = false;
  let refusal = '';
  let settling: { readonly since: number; readonly key: string } | undefined;
  const observe = async (): Promise<ScanProgress> => {
    const seen = await scans.scan(repository, digest);
    if (seen.status === 'absent' && !isAsked && clock.now() - start >= ASK_AFTER_MS) {
      isAsked = true;
      await scans.startScan(repository, digest).catch((error: Error) => {
        refusal = `; asking for one failed: ${error.message}`;
      });
    }
    const progress = decideScan(seen, clock.now());
    if (progress.kind !== 'settling') return progress;
    const key = progress.findings.map(({ id, packages }) => `${id} ${packages}`).join('\n');
    if (settling?.key !== key) settling = { since: clock.now(), key };
    const isSettled = clock.now() - settling.since >= SETTLE_MS;
    return isSettled ? { kind: 'done', findings: progress.findings } : progress;
  };
  const tellOf = (progress: ScanProgress): string =>
    progress.kind === 'waiting' ? `${progress.why}${refusal}` : 'findings may still follow';
  let said = '';
  try {
    const end = await poll({
      what: `the scan of ${repository}@${digest}`,
      observe,
      decide: (progress) =>
        progress.kind === 'done' || progress.kind === 'unable' ? { done: true, value: progress } : { done: false },
      onObservation: (progress) => {
        if (progress.kind === 'done' || progress.kind === 'unable' || tellOf(progress) === said) return;
        said = tellOf(progress);
        deps.say(`scan of ${digest}: ${said}`);
      },
      timeoutMs: rules.timeoutMs,
      isTransient,
      clock,
      signal,
    });
    if (end.kind === 'done') return end.findings;
    throw new OpsError({
      what: `the scan gate (${rules.gate}) cannot judge ${repository}@${digest}.`,
      why: end.why,
      next: end.next,
      docs: 'README#scan-gate',
    });
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    throw new OpsError({
      what: error.what,
      why: said || error.why,
      next: 'turn on scan on push for the repository (or enhanced scanning for the registry), or give `scan-timeout` more time.',
      docs: 'README#scan-gate',
      cause: error,
    });
  }
};

/** The images that are scanned: of an index each platform's, for ECR scans no index. */
const imagesIn = (manifest: Manifest): string[] => {
  const parts = indexPartsOf(manifest);
  return parts === undefined ? [manifest.digest] : [...new Set(Object.values(parts.images))];
};

/** Returns all findings, judged. Throws GateError when one blocks, OpsError when there is nothing to judge by. */
export const passScanGate = async (
  scans: Scans,
  repository: string,
  manifest: Manifest,
  rules: ScanRules,
  deps: ScanDeps,
): Promise<readonly Judged[]> => {
  const found = await Promise.all(
    imagesIn(manifest).map((digest) => findingsOf(scans, repository, digest, rules, deps)),
  );
  // What two platforms have alike is told once.
  const seen = new Map(found.flat().map((finding) => [JSON.stringify(finding), finding]));
  const judged = judgeFindings([...seen.values()], rules, deps.clock.now());
  deps.say(`findings: ${countBySeverity([...seen.values()])}`);
  if (judged.some(({ effect }) => effect === 'blocks')) {
    throw new GateError(`${repository}@${manifest.digest}`, judged, rules);
  }
  return judged;
};
