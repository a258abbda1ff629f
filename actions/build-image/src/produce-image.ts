import { buildAndPush, refuseTakenTags, runBuilder } from './build-and-push.ts';
import type { ImageResult, ImageSpec } from './image.ts';
import { ensureRepository } from './repository.ts';
import { promoteImage, reuseImage } from './reuse-image.ts';
import type { Judged } from './scan-rules.ts';
import type { TagRequest } from './tags.ts';
import { contentTag, requestTags } from './tags.ts';
import type { Content, Found, ImageDeps, Stopwatch, Work } from './work.ts';
import { createStopwatch } from './work.ts';

const allOf = ({ fixed, moving }: TagRequest): string[] => [...fixed, ...moving.map(({ tag }) => tag)];

const planBuild = (tags: TagRequest, hash: string, deps: ImageDeps): Found => {
  const all = allOf(tags);
  deps.say(`would be built${all.length > 0 ? ` and tagged ${all.join(', ')}` : ''}`);
  const nothing = { digest: '', platformDigests: {}, revision: deps.source.revision };
  return { ...nothing, outcome: 'planned', plan: 'build', contentHash: hash, tags: all };
};

const produceLocally = async (
  spec: ImageSpec,
  tags: TagRequest,
  deps: ImageDeps,
  stopwatch: Stopwatch,
): Promise<Found> => {
  const { hash, bases } = await stopwatch.measure('hash', () => deps.content(spec));
  if (deps.dryRun) return planBuild(tags, hash, deps);
  const reference = `${spec.repository}:${contentTag(hash)}`;
  const { cachedSteps } = await runBuilder(spec, reference, { push: false, bases }, deps, stopwatch);
  const nothing = { digest: '', platformDigests: {}, revision: deps.source.revision, tags: allOf(tags) };
  return { ...nothing, outcome: 'built', contentHash: hash, cachedSteps };
};

const produceInRegistry = async (work: Work, content: Content): Promise<Found> => {
  const { spec, deps, tags, tagging, stopwatch } = work;
  const { registry } = tagging.session;
  const { hash } = content;
  const same = spec.skipUnchanged
    ? await stopwatch.measure('look-up', () => registry.manifest(tagging.repository, contentTag(hash)))
    : undefined;
  if (same !== undefined) return reuseImage(work, same, hash);
  if (!deps.dryRun) return buildAndPush(work, content);
  await refuseTakenTags(work, hash);
  return planBuild(tags, hash, deps);
};

const NONE: Content = { hash: '', bases: [] };

const produce = async (spec: ImageSpec, deps: ImageDeps, stopwatch: Stopwatch): Promise<Found> => {
  const { session } = deps;
  const { measure } = stopwatch;
  const tags = requestTags(spec.tags, deps.source);
  if (session === undefined) return produceLocally(spec, tags, deps, stopwatch);
  const { repository, promoteFrom } = spec;
  const [facts, content] = await Promise.all([
    measure('look-up', () => ensureRepository(session, repository, deps)),
    promoteFrom === undefined ? measure('hash', () => deps.content(spec)) : NONE,
  ]);
  if (facts === undefined && promoteFrom === undefined) return planBuild(tags, content.hash, deps);
  const tagging = { ...deps, session, repository, mayMove: facts?.mayMove ?? (() => undefined) };
  const work: Work = { spec, tags, deps, tagging, stopwatch };
  return promoteFrom === undefined ? produceInRegistry(work, content) : promoteImage(work, promoteFrom);
};

/** Makes one image deployable: promoted, found unchanged, or built, and in each case tagged and seen in the registry. */
export const produceImage = async (
  spec: ImageSpec,
  deps: ImageDeps,
): Promise<{ readonly result: ImageResult; readonly judged: readonly Judged[] }> => {
  const start = deps.clock.now();
  const stopwatch = createStopwatch(() => deps.clock.now());
  const { judged = [], ...found } = await produce(spec, deps, stopwatch);
  const image = found.digest === '' ? '' : `${deps.session?.registry.host}/${spec.repository}@${found.digest}`;
  const { phases } = stopwatch;
  return { result: { ...found, name: spec.name, image, phases, durationMs: deps.clock.now() - start }, judged };
};
