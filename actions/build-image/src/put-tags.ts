import type { Clock } from '@hospital-ops/action-kit/clock';
import { OpsError } from '@hospital-ops/action-kit/errors';
import { retry } from '@hospital-ops/action-kit/retry';
import type { TagMutability } from '@hospital-ops/aws/ecr/ports';
import type { Manifest } from '@hospital-ops/registry-client/manifest';
import type { RegistrySession } from './session.ts';

export interface Tagging {
  readonly session: RegistrySession;
  readonly repository: string;
  readonly mutability: TagMutability | 'unknown';
  readonly clock: Clock;
  readonly signal: AbortSignal;
  say(line: string): void;
}

const conflict = (repository: string, tag: string, there: string | undefined, wanted: string): OpsError =>
  new OpsError({
    what: `tag "${tag}" of repository "${repository}" is taken: it is on ${there ?? 'another digest'}, and ${wanted} was to have it.`,
    why: 'the repository does not let tags move, and the two images differ.',
    next: 'release under a new version, or promote the image that has the tag (`promote-from`).',
    docs: 'README#tag-taken',
  });

/** A registry may need a moment until all of it knows a new manifest. */
const SEEN_AFTER_MS = [500, 1_000, 2_000];

class NotThere extends Error {}

/** Returns the digest that `reference` really has in the registry. Throws OpsError when it is not there at all. */
export const lookUp = async (tagging: Tagging, reference: string): Promise<string> => {
  const { session, repository, clock, signal } = tagging;
  try {
    return await retry(
      async () => {
        const digest = await session.registry.digest(repository, reference);
        if (digest === undefined) throw new NotThere();
        return digest;
      },
      { isRetryable: (error) => error instanceof NotThere, delays: SEEN_AFTER_MS, clock, signal },
    );
  } catch (error) {
    if (!(error instanceof NotThere)) throw error;
    throw new OpsError({
      what: `repository "${repository}" of ${session.registry.host} has no "${reference}", though it was pushed.`,
      next: 'run the job again; if it stays, check that the builder pushes to this very registry.',
    });
  }
};

/** Which tags are to be put. Throws OpsError when one is on another digest and the repository keeps tags where they are. */
export const planTags = async (tagging: Tagging, tags: readonly string[], digest: string): Promise<string[]> => {
  const { session, repository, mutability } = tagging;
  const current = await Promise.all(tags.map((tag) => session.registry.digest(repository, tag)));
  return tags.filter((tag, index) => {
    const there = current[index];
    if (there !== undefined && there !== digest && mutability === 'immutable') {
      throw conflict(repository, tag, there, digest);
    }
    return there !== digest;
  });
};

/**
 * Puts `tags` on a manifest of the repository and makes sure that they are there. A tag that is on it already is left
 * alone. Nothing is tagged when one of the tags is known to be taken. Throws OpsError.
 */
export const putTags = async (tagging: Tagging, tags: readonly string[], manifest: Manifest): Promise<void> => {
  const { session, repository } = tagging;
  for (const tag of await planTags(tagging, tags, manifest.digest)) {
    const result = await session.putTag(repository, tag, manifest);
    const there = await lookUp(tagging, tag);
    if (result === 'taken' || there !== manifest.digest) throw conflict(repository, tag, there, manifest.digest);
    tagging.say(`tag ${tag} is on ${manifest.digest}`);
  }
};
