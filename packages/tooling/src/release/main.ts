import { parseArgs } from 'node:util';
import { formatError, OpsError } from '@hospital-ops/action-kit/errors';
import { ROOT } from '../paths.ts';
import { repositoryName } from '../repository-name.ts';
import { cutRelease } from './cut.ts';
import { createGit } from './git.ts';
import { createGitHubReleases } from './github-releases.ts';
import { assetsFolder, readPlan, releaseFolder } from './plan.ts';
import { prepareRelease } from './prepare.ts';
import { publishRelease } from './publish.ts';
import { isPrerelease, parseVersion } from './version.ts';

const USAGE = `npm run release -- VERSION [--dry-run | --prepared | --cut] [--repository owner/name]

Makes the release of the checked-out commit of main and publishes it: GITHUB_TOKEN needs contents: write.
  --cut       makes the section of CHANGELOG.md, and sets the version, for a pull request before the release
  --dry-run   does all but publishing; the release lies in build/release
  --prepared  publishes what --dry-run made
`;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const tokenOf = ({ GITHUB_TOKEN: token }: NodeJS.ProcessEnv): string => {
  if (token) return token;
  throw new OpsError({ what: 'GITHUB_TOKEN is not set.', next: 'set one that may write contents, or give --dry-run.' });
};

const main = async (argv: readonly string[], env: NodeJS.ProcessEnv): Promise<void> => {
  const flag = { type: 'boolean', default: false } as const;
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { 'dry-run': flag, prepared: flag, cut: flag, help: flag, repository: { type: 'string' } },
  });
  if (values.help) return void process.stdout.write(USAGE);
  const version = parseVersion(positionals[0]);
  if (values.cut) {
    cutRelease(ROOT, version, new Date().toISOString().slice(0, 10));
    return say(`CHANGELOG.md and package.json are of ${version}.\nNext: commit, merge into main, and release that.`);
  }
  const git = createGit(ROOT, env);
  const repository = repositoryName(ROOT, values.repository ?? (env.GITHUB_REPOSITORY || undefined));
  const releases = () => {
    const apiUrl = env.GITHUB_API_URL ?? 'https://api.github.com';
    return createGitHubReleases({ apiUrl, repository, token: tokenOf(env) });
  };
  if (!values['dry-run']) tokenOf(env);
  const plan = values.prepared
    ? readPlan(ROOT, version)
    : await prepareRelease({ git, root: ROOT, version, repository, say });
  if (values['dry-run']) {
    const moves = isPrerelease(version) ? 'no other tag would move' : 'then its moving tags';
    return say(
      `${plan.tag} would be ${plan.commit}, on top of ${plan.source}; ${moves}. Nothing was pushed.\nIt lies in ${releaseFolder(ROOT)}.`,
    );
  }
  await publishRelease({ git, root: ROOT, plan, assets: assetsFolder(ROOT), releases: releases(), say });
};

try {
  await main(process.argv.slice(2), process.env);
} catch (error) {
  const told = error instanceof OpsError ? formatError('release', error) : `release: ${(error as Error).message}`;
  process.stderr.write(`${told}\n`);
  process.exitCode = 1;
}
