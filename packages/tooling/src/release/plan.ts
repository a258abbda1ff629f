import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OpsError } from '@hospital-ops/action-kit/errors';

/** A release that is made and only waits to be published. */
export interface ReleasePlan {
  readonly version: string;
  readonly tag: string;
  /** `owner/name`. */
  readonly repository: string;
  /** The commit on main, and the release commit on top of it. */
  readonly source: string;
  readonly commit: string;
  readonly prerelease: boolean;
  /** Markdown. */
  readonly notes: string;
}

/** Where a release lies until it is published: below build/, which the next build empties. */
export const releaseFolder = (root: string): string => join(root, 'build', 'release');
export const assetsFolder = (root: string): string => join(releaseFolder(root), 'assets');
export const planFile = (root: string): string => join(releaseFolder(root), 'release.json');
/** The release commit for another clone, as `git fetch` reads it. */
export const bundleFile = (root: string): string => join(releaseFolder(root), 'release.bundle');
/** Keeps the release commit where neither `git push --tags` nor a branch takes it along. */
export const releaseRef = (tag: string): string => `refs/releases/${tag}`;

/** Reads what `--dry-run` prepared for `version`. Throws OpsError when that is something else or nothing. */
export const readPlan = (root: string, version: string): ReleasePlan => {
  const file = planFile(root);
  const plan = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as ReleasePlan) : undefined;
  if (plan?.version === version) return plan;
  throw new OpsError({
    what: `${version} is not prepared.`,
    why: plan === undefined ? `there is no ${file}.` : `${file} is of ${plan.version}.`,
    next: `npm run release -- ${version} --dry-run.`,
  });
};
