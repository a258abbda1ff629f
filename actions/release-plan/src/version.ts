/** What of the run decides how the release is called. */
export interface RunReference {
  /** `refs/tags/v1.2.3`, `refs/heads/main`. */
  readonly ref: string;
  /** The tag of a release event. */
  readonly releaseTag: string | undefined;
}

/** Returns the version of a release: the given one, else the tag without its `v`, else the short SHA. */
export const decideVersion = (given: string | undefined, { ref, releaseTag }: RunReference, sha: string): string => {
  if (given !== undefined) return given;
  const tag = releaseTag ?? (ref.startsWith('refs/tags/') ? ref.slice('refs/tags/'.length) : '');
  const [, version] = /^v(\d.*)$/s.exec(tag) ?? [];
  return version ?? sha.slice(0, 7);
};
