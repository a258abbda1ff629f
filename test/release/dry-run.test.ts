import { execFile, execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { differences, installElsewhere } from '@hospital-ops/tooling/release/second-build';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ROOT, rehearseSuite } from '../support/rehearse.ts';
import { describeInCi } from '../support/thorough.ts';
import { CHANGED, wardIn } from '../support/ward.ts';

const temp = mkdtempSync(join(tmpdir(), 'dry-run-'));
const clone = join(temp, 'clone');
const env = {
  PATH: process.env.PATH ?? '',
  HOME: temp,
  GIT_CONFIG_NOSYSTEM: '1',
  npm_config_cache: process.env.npm_config_cache ?? join(temp, 'npm'),
};

const git = (...args: string[]) => {
  const identity = ['-c', 'user.name=t', '-c', 'user.email=t@example.org'];
  return execFileSync('git', [...identity, ...args], { cwd: clone, env, encoding: 'utf8' }).trim();
};

const release = (...args: string[]): Promise<{ exitCode: number; output: string }> =>
  new Promise((ended) => {
    execFile(
      process.execPath,
      ['packages/tooling/src/release/main.ts', ...args, '--repository', 'ward-9/ops'],
      { cwd: clone, env, timeout: 250_000 },
      (error, stdout, stderr) => ended({ exitCode: error === null ? 0 : 1, output: `${stdout}${stderr}` }),
    );
  });

/** A clone of these sources, as they are now, whose remote has nothing but main. */
beforeAll(() => {
  const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT });
  for (const file of list.toString().split('\0')) {
    if (file === '' || !existsSync(join(ROOT, file))) continue;
    mkdirSync(dirname(join(clone, file)), { recursive: true });
    copyFileSync(join(ROOT, file), join(clone, file));
  }
  installElsewhere(ROOT, clone);
  // The next release of the real changelog may have been cut just now.
  writeFileSync(join(clone, 'CHANGELOG.md'), '# Changelog\n\n## Unreleased\n\n- Beds are counted.\n');
  execFileSync('git', ['init', '--quiet', '--bare', join(temp, 'origin.git')]);
  git('init', '--quiet', '--initial-branch=main');
  git('remote', 'add', 'origin', join(temp, 'origin.git'));
  git('add', '--all');
  git('commit', '--quiet', '-m', 'Sources');
  git('push', '--quiet', 'origin', 'main');
});
afterAll(() => rmSync(temp, { recursive: true, force: true }));

describe('one clear error', () => {
  const refused = async (message: string, ...args: string[]) => {
    const { exitCode, output } = await release(...args);
    expect(output.split('\n')[0]).toBe(`release: ${message}`);
    expect(output).toContain('\nNext: ');
    expect(exitCode).toBe(1);
  };

  test('for a version that is none', () => refused('"v1.2" is no version.', 'v1.2', '--dry-run'));
  test('for no version', () => refused('no version is given.', '--dry-run'));
  test('for a version of which nothing is written', () =>
    refused('CHANGELOG.md says nothing of 9.9.9.', '9.9.9', '--dry-run'));
  test('without a token, before anything is built', () => refused('GITHUB_TOKEN is not set.', '9.9.9-rc.1'));
  test('for a tree that is not as committed', async () => {
    writeFileSync(join(clone, 'stray.txt'), 'x');
    await refused('the working tree is not as it was committed.', '9.9.9-rc.1', '--dry-run');
    rmSync(join(clone, 'stray.txt'));
  });
  test('for a commit that is not on main', async () => {
    git('checkout', '--quiet', '-b', 'elsewhere');
    git('commit', '--quiet', '--allow-empty', '-m', 'Not merged');
    await refused(`the commit ${git('rev-parse', 'HEAD').slice(0, 7)} is not on main.`, '9.9.9-rc.1', '--dry-run');
    git('checkout', '--quiet', 'main');
  });
  test('for a tag that exists', async () => {
    const elsewhere = git('rev-parse', 'HEAD');
    git('push', '--quiet', 'origin', 'main:refs/tags/v9.9.9-rc.1');
    const message = `the tag v9.9.9-rc.1 exists already, at ${elsewhere.slice(0, 7)}.`;
    await refused(message, '9.9.9-rc.1', '--dry-run');
  });
});

describeInCi('a dry run', () => {
  const made = join(clone, 'build/release');
  const tree = join(temp, 'tree');
  let output: string;
  let plan: { commit: string; source: string };

  beforeAll(async () => {
    const cut = await release('9.9.9', '--cut');
    expect(cut.output).toContain('CHANGELOG.md and package.json are of 9.9.9.');
    git('add', '--all');
    git('commit', '--quiet', '-m', 'Release 9.9.9');
    git('push', '--quiet', 'origin', 'main');
    const run = await release('9.9.9', '--dry-run');
    expect(run).toMatchObject({ exitCode: 0 });
    output = run.output;
    plan = JSON.parse(readFileSync(join(made, 'release.json'), 'utf8')) as typeof plan;
    mkdirSync(tree);
    execFileSync('tar', ['-xzf', join(made, 'assets/ops-v9.9.9.tar.gz'), '--strip-components=1', '-C', tree]);
  });

  test('commits the built tree on top of its source, and pushes nothing', () => {
    expect(output).toContain(`v9.9.9 would be ${plan.commit}, on top of ${plan.source}`);
    expect(git('rev-parse', `${plan.commit}^@`)).toBe(git('rev-parse', 'HEAD'));
    expect(plan.source).toBe(git('rev-parse', 'HEAD'));
    expect(readFileSync(join(tree, 'SOURCE'), 'utf8').trim()).toBe(plan.source);
    expect(git('ls-remote', 'origin', 'refs/tags/v9*', 'refs/releases/*').split('\n')).toHaveLength(1);
    expect(git('tag', '--list')).toBe('');
    expect(git('status', '--porcelain')).toBe('');
  });

  test('the tree is what this folder’s build gave, byte for byte, but for what names the commit and the version', () => {
    expect(differences(tree, join(clone, 'dist'))).toEqual([]);
    expect(differences(tree, join(ROOT, 'dist'))).toEqual(['CHANGELOG.md', 'SOURCE', 'sbom.cdx.json']);
    expect(existsSync(join(tree, 'ecs-deploy/index.js'))).toBe(true);
  });

  test('its workflows are those of the source, byte for byte', () => {
    const workflows = '.github/workflows';
    expect(git('rev-parse', `${plan.commit}:${workflows}`)).toBe(git('rev-parse', `HEAD:${workflows}`));
    expect(differences(join(tree, workflows), join(clone, workflows))).toEqual([]);
  });

  test('has notes, bill, licences, checksums, and the commit for another clone', () => {
    expect(plan).toMatchObject({ version: '9.9.9', prerelease: false, notes: '- Beds are counted.' });
    expect(readdirSync(join(made, 'assets')).sort()).toEqual([
      'SHA256SUMS',
      'ops-v9.9.9-tag-references.tar.gz',
      'ops-v9.9.9.licenses.txt',
      'ops-v9.9.9.sbom.cdx.json',
      'ops-v9.9.9.tar.gz',
    ]);
    execFileSync('sha256sum', ['--check', '--strict', '--quiet', 'SHA256SUMS'], { cwd: join(made, 'assets') });
    expect(git('bundle', 'list-heads', join(made, 'release.bundle'))).toBe(`${plan.commit} refs/releases/v9.9.9`);
  });

  test('another repository’s release runs on it', async () => {
    const run = await rehearseSuite(tree, 'deploy-production', '--repo', wardIn(temp, {}, CHANGED));
    expect(run.output).toMatch(/✓ deploy-production succeeded.*; serving now: .* on 1\.1\.0/);
    expect(run.exitCode).toBe(0);
  });
});
