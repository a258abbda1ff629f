import { OpsError } from '@hospital-ops/action-kit/errors';
import { neutralizeToLine } from '@hospital-ops/action-kit/untrusted';
import { parse } from 'semver';

const TAG = /^refs\/tags\/(.+)$/s;

/**
 * Returns the version that a ref's tag names: `v` and a semantic version in full. Throws OpsError for every other ref, and
 * for a prerelease that is not allowed.
 */
export const tagVersion = (ref: string, prereleases: boolean): string => {
  const [, tag] = TAG.exec(ref) ?? [];
  if (tag === undefined) {
    throw new OpsError({
      what: `a release begins at a version tag, and this run is of "${neutralizeToLine(ref, 100)}".`,
      next: 'push a tag like v1.2.3, or start the run at one.',
      docs: 'README#what-happens-when',
    });
  }
  const parsed = tag.startsWith('v') ? parse(tag.slice(1)) : null;
  const version = parsed && [parsed.version, parsed.build.join('.')].filter(Boolean).join('+');
  // The parser takes white space and a `v` of its own; the tag has to be the very version.
  if (parsed === null || version === null || `v${version}` !== tag) {
    throw new OpsError({
      what: `the tag "${neutralizeToLine(tag, 100)}" is no semantic version.`,
      why: 'a release is called by all three numbers: v1.2.3.',
      next: 'tag the commit so.',
    });
  }
  if (parsed.prerelease.length > 0 && !prereleases) {
    throw new OpsError({
      what: `${tag} is a prerelease, and this environment takes none.`,
      next: 'release the final version, or allow prereleases.',
    });
  }
  return version;
};
