import { OpsError } from '@hospital-ops/action-kit/errors';
import type { Manifest } from '@hospital-ops/registry-client/manifest';
import { indexPartsOf } from '@hospital-ops/registry-client/manifest';
import { putTags } from './put-tags.ts';
import { passScanGate } from './scan-gate.ts';
import type { Judged } from './scan-rules.ts';
import type { Found, Work } from './work.ts';

const passGate = async ({ deps, tagging }: Work, manifest: Manifest): Promise<readonly Judged[]> => {
  const { scans } = tagging.session;
  if (scans === undefined) {
    throw new OpsError({
      what: `${tagging.session.registry.host} scans no images, and \`scan-gate\` asks for it.`,
      next: 'use an ECR registry with `registry-auth: ecr`, or `scan-gate: none`.',
    });
  }
  return passScanGate(scans, tagging.repository, manifest, deps.scan, deps);
};

/** Lets an image that the repository holds pass the gate, and puts the tags on it only then. */
export const finishImage = async (
  work: Work,
  manifest: Manifest,
): Promise<Pick<Found, 'digest' | 'platformDigests' | 'tags' | 'judged'>> => {
  const { tagging, tags, stopwatch, deps } = work;
  const judged =
    deps.scan.gate === 'none' ? undefined : await stopwatch.measure('scan', () => passGate(work, manifest));
  const put = await stopwatch.measure('tag', () => putTags(tagging, tags, manifest));
  return { digest: manifest.digest, platformDigests: indexPartsOf(manifest)?.images ?? {}, tags: put, judged };
};
