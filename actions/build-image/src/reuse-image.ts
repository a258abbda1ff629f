import { OpsError } from '@hospital-ops/action-kit/errors';
import type { Manifest } from '@hospital-ops/registry-client/manifest';
import type { ImageSpec } from './image.ts';
import { REVISION_LABEL } from './labels.ts';
import { planTags, putTags } from './put-tags.ts';
import type { Found, Work } from './work.ts';

const missingSource = (spec: ImageSpec, from: string, host: string): OpsError =>
  new OpsError({
    what: `there is no "${from}" to promote in repository "${spec.repository}" of ${host}.`,
    why: 'promotion takes an image that an earlier run built and tagged.',
    next: 'run the build of that commit first (for a release: the deployment to staging), or give the tag that it has.',
    docs: 'README#nothing-to-promote',
  });

const tagExisting = async (work: Work, manifest: Manifest, hash: string, plan: 'skip' | 'promote'): Promise<Found> => {
  const { deps, measure, tags, tagging } = work;
  const { registry } = tagging.session;
  const labels = await measure('look-up', () => registry.labels(tagging.repository, manifest));
  const found = { digest: manifest.digest, revision: labels[REVISION_LABEL] ?? '', contentHash: hash };
  if (deps.dryRun) {
    const missing = await planTags(tagging, tags, manifest.digest);
    deps.say(`would ${plan === 'skip' ? 'not be built' : 'be promoted'}; new tags: ${missing.join(', ') || 'none'}`);
    return { ...found, outcome: 'planned', plan };
  }
  await measure('tag', () => putTags(tagging, tags, manifest));
  return { ...found, outcome: plan === 'skip' ? 'skipped' : 'promoted' };
};

/** Puts the tags on an image of the same content that lies in the registry: no builder is started for it. */
export const reuseImage = async (work: Work, manifest: Manifest, hash: string): Promise<Found> => {
  work.deps.say(`unchanged: ${manifest.digest} has this content already`);
  return tagExisting(work, manifest, hash, 'skip');
};

/** Puts the tags on the image that `from` is: the same bytes under the same digest. Throws OpsError when it is absent. */
export const promoteImage = async (work: Work, from: string): Promise<Found> => {
  const { registry } = work.tagging.session;
  const manifest = await work.measure('look-up', () => registry.manifest(work.tagging.repository, from));
  if (manifest === undefined) throw missingSource(work.spec, from, registry.host);
  work.deps.say(`${from} is ${manifest.digest}`);
  return tagExisting(work, manifest, '', 'promote');
};
