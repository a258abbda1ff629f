import { OpsError } from '@hospital-ops/action-kit/errors';
import type { TagMutability } from '@hospital-ops/aws/ecr/ports';
import { buildAndPush, refuseTakenTags, runBuilder } from './build-and-push.ts';
import type { ImageResult, ImageSpec } from './image.ts';
import { promoteImage, reuseImage } from './reuse-image.ts';
import type { RegistrySession } from './session.ts';
import { contentTag, defaultTags } from './tags.ts';
import type { Found, ImageDeps, Measure, Work } from './work.ts';
import { createStopwatch } from './work.ts';

/** Returns whether tags may move after making sure that the repository exists; undefined where a dry run finds none. */
const ensureRepository = async (
  session: RegistrySession,
  repository: string,
  deps: ImageDeps,
): Promise<TagMutability | 'unknown' | undefined> => {
  const there = await session.describe(repository);
  if (there !== undefined) return there;
  if (!deps.createRepository) {
    throw new OpsError({
      what: `repository "${repository}" does not exist in ${session.registry.host}.`,
      next: 'create it, or set `create-repository: true`.',
    });
  }
  if (deps.dryRun) {
    deps.say(`repository ${repository} would be created`);
    return undefined;
  }
  const created = await session.create(repository);
  deps.say(`repository ${repository} was created`);
  return created;
};

const planBuild = (tags: readonly string[], hash: string, deps: ImageDeps): Found => {
  deps.say(`would be built${tags.length > 0 ? ` and tagged ${tags.join(', ')}` : ''}`);
  return { outcome: 'planned', plan: 'build', digest: '', revision: deps.source.revision, contentHash: hash };
};

const produceLocally = async (
  spec: ImageSpec,
  tags: readonly string[],
  deps: ImageDeps,
  measure: Measure,
): Promise<Found> => {
  const hash = await measure('hash', () => deps.contentHash(spec));
  if (deps.dryRun) return planBuild(tags, hash, deps);
  await measure('build', () => runBuilder(spec, `${spec.repository}:${contentTag(hash)}`, false, deps));
  return { outcome: 'built', digest: '', revision: deps.source.revision, contentHash: hash };
};

const produceInRegistry = async (work: Work, hash: string): Promise<Found> => {
  const { spec, deps, tags, tagging, measure } = work;
  const { registry } = tagging.session;
  const same = spec.skipUnchanged
    ? await measure('look-up', () => registry.manifest(tagging.repository, contentTag(hash)))
    : undefined;
  if (same !== undefined) return reuseImage(work, same, hash);
  if (!deps.dryRun) return buildAndPush(work, hash);
  await refuseTakenTags(work, hash);
  return planBuild(tags, hash, deps);
};

const produce = async (spec: ImageSpec, tags: readonly string[], deps: ImageDeps, measure: Measure): Promise<Found> => {
  const { session } = deps;
  if (session === undefined) return produceLocally(spec, tags, deps, measure);
  const { repository, promoteFrom } = spec;
  const [mutability, hash] = await Promise.all([
    measure('look-up', () => ensureRepository(session, repository, deps)),
    promoteFrom === undefined ? measure('hash', () => deps.contentHash(spec)) : '',
  ]);
  if (mutability === undefined && promoteFrom === undefined) return planBuild(tags, hash, deps);
  const tagging = { ...deps, session, repository, mutability: mutability ?? ('unknown' as const) };
  const work: Work = { spec, tags, deps, tagging, measure };
  return promoteFrom === undefined ? produceInRegistry(work, hash) : promoteImage(work, promoteFrom);
};

/** Makes one image deployable: promoted, found unchanged, or built, and in each case tagged and seen in the registry. */
export const produceImage = async (spec: ImageSpec, deps: ImageDeps): Promise<ImageResult> => {
  const start = deps.clock.now();
  const { phases, measure } = createStopwatch(() => deps.clock.now());
  const tags = spec.tags ?? defaultTags(deps.source);
  const found = await produce(spec, tags, deps, measure);
  const image = found.digest === '' ? '' : `${deps.session?.registry.host}/${spec.repository}@${found.digest}`;
  return { ...found, name: spec.name, image, tags, phases, durationMs: deps.clock.now() - start };
};
