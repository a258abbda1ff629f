import { OpsError } from '@hospital-ops/action-kit/errors';
import type { Place as Source } from '@hospital-ops/registry-client/copy';
import { copyImage } from '@hospital-ops/registry-client/copy';
import { parseImageReference } from '@hospital-ops/registry-client/image-reference';
import type { Manifest } from '@hospital-ops/registry-client/manifest';
import { indexPartsOf } from '@hospital-ops/registry-client/manifest';
import { isDigest, isTag } from '@hospital-ops/registry-client/reference';
import { finishImage } from './finish-image.ts';
import { REVISION_LABEL } from './labels.ts';
import { decideMoving, lookUp, planTags } from './put-tags.ts';
import type { Found, Work } from './work.ts';

const missingSource = (from: string, repository: string, host: string): OpsError =>
  new OpsError({
    what: `there is no "${from}" to promote in repository "${repository}" of ${host}.`,
    why: 'promotion takes an image that an earlier run built and tagged.',
    next: 'run the build of that commit first (for a release: the deployment to staging), or give the tag that it has.',
    docs: 'README#nothing-to-promote',
  });

const planOnly = async (work: Work, manifest: Manifest, plan: 'skip' | 'promote'): Promise<Pick<Found, 'tags'>> => {
  const { deps, tags, tagging } = work;
  const missing = await planTags(tagging, tags.fixed, manifest.digest);
  const moving = (await decideMoving(tagging, tags.moving)).map(({ tag }) => tag);
  const fresh = [...missing, ...moving].join(', ') || 'none';
  deps.say(`would ${plan === 'skip' ? 'not be built' : 'be promoted'}; new tags: ${fresh}`);
  return { tags: [...tags.fixed, ...moving] };
};

const tagExisting = async (
  work: Work,
  manifest: Manifest,
  from: Source,
  hash: string,
  plan: 'skip' | 'promote',
): Promise<Found> => {
  const { deps, stopwatch } = work;
  const { registry, repository } = from;
  const put = async (): Promise<Pick<Found, 'tags' | 'judged' | 'outcome' | 'plan'>> => {
    if (deps.dryRun) return { ...(await planOnly(work, manifest, plan)), outcome: 'planned', plan };
    await bringHere(work, manifest, from);
    return { ...(await finishImage(work, manifest)), outcome: plan === 'skip' ? 'skipped' : 'promoted' };
  };
  // A registry far away answers both in the time of one.
  const [labels, done] = await Promise.all([
    stopwatch.measure('look-up', () => registry.labels(repository, manifest)),
    put(),
  ]);
  return {
    digest: manifest.digest,
    platformDigests: indexPartsOf(manifest)?.images ?? {},
    revision: labels[REVISION_LABEL] ?? '',
    contentHash: hash,
    ...done,
  };
};

/** Copies an image of another repository into this one; afterwards the registry must have the very same digest. */
const bringHere = async ({ deps, tagging, stopwatch }: Work, manifest: Manifest, from: Source): Promise<void> => {
  const to = { registry: tagging.session.registry, repository: tagging.repository };
  if (from.registry.host === to.registry.host && from.repository === to.repository) return;
  deps.say(`copying ${manifest.digest} from ${from.registry.host}/${from.repository}`);
  await stopwatch.measure('copy', () => copyImage(manifest, from, to, deps));
  await lookUp(tagging, manifest.digest);
};

/** Puts the tags on an image of the same content that lies in the registry: no builder is started for it. */
export const reuseImage = async (work: Work, manifest: Manifest, hash: string): Promise<Found> => {
  work.deps.say(`unchanged: ${manifest.digest} has this content already`);
  const { session, repository } = work.tagging;
  return tagExisting(work, manifest, { registry: session.registry, repository }, hash, 'skip');
};

/** Where `from` is: a tag or digest in the image's own repository, or a whole reference of any registry. */
const sourceOf = async ({ deps, tagging }: Work, from: string): Promise<Source & { readonly reference: string }> => {
  const { registry } = tagging.session;
  const own = { registry, repository: tagging.repository, reference: from };
  if (isTag(from) || isDigest(from)) return own;
  const parsed = parseImageReference(from, registry.host);
  if (parsed === undefined) return own;
  const { host, repository, reference } = parsed;
  return { registry: host === registry.host ? registry : (await deps.reach(host)).registry, repository, reference };
};

/** Puts the tags on the image that `from` is: the same bytes under the same digest. Throws OpsError when it is absent. */
export const promoteImage = async (work: Work, from: string): Promise<Found> => {
  const source = await sourceOf(work, from);
  const { registry, repository, reference } = source;
  const manifest = await work.stopwatch.measure('look-up', () => registry.manifest(repository, reference));
  if (manifest === undefined) throw missingSource(reference, repository, registry.host);
  work.deps.say(`${from} is ${manifest.digest}`);
  return tagExisting(work, manifest, source, '', 'promote');
};
