import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OpsError } from '@hospital-ops/action-kit/errors';
import { writeAssets } from './assets.ts';
import { buildTwice } from './build-twice.ts';
import { notesOf } from './changelog.ts';
import type { Git } from './git.ts';
import type { ReleasePlan } from './plan.ts';
import { assetsFolder, bundleFile, planFile, releaseFolder, releaseRef } from './plan.ts';
import { checkWorkflows, commitTree } from './release-commit.ts';
import { checkTag, readRemote, releasedSource } from './source.ts';
import { isPrerelease } from './version.ts';

export interface PrepareOptions {
  readonly git: Git;
  readonly root: string;
  readonly version: string;
  /** `owner/name`. */
  readonly repository: string;
  say(text: string): void;
}

const checkPackage = (root: string, version: string): void => {
  const { version: there } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  if (there === version || isPrerelease(version)) return;
  throw new OpsError({
    what: `package.json says ${there}, not ${version}.`,
    next: `npm run release -- ${version} --cut, and merge that into main first.`,
  });
};

/**
 * Makes the release of the checked-out commit, all but its publication: builds it twice, commits the tree, writes the
 * assets and the plan to build/release. Changes no branch and no tag. Throws OpsError when something speaks against it.
 */
export const prepareRelease = async ({ git, root, version, repository, say }: PrepareOptions): Promise<ReleasePlan> => {
  const tag = `v${version}`;
  const notes = notesOf(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'), version);
  checkPackage(root, version);
  const remote = readRemote(git);
  const source = releasedSource(git, remote);
  checkTag(git, tag, remote, source);
  say(`building ${source.slice(0, 7)} twice`);
  await buildTwice(git, root, source);
  const commit = commitTree(git, join(root, 'dist'), source, `Release ${tag}\n\nBuilt from ${source}.`);
  checkWorkflows(git, commit, source);
  checkTag(git, tag, remote, source, commit);
  rmSync(releaseFolder(root), { recursive: true, force: true });
  await writeAssets({ git, root, source, commit, repository, tag, out: assetsFolder(root) });
  git('update-ref', releaseRef(tag), commit);
  git('bundle', 'create', '--quiet', bundleFile(root), `${source}..${releaseRef(tag)}`);
  const plan = { version, tag, repository, source, commit, prerelease: isPrerelease(version), notes };
  writeFileSync(planFile(root), `${JSON.stringify(plan, null, 2)}\n`);
  return plan;
};
