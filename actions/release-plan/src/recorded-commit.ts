import { OpsError } from '@hospital-ops/action-kit/errors';

export interface Chosen {
  readonly sha: string;
  readonly services: readonly string[];
  /** What changed since `base`; undefined where nobody looked. */
  readonly changed: readonly string[] | undefined;
  /** The commit that the environment is at; empty when nothing is recorded. */
  readonly base: string;
}

/**
 * Returns the commit that the whole environment is at after the release: that of the release, unless services are left
 * out that changed too. Then it stays where it was, so that the next release does not forget them.
 */
export const recordedCommit = ({ sha, services, changed, base }: Chosen): string => {
  const left = (changed ?? []).filter((name) => !services.includes(name));
  if (left.length === 0) return sha;
  if (base !== '') return base;
  throw new OpsError({
    what: `${left.join(', ')} changed too and ${left.length === 1 ? 'is' : 'are'} left out, and nothing is recorded of this environment yet.`,
    why: 'the next release could not know that they still have to be deployed.',
    next: 'release all services once.',
  });
};
