import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeAssets } from '@hospital-ops/tooling/release/assets';
import { createGit } from '@hospital-ops/tooling/release/git';
import { createGitHubReleases } from '@hospital-ops/tooling/release/github-releases';
import { publishRelease } from '@hospital-ops/tooling/release/publish';
import { checkWorkflows, commitTree } from '@hospital-ops/tooling/release/release-commit';
import { isPrerelease } from '@hospital-ops/tooling/release/version';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startFakeReleases } from './fake-releases.ts';

const REPOSITORY = 'ward-9/ops';

let temp: string;
let github: Awaited<ReturnType<typeof startFakeReleases>>;
let git: ReturnType<typeof createGit>;
let root: string;

beforeEach(async () => {
  github = await startFakeReleases();
  temp = mkdtempSync(join(tmpdir(), 'publish-'));
  root = join(temp, 'clone');
  const env = { ...process.env, HOME: temp, GIT_CONFIG_GLOBAL: join(temp, 'gitconfig'), GIT_CONFIG_NOSYSTEM: '1' };
  writeFileSync(join(temp, 'gitconfig'), '[init]\n\tdefaultBranch = main\n');
  createGit(temp, env)('init', '--quiet', '--bare', 'origin.git');
  createGit(temp, env)('clone', '--quiet', 'origin.git', 'clone');
  git = createGit(root, env);
  mkdirSync(join(root, '.github/workflows'), { recursive: true });
  writeFileSync(join(root, '.github/workflows/ci.yml'), 'jobs: { a: { uses: $/.github/workflows/b.yml } }\n');
  writeFileSync(join(root, '.gitignore'), '/dist/\n');
  commitSource('First');
});
afterEach(async () => {
  await github.close();
  rmSync(temp, { recursive: true, force: true });
});

const commitSource = (message: string): void => {
  appendFileSync(join(root, 'source.txt'), `${message}\n`);
  git('add', '--all');
  git('-c', 'user.name=t', '-c', 'user.email=t@example.org', 'commit', '--quiet', '-m', message);
  git('push', '--quiet', 'origin', 'main');
};

/** A tree as small as one can be. */
const writeDist = (): string => {
  const dist = join(root, 'dist');
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(join(dist, '.github/workflows'), { recursive: true });
  mkdirSync(join(dist, 'lib'));
  writeFileSync(join(dist, '.github/workflows/ci.yml'), 'jobs: { a: { uses: $/.github/workflows/b.yml } }\n');
  for (const file of ['sbom.cdx.json', 'lib/licenses.txt', 'lib/index.js'])
    writeFileSync(join(dist, file), `${file}\n`);
  return dist;
};

const prepared = async (version: string) => {
  const tag = `v${version}`;
  const source = git('rev-parse', 'HEAD');
  const commit = commitTree(git, writeDist(), source, `Release ${tag}`);
  const assets = join(temp, `assets-${version}`);
  rmSync(assets, { recursive: true, force: true });
  await writeAssets({ git, root, source, commit, repository: REPOSITORY, tag, out: assets });
  const plan = {
    version,
    tag,
    repository: REPOSITORY,
    source,
    commit,
    prerelease: isPrerelease(version),
    notes: '- New.',
  };
  return { plan, assets };
};

const publish = ({ plan, assets }: Awaited<ReturnType<typeof prepared>>) =>
  publishRelease({
    git,
    root,
    plan,
    assets,
    releases: createGitHubReleases({ apiUrl: github.url, repository: REPOSITORY, token: 'ghs_1' }),
    say: () => {},
  });

/** What a tag of the remote leads to. */
const at = (tag: string): string | undefined =>
  git('ls-remote', 'origin', `refs/tags/${tag}`, `refs/tags/${tag}^{}`).split('\n').at(-1)?.split('\t')[0] || undefined;

test('tag, assets, page and moving tags stand, and the branch is where it was', async () => {
  const release = await prepared('1.2.3');
  const page = await publish(release);
  const { commit, source } = release.plan;
  expect(page).toBe(`${github.url}/page/v1.2.3`);
  expect([at('v1.2.3'), at('v1.2'), at('v1')]).toEqual([commit, commit, commit]);
  expect(git('ls-remote', 'origin', 'refs/heads/main').split('\t')[0]).toBe(source);
  const [made] = github.releases;
  expect(made).toMatchObject({
    tag_name: 'v1.2.3',
    draft: false,
    prerelease: false,
    body: '- New.',
    make_latest: 'true',
  });
  expect(made?.assets.map(({ name }) => name)).toEqual([
    'SHA256SUMS',
    'ops-v1.2.3-tag-references.tar.gz',
    'ops-v1.2.3.licenses.txt',
    'ops-v1.2.3.sbom.cdx.json',
    'ops-v1.2.3.tar.gz',
  ]);
  execFileSync('sha256sum', ['--check', '--strict', '--quiet', 'SHA256SUMS'], { cwd: release.assets });
  const sums = made?.assets.find(({ name }) => name === 'SHA256SUMS');
  expect(sums?.content.toString().trim().split('\n')).toHaveLength(4);
  expect([...github.tokens]).toEqual(['Bearer ghs_1']);
});

test('the archive for other runners names repository and tag, the other one does not', async () => {
  const { assets } = await prepared('1.2.3');
  const workflow = (archive: string) =>
    execFileSync('tar', ['-xzOf', join(assets, archive), 'ops-v1.2.3/.github/workflows/ci.yml'], { encoding: 'utf8' });
  expect(workflow('ops-v1.2.3.tar.gz')).toContain('uses: $/.github/workflows/b.yml');
  expect(workflow('ops-v1.2.3-tag-references.tar.gz')).toContain('uses: ward-9/ops/.github/workflows/b.yml@v1.2.3');
});

test('a release that broke off is completed by the next run, and a whole one is left as it is', async () => {
  const release = await prepared('1.2.3');
  github.fail(/sbom/);
  await expect(publish(release)).rejects.toThrow(/GitHub refused to upload ops-v1\.2\.3\.sbom\.cdx\.json \(HTTP 502\)/);
  expect(github.releases).toMatchObject([{ draft: true }]);
  expect(at('v1')).toBeUndefined();
  github.fail(undefined);
  await publish(release);
  expect(github.releases).toMatchObject([{ draft: false }]);
  expect(github.releases[0]?.assets).toHaveLength(5);
  expect(at('v1')).toBe(release.plan.commit);
  await publish(await prepared('1.2.3'));
  expect(github.releases).toHaveLength(1);
});

test('a patch of an older line moves no tag of a newer one, and a prerelease none at all', async () => {
  await publish(await prepared('1.3.0'));
  const newer = at('v1');
  commitSource('Patch');
  const patch = await prepared('1.2.4');
  await publish(patch);
  expect([at('v1'), at('v1.3'), at('v1.2')]).toEqual([newer, newer, patch.plan.commit]);
  expect(github.releases[0]).toMatchObject({ tag_name: 'v1.2.4', make_latest: 'false' });
  await publish(await prepared('2.0.0-rc.1'));
  expect([at('v2'), at('v2.0')]).toEqual([undefined, undefined]);
  expect(github.releases[0]).toMatchObject({ prerelease: true, make_latest: 'false' });
});

test('a moving tag goes along with the next release', async () => {
  await publish(await prepared('1.0.0'));
  commitSource('More');
  const next = await prepared('1.0.1');
  await publish(next);
  expect([at('v1'), at('v1.0'), at('v1.0.1')]).toEqual(Array(3).fill(next.plan.commit));
});

test('a full tag never moves', async () => {
  await publish(await prepared('1.0.0'));
  const first = at('v1.0.0');
  commitSource('More');
  await expect(publish(await prepared('1.0.0'))).rejects.toThrow(/the tag v1\.0\.0 exists already/);
  expect(at('v1.0.0')).toBe(first);
});

test('what was changed after it was made is not published', async () => {
  const release = await prepared('1.0.0');
  appendFileSync(join(release.assets, 'ops-v1.0.0.tar.gz'), 'x');
  await expect(publish(release)).rejects.toThrow('ops-v1.0.0.tar.gz is not what SHA256SUMS says of it.');
  commitSource('More');
  await expect(publish(release)).rejects.toThrow(/another commit is checked out/);
  expect(github.releases).toEqual([]);
  expect(at('v1.0.0')).toBeUndefined();
});

test('the tag is signed where a key is configured', async () => {
  const key = join(temp, 'key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  git('config', 'gpg.format', 'ssh');
  git('config', 'user.signingkey', key);
  await publish(await prepared('1.0.0'));
  expect(git('cat-file', 'tag', 'v1.0.0')).toContain('BEGIN SSH SIGNATURE');
});

test('a release commit with other workflows than its source is refused', () => {
  const source = git('rev-parse', 'HEAD');
  const dist = writeDist();
  checkWorkflows(git, commitTree(git, dist, source, 'as on main'), source);
  writeFileSync(join(dist, '.github/workflows/more.yml'), 'x\n');
  const other = commitTree(git, dist, source, 'with one more');
  expect(() => checkWorkflows(git, other, source)).toThrow(/other workflows than its source: more\.yml/);
});

test('the same source gives the same commit, and nothing of the clone changes', () => {
  const source = git('rev-parse', 'HEAD');
  const [one, two] = [1, 2].map(() => commitTree(git, writeDist(), source, 'Release'));
  expect(one).toBe(two);
  expect(git('rev-parse', `${one}^`)).toBe(source);
  expect(git('status', '--porcelain')).toBe('');
  expect(existsSync(join(root, 'source.txt'))).toBe(true);
});
