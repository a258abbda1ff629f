import { compare, parse, prerelease } from 'semver';

export interface Tag {
  readonly name: string;
  /** The commit that it names, also for an annotated tag. */
  readonly commit: string;
}

/** A commit of a history: its SHA and those of its parents as far as the history at hand shows them. */
export type HistoryLine = readonly [commit: string, ...parents: string[]];

/** Returns the tags of `git ls-remote --tags`; a peeled line (`^{}`) says which commit an annotated tag names. */
export const parseRemoteTags = (output: string): Tag[] => {
  const commits = new Map<string, string>();
  for (const line of output.split('\n')) {
    const [, sha, name] = /^([0-9a-f]{40,64})\trefs\/tags\/(.+?)(?:\^\{\})?$/.exec(line) ?? [];
    // The peeled line follows the tag's own, so the last one wins.
    if (sha !== undefined && name !== undefined) commits.set(name, sha);
  }
  return [...commits].map(([name, commit]) => ({ name, commit }));
};

interface VersionTag {
  /** What stands before the version: `v`, `api-v`, `api/v` or nothing. */
  readonly prefix: string;
  readonly version: string;
}

/** Returns prefix and full version of a tag such as `v1.2.3`, `api-v1.2.3-rc.1`; undefined for `v1`, `nightly`. */
export const parseVersionTag = (name: string): VersionTag | undefined => {
  const [, prefix, version] = /^(|.*?[^\d.])(\d+\.\d+\.\d+(?:[-+].*)?)$/s.exec(name) ?? [];
  if (prefix === undefined || version === undefined || parse(version) === null) return undefined;
  return { prefix, version };
};

/**
 * Returns the tags that can be the one before `current`: of its own series (the same prefix before a full version),
 * without prereleases when `current` is a stable version, or when there is no `current`, every stable version tag. A
 * `current` that is no version may follow any tag.
 */
export const previousTagCandidates = (tags: readonly Tag[], current: string | undefined): Tag[] => {
  const own = current === undefined ? undefined : parseVersionTag(current);
  if (current !== undefined && own === undefined) return tags.filter(({ name }) => name !== current);
  const stable = own === undefined || prerelease(own.version) === null;
  return tags.filter(({ name }) => {
    const other = parseVersionTag(name);
    if (name === current || other === undefined) return false;
    if (own !== undefined && other.prefix !== own.prefix) return false;
    return !stable || prerelease(other.version) === null;
  });
};

export interface NearestTags {
  /** Candidates that the head descends from and that no other such candidate descends from. */
  readonly nearest: readonly Tag[];
  /** False when history that is missing could hold a nearer one. */
  readonly certain: boolean;
}

/**
 * Returns the nearest tags behind the first commit of `history`, which lists children before their parents. A tag on
 * that first commit itself does not count. `boundary` holds the commits whose parents a shallow clone does not have.
 */
export const nearestTags = (
  history: Iterable<HistoryLine>,
  candidates: readonly Tag[],
  boundary: ReadonlySet<string>,
): NearestTags => {
  const byCommit = Map.groupBy(candidates, ({ commit }) => commit);
  const behindATag = new Set<string>();
  const nearest: Tag[] = [];
  let certain = true;
  /** Whether history behind a tag is missing: another tag that seems to be beside it may lie in there. */
  let isOpen = false;
  let isHead = true;
  for (const [commit, ...parents] of history) {
    const covered = behindATag.delete(commit);
    const tags = isHead ? undefined : byCommit.get(commit);
    isHead = false;
    if (!covered && tags) nearest.push(...tags);
    const isBoundary = boundary.has(commit);
    if (covered || tags) {
      for (const parent of parents) behindATag.add(parent);
      isOpen ||= isBoundary;
    } else if (isBoundary) certain = false;
  }
  const places = new Set(nearest.map(({ commit }) => commit)).size;
  return { nearest, certain: certain && !(isOpen && places > 1) };
};

/** Returns the tag with the highest version; of tags without one the first. Undefined for none. */
export const highestTag = (tags: readonly Tag[]): Tag | undefined => {
  const versionOf = ({ name }: Tag) => parseVersionTag(name)?.version;
  return tags.reduce<Tag | undefined>((best, tag) => {
    if (best === undefined) return tag;
    const [a, b] = [versionOf(best), versionOf(tag)];
    if (b === undefined) return best;
    return a === undefined || compare(b, a) > 0 ? tag : best;
  }, undefined);
};
