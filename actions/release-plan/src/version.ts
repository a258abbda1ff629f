import { OpsError } from '@hospital-ops/action-kit/errors';
import { neutralizeToLine } from '@hospital-ops/action-kit/untrusted';

/** What of the run decides how the release is called. */
export interface RunReference {
  /** `refs/tags/v1.2.3`, `refs/heads/main`. */
  readonly ref: string;
  /** The tag of a release event. */
  readonly releaseTag: string | undefined;
}

/**
 * Whoever may push a tag chooses its name, and git allows quotes, `$(…)` and the like in it. The version goes into
 * commands, variables and labels, so it has to be one: what semantic versions are made of, no longer than a tag.
 */
const VERSION = /^\d[\w.+-]{0,127}$/;

const unfit = (tag: string): OpsError =>
  new OpsError({
    what: `the tag "${neutralizeToLine(tag, 100)}" is no version.`,
    why: 'a version is made of letters, digits, `.`, `+`, `-` and `_`, 128 at most.',
    next: 'name the release by a tag like v1.2.3, or give `version`.',
  });

/**
 * Returns the version of a release: the given one, else the tag without its `v`, else the short SHA. Throws OpsError for
 * a tag that begins like a version and holds what is none.
 */
export const decideVersion = (given: string | undefined, { ref, releaseTag }: RunReference, sha: string): string => {
  if (given !== undefined) return given;
  const tag = releaseTag ?? (ref.startsWith('refs/tags/') ? ref.slice('refs/tags/'.length) : '');
  const [, version] = /^v(\d.*)$/s.exec(tag) ?? [];
  if (version !== undefined && !VERSION.test(version)) throw unfit(tag);
  return version ?? sha.slice(0, 7);
};
