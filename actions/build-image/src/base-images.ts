import type { Clock } from '@hospital-ops/action-kit/clock';
import { LATE, unlessLate } from '@hospital-ops/action-kit/poll';
import { baseImages } from '@hospital-ops/git/dockerfile';
import type { Registry } from '@hospital-ops/registry-client/client';
import { parseImageReference } from '@hospital-ops/registry-client/image-reference';
import { isDigest } from '@hospital-ops/registry-client/reference';
import type { ImageSpec } from './image.ts';

export interface BaseImage {
  /** As the Dockerfile names it. */
  readonly name: string;
  /** What the name stands for now; undefined where that could not be found out. */
  readonly digest: string | undefined;
}

/** Finds out what a base image's name stands for now; undefined where it cannot. */
export type ResolveBase = (name: string) => Promise<string | undefined>;

/** A registry that takes longer makes everybody wait: its image counts by its name then. */
const PATIENCE_MS = 10_000;

export interface ResolverOptions {
  /** The registry at `host`, logged in to where that is possible. */
  reach(host: string): Promise<Registry>;
  readonly clock: Clock;
  /** Told once per image that could not be resolved. */
  onUnresolved(name: string, why: string): void;
}

/** Returns a resolver that asks about each name once. */
export const createBaseResolver = ({ reach, clock, onUnresolved }: ResolverOptions): ResolveBase => {
  const known = new Map<string, Promise<string | undefined>>();
  const resolve = async (name: string): Promise<string | undefined> => {
    const parsed = parseImageReference(name);
    if (parsed === undefined) {
      onUnresolved(name, 'it is no image reference');
      return undefined;
    }
    const { host, repository, reference } = parsed;
    if (isDigest(reference)) return reference;
    try {
      const asked = reach(host).then((registry) => registry.digest(repository, reference));
      const answer = await unlessLate(asked, PATIENCE_MS, clock);
      const digest = answer === LATE ? undefined : answer.value;
      if (digest !== undefined && isDigest(digest)) return digest;
      onUnresolved(name, answer === LATE ? `${host} did not answer in time` : `${host} has no such image`);
    } catch (error) {
      onUnresolved(name, error instanceof Error ? error.message : String(error));
    }
    return undefined;
  };
  return (name) => {
    const found = known.get(name) ?? resolve(name);
    known.set(name, found);
    return found;
  };
};

/** Returns the base images of a build with what they are now, sorted by name. */
export const resolveBases = async (
  dockerfile: string,
  { target, buildArgs }: Pick<ImageSpec, 'target' | 'buildArgs'>,
  resolve: ResolveBase,
): Promise<BaseImage[]> => {
  const names = baseImages(dockerfile, { target, buildArgs: Object.fromEntries(buildArgs) }).sort();
  return Promise.all(names.map(async (name) => ({ name, digest: await resolve(name) })));
};
