import { OpsError, ToolError } from '@hospital-ops/action-kit/errors';
import type { ImageSpec } from './image.ts';
import { buildLabels } from './labels.ts';
import { decidePushFailure } from './push-failure.ts';
import { lookUp, planTags, putTags } from './put-tags.ts';
import { reuseImage } from './reuse-image.ts';
import { contentTag } from './tags.ts';
import type { Found, ImageDeps, Work } from './work.ts';

const notPushed = (spec: ImageSpec, what: string): OpsError =>
  new OpsError({
    what: `image "${spec.name}" is not what the builder reported: ${what}.`,
    next: 'run the job again; if it stays, look for another job that pushes to the same repository.',
  });

/** Builds `spec` as `reference`; returns the digest that the builder reported after a push. */
export const runBuilder = async (
  spec: ImageSpec,
  reference: string,
  push: boolean,
  deps: ImageDeps,
): Promise<string | undefined> => {
  const paths = await deps.paths(spec);
  if (push) await deps.prepareBuilder();
  return deps.builder.build({
    ...paths,
    target: spec.target,
    buildArgs: spec.buildArgs,
    platforms: spec.platforms,
    labels: buildLabels(deps.source, deps.clock.now(), spec.labels),
    reference,
    push,
    onLine: deps.say,
  });
};

const isTaken = (error: unknown): boolean =>
  error instanceof ToolError && decidePushFailure(error.stderrTail.split('\n')) === 'immutable';

/** A tag that may not move and is on something else will fail in the end: better before the build than after it. */
export const refuseTakenTags = async ({ tagging, tags }: Work, hash: string): Promise<void> => {
  if (tagging.mutability === 'immutable') await planTags(tagging, tags, `a new image of content ${hash}`);
};

/** Builds, pushes, and believes nothing but the registry about what is there. */
export const buildAndPush = async (work: Work, hash: string): Promise<Found> => {
  const { spec, deps, tags, tagging, measure } = work;
  const { registry } = tagging.session;
  await measure('look-up', () => refuseTakenTags(work, hash));
  // The content's own tag is free, or the image would have been found; a rebuild that was asked for takes one of its own.
  const pushed = spec.skipUnchanged ? contentTag(hash) : (tags[0] ?? contentTag(hash));
  let reported: string | undefined;
  try {
    const reference = `${registry.host}/${tagging.repository}:${pushed}`;
    reported = await measure('build', () => runBuilder(spec, reference, true, deps));
  } catch (error) {
    const same = isTaken(error) && spec.skipUnchanged ? await registry.manifest(tagging.repository, pushed) : undefined;
    if (same === undefined) throw error;
    return reuseImage(work, same, hash);
  }
  const digest = await measure('look-up', () => lookUp(tagging, pushed));
  if (reported !== undefined && reported !== digest) {
    throw notPushed(spec, `it says ${reported}, and tag "${pushed}" is ${digest} in the registry`);
  }
  const manifest = await measure('look-up', () => registry.manifest(tagging.repository, digest));
  if (manifest === undefined) throw notPushed(spec, `the registry does not have ${digest}`);
  await measure('tag', () => putTags(tagging, tags, manifest));
  return { outcome: 'built', digest, revision: deps.source.revision, contentHash: hash };
};
