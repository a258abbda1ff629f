import { OpsError } from '@hospital-ops/action-kit/errors';
import { isPrerelease } from './version.ts';

const UNRELEASED = 'Unreleased';

interface Section {
  /** The heading without its hashes: `1.2.3 (2026-11-29)`. */
  readonly heading: string;
  readonly body: string;
}

const sectionsOf = (text: string): Section[] =>
  text
    .split(/^## +/m)
    .slice(1)
    .map((part) => {
      const [heading = '', ...lines] = part.split('\n');
      return { heading: heading.trim(), body: lines.join('\n').trim() };
    });

const bodyOf = (text: string, name: string): string =>
  sectionsOf(text).find(({ heading }) => heading.split(' ')[0] === name)?.body ?? '';

/**
 * Returns what CHANGELOG.md says of `version`. A prerelease without a section of its own has what is unreleased. Throws
 * OpsError when nothing is said.
 */
export const notesOf = (changelog: string, version: string): string => {
  const own = bodyOf(changelog, version);
  const notes = own === '' && isPrerelease(version) ? bodyOf(changelog, UNRELEASED) : own;
  if (notes !== '') return notes;
  throw new OpsError({
    what: `CHANGELOG.md says nothing of ${version}.`,
    why: `it has no section "## ${version}", or an empty one.`,
    next: `npm run release -- ${version} --cut makes one of what is unreleased; merge that into main first.`,
  });
};

/** Returns the changelog with what is unreleased as the section of `version`. Throws OpsError when nothing is. */
export const cutSection = (changelog: string, version: string, date: string): string => {
  if (bodyOf(changelog, version) !== '')
    throw new OpsError({ what: `CHANGELOG.md has a section of ${version} already.` });
  if (bodyOf(changelog, UNRELEASED) === '') {
    throw new OpsError({
      what: 'CHANGELOG.md has nothing under "## Unreleased".',
      next: 'write there what a user must know of this release.',
    });
  }
  return changelog.replace(/^## +Unreleased *$/m, `## ${UNRELEASED}\n\n## ${version} (${date})`);
};
