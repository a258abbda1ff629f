import { OpsError } from '@hospital-ops/action-kit/errors';
import { compare, major, minor, parse, prerelease, valid } from 'semver';

/** Returns `text` when it is a full semantic version as a release is called. Throws OpsError otherwise. */
export const parseVersion = (text: string | undefined): string => {
  if (text === undefined) {
    throw new OpsError({ what: 'no version is given.', next: 'npm run release -- 1.2.3 --dry-run.' });
  }
  const parsed = parse(text);
  if (parsed !== null && parsed.version === text && parsed.build.length === 0) return text;
  throw new OpsError({
    what: `"${text}" is no version.`,
    why: 'a release is called by three numbers, and what follows a hyphen makes it a prerelease: 1.2.3, 1.2.3-rc.1; the tag gets its v by itself.',
    next: 'give such a version.',
  });
};

export const isPrerelease = (version: string): boolean => prerelease(version) !== null;

const releasesAmong = (tags: readonly string[]): string[] =>
  tags
    .filter((tag) => tag.startsWith('v'))
    .map((tag) => tag.slice(1))
    .filter((version) => valid(version) === version && !isPrerelease(version));

const newest = (version: string, others: readonly string[]): boolean =>
  others.every((other) => compare(version, other) >= 0);

export interface Standing {
  /** Tags that are to point at this release: `v1.2`, `v1`; none for a prerelease, and none that is newer already. */
  readonly moving: readonly string[];
  /** Whether the repository's page is to show it as its newest release. */
  readonly latest: boolean;
}

/** Returns where `version` stands among the tags that exist: a patch of an old line moves no tag of a newer one. */
export const standingOf = (version: string, tags: readonly string[]): Standing => {
  if (isPrerelease(version)) return { moving: [], latest: false };
  const others = releasesAmong(tags);
  const sameMajor = others.filter((other) => major(other) === major(version));
  const sameMinor = sameMajor.filter((other) => minor(other) === minor(version));
  return {
    moving: [
      ...(newest(version, sameMinor) ? [`v${major(version)}.${minor(version)}`] : []),
      ...(newest(version, sameMajor) ? [`v${major(version)}`] : []),
    ],
    latest: newest(version, others),
  };
};
