import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OpsError } from '@hospital-ops/action-kit/errors';
import { SUMS } from './assets.ts';
import type { Git } from './git.ts';
import { gitSays } from './git.ts';
import type { GitHubReleases } from './github-releases.ts';
import type { ReleasePlan } from './plan.ts';
import { bundleFile, releaseRef } from './plan.ts';
import { checkWorkflows } from './release-commit.ts';
import { hashesOf } from './second-build.ts';
import type { Remote } from './source.ts';
import { checkTag, readRemote, releasedSource } from './source.ts';
import { standingOf } from './version.ts';

export interface PublishOptions {
  readonly git: Git;
  readonly root: string;
  readonly plan: ReleasePlan;
  readonly assets: string;
  readonly releases: GitHubReleases;
  say(text: string): void;
}

/** Another job prepared it: nothing of it is believed that can be looked at. */
const checkPrepared = ({ git, root, plan, assets }: PublishOptions, remote: Remote): void => {
  const { source, commit, tag } = plan;
  if (releasedSource(git, remote) !== source) {
    throw new OpsError({
      what: `what was prepared is built from ${source.slice(0, 7)}, and another commit is checked out.`,
      next: 'prepare it again.',
    });
  }
  if (!gitSays(git, 'cat-file', '-e', `${commit}^{commit}`)) git('fetch', '--quiet', bundleFile(root), releaseRef(tag));
  if (git('rev-parse', `${commit}^@`) !== source) {
    throw new OpsError({
      what: `the release commit ${commit.slice(0, 7)} does not stand on ${source.slice(0, 7)} alone.`,
    });
  }
  checkWorkflows(git, commit, source);
  checkTag(git, tag, remote, source, commit);
  const sums = new Map(hashesOf(assets));
  for (const line of readFileSync(join(assets, SUMS), 'utf8').split('\n').filter(Boolean)) {
    const [sum = '', file = ''] = line.split('  ');
    if (sums.get(file) !== sum)
      throw new OpsError({ what: `${file} is not what ${SUMS} says of it.`, next: 'prepare it again.' });
  }
};

const IDENTITY = ['-c', 'user.name=release', '-c', 'user.email=release@users.noreply.github.com'];

/** Tags the release commit, signed where a key is configured, and pushes the tag. */
const pushTag = (git: Git, { tag, commit }: ReleasePlan): void => {
  const signed = gitSays(git, 'config', '--get', 'user.signingkey');
  const identity = gitSays(git, 'config', '--get', 'user.email') ? [] : IDENTITY;
  git(...identity, 'tag', '--force', signed ? '--sign' : '--annotate', '--message', `Release ${tag}`, tag, commit);
  git('push', '--quiet', 'origin', `refs/tags/${tag}`);
};

/** Makes the draft whole: an asset that is there already may be half of one. */
const upload = async ({ releases, plan, assets }: PublishOptions) => {
  const found = await releases.find(plan.tag);
  if (found !== undefined && !found.draft) return found;
  const release = found ?? (await releases.createDraft(plan));
  for (const { id } of release.assets) await releases.removeAsset(id);
  for (const name of readdirSync(assets).sort()) await releases.upload(release, name, readFileSync(join(assets, name)));
  return release;
};

const moveTags = ({ git, plan }: PublishOptions, moving: readonly string[]): void => {
  if (moving.length === 0) return;
  // Read afresh: who moved one meanwhile is not overwritten.
  const { refs } = readRemote(git);
  const leases = moving.map((tag) => `--force-with-lease=refs/tags/${tag}:${refs.get(`refs/tags/${tag}`) ?? ''}`);
  git('push', '--quiet', ...leases, 'origin', ...moving.map((tag) => `${plan.commit}:refs/tags/${tag}`));
};

/**
 * Publishes what was prepared: full tag, draft with all assets, publication, and then the moving tags, in the order that
 * immutable releases ask for. What an earlier run did already is left as it is, so that a run that broke off can be
 * started again. Returns the address of the release's page.
 */
export const publishRelease = async (options: PublishOptions): Promise<string> => {
  const { git, plan, releases, say } = options;
  const remote = readRemote(git);
  checkPrepared(options, remote);
  if (!remote.tags.has(plan.tag)) pushTag(git, plan);
  say(`${plan.tag} is at ${plan.commit.slice(0, 7)}`);
  const standing = standingOf(plan.version, [...remote.tags.keys()]);
  const release = await upload(options);
  if (release.draft) await releases.publish(release, standing.latest);
  say(`published: ${release.page}`);
  moveTags(options, standing.moving);
  for (const tag of standing.moving) say(`${tag} is at ${plan.commit.slice(0, 7)}`);
  return release.page;
};
