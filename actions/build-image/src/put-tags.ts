import type { Clock } from '@hospital-ops/action-kit/clock';
import { OpsError } from '@hospital-ops/action-kit/errors';
import { retry } from '@hospital-ops/action-kit/retry';
import type { Manifest } from '@hospital-ops/registry-client/manifest';
import type { Source } from './image.ts';
import type { RegistrySession, RepositoryFacts } from './session.ts';
import type { MovingTag, TagRequest } from './tags.ts';
import { reasonToStay } from './tags.ts';

export interface Tagging {
  readonly session: RegistrySession;
  readonly repository: string;
  /** Whether the repository lets a tag move; undefined where only a try would tell. */
  readonly mayMove: RepositoryFacts['mayMove'];
  readonly source: Source;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  say(line: string): void;
  /** A line that its user should not miss, and that fails nothing. */
  notice(text: string): void;
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
  const { session, repository, mayMove } = tagging;
  const current = await Promise.all(tags.map((tag) => session.registry.digest(repository, tag)));
  return tags.filter((tag, index) => {
    const there = current[index];
    if (there !== undefined && there !== digest && mayMove(tag) === false) {
      throw conflict(repository, tag, there, digest);
    }
    return there !== digest;
  });
};

/**
 * Puts `tags` on a manifest of the repository and makes sure that they are there. A tag that is on it already is left
 * alone. Nothing is tagged when one of the tags is known to be taken. Throws OpsError.
 */
export const putFixedTags = async (tagging: Tagging, tags: readonly string[], manifest: Manifest): Promise<void> => {
  const { session, repository } = tagging;
  for (const tag of await planTags(tagging, tags, manifest.digest)) {
    const result = await session.putTag(repository, tag, manifest);
    const there = await lookUp(tagging, tag);
    if (result === 'taken' || there !== manifest.digest) throw conflict(repository, tag, there, manifest.digest);
    tagging.say(`tag ${tag} is on ${manifest.digest}`);
  }
};

/** Returns those that are to be put now, and says of each other one why it stays where it is. */
export const decideMoving = async (tagging: Tagging, moving: readonly MovingTag[]): Promise<MovingTag[]> => {
  const { session, repository, source, mayMove, notice } = tagging;
  if (moving.length === 0) return [];
  const existing = source.version === undefined ? [] : await session.registry.tags(repository);
  return moving.filter((each) => {
    const reason = reasonToStay(each, source, existing, mayMove(each.tag));
    if (reason !== undefined) notice(`tag "${each.tag}" of ${repository} was not put on this image: ${reason}.`);
    return reason === undefined;
  });
};

/** Puts what moves with releases on the image; what the registry refuses after all is a notice. */
const putMovingTags = async (tagging: Tagging, moving: readonly MovingTag[], manifest: Manifest): Promise<string[]> => {
  const { session, repository, say, notice } = tagging;
  const put: string[] = [];
  for (const { tag } of await decideMoving(tagging, moving)) {
    const there = await session.registry.digest(repository, tag);
    const result = there === manifest.digest ? 'present' : await session.putTag(repository, tag, manifest);
    if (result === 'taken') {
      notice(
        `tag "${tag}" of ${repository} stays on ${there ?? 'another digest'}: the repository does not let it move.`,
      );
      continue;
    }
    const now = await lookUp(tagging, tag);
    if (now !== manifest.digest) throw conflict(repository, tag, now, manifest.digest);
    if (result === 'tagged') say(`tag ${tag} moved to ${manifest.digest}`);
    put.push(tag);
  }
  return put;
};

/** Puts all that was asked for and returns the tags that are on the image now. Throws OpsError as `putFixedTags` does. */
export const putTags = async (
  tagging: Tagging,
  { fixed, moving }: TagRequest,
  manifest: Manifest,
): Promise<string[]> => {
  await putFixedTags(tagging, fixed, manifest);
  return [...fixed, ...(await putMovingTags(tagging, moving, manifest))];
};
