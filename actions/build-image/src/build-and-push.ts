import { OpsError, ToolError } from '@hospital-ops/action-kit/errors';
import type { BuildRequest, Built } from './builder.ts';
import { createCacheRequest } from './cache-request.ts';
import { finishImage } from './finish-image.ts';
import type { ImageSpec } from './image.ts';
import { buildLabels } from './labels.ts';
import { decidePushFailure, LOGIN_REFUSED } from './push-failure.ts';
import { lookUp, planTags } from './put-tags.ts';
import { reuseImage } from './reuse-image.ts';
import { contentTag } from './tags.ts';
import type { Content, Found, ImageDeps, Stopwatch, Work } from './work.ts';

const notPushed = (spec: ImageSpec, what: string): OpsError =>
  new OpsError({
    what: `image "${spec.name}" is not what the builder reported: ${what}.`,
    next: 'run the job again; if it stays, look for another job that pushes to the same repository.',
    docs: 'README#troubleshooting',
  });

export interface BuildRun extends Built {
  readonly cachedSteps: number;
}

/** Builds `spec` as `reference`, and pushes it when told to; says what the builder reported. */
export const runBuilder = async (
  spec: ImageSpec,
  reference: string,
  { push, cache, bases }: { push: boolean; cache?: ReturnType<typeof createCacheRequest>; bases: Content['bases'] },
  deps: ImageDeps,
  { measure, turn }: Stopwatch,
): Promise<BuildRun> => {
  const paths = await deps.paths(spec);
  if (push) await measure('login', () => deps.prepareBuilder(bases));
  let cachedSteps = 0;
  const request: BuildRequest = {
    ...paths,
    target: spec.target,
    buildArgs: spec.buildArgs,
    secrets: spec.secrets,
    platforms: spec.platforms,
    labels: buildLabels(deps.source, deps.clock.now(), spec.labels),
    // What the hash speaks of is what must be built from, not what this builder happens to have.
    pull: bases.length > 0 && bases.every(({ digest }) => digest !== undefined),
    cache,
    ...deps.attestations,
    reference,
    push,
    onLine: (line) => {
      if (/^#\d+ CACHED$|^ ---> Using cache$/.test(line)) cachedSteps += 1;
      deps.say(line);
    },
    onWarning: deps.warn,
    onPush: () => turn('build', 'push'),
  };
  const build = () => measure('build', () => deps.builder.build(request));
  try {
    return { ...(await build()), cachedSteps };
  } catch (error) {
    const isRenewed = push && isLoginRefused(error) && (await measure('login', () => deps.renewLogin()));
    if (!isRenewed) throw error;
    deps.say('the registry takes the login no more: logged in anew, and pushing what was built');
    cachedSteps = 0;
    return { ...(await build()), cachedSteps };
  }
};

const tailOf = (error: unknown): string[] => (error instanceof ToolError ? error.stderrTail.split('\n') : []);

const isLoginRefused = (error: unknown): boolean => tailOf(error).some((line) => LOGIN_REFUSED.test(line));

const isTaken = (error: unknown): boolean => decidePushFailure(tailOf(error)) === 'immutable';

/** A tag that may not move and is on something else will fail in the end: better before the build than after it. */
export const refuseTakenTags = async ({ tagging, tags }: Work, hash: string): Promise<void> => {
  const immovable = tags.fixed.filter((tag) => tagging.mayMove(tag) === false);
  if (immovable.length > 0) await planTags(tagging, immovable, `a new image of content ${hash}`);
};

/** Builds, pushes, and believes nothing but the registry about what is there. */
export const buildAndPush = async (work: Work, { hash, bases }: Content): Promise<Found> => {
  const { spec, deps, tags, tagging, stopwatch } = work;
  const { measure } = stopwatch;
  const { registry } = tagging.session;
  await measure('look-up', () => refuseTakenTags(work, hash));
  // The content's own tag is free, or the image would have been found; a rebuild that was asked for takes one of its own.
  const pushed = spec.skipUnchanged ? contentTag(hash) : (tags.fixed[0] ?? contentTag(hash));
  const cache = createCacheRequest(spec, deps.cache, registry.host, tagging);
  let run: BuildRun;
  try {
    const reference = `${registry.host}/${tagging.repository}:${pushed}`;
    run = await runBuilder(spec, reference, { push: true, cache, bases }, deps, stopwatch);
  } catch (error) {
    const same = isTaken(error) && spec.skipUnchanged ? await registry.manifest(tagging.repository, pushed) : undefined;
    if (same === undefined) throw error;
    return reuseImage(work, same, hash);
  }
  const digest = await measure('look-up', () => lookUp(tagging, pushed));
  if (run.digest !== undefined && run.digest !== digest) {
    throw notPushed(spec, `it says ${run.digest}, and tag "${pushed}" is ${digest} in the registry`);
  }
  const manifest = await measure('look-up', () => registry.manifest(tagging.repository, digest));
  if (manifest === undefined) throw notPushed(spec, `the registry does not have ${digest}`);
  const finished = await finishImage(work, manifest);
  if (run.isCache) await measure('tag', () => tagging.session.putTag(tagging.repository, cache.tag, manifest));
  const { revision } = deps.source;
  return { ...finished, outcome: 'built', revision, contentHash: hash, cachedSteps: run.cachedSteps };
};
